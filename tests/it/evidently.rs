//! Evidently's answers on real tables (`tests/golden/make_evidently.py`): by tests whose definition is its too, by `test = "evidently"`, and by suites with
//! `compatibility = "evidently"`.

use crate::support::{checks, outcome, root};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

const METHODS: &str = include_str!("../golden/evidently.json");
const SUITES: &str = include_str!("../golden/evidently_suites.json");
const REPORTS: &str = include_str!("../golden/evidently_reports.json");

fn tables(text: &str) -> BTreeMap<String, Value> {
    let golden: Value = serde_json::from_str(text).expect("JSON");
    golden["tables"].as_object().expect("tables").iter().map(|(name, found)| (name.clone(), found.clone())).collect()
}

fn file(table: &str, side: &str) -> PathBuf {
    let folder = if table.starts_with("breast_cancer") { "examples/clinical" } else { "tests/golden/tables" };
    root().join(folder).join(format!("{table}_{side}.parquet"))
}

/// The checks of a suite over a table, by id.
fn run(table: &str, columns: &str, suite: &str) -> BTreeMap<String, Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("monitor.toml");
    let text = format!(
        "[monitor]\nname = \"m\"\n[source.reference]\nkind = \"parquet\"\npath = {:?}\n[source.current]\nkind = \"parquet\"\npath = {:?}\n[columns]\n{columns}\n[[suite]]\nname = \"s\"\n{suite}",
        file(table, "ref").display().to_string(),
        file(table, "cur").display().to_string(),
    );
    std::fs::write(&path, text).expect("written");
    checks(&outcome(&path)).into_iter().collect()
}

/// `[columns]` by Evidently's types.
fn kinds(numerical: &[&str], categorical: &[&str], ignore: &[&str]) -> String {
    format!("numerical = {numerical:?}\ncategorical = {categorical:?}\nignore = {ignore:?}")
}

fn close(found: f64, wanted: f64, tolerance: f64) -> bool {
    found == wanted || (found - wanted).abs() <= tolerance * wanted.abs().max(f64::MIN_POSITIVE)
}

/// Evidently's name, ours with its parameters, and the field that is its score.
const NUMERICAL: [(&str, &str, &str); 7] = [
    ("ks", "\"kolmogorov_smirnov\"", "p_value"),
    ("wasserstein", "\"wasserstein\"", "effect_size"),
    ("t_test", "{ name = \"t_test\", equal_variances = true }", "p_value"),
    ("anderson", "\"anderson_darling\"", "p_value"),
    ("cramer_von_mises", "\"cramer_von_mises\"", "p_value"),
    ("es", "\"epps_singleton\"", "p_value"),
    ("ed", "\"energy_distance\"", "statistic"),
];
const CATEGORICAL: [(&str, &str, &str); 5] = [
    ("chisquare", "{ name = \"chi_square\", expected = \"reference\" }", "p_value"),
    ("z", "\"proportions_z_test\"", "p_value"),
    ("hellinger", "\"hellinger\"", "statistic"),
    ("tvd_statistic", "\"total_variation\"", "statistic"),
    ("jensenshannon", "\"jensen_shannon\"", "statistic"),
];

/// Our number on Evidently's scale.
fn on_their_scale(test: &str, value: f64) -> f64 {
    match test {
        "num:anderson" => value.clamp(0.001, 0.25),
        // Their logarithm is natural.
        "cat:jensenshannon" => value * std::f64::consts::LN_2.sqrt(),
        _ => value,
    }
}

/// Where Evidently's answer is one of rounding, or of what has none.
fn evidently_is_wrong(column: &str, test: &str) -> bool {
    match test {
        // Two constants.
        "num:cramer_von_mises" => column == "n_const",
        // The covariance of few distinct values has a small rank, which SciPy's pseudo-inverse takes for more; in the far tail its digits end.
        "num:es" => ["target", "prediction", "sex", "f_low3", "proba"].contains(&column),
        _ => false,
    }
}

/// How far Evidently's score may be from ours beside its relative tolerance.
fn absolute(test: &str) -> f64 {
    match test {
        // Other draws.
        "num:empirical_mmd" | "cat:TVD" => 0.15,
        // 1 - cdf has so many digits.
        "cat:z" => 4.5e-16,
        // Its series ends at 1e-7.
        "num:cramer_von_mises" => 1e-7,
        // A sum of terms of both signs.
        "num:kl_div" | "cat:kl_div" => 1e-15,
        _ => 0.0,
    }
}

#[test]
fn common_tests_give_evidentlys_scores() {
    let mut compared = 0;
    for (table, columns) in tables(METHODS).iter().filter(|(name, _)| name.starts_with("breast_cancer")) {
        let (mut text, mut wanted) = (String::new(), BTreeMap::new());
        for (column, found) in columns.as_object().expect("columns") {
            let kind = found["kind"].as_str().expect("a kind");
            let table_of_tests: &[(&str, &str, &str)] = if kind == "num" { &NUMERICAL } else { &CATEGORICAL };
            for (theirs, ours, field) in table_of_tests {
                let Some(score) = found["tests"][format!("{kind}:{theirs}")]["score"].as_f64() else { continue };
                if evidently_is_wrong(column, &format!("{kind}:{theirs}")) {
                    continue;
                }
                let id = format!("check_{}", wanted.len());
                write!(text, "[[suite.check]]\nname = \"{id}\"\nmetric = \"drift\"\ncolumns = \"{column}\"\ntest = {ours}\nwarn = \"statistic < -1\"\n").expect("a string");
                wanted.insert(id, (column.clone(), format!("{kind}:{theirs}"), *field, score));
            }
        }
        for (id, check) in run(table, &old_kinds(columns), &text) {
            let (column, test, field, score) = &wanted[&id];
            let found = check["fields"][field].as_f64().unwrap_or_else(|| panic!("{table} {column} {test}: {check}"));
            let found = on_their_scale(test, found);
            assert!(close(found, *score, 1e-9) || (found - score).abs() <= absolute(test), "{table} {column} {test}: {found:e} for {score:e}");
            compared += 1;
        }
    }
    println!("{compared} scores agree");
    assert!(compared > 300, "{compared}");
}

/// `[columns]` by the types of the old interface.
fn old_kinds(columns: &Value) -> String {
    let of = |kind: &str| -> Vec<&str> { columns.as_object().expect("columns").iter().filter(|(_, c)| c["kind"] == kind).map(|(n, _)| n.as_str()).collect() };
    kinds(&of("num"), &of("cat"), &[])
}

#[test]
fn every_drift_method_gives_evidentlys_score_and_verdict() {
    let (mut compared, mut failed, mut errors) = (BTreeMap::<String, u64>::new(), Vec::new(), 0);
    for (table, columns) in tables(METHODS) {
        for kind in ["num", "cat"] {
            let (mut text, mut wanted) = (String::new(), BTreeMap::new());
            let columns = columns.as_object().expect("columns");
            let tested: Vec<&str> = columns.iter().filter(|(_, c)| c["tests"].as_object().expect("tests").keys().any(|k| k.starts_with(kind))).map(|(n, _)| n.as_str()).collect();
            for column in &tested {
                for (key, answer) in columns[*column]["tests"].as_object().expect("tests") {
                    let Some(method) = key.strip_prefix(&format!("{kind}:")).filter(|m| *m != "tvd_statistic") else { continue };
                    let id = format!("check_{}", wanted.len());
                    write!(text, "[[suite.check]]\nname = \"{id}\"\nmetric = \"drift\"\ncolumns = \"{column}\"\ntest = \"{method}\"\n").expect("a string");
                    wanted.insert(id, (*column, key, answer));
                }
            }
            let other = [&tested[..], &[]];
            let (numerical, categorical) = if kind == "num" { (other[0], other[1]) } else { (other[1], other[0]) };
            for (id, check) in run(&table, &kinds(numerical, categorical, &[]), &format!("compatibility = \"evidently\"\n{text}")) {
                let (column, key, answer) = &wanted[&id];
                let what = format!("{table} {column} {key}");
                let score = answer["score"].as_f64().filter(|s| s.is_finite());
                let (Some(score), Some(found)) = (score, check["fields"]["statistic"].as_f64()) else {
                    let neither = score.is_none() && check["status"] == "error";
                    if !neither && !evidently_is_wrong(column, key) {
                        failed.push(format!("{what}: {} {} for {answer}", check["status"], check["message"]));
                    }
                    errors += 1;
                    continue;
                };
                let drawn = key.ends_with("empirical_mmd") || key.ends_with("TVD");
                let distance = ["wasserstein", "psi", "kl_div", "jensenshannon", "hellinger", "ed"].iter().any(|d| key.ends_with(&format!(":{d}")));
                let agrees = close(found, score, if distance { 1e-12 } else { 1e-9 }) || (found - score).abs() <= absolute(key);
                let verdict = (check["fields"]["detected"] == 1.0) == (answer["drifted"] == true) && (check["status"] == "fail") == (answer["drifted"] == true);
                if (!agrees || (!verdict && !drawn)) && !evidently_is_wrong(column, key) {
                    failed.push(format!("{what}: {found:e} for {score:e}, detected {} for {}", check["fields"]["detected"], answer["drifted"]));
                }
                *compared.entry((*key).clone()).or_default() += 1;
            }
        }
    }
    println!("{compared:?}, {errors} without a score");
    assert!(failed.is_empty(), "{} of them:\n{}", failed.len(), failed.join("\n"));
}
