//! The performance of models against scikit-learn (`tests/golden/performance.json`).

use crate::support::{checks, outcome};
use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const GOLDEN: &str = include_str!("../golden/performance.json");

fn golden(family: &str) -> Vec<Value> {
    let golden: Value = serde_json::from_str(GOLDEN).expect("JSON");
    golden[family].as_array().expect("cases").clone()
}

fn strings(values: &Value) -> ArrayRef {
    Arc::new(values.as_array().expect("labels").iter().map(Value::as_str).collect::<StringArray>())
}

fn numbers(values: &Value) -> ArrayRef {
    Arc::new(values.as_array().expect("numbers").iter().map(Value::as_f64).collect::<Float64Array>())
}

fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let mut writer = arrow::ipc::writer::FileWriter::try_new(std::fs::File::create(path).expect("a file"), &batch.schema()).expect("a writer");
    writer.write(&batch).expect("written");
    writer.finish().expect("finished");
}

/// The checks over one table, by id.
fn run(columns: Vec<(&str, ArrayRef)>, roles: &str, suite: &str) -> BTreeMap<String, Value> {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("current.arrow"), columns);
    let path = folder.path().join("monitor.toml");
    let text = format!("[monitor]\nname = \"m\"\n[source.current]\nkind = \"arrow_ipc\"\npath = \"current.arrow\"\n[columns]\n{roles}\n[[suite]]\nname = \"s\"\n{suite}");
    std::fs::write(&path, text).expect("written");
    checks(&outcome(&path)).into_iter().collect()
}

/// A check of a golden key, `METRIC`, `METRIC AVERAGE`, `METRIC label LABEL`, `METRIC FIELD` or `METRIC LEVEL`.
fn check(i: usize, key: &str) -> (String, String) {
    let words: Vec<&str> = key.split(' ').collect();
    let (metric, beta) = if words[0] == "f_beta2" { ("f_beta", "beta = 2.0\n") } else { (words[0], "") };
    let (keys, field) = match &words[1..] {
        [] => (String::new(), "value"),
        ["label", label] => (format!("label = \"{label}\"\n"), "value"),
        [average @ ("macro" | "micro" | "weighted")] => (format!("average = \"{average}\"\n"), "value"),
        [field] if field.parse::<f64>().is_err() => (String::new(), *field),
        [level] => (format!("q = {level}\n"), "value"),
        other => panic!("{other:?}"),
    };
    (format!("[[suite.check]]\nname = \"check_{i}\"\nmetric = \"{metric}\"\n{keys}{beta}warn = \"{field} == 0.123456789\"\n"), field.to_owned())
}

fn compare(family: &str, roles: impl Fn(&Value) -> String, columns: impl Fn(&Value) -> Vec<(&'static str, ArrayRef)>) -> usize {
    let (mut compared, mut failed) = (0, Vec::new());
    for case in golden(family) {
        let answers = case["answers"].as_object().expect("answers");
        let asked: Vec<(String, String)> = answers.keys().enumerate().map(|(i, key)| check(i, key)).collect();
        let suite: String = asked.iter().map(|(check, _)| check.as_str()).collect();
        let found = run(columns(&case), &roles(&case), &suite);
        for (i, (key, wanted)) in answers.iter().enumerate() {
            let (check, wanted) = (&found[&format!("check_{i}")], wanted.as_f64().expect("a number"));
            let agrees = |ours: f64| (ours - wanted).abs() <= 1e-12 * wanted.abs().max(1e-3);
            // A sum over values near 1e9 has fewer digits in numpy.
            let large = |ours: f64| case["name"] == "large offset" && (ours - wanted).abs() <= 1e-6 * wanted.abs();
            match check["fields"][asked[i].1.as_str()].as_f64() {
                Some(ours) if agrees(ours) || large(ours) => compared += 1,
                ours => failed.push(format!("{} {key}: {ours:?} for {wanted} ({})", case["name"], check["message"])),
            }
        }
    }
    println!("{family}: {compared}");
    assert!(failed.is_empty(), "{} of them:\n{}", failed.len(), failed.join("\n"));
    compared
}

#[test]
fn metrics_of_labels_agree_with_scikit_learn() {
    let columns = |case: &Value| vec![("t", strings(&case["target"])), ("p", strings(&case["prediction"]))];
    assert!(compare("labels", |_| "target = \"t\"\nprediction = \"p\"\n".into(), columns) > 150);
}

#[test]
fn metrics_of_scores_agree_with_scikit_learn() {
    let columns = |case: &Value| vec![("t", strings(&case["target"])), ("s", numbers(&case["score"]))];
    assert!(compare("scores", |case| format!("target = \"t\"\nscore = \"s\"\npositive = {}\n", case["positive"]), columns) > 50);
}

#[test]
fn metrics_of_numbers_agree_with_scikit_learn() {
    let columns = |case: &Value| vec![("t", numbers(&case["target"])), ("p", numbers(&case["prediction"]))];
    assert!(compare("numbers", |_| "target = \"t\"\nprediction = \"p\"\nnumerical = [\"t\", \"p\"]\n".into(), columns) > 60);
}
