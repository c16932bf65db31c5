//! `metric = "sql"`: numbers by queries over both sides.

use crate::support::{checks, driftline, outcome, spec, tables, text};
use serde_json::Value;
use std::collections::BTreeMap;

fn check(name: &str, query: &str, condition: &str) -> String {
    format!("[[suite.check]]\nname = \"{name}\"\nmetric = \"sql\"\nquery = \"{query}\"\n{condition}\n")
}

#[test]
fn queries_see_both_sides_with_filters_and_derived_columns() {
    let folder = tables(300, 0.25);
    let rest = String::from("[derived]\ndouble = \"x * 2\"\n[[suite]]\nname = \"s\"\n")
        + &check("shift", "select (select avg(double) from current) - (select avg(double) from reference) as value", "fail = \"value > 0.4\"")
        + &check("by_colour", "select c as colour, count(*) as value from current where y >= 0 group by c", "warn = \"value != 100\"")
        + &check("joined", "select count(*) as n from current a join reference b on a.y = b.y", "fail = \"value != 300\"")
        + &check("none", "select max(x) from current where x > 1000", "fail = \"value > 0\"")
        + &check("upper", "SELECT COUNT(DISTINCT c) AS value FROM current", "fail = \"value != 3\"")
        + "[[record]]\nmetric = \"sql\"\nquery = \"select c as colour, avg(x) as value from current group by c\"\nlabel = \"mean_x\"\n";
    let path = spec(folder.path(), &rest);
    let whole = outcome(&path);
    let found: BTreeMap<String, Value> = checks(&whole).into_iter().collect();
    let value = |id: &str| found[id]["fields"]["value"].as_f64().expect("a value");
    assert!((value("shift") - 0.5).abs() < 1e-12 && found["shift"]["status"] == "fail", "{whole}");
    for colour in ["red", "green", "blue"] {
        assert_eq!((value(&format!("by_colour.{colour}")), &found[&format!("by_colour.{colour}")]["status"]), (100.0, &"pass".into()));
    }
    assert_eq!(found["joined"]["status"], "pass", "{}", found["joined"]);
    assert_eq!(found["none"]["status"], "no_data");
    assert_eq!(found["upper"]["status"], "pass");
    let recorded: Vec<&Value> = whole["samples"].as_array().expect("samples").iter().filter(|s| s["labels"]["query"] == "mean_x").collect();
    assert_eq!(recorded.len(), 3);
    assert_eq!(recorded[0]["labels"]["colour"], "blue");
    let again = outcome(&path);
    assert_eq!(whole["samples"], again["samples"]);
}

#[test]
fn a_wrong_query_is_an_error_at_its_place() {
    let folder = tables(30, 0.0);
    for (query, words) in [
        ("select avg(z) from current", "No field named z"),
        ("select avg(x) from currant", "currant"),
        ("selct 1", "selct"),
        ("drop table current", "DDL"),
        ("select c from current", "no column of numbers"),
        ("select x, y from current", "several columns of numbers"),
        ("select random() as value from current", "random"),
        ("select c as \\\"Colour\\\", count(*) as value from current group by c", "cannot be a label"),
        ("select count(*) from '/etc/passwd'", "passwd"),
    ] {
        let path = spec(folder.path(), &(String::from("[[suite]]\nname = \"s\"\n") + &check("q", query, "fail = \"value > 0\"")));
        let output = driftline().arg("check").arg(path).output().expect("runs");
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{query}: {error}");
        assert!(error.contains(words) && error.contains("monitor.toml:14"), "{query}: {error}");
    }
}

#[test]
fn a_query_that_fails_costs_its_own_check() {
    let folder = tables(30, 0.0);
    let rest = String::from("[[suite]]\nname = \"s\"\n")
        + &check("fails", "select cast(c as integer) as value from current limit 1", "fail = \"value > 0\"")
        + &check("untold", "select x as value from current", "fail = \"value > 10\"")
        + &check("fine", "select count(*) as value from current", "fail = \"value != 30\"");
    let found: BTreeMap<String, Value> = checks(&outcome(&spec(folder.path(), &rest))).into_iter().collect();
    let status = |id: &str| found[id]["status"].as_str().expect("a status").to_owned();
    assert_eq!((status("fails"), status("untold"), status("fine")), ("error".into(), "error".into(), "pass".into()));
    assert!(found["fails"]["message"].as_str().expect("a message").contains("Cannot cast"), "{}", found["fails"]);
    assert!(found["untold"]["message"].as_str().expect("a message").contains("tells them apart"));
}
