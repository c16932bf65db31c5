//! `[derived]` columns and `where`: checks over some of the rows, beside checks over all.

use crate::support::{checks, outcome, spec, tables};
use serde_json::Value;
use std::collections::BTreeMap;

fn values(rest: &str) -> BTreeMap<String, Value> {
    let folder = tables(300, 0.25);
    checks(&outcome(&spec(folder.path(), rest))).into_iter().collect()
}

/// What the tables of the tests hold, side by side.
fn x(row: usize, shift: f64) -> f64 {
    (row as f64 * 0.618_033_988_749).fract() + shift
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

fn near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap_or(f64::NAN);
    assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found} for {expected}");
}

#[test]
fn derived_columns_are_columns_like_others() {
    let found = values(
        "[derived]\ndouble = \"x * 2\"\nmore = \"double + y\"\n[[suite]]\nname = \"s\"\n[[suite.check]]\nname = \"double\"\nmetric = \"mean\"\ncolumns = \"double\"\nfail = \"value < 0\"\n[[suite.check]]\nname = \"more\"\nmetric = \"drift\"\ncolumns = \"more\"\n[[suite.check]]\nmetric = \"column_count\"\nfail = \"value != 5\"\n",
    );
    near(&found["double"]["fields"]["value"], 2.0 * mean((0..300).map(|i| x(i, 0.25))));
    near(&found["double"]["reference"]["value"], 2.0 * mean((0..300).map(|i| x(i, 0.0))));
    assert_eq!(found["more"]["status"], "fail");
    assert_eq!(found["column_count"]["status"], "pass", "{}", found["column_count"]);
}

#[test]
fn where_looks_at_some_rows_of_both_sides() {
    let check = |name: &str, metric: &str, filter: &str| {
        let columns = if metric == "row_count" { "" } else { "columns = \"x\"\n" };
        format!("[[suite.check]]\nname = \"{name}\"\nmetric = \"{metric}\"\n{columns}where = \"{filter}\"\nwarn = \"value < 0\"\n")
    };
    let text = String::from("[derived]\nlow = \"y < 0.5\"\n[[suite]]\nname = \"s\"\ncorrection = \"bonferroni\"\n")
        + &check("red", "mean", "c = 'red'")
        + &check("red_rows", "row_count", "c = 'red'")
        + &check("none", "mean", "x > 100")
        + &check("low", "mean", "low")
        + &check("drift_red", "drift", "c = 'red'")
        + "[[suite.check]]\nname = \"all\"\nmetric = \"mean\"\ncolumns = \"x\"\nwarn = \"value < 0\"\n"
        + "[[suite.check]]\nname = \"drift_all\"\nmetric = \"drift\"\ncolumns = \"x\"\nwarn = \"value < 0\"\n";
    let folder = tables(300, 0.25);
    let whole = outcome(&spec(folder.path(), &text));
    let found: BTreeMap<String, Value> = checks(&whole).into_iter().collect();
    let red = |shift| mean((0..300).step_by(3).map(|i| x(i, shift)));
    near(&found["red"]["fields"]["value"], red(0.25));
    near(&found["red"]["reference"]["value"], red(0.0));
    near(&found["red_rows"]["fields"]["value"], 100.0);
    near(&found["red_rows"]["reference"]["value"], 100.0);
    near(&found["all"]["fields"]["value"], mean((0..300).map(|i| x(i, 0.25))));
    let low = (0..300).filter(|i| (*i as f64 * 0.414_213_562_373).fract() < 0.5);
    near(&found["low"]["fields"]["value"], mean(low.map(|i| x(i, 0.25))));
    assert_eq!(found["none"]["status"], "no_data");
    assert_eq!(found["drift_red"]["n_current"], 100);
    assert_eq!(found["drift_all"]["n_current"], 300);
    // Two hypotheses: the same test over other rows is another one.
    let p = |name: &str, field: &str| found[name]["fields"][field].as_f64().expect("a p-value");
    near(&Value::from(p("drift_red", "p_value")), 2.0 * p("drift_red", "p_value_raw"));
    // Each has a series of its own.
    let means = whole["samples"].as_array().expect("samples").iter().filter(|s| s["name"] == "mean_value");
    let params: Vec<String> = means.map(|s| s["labels"]["params"].as_str().unwrap_or("").to_owned()).collect();
    assert_eq!(params.len(), 3, "{params:?}");
    assert!(params.contains(&"where=c = 'red'".to_owned()) && params.contains(&String::new()), "{params:?}");
}

#[test]
fn by_gives_one_result_for_each_value_and_counts_the_rest() {
    let folder = tables(300, 0.25);
    let file = folder.path().join("current.csv");
    let csv = std::fs::read_to_string(&file).expect("read");
    // A category that the reference does not have, and a missing one.
    std::fs::write(&file, csv.replacen(",red\n", ",pink\n", 2).replacen(",green\n", ",\n", 1)).expect("written");
    let rest = "[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"drift\"\ncolumns = \"x\"\nby = \"c\"\n[[suite.check]]\nname = \"rows\"\nmetric = \"row_count\"\nby = \"c\"\nwhere = \"y >= 0\"\nwarn = \"value < 99\"\n";
    let whole = outcome(&spec(folder.path(), rest));
    let found: BTreeMap<String, Value> = checks(&whole).into_iter().collect();
    assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), ["drift.blue", "drift.green", "drift.red", "rows.blue", "rows.green", "rows.red"]);
    assert_eq!((&found["rows.red"]["fields"]["value"], &found["rows.blue"]["fields"]["value"]), (&98.0.into(), &100.0.into()));
    assert_eq!((&found["drift.red"]["n_reference"], &found["drift.red"]["n_current"]), (&100.into(), &98.into()));
    assert_eq!(found["drift.red"]["segment"], "c=red");
    assert_eq!(whole["counters"]["current.rows_of_other_segments.c"], 3);
    let labels = whole["samples"].as_array().expect("samples").iter().find(|s| s["name"] == "row_count_value").expect("a sample")["labels"].clone();
    assert_eq!(labels, serde_json::json!({"segment": "c=blue", "params": "where=y >= 0"}));
}

#[test]
fn a_where_that_one_side_cannot_read_costs_its_own_check() {
    let folder = tables(300, 0.5);
    let file = folder.path().join("current.csv");
    let with_more: String = std::fs::read_to_string(&file).expect("read").lines().enumerate().map(|(i, l)| format!("{l},{}\n", if i == 0 { "here" } else { "a" })).collect();
    std::fs::write(&file, with_more).expect("written");
    let check = |name: &str, more: &str| format!("[[suite.check]]\nname = \"{name}\"\nmetric = \"drift\"\ncolumns = \"x\"\n{more}");
    let whole = outcome(&spec(folder.path(), &format!("[[suite]]\nname = \"s\"\n{}{}", check("all", ""), check("some", "where = \"here = 'a'\"\n"))));
    let found: BTreeMap<String, Value> = checks(&whole).into_iter().collect();
    assert_eq!((&found["all"]["status"], &found["some"]["status"]), (&"fail".into(), &"error".into()), "{whole}");
    assert_eq!(found["all"]["fields"]["p_value"], found["all"]["fields"]["p_value_raw"]);
}

#[test]
fn by_tells_values_apart_as_categories_are_and_costs_no_other_check() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = |suffix: &str| (0..90).map(|i| format!("{}{suffix},{}\n", i % 3, i as f64 * 0.5)).collect::<String>();
    std::fs::write(folder.path().join("reference.csv"), format!("k,x\n{}", rows(""))).expect("written");
    std::fs::write(folder.path().join("current.csv"), format!("k,x\n{},1.5\n", rows(".0"))).expect("written");
    let rest = "[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"row_count\"\nby = \"k\"\nfail = \"value != 30\"\n[[suite.check]]\nname = \"all\"\nmetric = \"row_count\"\nfail = \"value != 91\"\n";
    let path = spec(folder.path(), rest);
    let statuses = |path: &std::path::Path| checks(&outcome(path)).into_iter().map(|(id, c)| (id, c["status"].as_str().unwrap_or_default().to_owned())).collect::<Vec<_>>();
    let expected = ["row_count.0", "row_count.1", "row_count.2", "all"].map(|id| (id.to_owned(), "pass".to_owned()));
    assert_eq!(statuses(&path), expected);
    // Without the column on one side each of its checks is an error, and the others go on.
    std::fs::write(folder.path().join("current.csv"), "x\n1\n").expect("written");
    assert_eq!(statuses(&path).iter().map(|(_, s)| s.as_str()).collect::<Vec<_>>(), ["error", "error", "error", "fail"]);
    std::fs::write(folder.path().join("reference.csv"), "k,x\n,1\n,2\n").expect("written");
    std::fs::write(folder.path().join("current.csv"), "k,x\na,1\n").expect("written");
    assert_eq!(statuses(&path), [("row_count".to_owned(), "error".to_owned()), ("all".to_owned(), "fail".to_owned())]);
}
