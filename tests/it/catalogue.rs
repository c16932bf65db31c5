//! The catalogue is a table: its entries are documented, named once, and their examples parse.

use driftline::catalogue;
use driftline::core::catalogue::{Doc, Entry};
use driftline::core::diagnostic::{Diagnostics, Text};
use driftline::core::name::is_identifier;
use driftline::core::spec;
use std::collections::BTreeSet;

fn docs() -> Vec<Doc> {
    let c = catalogue();
    let mut docs: Vec<Doc> = c.metrics.iter().map(|e| *e.doc()).collect();
    docs.extend(c.tests.iter().map(|e| *e.doc()));
    docs.extend(c.presets.iter().map(|e| *e.doc()));
    docs.extend(c.sources.iter().map(|e| *e.doc()));
    docs.extend(c.exporters.iter().map(|e| *e.doc()));
    docs
}

#[test]
fn names_are_identifiers_and_unique() {
    let mut seen = BTreeSet::new();
    for doc in docs() {
        for name in std::iter::once(&doc.name).chain(doc.aliases) {
            assert!(is_identifier(name), "{name}");
            assert!(seen.insert(*name), "{name} stands twice");
        }
    }
    assert!(seen.len() > 25);
}

#[test]
fn every_entry_is_documented() {
    for doc in docs() {
        for text in [doc.summary, doc.description, doc.example, doc.reference] {
            assert!(!text.trim().is_empty(), "{} lacks a text", doc.name);
        }
        assert!(doc.summary.ends_with('.'), "{}: the summary is a sentence", doc.name);
        let schema = (doc.parameters)().to_value();
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            assert!(property["description"].is_string(), "{}.{key} is not documented", doc.name);
        }
    }
}

#[test]
fn examples_parse() {
    for doc in docs() {
        let table = if doc.example.starts_with('[') { doc.example.to_owned() } else { format!("[[suite.check]]\n{}", doc.example) };
        let head = if table.contains("[source.current]") { "" } else { "[source.current]\nkind = \"csv\"\npath = \"x.csv\"\n" };
        let suite = if table.contains("suite.check") { "[[suite]]\nname = \"s\"\n" } else { "" };
        let text = Text::new("example", format!("[monitor]\nname = \"m\"\n{head}{suite}{table}\n"));
        let mut diagnostics = Diagnostics::default();
        spec::parse(&text, &Default::default(), &mut diagnostics);
        assert!(diagnostics.is_empty(), "{}: {}", doc.name, text.render(&diagnostics, false));
    }
}

#[test]
fn the_schema_is_a_schema_that_names_every_metric() {
    let schema = driftline::generate::schema::schema(&catalogue()).to_string();
    for entry in catalogue().metrics {
        assert!(schema.contains(&format!("\"{}\"", entry.doc.name)), "{}", entry.doc.name);
    }
}

#[test]
fn specs_that_run_are_valid_by_the_schema() {
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("urn:spec", driftline::generate::schema::schema(&catalogue())).expect("a document");
    let schema = compiler.compile("urn:spec", &mut schemas).unwrap_or_else(|e| panic!("{e:#}"));
    let read = |text: &str| -> serde_json::Value { toml::from_str(text).unwrap_or_else(|e| panic!("{e}")) };
    for path in ["monitor.toml", "examples/voice/monitor.toml", "examples/clinical/monitor.toml"] {
        let text = std::fs::read_to_string(crate::support::root().join(path)).expect("a spec");
        schemas.validate(&read(&text), schema).unwrap_or_else(|e| panic!("{path}: {e:#}"));
    }
    let head = "[monitor]\nname = \"m\"\n[source.current]\nkind = \"csv\"\npath = \"x.csv\"\n";
    for (rest, valid) in [
        ("[[record]]\npreset = \"data_summary\"\n", true),
        ("[derived]\na = \"x + 1\"\n", true),
        ("[[suite]]\nname = \"s\"\npreset = \"data_quality\"\n[[suite.check]]\nmetric = \"mean\"\ncolumns = \"x\"\nwhere = \"y > 1\"\n", true),
        ("[derived]\na = 1\n", false),
        ("[[suite]]\nname = 3\n", false),
        ("[surprise]\n", false),
    ] {
        assert_eq!(schemas.validate(&read(&format!("{head}{rest}")), schema).is_ok(), valid, "{rest}");
    }
}
