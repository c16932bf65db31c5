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

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn near(ours: f64, wanted: f64) -> bool {
    (ours - wanted).abs() <= 1e-12 * wanted.abs().max(1e-3)
}

#[test]
fn tables_of_thresholds_agree_with_scikit_learn() {
    for case in golden("tables") {
        let columns = vec![("t", strings(&case["target"])), ("s", numbers(&case["score"]))];
        let suite = "[[suite.check]]\nmetric = \"precision_recall_table\"\nlines = 10\nwarn = \"rows == 0.5\"\n[[suite.check]]\nmetric = \"roc_table\"\nlines = 10\nwarn = \"value == 0.123456789\"\n";
        let found = run(columns, "target = \"t\"\nscore = \"s\"\npositive = \"1\"\n", suite);
        let line = |metric: &str, label: &str, share: &str| {
            let of = found.values().find(|check| check["metric"] == metric && check["labels"][label] == share);
            of.unwrap_or_else(|| panic!("no line {share} of {metric}"))
        };
        for wanted in case["precision_recall"].as_array().expect("lines") {
            let ours = line("precision_recall_table", "top", wanted["top"].as_str().expect("a share"));
            for field in ["value", "recall", "threshold", "rows", "dummy"] {
                assert!(near(number(&ours["fields"][field]), number(&wanted[field])), "{} {field}: {ours} for {wanted}", case["name"]);
            }
        }
        for (rate, wanted) in case["roc"].as_object().expect("rates") {
            let ours = line("roc_table", "false_positive_rate", rate);
            assert!(near(number(&ours["fields"]["value"]), number(wanted)), "{} {rate}: {ours} for {wanted}", case["name"]);
            assert!(near(number(&ours["fields"]["dummy"]), rate.trim_end_matches('%').parse::<f64>().expect("a share") / 100.0), "{ours}");
        }
    }
}

#[test]
fn the_highest_scores_may_count_as_positive() {
    for case in golden("top") {
        let suite: String = case["answers"].as_object().expect("answers").keys().map(|metric| format!("[[suite.check]]\nmetric = \"{metric}\"\ntop = {}\nwarn = \"value == 0.123456789\"\n", case["top"])).collect();
        let found = run(vec![("t", strings(&case["target"])), ("s", numbers(&case["score"]))], "target = \"t\"\nscore = \"s\"\npositive = \"1\"\n", &suite);
        for (metric, wanted) in case["answers"].as_object().expect("answers") {
            assert!(near(number(&found[metric]["fields"]["value"]), number(wanted)), "{} {metric} top {}: {} for {wanted}", case["name"], case["top"], found[metric]);
        }
    }
}

fn lists(values: &Value) -> ArrayRef {
    let mut builder = arrow::array::ListBuilder::new(arrow::array::StringBuilder::new());
    for row in values.as_array().expect("rows") {
        row.as_array().expect("labels").iter().for_each(|label| builder.values().append_value(label.as_str().expect("a label")));
        builder.append(true);
    }
    Arc::new(builder.finish())
}

#[test]
fn rows_of_several_labels_agree_with_scikit_learn() {
    let columns = |case: &Value| vec![("t", lists(&case["target"])), ("p", lists(&case["prediction"]))];
    assert!(compare("sets", |_| "target = \"t\"\nprediction = \"p\"\n".into(), columns) > 30);
    // What is of one label says so.
    let case = &golden("sets")[0];
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("current.arrow"), columns(case));
    let path = folder.path().join("monitor.toml");
    std::fs::write(&path, "[monitor]\nname = \"m\"\n[source.current]\nkind = \"arrow_ipc\"\npath = \"current.arrow\"\n[columns]\ntarget = \"t\"\nprediction = \"p\"\n[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"cohen_kappa\"\nfail = \"value < 0.5\"\n").expect("written");
    let output = crate::support::driftline().arg("check").arg(&path).output().expect("the binary runs");
    assert!(String::from_utf8_lossy(&output.stderr).contains("the target has lists of them"), "{output:?}");
}

#[test]
fn places_of_labels_agree_with_scikit_learn() {
    for case in golden("ranks") {
        let rows = case["probabilities"].as_array().expect("rows");
        let column = |i: usize| Arc::new(rows.iter().map(|row| row[i].as_f64()).collect::<Float64Array>()) as ArrayRef;
        let columns = vec![("t", strings(&case["target"])), ("p0", column(0)), ("p1", column(1)), ("p2", column(2)), ("p3", column(3))];
        let answers = case["answers"].as_object().expect("answers");
        let suite: String = answers.keys().map(|k| format!("[[suite.check]]\nname = \"top_{k}\"\nmetric = \"top_k_accuracy\"\nk = {k}\nwarn = \"value == 0.123456789\"\n")).collect();
        let found = run(columns, "target = \"t\"\nprobabilities = { 0 = \"p0\", 1 = \"p1\", 2 = \"p2\", 3 = \"p3\" }\n", &suite);
        for (k, wanted) in answers {
            assert!(near(number(&found[&format!("top_{k}")]["fields"]["value"]), number(wanted)), "{} {k}: {:?} for {wanted}", case["name"], found[&format!("top_{k}")]);
        }
    }
}

#[test]
fn errors_beside_features_agree_with_numpy() {
    for case in golden("errors") {
        let columns = vec![("t", numbers(&case["target"])), ("p", numbers(&case["prediction"])), ("x", numbers(&case["x"])), ("c", strings(&case["c"]))];
        let suite = "[[suite.check]]\nmetric = \"error_distribution\"\nwarn = \"median == 0.123456789\"\n[[suite.check]]\nmetric = \"error_bias\"\ncolumns = [\"x\", \"c\"]\nwarn = \"value == 0.123456789\"\n";
        let found = run(columns, "target = \"t\"\nprediction = \"p\"\n", suite);
        for (key, wanted) in case["answers"].as_object().expect("answers") {
            let ours = &found[&key.replace(' ', ".")];
            for (field, wanted) in wanted.as_object().expect("fields") {
                assert!(ours["fields"][field].as_f64().is_some_and(|found| near(found, number(wanted))), "{} {key} {field}: {ours} for {wanted}", case["name"]);
            }
        }
    }
}

/// Beyond a million different scores the area has an error bound, and lies within it.
#[test]
fn the_bounds_of_an_area_of_binned_scores_hold_the_exact_one() {
    let rows = 1_200_000;
    let score = |row: usize| (row as f64 * 0.618_033_988_749_894_8).fract();
    let is_positive = |row: usize| (row as f64 * 0.414_213_562_373_095).fract() < 0.2 + 0.5 * score(row);
    let labels: ArrayRef = Arc::new((0..rows).map(|row| Some(["no", "yes"][usize::from(is_positive(row))])).collect::<StringArray>());
    let scores: ArrayRef = Arc::new((0..rows).map(|row| Some(score(row))).collect::<Float64Array>());
    let mut ordered: Vec<(f64, bool)> = (0..rows).map(|row| (score(row), is_positive(row))).collect();
    ordered.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut pairs, mut positives) = (0u64, 0u64, 0u64);
    for (_, positive) in ordered.iter().copied() {
        pairs += if positive { below } else { 0 };
        positives += u64::from(positive);
        below += u64::from(!positive);
    }
    let exact = pairs as f64 / (positives as f64 * below as f64);
    let (mut above, mut found, mut sum) = (0u64, 0u64, 0.0);
    for (_, positive) in ordered.iter().rev() {
        above += 1;
        found += u64::from(*positive);
        sum += if *positive { found as f64 / above as f64 } else { 0.0 };
    }
    let precision = sum / positives as f64;
    let gain = ordered[rows - rows / 10..].iter().filter(|(_, positive)| *positive).count() as f64 / positives as f64;
    let suite: String = ["roc_auc", "average_precision", "gain", "lift"].iter().map(|metric| format!("[[suite.check]]\nmetric = \"{metric}\"\nfail = \"value < 0.0001\"\n")).collect();
    let found = run(vec![("t", labels), ("s", scores)], "target = \"t\"\nscore = \"s\"\npositive = \"yes\"\n", &suite);
    for (metric, exact) in [("average_precision", precision), ("gain", gain), ("lift", gain * 10.0)] {
        let check = &found[metric];
        let (low, high) = (number(&check["bounds"][0]), number(&check["bounds"][1]));
        assert!(low <= exact && exact <= high && high - low < 0.01 * exact, "{exact}: {check}");
    }
    let check = &found["roc_auc"];
    let (low, high) = (number(&check["bounds"][0]), number(&check["bounds"][1]));
    assert!(low <= exact && exact <= high && high - low < 2e-3, "{exact}: {check}");
    assert!((number(&check["fields"]["value"]) - exact).abs() < 1e-4, "{exact}: {check}");
}

/// What rows mean that are no usual ones: one answer each, and never NaN.
#[test]
fn one_class_and_scores_that_are_no_probabilities_have_an_answer() {
    let text = |of: &dyn Fn(usize) -> Option<&'static str>| Arc::new((0..60).map(of).collect::<StringArray>()) as ArrayRef;
    let number = |of: &dyn Fn(usize) -> Option<f64>| Arc::new((0..60).map(of).collect::<Float64Array>()) as ArrayRef;
    let metrics = ["accuracy", "recall", "roc_auc", "average_precision", "log_loss", "brier_score", "expected_calibration_error", "lift", "cohen_kappa"];
    let suite: String = metrics.iter().map(|metric| format!("[[suite.check]]\nmetric = \"{metric}\"\nfail = \"value == 0.123456789\"\n")).collect();
    let statuses = |target: ArrayRef, score: ArrayRef| {
        let prediction = text(&|i| Some(["no", "yes"][i % 2]));
        let found = run(vec![("t", target), ("p", prediction), ("s", score)], "target = \"t\"\nprediction = \"p\"\nscore = \"s\"\npositive = \"yes\"\n", &suite);
        metrics.map(|metric| found[metric]["status"].as_str().unwrap_or_default().to_owned())
    };
    let usual = || number(&|i| Some(i as f64 / 60.0));
    let both = || text(&|i| Some(["no", "yes"][i / 3 % 2]));
    assert_eq!(statuses(both(), usual()), ["pass"; 9]);
    // All positive: what compares with the others says so.
    assert_eq!(statuses(text(&|_| Some("yes")), usual()), ["pass", "pass", "no_data", "no_data", "pass", "pass", "pass", "no_data", "pass"]);
    // Scores beyond 1 order rows, and are no probabilities.
    assert_eq!(statuses(both(), number(&|i| Some(i as f64))), ["pass", "pass", "pass", "pass", "error", "error", "error", "pass", "pass"]);
    // Nothing is known.
    assert_eq!(statuses(text(&|_| None), usual()), ["no_data"; 9]);
    assert_eq!(statuses(both(), number(&|_| Some(f64::NAN)))[2..8], ["no_data"; 6]);
}

/// A misspelt positive label and labels that are written otherwise are mistakes, and not the absence of news.
#[test]
fn labels_that_do_not_meet_are_errors() {
    let text = |labels: [&'static str; 2]| Arc::new((0..200).map(|i| Some(labels[i % 2])).collect::<StringArray>()) as ArrayRef;
    let score = || Arc::new((0..200).map(|i| Some(f64::from(i) / 200.0)).collect::<Float64Array>()) as ArrayRef;
    let suite: String = ["roc_auc", "recall", "log_loss"].iter().map(|metric| format!("[[suite.check]]\nmetric = \"{metric}\"\nfail = \"value == 0.123456789\"\n")).collect();
    let found = run(vec![("t", text(["0", "1"])), ("s", score())], "target = \"t\"\nscore = \"s\"\npositive = \"yes\"\n", &suite);
    for check in found.values() {
        assert!(check["status"] == "error" && check["message"].as_str().is_some_and(|m| m.contains("`yes` is none of the labels that there are: 0, 1")), "{check}");
    }
    let suite = "[[suite.check]]\nmetric = \"worst_segments\"\n";
    let found = run(vec![("t", text(["no", "yes"])), ("p", text(["0", "1"])), ("x", score())], "target = \"t\"\nprediction = \"p\"\n", suite);
    assert!(found.values().all(|check| check["status"] == "error" && check["message"].as_str().is_some_and(|m| m.contains("written alike"))), "{found:?}");
}

/// A label that the reference does not have is a label like others, and its absence there no error.
#[test]
fn labels_that_the_reference_has_not_seen_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = |labels: &[&'static str]| Arc::new((0..120).map(|i| Some(labels[i % labels.len()])).collect::<StringArray>()) as ArrayRef;
    // Every third row is of a new label, of which the model knows nothing.
    write(&folder.path().join("reference.arrow"), vec![("t", text(&["a", "b"])), ("p", text(&["a", "b"]))]);
    write(&folder.path().join("current.arrow"), vec![("t", text(&["a", "b", "c"])), ("p", text(&["a", "b", "a"]))]);
    let path = folder.path().join("monitor.toml");
    let side = |name: &str| format!("[source.{name}]\nkind = \"arrow_ipc\"\npath = \"{name}.arrow\"\n");
    let check = |metric: &str, more: &str| format!("[[suite.check]]\nmetric = \"{metric}\"\n{more}");
    let checks_of = check("accuracy", "fail = \"value < reference - 5%\"\n") + &check("recall", "average = \"by_label\"\nwarn = \"value < 0.5\"\n") + &check("confusion_matrix", "warn = \"count > 1000\"\n");
    std::fs::write(&path, format!("[monitor]\nname = \"m\"\n{}{}[columns]\ntarget = \"t\"\nprediction = \"p\"\n[[suite]]\nname = \"s\"\n{checks_of}", side("reference"), side("current"))).expect("written");
    let found: BTreeMap<String, Value> = checks(&outcome(&path)).into_iter().collect();
    assert!(found["accuracy"]["status"] == "fail" && near(number(&found["accuracy"]["fields"]["value"]), 2.0 / 3.0) && found["accuracy"]["reference"]["value"] == 1.0, "{}", found["accuracy"]);
    assert!(found["recall.c"]["status"] == "warn" && found["recall.c"]["fields"]["value"] == 0.0, "{}", found["recall.c"]);
    let cell = found.values().find(|check| check["labels"]["target"] == "c" && check["labels"]["prediction"] == "a").expect("a cell");
    assert!(cell["fields"]["count"] == 40.0 && near(number(&cell["fields"]["dummy"]), 40.0 / 3.0), "{cell}");
}
