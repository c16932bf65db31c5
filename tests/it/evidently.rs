//! Evidently's answers on real tables (`tests/golden/make_evidently.py`): by tests whose definition is its too, by `test = "evidently"`, and by suites with
//! `compatibility = "evidently"`.

use crate::support::{checks, outcome, root};
use arrow::array::{ArrayRef, ListArray, RecordBatch, StringArray};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const METHODS: &str = include_str!("../golden/evidently.json");
const SUITES: &str = include_str!("../golden/evidently_suites.json");
const MORE: &str = include_str!("../golden/evidently_more.json");
const RANKINGS: &str = include_str!("../golden/evidently_ranking.json");
const TEXTS: &str = include_str!("../golden/evidently_texts.json");
const REPORTS: &str = include_str!("../golden/evidently_reports.json");

fn tables(text: &str) -> BTreeMap<String, Value> {
    let golden: Value = serde_json::from_str(text).expect("JSON");
    golden["tables"].as_object().expect("tables").iter().map(|(name, found)| (name.clone(), found.clone())).collect()
}

fn file(table: &str, side: &str) -> PathBuf {
    let folder = if table.starts_with("breast_cancer") { "examples/clinical" } else { "tests/golden/tables" };
    root().join(folder).join(format!("{table}_{side}.parquet"))
}

/// A spec of a suite over a table.
fn spec(table: &str, with_reference: bool, columns: &str, suite: &str) -> String {
    let source = |name: &str, side: &str| format!("[source.{name}]\nkind = \"parquet\"\npath = {:?}\n", file(table, side).display().to_string());
    let reference = if with_reference { source("reference", "ref") } else { String::new() };
    format!("[monitor]\nname = \"m\"\n{reference}{}[columns]\n{columns}\n[[suite]]\nname = \"s\"\n{suite}", source("current", "cur"))
}

/// The checks of a spec, by id.
fn checks_of(spec: &str) -> BTreeMap<String, Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("monitor.toml");
    std::fs::write(&path, spec).expect("written");
    checks(&outcome(&path)).into_iter().collect()
}

/// The checks of a suite over a table, by id.
fn run(table: &str, columns: &str, suite: &str) -> BTreeMap<String, Value> {
    checks_of(&spec(table, true, columns, suite))
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

#[test]
fn the_total_variation_is_evidentlys() {
    let mut compared = 0;
    for (table, columns) in tables(METHODS) {
        let wanted: Vec<(&String, f64)> = columns.as_object().expect("columns").iter().filter_map(|(n, c)| Some((n, c["tests"]["cat:tvd_statistic"]["score"].as_f64()?))).collect();
        let names: Vec<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
        let check = |name: &&str| format!("[[suite.check]]\nname = \"of_{}\"\nmetric = \"drift\"\ncolumns = \"{name}\"\ntest = \"total_variation\"\n", name.to_lowercase());
        if names.is_empty() {
            continue;
        }
        let found = run(&table, &kinds(&[], &names, &[]), &names.iter().map(check).collect::<String>());
        for (name, wanted) in wanted {
            let ours = found[&format!("of_{}", name.to_lowercase())]["fields"]["statistic"].as_f64().expect("a distance");
            assert!(close(ours, wanted, 1e-12) || (ours - wanted).abs() < 1e-16, "{table} {name}: {ours:e} for {wanted:e}");
            compared += 1;
        }
    }
    assert_eq!(compared, 46);
}

/// The default method by Evidently's choice.
#[test]
fn without_a_method_the_choice_is_evidentlys() {
    let mut compared = 0;
    for (table, columns) in tables(METHODS) {
        let found = run(&table, &old_kinds(&columns), "compatibility = \"evidently\"\n[[suite.check]]\nmetric = \"TestAllFeaturesValueDrift\"\n");
        for (column, answer) in columns.as_object().expect("columns") {
            let name = answer["default"].as_str().expect("a method");
            let check = &found[&format!("all_features_value_drift.{column}")];
            let asked = run_one(&table, &old_kinds(&columns), column, name);
            // A numeric column may get a method for categories, which cannot be asked for.
            if let Some(asked) = asked {
                assert_eq!((&check["method"], &check["fields"]), (&asked["method"], &asked["fields"]), "{table} {column} {name}");
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "{compared}");
}

fn run_one(table: &str, kinds: &str, column: &str, method: &str) -> Option<Value> {
    let categorical = ["chisquare", "z"].contains(&method) && kinds.lines().next().is_some_and(|numerical| numerical.contains(&format!("{column:?}")));
    (!categorical).then(|| {
        let suite = format!("compatibility = \"evidently\"\n[[suite.check]]\nname = \"one\"\nmetric = \"drift\"\ncolumns = \"{column}\"\ntest = \"{method}\"\n");
        run(table, kinds, &suite)["one"].clone()
    })
}

/// Evidently's title of a test, and the name of ours.
const TITLES: [(&str, &str); 16] = [
    ("Number of Rows", "number_of_rows"),
    ("Number of Columns", "number_of_columns"),
    ("Column Types", "columns_type"),
    ("The Share of Missing Values in a Column", "all_columns_share_of_missing_values"),
    ("Share of Out-of-Range Values", "num_columns_out_of_range_values"),
    ("Share of Out-of-List Values", "cat_columns_out_of_list_values"),
    ("Mean Value Stability", "num_columns_mean_in_nsigmas"),
    ("Share of the Most Common Value", "all_columns_most_common_value_share"),
    ("Number of Constant Columns", "number_of_constant_columns"),
    ("Number of Duplicate Columns", "number_of_duplicated_columns"),
    ("Number of Duplicate Rows", "number_of_duplicated_rows"),
    ("The Number of Columns With Missing Values", "number_of_columns_with_missing_values"),
    ("The Number Of Rows With Missing Values", "number_of_rows_with_missing_values"),
    ("Number of Drifted Features", "number_of_drifted_columns"),
    ("Share of Drifted Columns", "share_of_drifted_columns"),
    ("Drift per Column", "all_features_value_drift"),
];

const SEED: [&str; 8] = [
    "TestNumberOfColumnsWithMissingValues",
    "TestNumberOfRowsWithMissingValues",
    "TestNumberOfConstantColumns",
    "TestNumberOfDuplicatedRows",
    "TestColumnsType",
    "TestNumberOfDriftedColumns",
    "TestShareOfDriftedColumns",
    "TestAllFeaturesValueDrift",
];

/// The first of these fields is Evidently's value of a test.
fn value_of(check: &Value, title: &str) -> Option<f64> {
    let field = match title {
        "The Share of Missing Values in a Column" | "Share of Out-of-Range Values" | "Share of Out-of-List Values" | "Share of the Most Common Value" => "share",
        _ => "value",
    };
    check["fields"][field].as_f64()
}

/// Where Evidently's status is of rounded numbers, or of what has no mean: the notes of the table tell.
fn status_is_wrong(table: &str, id: &str) -> bool {
    let rounded = ["smoothness_error", "fractal_dimension_error", "n_tiny"];
    match id.split_once('.') {
        Some(("num_columns_mean_in_nsigmas", column)) => rounded.contains(&column) || ["n_const", "n_const_ref", "n_infnan"].contains(&column),
        Some(("all_columns_most_common_value_share", column)) => (table, column) == ("diabetes_shift", "age"),
        Some(("num_columns_out_of_range_values", column)) => column == "n_infnan",
        _ => false,
    }
}

#[test]
fn suites_give_evidentlys_statuses() {
    let (mut compared, mut failed) = (0, Vec::new());
    let all = tables(METHODS);
    for (table, suites) in tables(SUITES) {
        let columns = &all[&table];
        let apart: Vec<&str> = columns.as_object().expect("columns").keys().map(String::as_str).filter(|c| *c == "target" || c.starts_with("pr") && (c.starts_with("prediction") || c.starts_with("proba"))).collect();
        let of = |kind: &str| -> Vec<&str> { columns.as_object().expect("columns").iter().filter(|(n, c)| c["kind"] == kind && !apart.contains(&n.as_str())).map(|(n, _)| n.as_str()).collect() };
        let kinds = kinds(&of("num"), &of("cat"), &apart);
        for (suite, tests) in suites.as_object().expect("suites").iter().filter(|(_, tests)| tests.is_array()) {
            let text = match suite.as_str() {
                "seed_suite" => SEED.iter().map(|name| format!("[[suite.check]]\nmetric = \"{name}\"\n")).collect(),
                preset => format!("preset = \"{preset}\"\n"),
            };
            let found = run(&table, &kinds, &format!("compatibility = \"evidently\"\n{text}"));
            for test in tests.as_array().expect("tests") {
                let (title, column, status) = (test[0].as_str().expect("a title"), test[1].as_str(), test[2].as_str().expect("a status"));
                let (_, name) = TITLES.iter().find(|(theirs, _)| *theirs == title).unwrap_or_else(|| panic!("{title}"));
                let id = column.map_or((*name).to_owned(), |column| format!("{name}.{column}"));
                let check = found.get(&id).or_else(|| found.get(*name)).unwrap_or_else(|| panic!("{table} {suite}: no {id} in {:?}", found.keys()));
                let wanted = if status == "SUCCESS" { "pass" } else { "fail" };
                let what = format!("{table} {suite} {id}: {} ({}) for {test}", check["status"], check["message"]);
                if check["status"] != wanted {
                    if !status_is_wrong(&table, &id) {
                        failed.push(what);
                    }
                } else if let (Some(theirs), Some(ours)) = (test[3].as_f64(), value_of(check, title)) {
                    // Evidently rounds; the scores of drift are compared in full elsewhere.
                    let rounded = match title {
                        "Share of the Most Common Value" => 5.1e-5,
                        "Drift per Column" | "Share of Drifted Columns" => 5.1e-4,
                        // There the columns apart were taken out before.
                        "Number of Columns" => apart.len() as f64,
                        _ => 0.0,
                    };
                    if !close(ours, theirs, 1e-12) && (ours - theirs).abs() > rounded {
                        failed.push(format!("{what}: value {ours:e}"));
                    }
                }
                compared += 1;
            }
        }
    }
    println!("{compared} statuses");
    assert!(failed.is_empty(), "{} of {compared}:\n{}", failed.len(), failed.join("\n"));
}

/// The field of ours that holds Evidently's number, by metric.
fn field_of(metric: &str) -> &'static str {
    match metric {
        "ValueDrift" => "statistic",
        "RowCount" | "ColumnCount" | "MinValue" | "MaxValue" | "MeanValue" | "StdValue" | "QuantileValue" => "value",
        _ => "count",
    }
}

/// The id of ours for a metric of a preset's report.
fn id_of(metric: &str, of: &Value, field: &str) -> String {
    let column = of["column"].as_str().map(|column| format!(".{column}")).unwrap_or_default();
    let name = match metric {
        "QuantileValue" => format!("quantiles_{}", of["quantile"].as_f64().expect("a level") * 100.0),
        "MissingValueCount" => format!("missing_value_count_{field}"),
        "DatasetMissingValueCount" => "dataset_missing_value_count".to_owned(),
        _ => {
            let mut snake = String::new();
            for letter in metric.chars() {
                if letter.is_uppercase() && !snake.is_empty() {
                    snake.push('_');
                }
                snake.extend(letter.to_lowercase());
            }
            snake
        }
    };
    format!("{name}{column}")
}

#[test]
fn presets_of_the_new_interface_give_evidentlys_numbers_and_statuses() {
    let (mut numbers, mut statuses, mut failed) = (0, 0, Vec::new());
    for (table, reports) in tables(REPORTS) {
        let of = |kind: &str| -> Vec<&str> { reports["definition"][kind].as_array().expect("columns").iter().filter_map(Value::as_str).collect() };
        let every: Vec<String> = tables(METHODS)[&table].as_object().expect("columns").keys().cloned().collect();
        let apart: Vec<&str> = every.iter().map(String::as_str).filter(|c| !of("num").contains(c) && !of("cat").contains(c)).collect();
        for preset in ["DataDriftPreset", "DataSummaryPreset"] {
            // Metrics over all columns see those that are neither numerical nor categorical there.
            let ignored: &[&str] = if preset == "DataDriftPreset" { &apart } else { &[] };
            let found = run(&table, &kinds(&of("num"), &of("cat"), ignored), &format!("compatibility = \"evidently\"\npreset = \"{preset}\"\n"));
            for metric in reports[preset]["metrics"].as_array().expect("metrics") {
                let (name, of, value) = (metric[0].as_str().expect("a name"), &metric[1], &metric[2]);
                // A record of ours; and there the columns apart were taken out before.
                if name == "UniqueValueCount" || (name == "ColumnCount" && !apart.is_empty()) {
                    continue;
                }
                let field = field_of(name);
                let id = id_of(name, of, field);
                let Some(check) = found.get(&id) else { panic!("{table} {preset}: no {id} in {:?}", found.keys()) };
                let Some(theirs) = value.as_f64().or(value["count"].as_f64()) else { continue };
                let tolerance = if name == "ValueDrift" && of["method"].as_str().is_some_and(|m| m.contains("p_value")) { 1e-9 } else { 1e-12 };
                let z = if of["method"] == "Z-test p_value" { 4.5e-16 } else { 0.0 };
                match check["fields"][field].as_f64() {
                    Some(ours) if close(ours, theirs, tolerance) || (ours - theirs).abs() <= z => numbers += 1,
                    found => failed.push(format!("{table} {id}: {found:?} ({} {}) for {metric}", check["status"], check["message"])),
                }
                if name == "ValueDrift" {
                    assert_eq!(check["method"], of["method"], "{table} {id}");
                }
            }
            let mut missing_seen = std::collections::BTreeSet::new();
            for test in reports[preset]["tests"].as_array().expect("tests") {
                let name = test[0].as_str().expect("a name");
                // The share comes after the count.
                let field = if missing_seen.insert((name, test[1]["column"].as_str())) { "count" } else { "share" };
                let id = id_of(name, &test[1], field);
                let wanted = if test[2] == "SUCCESS" { "pass" } else { "fail" };
                let infinite = found[&id]["status"] == "error" && id.ends_with(".n_infnan");
                match found[&id]["status"] == wanted || infinite {
                    true => statuses += 1,
                    false => failed.push(format!("{table} {id}: {} ({}) for {test}", found[&id]["status"], found[&id]["message"])),
                }
            }
        }
    }
    println!("{numbers} numbers, {statuses} statuses");
    assert!(failed.is_empty(), "{} of {numbers} and {statuses}:\n{}", failed.len(), failed.join("\n"));
}

/// Where the table's notes tell that a status differs.
fn noted(name: &str, column: &str) -> bool {
    let infinite = ["Min", "Max", "Mean", "Std", "Range", "Sum"].iter().any(|part| name.contains(part));
    match (name, column) {
        (_, "n_infnan") => infinite,
        // Of numbers rounded to two decimals.
        ("TestColumnValueMean" | "TestMostCommonValueShare", "age") | ("TestColumnValueMean", "sex") => true,
        ("TestColumnValueMax", "s1") | ("TestColumnValueMin", "s3") | ("TestColumnValueStd", "s4" | "s5") => true,
        ("TestColumnValueMean" | "TestColumnValueMedian" | "TestMeanInNSigmas", "n_tiny") => true,
        // The reference is constant.
        ("TestMeanInNSigmas", "n_const" | "n_const_ref") => true,
        // Evidently's number is that of the features among themselves.
        ("TestTargetFeaturesCorrelations" | "TestPredictionFeaturesCorrelations", _) => true,
        _ => false,
    }
}

#[test]
fn other_tests_and_metrics_give_evidentlys_statuses_and_numbers() {
    let golden: Value = serde_json::from_str(MORE).expect("JSON");
    let methods = tables(METHODS);
    let (mut statuses, mut numbers, mut named, mut failed, mut refused) = (0, 0, 0, Vec::new(), std::collections::BTreeSet::new());
    let cases = golden["cases"].as_array().expect("cases");
    let mut runs: BTreeMap<(&str, bool), Vec<&Value>> = BTreeMap::new();
    for case in cases {
        runs.entry((case[0].as_str().expect("a table"), case[1] == true)).or_default().push(case);
    }
    for ((table, with_reference), cases) in runs {
        let roles = table == "diabetes_shift";
        let columns = methods[table].as_object().expect("columns");
        let apart = |c: &str| ["target", "prediction"].contains(&c) && !roles || c.starts_with("proba");
        let of = |kind: &str| -> Vec<&str> { columns.iter().filter(|(n, c)| c["kind"] == kind && !apart(n)).map(|(n, _)| n.as_str()).collect() };
        let ignore: Vec<&str> = columns.keys().map(String::as_str).filter(|c| apart(c)).collect();
        let mut kinds = kinds(&of("num"), &of("cat"), &ignore);
        if roles {
            kinds.push_str("\ntarget = \"target\"\nprediction = \"prediction\"");
        }
        let check = |i: usize, case: &Value| {
            let columns = match &case[4] {
                Value::String(column) => format!("columns = {column:?}\n"),
                Value::Null => String::new(),
                columns => format!("columns = {columns}\n"),
            };
            format!("[[suite.check]]\nname = \"check_{i}\"\nmetric = {}\n{columns}{}\n", case[2], case[3].as_str().expect("TOML"))
        };
        let (wrong, right): (Vec<_>, Vec<_>) = cases.into_iter().enumerate().partition(|(_, case)| case[5] == "ERROR" && !with_reference);
        let suite = |cases: &[(usize, &Value)]| format!("compatibility = \"evidently\"\n{}", cases.iter().map(|(i, case)| check(*i, case)).collect::<String>());
        // What Evidently cannot judge without a reference is an error of the spec.
        let asked = wrong.into_iter().filter(|(_, case)| case[3] == "" && refused.insert(case[2].to_string()));
        for (i, case) in asked {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("monitor.toml");
            std::fs::write(&path, spec(table, false, &kinds, &suite(&[(i, case)]))).expect("written");
            let output = crate::support::driftline().arg("check").arg(&path).output().expect("the binary runs");
            assert_eq!(output.status.code(), Some(2), "{case}");
        }
        let found = checks_of(&spec(table, with_reference, &kinds, &suite(&right)));
        for (i, case) in right {
            let (name, column) = (case[2].as_str().expect("a name"), case[4].as_str().unwrap_or_default());
            let own: Vec<(&String, &Value)> = found.iter().filter(|(id, _)| { let own = format!("check_{i}"); **id == own || id.strip_prefix(&own).is_some_and(|rest| rest.starts_with(['.', '_'])) }).collect();
            assert!(!own.is_empty(), "{case}");
            let theirs: Vec<&str> = match &case[5] {
                Value::Array(statuses) => statuses.iter().filter_map(Value::as_str).collect(),
                status => vec![status.as_str().expect("a status")],
            };
            // Of several columns Evidently tells only each by itself, which is compared elsewhere.
            let several = case[4].is_array();
            let agree = several || own.iter().all(|(id, check)| {
                let theirs = if id.contains("_share") { theirs.last() } else { theirs.first() };
                check["status"] == if theirs == Some(&"SUCCESS") { "pass" } else { "fail" }
            });
            match agree {
                true => statuses += 1,
                false if noted(name, column) => named += 1,
                false => failed.push(format!("{case}: {}", own.iter().map(|(id, c)| format!("{id} {} {}", c["status"], c["message"])).collect::<Vec<_>>().join("; "))),
            }
            let field = case[7].as_str();
            if let (Some(theirs), Some(field)) = (case[6].as_f64(), field) {
                let ours = own[0].1["fields"][field].as_f64();
                if !ours.is_some_and(|ours| close(ours, theirs, 1e-12)) && !noted(name, column) {
                    failed.push(format!("{case}: {field} {ours:?}"));
                }
                numbers += 1;
            }
        }
    }
    println!("{} refused without a reference, {statuses} statuses, {named} that the notes tell of, {numbers} numbers", refused.len());
    assert!(failed.is_empty(), "{} of them:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn the_strongest_correlation_is_evidentlys() {
    for (table, reports) in tables(REPORTS) {
        let of = |kind: &str| -> Vec<&str> { reports["definition"][kind].as_array().expect("columns").iter().filter_map(Value::as_str).collect() };
        let every: Vec<String> = tables(METHODS)[&table].as_object().expect("columns").keys().cloned().collect();
        let apart: Vec<&str> = every.iter().map(String::as_str).filter(|c| !of("num").contains(c) && !of("cat").contains(c)).collect();
        for (theirs, ours) in [("pearson", "pearson"), ("spearman", "spearman"), ("kendall", "kendall"), ("cramer_v", "cramers_v")] {
            // pandas has another rule for infinite values; target and prediction were features there.
            let Some(wanted) = reports["correlations"][theirs].as_f64().filter(|_| table != "edge_500" && apart.is_empty()) else { continue };
            let suite = format!("[[suite.check]]\nname = \"one\"\nmetric = \"strongest_correlation\"\nmethod = \"{ours}\"\nwarn = \"value == 0.123\"\n");
            let found = run(&table, &kinds(&of("num"), &of("cat"), &apart), &suite);
            let value = found["one"]["fields"]["value"].as_f64().expect("a value");
            assert!(close(value, wanted, 1e-12), "{table} {theirs}: {value:e} for {wanted:e}");
        }
    }
}

fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let mut writer = arrow::ipc::writer::FileWriter::try_new(std::fs::File::create(path).expect("a file"), &batch.schema()).expect("a writer");
    writer.write(&batch).expect("written");
    writer.finish().expect("finished");
}

fn strings(values: &Value) -> ArrayRef {
    Arc::new(values.as_array().expect("texts").iter().map(Value::as_str).collect::<StringArray>())
}

fn vectors(values: &Value) -> ArrayRef {
    let vector = |v: &Value| Some(v.as_array().expect("a vector").iter().map(Value::as_f64).collect::<Vec<_>>());
    Arc::new(ListArray::from_iter_primitive::<arrow::datatypes::Float64Type, _, _>(values.as_array().expect("vectors").iter().map(vector)))
}

/// The checks of a suite over two files in a folder of their own.
fn over(sides: [Vec<(&str, ArrayRef)>; 2], rest: &str) -> BTreeMap<String, Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let [reference, current] = sides;
    write(&folder.path().join("reference.arrow"), reference);
    write(&folder.path().join("current.arrow"), current);
    let path = folder.path().join("monitor.toml");
    let source = |name: &str| format!("[source.{name}]\nkind = \"arrow_ipc\"\npath = \"{name}.arrow\"\n");
    std::fs::write(&path, format!("[monitor]\nname = \"m\"\n{}{}{rest}", source("reference"), source("current"))).expect("written");
    checks(&outcome(&path)).into_iter().collect()
}

#[test]
fn descriptors_are_derived_columns() {
    use driftline::core::catalogue::Meaning;
    let golden: Value = serde_json::from_str(TEXTS).expect("JSON");
    let table = driftline::catalogue().compatibilities[0];
    let expressions: Vec<(&str, &str)> = table.translations().filter_map(|t| if let Meaning::Derived(e) = t.meaning { Some((t.name, e)) } else { None }).collect();
    let columns = || vec![("text", strings(&golden["texts"]["text"])), ("other", strings(&golden["texts"]["other"])), ("row", Arc::new((0..13).collect::<arrow::array::Int64Array>()) as ArrayRef)];
    let mut rest = String::from("[columns]\ntext = [\"text\", \"other\"]\ncategorical = [\"row\"]\n[derived]\n");
    expressions.iter().for_each(|(name, expression)| writeln!(rest, "d_{name} = {:?}", format!("CAST({expression} AS DOUBLE)")).expect("a string"));
    rest += "[[suite]]\nname = \"s\"\n";
    expressions.iter().for_each(|(name, _)| writeln!(rest, "[[suite.check]]\nname = \"{}\"\nmetric = \"sum\"\ncolumns = \"d_{name}\"\nby = \"row\"\nwarn = \"value == 0.123\"", name.to_lowercase()).expect("a string"));
    let found = over([columns(), columns()], &rest);
    let mut compared = 0;
    for (name, values) in golden["descriptors"].as_object().expect("descriptors") {
        // It is true where any of the words is not there.
        if name == "ExcludesWords" {
            continue;
        }
        for (row, value) in values.as_array().expect("values").iter().enumerate() {
            let check = &found[&format!("{}.{row}", name.to_lowercase())];
            let ours = check["fields"]["value"].as_f64().unwrap_or_else(|| panic!("{name} {row}: {check}"));
            assert!(close(ours, value.as_f64().expect("a number"), 1e-12), "{name} of {}: {ours} for {value}", golden["texts"]["text"][row]);
            compared += 1;
        }
    }
    assert!(compared >= 13 * 12, "{compared}");
}

#[test]
fn texts_and_vectors_drift_as_evidently_finds() {
    let golden: Value = serde_json::from_str(TEXTS).expect("JSON");
    for (name, corpus) in golden["corpora"].as_object().expect("corpora") {
        let side = |side: &str| vec![("t", strings(&corpus[side]))];
        let rest = "[columns]\ntext = [\"t\"]\n[[suite]]\nname = \"s\"\ncompatibility = \"evidently\"\n[[suite.check]]\nname = \"abs\"\nmetric = \"TestColumnDrift\"\ncolumns = \"t\"\ntest = \"abs_text_content_drift\"\n[[suite.check]]\nname = \"perc\"\nmetric = \"TestColumnDrift\"\ncolumns = \"t\"\n";
        let found = over([side("reference"), side("current")], rest);
        for kind in ["abs", "perc"] {
            let (ours, theirs) = (&found[kind], &corpus["drift"][kind]);
            assert!((ours["fields"]["statistic"].as_f64().expect("an AUC") - theirs[0].as_f64().expect("an AUC")).abs() < 0.1, "{name} {ours} {theirs}");
            assert_eq!(ours["status"] == "fail", theirs[1] == true, "{name} {ours}");
        }
        assert_eq!(found["perc"]["method"], "Percentile text content drift");
    }
    for (name, case) in golden["vectors"].as_object().expect("vectors") {
        let side = |side: &str| vec![("v", vectors(&case[side]))];
        let mut rest = String::from("[[suite]]\nname = \"s\"\ncompatibility = \"evidently\"\n[[suite.check]]\nmetric = \"TestEmbeddingsDrift\"\n");
        let tests = [
            ("distance euclidean", "\"distance\""),
            ("distance cosine", "{ name = \"distance\", distance = \"cosine\" }"),
            ("distance cityblock", "{ name = \"distance\", distance = \"cityblock\" }"),
            ("distance chebyshev", "{ name = \"distance\", distance = \"chebyshev\" }"),
            ("ratio", "\"ratio\""),
            ("mmd", "\"mmd\""),
            ("mmd by definition", "\"maximum_mean_discrepancy\""),
        ];
        for (i, (_, test)) in tests.iter().enumerate() {
            writeln!(rest, "[[suite.check]]\nname = \"check_{i}\"\nmetric = \"drift\"\ncolumns = \"v\"\ntest = {test}").expect("a string");
        }
        let found = over([side("reference"), side("current")], &rest);
        for (i, (theirs, _)) in tests.iter().enumerate() {
            let (ours, wanted) = (found[&format!("check_{i}")]["fields"]["statistic"].as_f64().expect("a number"), case["answers"][theirs].as_f64().expect("a number"));
            // Evidently's median has the zeros of its diagonal in it.
            let tolerance = if *theirs == "mmd" { 0.02 } else { 1e-12 };
            assert!(close(ours, wanted, tolerance) || (ours - wanted).abs() < 1e-15, "{name} {theirs}: {ours:e} for {wanted:e}");
        }
        for (i, method) in [(0, "distance"), (4, "ratio"), (5, "mmd")] {
            let check = &found[&format!("check_{i}")];
            assert_eq!(check["status"] == "fail", case["verdicts"][method] == true, "{name} {method} {check}");
        }
        let model = found.iter().find(|(id, _)| id.starts_with("embeddings_drift")).expect("a check").1;
        let auc = case["answers"]["model"].as_f64().expect("an AUC");
        assert!((model["fields"]["statistic"].as_f64().expect("an AUC") - auc).abs() < 0.1, "{name} {model} for {auc}");
    }
}

/// Every name that Evidently exports has a row; what a row says can be run, and what it proves is compared.
#[test]
fn the_table_is_whole() {
    use driftline::core::catalogue::{Meaning, find};
    use driftline::core::condition;
    use driftline::core::suite::condition_fields;
    let catalogue = driftline::catalogue();
    let table = catalogue.compatibilities[0];
    let names: Value = serde_json::from_str(include_str!("../golden/evidently_names.json")).expect("JSON");
    let missing: Vec<&Value> = names.as_object().expect("families").values().flat_map(|of| of.as_array().expect("names")).filter(|n| table.find(n.as_str().expect("a name")).is_none()).collect();
    assert!(missing.is_empty(), "no row for {missing:?}");
    let golden: Value = serde_json::from_str(MORE).expect("JSON");
    let mut compared: std::collections::BTreeSet<String> = golden["cases"].as_array().expect("cases").iter().map(|case| case[2].as_str().expect("a name").to_owned()).collect();
    compared.extend(golden["models"].as_array().expect("cases").iter().map(|case| case[2].as_str().expect("a name").to_owned()));
    for reports in tables(REPORTS).values() {
        let of_models = reports["performance"].as_object().expect("reports").values().flat_map(|report| report["metrics"].as_array().expect("metrics"));
        compared.extend(of_models.map(|metric| metric[0].as_str().expect("a name").to_owned()));
        let metrics = ["DataDriftPreset", "DataSummaryPreset"].iter().flat_map(|preset| reports[preset]["metrics"].as_array().expect("metrics"));
        compared.extend(metrics.map(|metric| metric[0].as_str().expect("a name").to_owned()));
    }
    // The members of the presets whose every status is compared, the drift of a target and of embeddings.
    compared.extend(SEED.iter().map(|name| (*name).to_owned()));
    compared.extend(["Quantiles", "TestTargetDrift", "TestPredictionDrift", "TestEmbeddingsDrift", "EmbeddingsDrift"].map(str::to_owned));
    for preset in ["DataStabilityTestPreset", "DataQualityTestPreset"] {
        if let Some(Meaning::Names(names, _)) = table.find(preset).map(|t| t.meaning) {
            compared.extend(names.iter().map(|name| (*name).to_owned()));
        }
    }
    let rankings: Vec<Value> = serde_json::from_str(RANKINGS).expect("JSON");
    compared.extend(rankings.iter().filter_map(|case| case["test"].as_str().or_else(|| case["metric"].as_str()?.strip_prefix("new "))).map(str::to_owned));
    let mut seen = std::collections::BTreeSet::new();
    for translation in table.translations() {
        let name = translation.name;
        assert!(seen.insert(name), "{name} twice");
        if !translation.proof.is_empty() {
            let folder = if translation.proof.contains('/') { "" } else { "tests/golden" };
            assert!(root().join(folder).join(translation.proof).exists(), "{name}: {}", translation.proof);
        }
        match translation.meaning {
            Meaning::Checks(checks) => {
                assert!(compared.contains(name), "{name} is compared nowhere");
                for check in checks {
                    let entry = find(&catalogue.metrics, check.metric).unwrap_or_else(|| panic!("{name}: no metric {}", check.metric));
                    let mut fields = condition_fields(entry.doc.fields, !entry.compares);
                    fields.extend(["threshold", "detected"].map(|f| (f.to_owned(), driftline::core::condition::Range::ANY)));
                    for text in [Some(check.fail), check.alone].into_iter().flatten() {
                        condition::parse(text, &fields).unwrap_or_else(|e| panic!("{name}: {text}: {}", e.message));
                    }
                    assert!(check.parameters.is_empty() || !driftline::core::spec::Table::written(check.parameters, &(0..0)).is_empty(), "{name}: {}", check.parameters);
                }
            }
            Meaning::Names(names, nearest) => {
                assert!(nearest.is_empty() || find(&catalogue.presets, nearest).is_some(), "{name}: {nearest}");
                assert!(names.iter().all(|n| matches!(table.find(n).map(|t| t.meaning), Some(Meaning::Checks(_)))), "{name}");
            }
            Meaning::Test(parameters, rule) => assert!(!driftline::core::spec::Table::written(parameters, &(0..0)).is_empty() && !rule.is_empty(), "{name}"),
            Meaning::Derived(words) | Meaning::Elsewhere(words) => assert!(!words.is_empty(), "{name}"),
        }
    }
    let page = driftline::generate::compatibility::table(&table);
    let file = root().join("engine/reference/evidently.md");
    if std::env::var_os("DRIFTLINE_COMPLETE").is_some() {
        std::fs::write(&file, &page).expect("written");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), page, "write it anew: driftline generate evidently > engine/reference/evidently.md");
}

#[test]
fn target_and_prediction_drift_are_those_of_their_columns() {
    let kinds = "numerical = [\"target\", \"prediction\"]\ntarget = \"target\"\nprediction = \"prediction\"";
    let found = run("diabetes_shift", kinds, "compatibility = \"evidently\"\npreset = \"NoTargetPerformanceTestPreset\"\n[[suite.check]]\nmetric = \"TestTargetDrift\"\n");
    let golden = &tables(METHODS)["diabetes_shift"];
    for (id, column) in [("prediction_drift", "prediction"), ("target_drift", "target")] {
        let check = found.iter().find(|(name, _)| name.starts_with(id)).unwrap_or_else(|| panic!("{:?}", found.keys())).1;
        let wanted = golden[column]["tests"]["num:ks"]["score"].as_f64().expect("a score");
        assert!(close(check["fields"]["statistic"].as_f64().expect("a score"), wanted, 1e-9), "{check}");
    }
    assert!(found.contains_key("columns_type") && found.keys().any(|id| id.starts_with("num_columns_out_of_range_values.")));
}

/// Names of ours take Evidently's conditions; what is no check says what it is; a correction, or another tool, is refused.
#[test]
fn a_suite_in_evidentlys_words_tells_its_mistakes() {
    let found = run("mixed_800", "", "compatibility = \"evidently\"\n[[suite.check]]\nmetric = \"row_count\"\n[[suite.check]]\nmetric = \"drift\"\ncolumns = \"n_norm\"\n[[suite.check]]\nname = \"kuiper\"\nmetric = \"drift\"\ncolumns = \"n_norm\"\ntest = \"kuiper\"\nwarn = \"p_value < 0.05\"\n");
    assert_eq!((&found["row_count"]["status"], &found["drift"]["test"], &found["kuiper"]["test"]), (&"pass".into(), &"evidently".into(), &"kuiper".into()));
    // A check of one's own takes the place of the preset's of that name, and a test of ours has its own rule.
    let found = run("mixed_800", "", "compatibility = \"evidently\"\npreset = \"DataStabilityTestPreset\"\n[[suite.check]]\nname = \"number_of_rows\"\nmetric = \"row_count\"\nfail = \"value < 10000\"\n[[suite.check]]\nname = \"own\"\nmetric = \"drift\"\ncolumns = \"n_norm\"\ntest = \"kolmogorov_smirnov\"\n");
    assert_eq!((&found["number_of_rows"]["status"], &found["own"]["condition"]), (&"fail".into(), &"effect_size > 0.1 and p_value < 0.01".into()));
    let wrong = [
        ("compatibility = \"evidentli\"\n[[suite.check]]\nmetric = \"row_count\"\n", "did you mean `evidently`"),
        ("compatibility = \"evidently\"\ncorrection = \"bonferroni\"\npreset = \"data_drift\"\n", "corrects no p-values"),
        ("compatibility = \"evidently\"\n[[suite.check]]\nmetric = \"WordCount\"\ncolumns = \"c_5\"\n", "add\n"),
        ("compatibility = \"evidently\"\n[[suite.check]]\nmetric = \"DataDriftPreset\"\n", "write `preset = \"DataDriftPreset\"`"),
        ("compatibility = \"evidently\"\n[[suite.check]]\nmetric = \"TestNumberOfRow\"\n", "TestNumberOfRows"),
        ("compatibility = \"evidently\"\npreset = \"DataDriftPresets\"\n", "DataDriftPreset"),
        ("compatibility = \"evidently\"\npreset = \"ClassificationDummyQuality\"\n", "the field `dummy`"),
        ("compatibility = \"evidently\"\n[[suite.check]]\nmetric = \"TestTargetDrift\"\n", "finds no column"),
        ("compatibility = \"evidently\"\n[[suite.check]]\nmetric = \"RowCount\"\n[[suite.check]]\nmetric = \"row_count\"\n", "two checks named `row_count`"),
        ("compatibility = \"evidently\"\n[[suite.check]]\nmetric = \"TestColumnValueMean\"\ncolumns = \"n_norm\"\nlt = 5\n", "here it is `fail`"),
        ("compatibility = \"evidently\"\n[[suite.check]]\nmetric = \"Quantiles\"\nq = 0.9\n", "stands for several checks"),
        ("compatibility = \"evidently\"\n[[suite.check]]\nmetric = \"MissingValueCount\"\nfail = \"count > 0\"\n", "stands for several checks"),
        ("[[suite.check]]\nmetric = \"TestColumnDrift\"\ncolumns = \"n_norm\"\n", "add `compatibility"),
        ("preset = \"DataDriftTestPreset\"\n", "add `compatibility"),
        ("compatibility = \"evidently\"\n[[suite.check]]\nmetric = \"RecCasesTable\"\n", "rows of some users"),
        ("compatibility = \"evidently\"\n[[suite.check]]\nmetric = \"TestColumnDrift\"\ncolumns = \"n_norm\"\ntest = \"chisquare\"\n", "takes no numerical columns"),
    ];
    for (suite, words) in wrong {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("monitor.toml");
        std::fs::write(&path, spec("mixed_800", true, "", suite)).expect("written");
        let output = crate::support::driftline().arg("check").arg(&path).output().expect("the binary runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && told.contains(words), "{suite}: {told}");
    }
}

/// `[columns]` of a table with a model's answers.
fn roles(table: &str) -> &'static str {
    match table.split('_').next() {
        Some("breast") => "target = \"target\"\nprediction = \"prediction\"\nscore = \"proba\"\npositive = \"1\"",
        Some("iris") => "target = \"target\"\nprediction = \"prediction\"\nprobabilities = { 0 = \"proba_0\", 1 = \"proba_1\", 2 = \"proba_2\" }",
        _ => "target = \"target\"\nprediction = \"prediction\"",
    }
}

#[test]
fn tests_of_models_give_evidentlys_statuses_and_numbers() {
    let golden: Value = serde_json::from_str(MORE).expect("JSON");
    let mut runs: BTreeMap<(&str, bool), Vec<&Value>> = BTreeMap::new();
    for case in golden["models"].as_array().expect("cases") {
        runs.entry((case[0].as_str().expect("a table"), case[1] == true)).or_default().push(case);
    }
    let (mut statuses, mut numbers, mut failed) = (0, 0, Vec::new());
    for ((table, with_reference), cases) in runs {
        // Without a reference this one has no condition.
        let cases: Vec<&Value> = cases.into_iter().filter(|case| with_reference || case[2] != "TestValueAbsMaxError").collect();
        let check = |(i, case): (usize, &&Value)| {
            // A name by label gives all labels.
            format!("[[suite.check]]\nname = \"check_{i}\"\nmetric = {}\n", case[2])
        };
        let suite: String = cases.iter().enumerate().map(check).collect();
        let found = checks_of(&spec(table, with_reference, roles(table), &format!("compatibility = \"evidently\"\n{suite}")));
        for (i, case) in cases.iter().enumerate() {
            let name = case[2].as_str().expect("a name");
            let id = case[3].as_str().map_or(format!("check_{i}"), |label| format!("check_{i}.{label}"));
            let check = found.get(&id).unwrap_or_else(|| panic!("{case}: {:?}", found.keys()));
            let wanted = if case[4] == "SUCCESS" { "pass" } else { "fail" };
            // There Evidently's dummy is the model itself, or labels guessed once.
            let noted = !with_reference && ["TestValueMAE", "TestValueRMSE", "TestValueMAPE", "TestLogLoss"].contains(&name);
            // And by class it raises.
            let noted = noted || (!with_reference && case[4] == "ERROR");
            match check["status"] == wanted || noted {
                true => statuses += 1,
                false => failed.push(format!("{case}: {} ({})", check["status"], check["message"])),
            }
            let scale = if name == "TestValueMAPE" { 100.0 } else { 1.0 };
            if let (Some(theirs), Some(ours)) = (case[5].as_f64(), check["fields"]["value"].as_f64()) {
                match close(ours * scale, theirs, 1e-12) {
                    true => numbers += 1,
                    false => failed.push(format!("{case}: {ours:e}")),
                }
            }
        }
    }
    println!("{statuses} statuses and {numbers} numbers of tests of models");
    assert!(failed.is_empty(), "{} of them:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn performance_is_evidentlys() {
    let (mut numbers, mut statuses, mut failed) = (0, 0, Vec::new());
    for (table, reports) in tables(REPORTS) {
        let roles = roles(&table);
        for (name, report) in reports["performance"].as_object().expect("reports") {
            let (preset, with_reference) = (name.trim_end_matches("_no_reference"), !name.ends_with("_no_reference"));
            let by_label = if preset == "ClassificationPreset" {
                ["f_beta", "precision", "recall", "roc_auc"].map(|metric| format!("[[suite.check]]\nname = \"{metric}_by_label\"\nmetric = \"{metric}\"\naverage = \"by_label\"\nwarn = \"value == 0.123\"\n")).concat()
            } else {
                String::new()
            };
            let found = checks_of(&spec(&table, with_reference, roles, &format!("compatibility = \"evidently\"\npreset = \"{preset}\"\n{by_label}")));
            let ours = |metric: &str| match metric {
                "F1Score" => "f1_score".to_owned(),
                "RocAuc" => "roc_auc".to_owned(),
                "LogLoss" => "log_loss".to_owned(),
                "MeanError" => "mean_error".to_owned(),
                "R2Score" => "r2_score".to_owned(),
                "AbsMaxError" => "abs_max_error".to_owned(),
                short => short.to_lowercase(),
            };
            for metric in report["metrics"].as_array().expect("metrics") {
                let (name, value) = (metric[0].as_str().expect("a name"), &metric[1]);
                if let Some(of) = name.strip_suffix("ByLabel") {
                    let of = match of { "F1" => "f_beta", "RocAuc" => "roc_auc", "Precision" => "precision", _ => "recall" };
                    for (label, value) in value.as_object().expect("labels") {
                        let id = format!("{of}_by_label.{label}");
                        // Of a score of the positive label the other label has none of its own.
                        let Some(check) = found.get(&id).or(if of == "roc_auc" { found.get("roc_auc_by_label.1") } else { None }) else { panic!("{table} {id} {:?}", found.keys()) };
                        let (ours, wanted) = (check["fields"]["value"].as_f64().expect("a value"), value.as_f64().expect("a number"));
                        match close(ours, wanted, 1e-12) {
                            true => numbers += 1,
                            false => failed.push(format!("{table} {id}: {ours:e} for {wanted:e}")),
                        }
                    }
                    continue;
                }
                // Without a reference some have no test.
                let Some(check) = found.get(&ours(name)) else {
                    assert!(!with_reference && ["MeanError", "AbsMaxError"].contains(&name), "{table} {name}: {:?}", found.keys());
                    continue;
                };
                let wanted = value.as_f64().or(value["mean"].as_f64()).expect("a number") / if name == "MAPE" { 100.0 } else { 1.0 };
                match check["fields"]["value"].as_f64() {
                    Some(ours) if close(ours, wanted, 1e-12) => numbers += 1,
                    ours => failed.push(format!("{table} {name}: {ours:?} for {wanted:e} {}", check["message"])),
                }
            }
            for test in report["tests"].as_array().expect("tests") {
                let name = test[0].as_str().expect("a name");
                let check = &found[&ours(name)];
                let wanted = if test[1] == "SUCCESS" { "pass" } else { "fail" };
                // There Evidently's dummy is the model itself, or 0.
                let noted = !with_reference && ["MAE", "RMSE", "MAPE", "LogLoss"].contains(&name);
                match check["status"] == wanted || noted {
                    true => statuses += 1,
                    false => failed.push(format!("{table} {preset} {with_reference} {name}: {} ({}) for {test}", check["status"], check["message"])),
                }
            }
        }
    }
    println!("{numbers} numbers and {statuses} statuses of models");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(numbers > 100 && statuses > 80);
}
