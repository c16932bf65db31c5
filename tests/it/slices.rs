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
