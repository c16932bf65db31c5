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

#[test]
fn presets_leave_out_what_the_spec_has_no_columns_for() {
    let labels = golden("labels");
    let case = labels.iter().find(|case| case["name"] == "breast_cancer_rand_cur").expect("a case");
    let scores = golden("scores").into_iter().find(|case| case["name"] == "breast_cancer_rand_cur 1").expect("a case");
    let columns = || vec![("t", strings(&case["target"])), ("p", strings(&case["prediction"])), ("s", numbers(&scores["score"]))];
    let suite = "preset = \"classification\"\n";
    let of_labels = run(columns(), "target = \"t\"\nprediction = \"p\"\n", suite);
    assert_eq!(of_labels.keys().collect::<Vec<_>>(), ["accuracy", "f1", "precision", "recall"]);
    let all = run(columns(), "target = \"t\"\nprediction = \"p\"\nscore = \"s\"\n", suite);
    assert!(all.contains_key("roc_auc") && all.contains_key("log_loss") && all.values().all(|check| check["status"] == "pass"), "{all:?}");
    // Labels that say nothing are no better than guessing.
    let shuffled: ArrayRef = Arc::new((0..285).map(|i| Some(["0", "1"][i * 7 % 2])).collect::<StringArray>());
    let bad = run(vec![("t", strings(&case["target"])), ("p", shuffled)], "target = \"t\"\nprediction = \"p\"\n", suite);
    assert_eq!(bad["accuracy"]["status"], "fail", "{}", bad["accuracy"]);
}

#[test]
fn rows_without_labels_are_never_taken_for_wrong() {
    let targets: ArrayRef = Arc::new((0..100).map(|i| if i % 4 == 0 { None } else { Some(["a", "b"][i % 2]) }).collect::<StringArray>());
    let predictions: ArrayRef = Arc::new((0..100).map(|i| if i % 10 == 9 { None } else { Some(["a", "b"][i % 2]) }).collect::<StringArray>());
    let suite = "[[suite.check]]\nmetric = \"accuracy\"\nfail = \"value < 1\"\n[[suite.check]]\nmetric = \"label_coverage\"\nfail = \"value != 75%\"\n";
    let found = run(vec![("t", targets), ("p", predictions)], "target = \"t\"\nprediction = \"p\"\n", suite);
    assert_eq!((&found["accuracy"]["status"], &found["label_coverage"]["status"]), (&"pass".into(), &"pass".into()), "{found:?}");
    assert_eq!(found["accuracy"]["n_current"], 65);
}

/// 1, 1.0 and "1" are the same label; true is another.
#[test]
fn labels_of_other_types_are_compared_as_they_are_written() {
    let integers: ArrayRef = Arc::new((0..40).map(|i| Some(i % 2)).collect::<arrow::array::Int64Array>());
    let floats: ArrayRef = Arc::new((0..40).map(|i| Some(f64::from(i % 2))).collect::<Float64Array>());
    let texts: ArrayRef = Arc::new((0..40).map(|i| Some(["0", "1"][i % 2])).collect::<StringArray>());
    let suite = "[[suite.check]]\nmetric = \"accuracy\"\nfail = \"value < 1\"\n";
    for other in [&floats, &texts] {
        let found = run(vec![("t", integers.clone()), ("p", other.clone())], "target = \"t\"\nprediction = \"p\"\n", suite);
        assert_eq!(found["accuracy"]["status"], "pass", "{found:?}");
    }
}
