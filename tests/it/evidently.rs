//! Tests whose definition is Evidently's too give its numbers on real tables (`tests/golden/evidently.json`: scores of Evidently 0.7.23).

use crate::support::{checks, outcome, root};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

const GOLDEN: &str = include_str!("../golden/evidently.json");

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

/// Where exact arithmetic refutes it: the series behind the p-value of Cramér and von Mises is cut off at 1e-7 and subtracted from 1,
/// and the covariance of two distinct values has rank 1, which SciPy's pseudo-inverse takes for more.
fn refuted(table: &str, column: &str, test: &str) -> bool {
    let tail = test == "cramer_von_mises" && table == "breast_cancer_shift";
    let singular = test == "es" && ["target", "prediction"].contains(&column);
    let digits = test == "es" && (table, column) == ("breast_cancer_shift", "proba");
    tail || singular || digits
}

/// Our number on Evidently's scale.
fn on_their_scale(test: &str, value: f64) -> f64 {
    match test {
        "anderson" => value.clamp(0.001, 0.25),
        // Their logarithm is natural.
        "jensenshannon" => value * std::f64::consts::LN_2.sqrt(),
        _ => value,
    }
}

#[test]
fn common_tests_give_evidentlys_scores() {
    let golden: Value = serde_json::from_str(GOLDEN).expect("JSON");
    let mut compared = 0;
    for (table, columns) in golden["tables"].as_object().expect("tables") {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |side: &str| root().join("examples/clinical").join(format!("{table}_{side}.parquet")).display().to_string();
        let (mut text, mut wanted) = (String::new(), BTreeMap::new());
        let of_kind = |kind: &str| -> Vec<&String> { columns.as_object().expect("columns").iter().filter(|(_, c)| c["kind"] == kind).map(|(n, _)| n).collect() };
        write!(
            text,
            "[monitor]\nname = \"m\"\n[source.reference]\nkind = \"parquet\"\npath = {:?}\n[source.current]\nkind = \"parquet\"\npath = {:?}\n[columns]\nnumerical = {:?}\ncategorical = {:?}\n[[suite]]\nname = \"s\"\n",
            file("ref"), file("cur"), of_kind("num"), of_kind("cat")
        )
        .expect("a string");
        for (column, found) in columns.as_object().expect("columns") {
            let kind = found["kind"].as_str().expect("a kind");
            let table_of_tests: &[(&str, &str, &str)] = if kind == "num" { &NUMERICAL } else { &CATEGORICAL };
            for (theirs, ours, field) in table_of_tests {
                let Some(score) = found["tests"][format!("{kind}:{theirs}")].as_f64() else { continue };
                if refuted(table, column, theirs) {
                    continue;
                }
                let id = format!("check_{}", wanted.len());
                write!(text, "[[suite.check]]\nname = \"{id}\"\nmetric = \"drift\"\ncolumns = \"{column}\"\ntest = {ours}\nwarn = \"statistic < -1\"\n").expect("a string");
                wanted.insert(id, (column.clone(), *theirs, *field, score));
            }
        }
        let path = folder.path().join("monitor.toml");
        std::fs::write(&path, text).expect("written");
        for (id, check) in checks(&outcome(&path)) {
            let (column, test, field, score) = &wanted[&id];
            let found = check["fields"][field].as_f64().unwrap_or_else(|| panic!("{table} {column} {test}: {check}"));
            let found = on_their_scale(test, found);
            let error = (found - score).abs() / score.abs().max(f64::MIN_POSITIVE);
            assert!(found == *score || error <= 1e-9, "{table} {column} {test}: {found:e} for {score:e}");
            compared += 1;
        }
    }
    println!("{compared} scores agree");
    assert!(compared > 300, "{compared}");
}
