//! `driftline list` and `driftline explain`.

use super::print;
use driftline::{Monitor, OpenError};
use driftline::outputs::table::printable;
use driftline::core::catalogue::{Catalogue, Doc, Entry, TestEntry};
use driftline::core::column::{Column, Kind};
use driftline::core::diagnostic::Diagnostics;
use driftline::core::spec::{Component, Table};
use driftline::core::name::suggestion;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

fn docs<E: Entry>(entries: &[E]) -> Vec<Doc> {
    entries.iter().map(|e| *e.doc()).collect()
}

fn sections(catalogue: &Catalogue) -> [(&'static str, Vec<Doc>); 5] {
    [
        ("metrics", docs(&catalogue.metrics)),
        ("two-sample tests (test = …)", docs(&catalogue.tests)),
        ("presets (preset = …)", docs(&catalogue.presets)),
        ("sources (kind = …)", docs(&catalogue.sources)),
        ("exporters", docs(&catalogue.exporters)),
    ]
}

/// One line an entry. Writing to a string cannot fail.
pub fn list(catalogue: &Catalogue, spec: Option<&Path>) -> Result<String, OpenError> {
    let mut out = String::new();
    for (title, docs) in sections(catalogue) {
        let _ = writeln!(out, "{title}");
        for doc in docs {
            let _ = writeln!(out, "  {:<28} {}", doc.name, doc.summary);
        }
        out.push('\n');
    }
    let Some(spec) = spec else { return Ok(out) };
    let _ = writeln!(out, "plugins of {}", spec.display());
    for (name, plugin) in Monitor::open(spec)?.plugins()? {
        let _ = match plugin {
            Ok(plugin) => writeln!(out, "  {name:<28} {} ({})", printable(&plugin.info().summary), plugin.info().kind.name()),
            Err(reason) => writeln!(out, "  {name:<28} cannot be used: {}", printable(&reason)),
        };
    }
    Ok(out)
}

pub fn explain(catalogue: &Catalogue, name: &str, spec: Option<&Path>) -> Result<ExitCode, OpenError> {
    if let Some(spec) = spec {
        let plugins = Monitor::open(spec)?.plugins()?;
        if let Some((_, plugin)) = plugins.into_iter().find(|(of_spec, _)| of_spec == name) {
            let plugin = plugin.map_err(OpenError::Run)?;
            return print(&super::plugin::page(plugin.as_ref()));
        }
    }
    let all: Vec<Doc> = sections(catalogue).into_iter().flat_map(|(_, docs)| docs).collect();
    match all.iter().find(|d| d.name == name || d.aliases.contains(&name)) {
        Some(doc) => print(&(page(doc) + &rules(catalogue, doc.name) + &checks(catalogue, doc.name))),
        None => {
            let known = catalogue.compatibilities.iter().find_map(|tool| Some((tool, tool.find(name)?)));
            if let Some((tool, translation)) = known {
                return print(&driftline::generate::compatibility::page(tool, translation));
            }
            let help = suggestion(name, all.iter().map(|d| d.name)).unwrap_or_default();
            Err(OpenError::Spec(format!("no entry `{name}` in the catalogue; {help}")))
        }
    }
}

/// When a column counts as drifted by a test, if the spec does not say.
fn rules(catalogue: &Catalogue, name: &str) -> String {
    let Some(test) = catalogue.tests.iter().find(|t| t.doc.name == name || t.doc.aliases.contains(&name)) else { return String::new() };
    let mut rules: Vec<(&str, Vec<&str>)> = Vec::new();
    for kind in test.accepts {
        let Some(rule) = default_rule(test, *kind) else { continue };
        match rules.iter_mut().find(|(known, _)| *known == rule) {
            Some((_, kinds)) => kinds.push(kind.name()),
            None => rules.push((rule, vec![kind.name()])),
        }
    }
    let several = rules.len() > 1;
    let line = |(rule, kinds): &(&str, Vec<&str>)| if several { format!("  {rule}   ({})\n", kinds.join(", ")) } else { format!("  {rule}\n") };
    format!("\nFails, unless `fail` or `warn` says when\n{}", rules.iter().map(line).collect::<String>())
}

fn default_rule(test: &TestEntry, kind: Kind) -> Option<&'static str> {
    let column = Column::of_kind("column", kind);
    let component = Component { kind: test.doc.name.into(), kind_span: 0..0, params: Table::new(0..0, Default::default()) };
    Some((test.build)(&column, component, &mut Diagnostics::default())?.drifted)
}

/// The checks of a preset, as they would be written.
fn checks(catalogue: &Catalogue, name: &str) -> String {
    let Some(preset) = catalogue.presets.iter().find(|p| p.doc.name == name) else { return String::new() };
    let mut out = String::from("\nChecks\n");
    for check in preset.checks {
        let columns = if check.columns.is_empty() { String::new() } else { format!(" over {}", check.columns.join(", ")) };
        let fail = if check.fail.is_empty() { String::new() } else { format!(": {}", check.fail) };
        let alone = check.alone.filter(|alone| !alone.is_empty()).map(|alone| format!("; without a reference: {alone}"));
        let _ = writeln!(out, "  {:<20} {}{columns}{fail}{}", check.name, check.metric, alone.unwrap_or_default());
    }
    out
}

fn page(doc: &Doc) -> String {
    let mut out = format!("{}\n\n{}\n\n{}\n", doc.name, doc.summary, doc.description);
    if !doc.aliases.is_empty() {
        let _ = writeln!(out, "\nAlso: {}", doc.aliases.join(", "));
    }
    if !doc.formula.is_empty() {
        let _ = writeln!(out, "\nFormula\n  {}", doc.formula);
    }
    if !doc.fields.is_empty() {
        let _ = writeln!(out, "\nFields (`value` is the first)");
        for field in doc.fields {
            let unit = if field.unit.is_empty() { String::new() } else { format!(" [{}]", field.unit) };
            let _ = writeln!(out, "  {:<16} {}{unit}", field.name, field.summary);
        }
    }
    parameters(&mut out, doc);
    let _ = writeln!(out, "\nExample\n  {}", doc.example.replace('\n', "\n  "));
    let _ = writeln!(out, "\nReference\n  {}", doc.reference);
    out
}

fn parameters(out: &mut String, doc: &Doc) {
    let schema = (doc.parameters)().to_value();
    let Some(properties) = schema["properties"].as_object().filter(|p| !p.is_empty()) else { return };
    let _ = writeln!(out, "\nParameters");
    for (name, property) in properties {
        let default = property.get("default").map(|d| format!(" (default {d})")).unwrap_or_default();
        let _ = writeln!(out, "  {name:<16} {}{default}", property["description"].as_str().unwrap_or_default());
        for (choice, words) in choices(&schema, property) {
            let _ = writeln!(out, "  {:<16} \"{choice}\": {words}", "");
        }
    }
}

/// The words that a parameter may be, with what they mean.
fn choices(schema: &serde_json::Value, property: &serde_json::Value) -> Vec<(String, String)> {
    let of = |value: &serde_json::Value| value["$ref"].as_str().and_then(|path| schema.pointer(path.trim_start_matches('#')).cloned());
    let definition = of(property).or_else(|| property["allOf"].as_array()?.iter().find_map(of)).or_else(|| property["anyOf"].as_array()?.iter().find_map(of));
    let alternatives = definition.as_ref().and_then(|definition| definition["oneOf"].as_array().cloned()).unwrap_or_default();
    let choice = |one: &serde_json::Value| Some((one["const"].as_str()?.to_owned(), one["description"].as_str().unwrap_or_default().to_owned()));
    alternatives.iter().filter_map(choice).collect()
}
