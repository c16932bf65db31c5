//! Files as people have them: columns in another order or absent, odd values, odd names, wide rows.

use crate::support::{checks, driftline, outcome, spec, text};
use arrow::array::{ArrayRef, BinaryArray, Float64Array, RecordBatch};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).expect("written");
    }
    folder
}

fn found(spec: &Path) -> (BTreeMap<String, Value>, Value) {
    let whole = outcome(spec);
    (checks(&whole).into_iter().collect(), whole)
}

/// A check of each metric on a column, which warns if there is anything.
fn suite(metrics: &[(&str, &str)]) -> String {
    let check = |(metric, column): &(&str, &str)| {
        let columns = if column.is_empty() { String::new() } else { format!("columns = {column:?}\n") };
        format!("[[suite.check]]\nname = \"{metric}_{}\"\nmetric = \"{metric}\"\n{columns}warn = \"value != 0\"\n", column.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_"))
    };
    String::from("[[suite]]\nname = \"s\"\n") + &metrics.iter().map(check).collect::<String>()
}

#[test]
fn one_odd_value_does_not_make_another_column_of_it() {
    let reference: String = (0..200).map(|i| format!("{},{}.5,k{},\n", i % 40, i, i % 3)).collect();
    let current: String = (0..200).map(|i| format!("{},{},k{},\n", i % 40, if i == 0 { "n/a".into() } else { format!("{i}.5") }, i % 3)).collect();
    let folder = folder(&[("reference.csv", &format!("i,x,c,empty\n{reference}")), ("current.csv", &format!("i,x,c,empty\n{current}"))]);
    let (checks, whole) = found(&spec(folder.path(), &suite(&[("missing_values", "x"), ("mean", "x"), ("drift", "x"), ("column_types", ""), ("drift", "empty")])));
    assert_eq!(checks["missing_values_x"]["fields"]["count"], 1.0);
    assert_eq!(checks["mean_x"]["fields"]["value"], (1..200).map(|i| f64::from(i) + 0.5).sum::<f64>() / 199.0);
    assert_eq!(checks["drift_x"]["n_current"], 199);
    assert_eq!(checks["column_types_"]["status"], "pass", "{}", checks["column_types_"]);
    assert_eq!(checks["drift_empty"]["status"], "no_data", "{}", checks["drift_empty"]);
    assert_eq!(whole["counters"]["current.unparsed_values.x"], 1);
}

#[test]
fn integers_that_became_floats_are_told_and_stay_numbers_and_categories() {
    let rows = |suffix: &str| (0..300).map(|i| format!("{}{suffix},{i}{suffix}\n", i % 3)).collect::<String>();
    let folder = folder(&[("reference.csv", &format!("few,many\n{}", rows(""))), ("current.csv", &format!("few,many\n{}", rows(".0")))]);
    let (checks, _) = found(&spec(folder.path(), &suite(&[("drift", "few"), ("drift", "many"), ("column_types", "")])));
    for column in ["few", "many"] {
        assert_eq!(checks[&format!("drift_{column}")]["fields"]["statistic"], 0.0);
    }
    assert_eq!(checks["column_types_"]["fields"]["retyped"], 2.0);
}

#[test]
fn lines_that_cannot_be_read_are_counted_and_fractions_are_not_cut_off() {
    let line = |i: usize| format!("{{\"n\": {i}, \"t\": \"a\"}}\n");
    let reference: String = (0..100).map(line).collect();
    let current = reference.clone() + "{\"n\": 1e999, \"t\": \"a\"}\n{\"n\": [1], \"t\": \"a\"}\nnonsense\n{\"n\": \"x\", \"t\": 5}\n";
    let folder = folder(&[("reference.ndjson", &reference), ("current.ndjson", &current)]);
    let text = std::fs::read_to_string(spec(folder.path(), &suite(&[("row_count", ""), ("missing_values", "n"), ("max", "n")]))).expect("the spec");
    let path = folder.path().join("monitor.toml");
    std::fs::write(&path, text.replace("csv", "ndjson")).expect("written");
    let (checks, whole) = found(&path);
    assert_eq!(checks["row_count_"]["fields"]["value"], 103.0, "{whole}");
    assert_eq!(checks["max_n"]["fields"]["value"], 99.0);
    assert_eq!(checks["missing_values_n"]["fields"]["count"], 3.0);
    assert_eq!((&whole["counters"]["current.unreadable_rows"], &whole["counters"]["current.unparsed_values.n"]), (&1.into(), &3.into()));
}

fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let file = std::fs::File::create(path).expect("a file");
    let mut writer = arrow::ipc::writer::FileWriter::try_new(file, &batch.schema()).expect("a writer");
    writer.write(&batch).expect("written");
    writer.finish().expect("finished");
}

/// A spec over Arrow files in a folder `part[s]` whose name is a glob's.
fn parts(files: Vec<Vec<(&str, ArrayRef)>>, rest: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let own = folder.path().join("part[s]");
    std::fs::create_dir(&own).expect("made");
    for (i, columns) in files.into_iter().enumerate() {
        write(&own.join(format!("{i}.arrow")), columns);
    }
    let path = own.join("monitor.toml");
    let text = format!("[monitor]\nname = \"test\"\n[source.current]\nkind = \"arrow_ipc\"\npath = \"*.arrow\"\n{rest}");
    std::fs::write(&path, text).expect("written");
    (folder, path)
}

#[test]
fn files_have_their_columns_in_any_order_and_may_lack_some() {
    let ones = || Arc::new(Float64Array::from(vec![1.0; 10])) as ArrayRef;
    let twos = || Arc::new(Float64Array::from(vec![2.0; 10])) as ArrayRef;
    let files = vec![vec![("x", ones()), ("y", twos())], vec![("y", twos()), ("x", ones())], vec![("y", twos())]];
    let rest = suite(&[("max", "x"), ("min", "y"), ("missing_values", "x")]);
    let (_folder, path) = parts(files, &rest.replace("kind = \"arrow_ipc\"", "kind = \"arrow_ipc\"\nfilter = \"y > 1\""));
    let (checks, _) = found(&path);
    assert_eq!(checks["max_x"]["fields"]["value"], 1.0);
    assert_eq!(checks["min_y"]["fields"]["value"], 2.0);
    assert_eq!(checks["missing_values_x"]["fields"]["count"], 10.0);
}

#[test]
fn a_column_may_be_named_like_a_glob() {
    let numbers = |from: f64| Arc::new(Float64Array::from(vec![from, from + 1.0])) as ArrayRef;
    let (_folder, path) = parts(vec![vec![("price [EUR]", numbers(5.0)), ("price E", numbers(1.0))]], &suite(&[("max", "price [EUR]")]));
    let (checks, _) = found(&path);
    assert_eq!(checks["max_price__eur_"]["fields"]["value"], 6.0);
}

#[test]
fn what_no_name_tells_apart_is_refused() {
    for (current, words) in [("a,a\n1,2\n", "named `a`"), ("", "is empty")] {
        let folder = folder(&[("reference.csv", "a,b\n1,2\n"), ("current.csv", current)]);
        let output = driftline().arg("run").arg(spec(folder.path(), &suite(&[("row_count", "")]))).output().expect("runs");
        assert_eq!(output.status.code(), Some(3));
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    }
}

#[test]
fn a_side_may_be_a_header_alone() {
    let folder = folder(&[("reference.csv", "a,b\n1.5,k\n2,k\n"), ("current.csv", "a,b\n")]);
    let (checks, _) = found(&spec(folder.path(), &suite(&[("drift", "a"), ("mean", "a"), ("row_count", ""), ("column_types", "")])));
    assert_eq!(checks["drift_a"]["status"], "no_data");
    assert_eq!(checks["mean_a"]["status"], "no_data");
    assert_eq!(checks["row_count_"]["fields"]["value"], 0.0);
    assert_eq!(checks["column_types_"]["status"], "pass");
}

#[test]
fn wide_rows_change_no_number_of_other_columns() {
    // 300 rows of a megabyte: many slabs.
    let x: Vec<f64> = (0..300).map(|i| (f64::from(i) * 0.618).fract()).collect();
    let wide: ArrayRef = Arc::new(BinaryArray::from_iter_values((0..300).map(|_| vec![0u8; 1 << 20])));
    let mean = |columns| {
        let (_folder, path) = parts(vec![columns], &suite(&[("standard_deviation", "x"), ("missing_values", "*")]));
        found(&path).0["standard_deviation_x"]["fields"]["value"].as_f64().expect("a value")
    };
    let x: ArrayRef = Arc::new(Float64Array::from(x));
    let (narrow, wide) = (mean(vec![("x", x.clone())]), mean(vec![("x", x), ("wide", wide)]));
    assert_eq!(narrow, wide, "numbers come in whole blocks, whatever else is read");
}

#[test]
fn the_types_of_the_reference_change_no_value() {
    let times = |step: fn(usize) -> String| (0..40).map(step).collect::<String>();
    let seconds = times(|i| format!("2026-01-01T00:00:{i:02},2026-01-{:02},{i},{i}\n", i % 28 + 1));
    let finer = times(|i| format!("2026-01-01T00:00:01.{i:03},2026-01-01T{:02}:00:00,{i}.25,word {i}\n", i % 24));
    let folder = folder(&[("reference.csv", &format!("t,d,i,n\n{seconds}")), ("current.csv", &format!("t,d,i,n\n{finer}"))]);
    let checks_of = |columns: &[&str]| columns.iter().map(|c| format!("[[suite.check]]\nname = \"{c}\"\nmetric = \"unique_values\"\ncolumns = \"{c}\"\nwarn = \"count != 40\"\n")).collect::<String>();
    let (checks, whole) = found(&spec(folder.path(), &format!("[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"column_types\"\n{}", checks_of(&["t", "i", "n"]))));
    for column in ["t", "i", "n"] {
        assert_eq!(checks[column]["fields"]["count"], 40.0, "{column}");
    }
    assert_eq!(checks["column_types"]["fields"]["retyped"], 4.0, "{}", checks["column_types"]);
    assert_eq!(whole["counters"], serde_json::json!({}));
}

#[test]
fn a_stray_quotation_mark_costs_lines_that_are_counted() {
    for (current, lost) in [("a,b\n1,\"x\n2,y\n3,z\n", 1), ("a,b\n1,x\n2,\"y\n3,z\n4,\"w\n", 2), ("a,b\n1,x\"y\n2,z\n", 1), ("a,b\n1,\"x\ny\"\n2,z\n", 0)] {
        let folder = folder(&[("reference.csv", "a,b\n1,x\n"), ("current.csv", current)]);
        let (_, whole) = found(&spec(folder.path(), &suite(&[("row_count", "")])));
        assert_eq!(whole["counters"]["current.unreadable_rows"].as_u64().unwrap_or(0), lost, "{current:?}");
    }
}

#[test]
fn an_expression_that_fails_for_a_row_is_null_there() {
    let folder = folder(&[("reference.csv", "a,b\n4,2\n9,3\n"), ("current.csv", "a,b\n4,2\n9,0\n9000000000000000000,3\n8,4\n")]);
    let derived = "[columns]\nnumerical = [\"ratio\", \"tenfold\"]\n[derived]\nratio = \"a / b\"\ntenfold = \"a * 10\"\n";
    let text = format!("{derived}{}", suite(&[("missing_values", "ratio"), ("missing_values", "tenfold"), ("max", "tenfold"), ("row_count", "")]));
    let path = spec(folder.path(), &text);
    let (checks, whole) = found(&path);
    assert_eq!(checks["missing_values_ratio"]["fields"]["count"], 1.0, "{whole}");
    assert_eq!(checks["missing_values_tenfold"]["fields"]["count"], 1.0);
    assert_eq!(checks["max_tenfold"]["fields"]["value"], 90.0);
    assert_eq!((&whole["counters"]["current.uncomputed_values.ratio"], &whole["counters"]["current.uncomputed_values.tenfold"]), (&1.into(), &1.into()));
    let filtered = std::fs::read_to_string(&path).expect("the spec").replace("path = \"current.csv\"", "path = \"current.csv\"\nfilter = \"8 / b > 1\"");
    std::fs::write(&path, filtered).expect("written");
    let (checks, whole) = found(&path);
    assert_eq!(checks["row_count_"]["fields"]["value"], 3.0);
    assert_eq!(whole["counters"]["current.uncomputed_values.filter"], 1);
}

#[test]
fn an_empty_path_is_no_folder() {
    let folder = folder(&[("reference.csv", "a\n1\n"), ("current.csv", "a\n1\n")]);
    let path = spec(folder.path(), &suite(&[("row_count", "")]));
    let output = driftline().arg("run").arg(path).env("DRIFTLINE__SOURCE__CURRENT__PATH", "").output().expect("runs");
    assert!(output.status.code() == Some(2) && text(&output.stderr).contains("`path` is empty"), "{}", text(&output.stderr));
}

#[test]
fn identifiers_beyond_64_bits_with_a_sign_stay_apart() {
    let ids = |from: u64| (0..200).map(|i| format!("{},{}\n", from + i, 16_777_217 + i)).collect::<String>();
    let folder = folder(&[("reference.csv", &format!("id,n\n{}", ids(1))), ("current.csv", &format!("id,n\n{}", ids(18_446_744_073_709_551_000)))]);
    let rest = "[columns]\nnumerical = [\"id\", \"n\"]\n[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"unique_values\"\ncolumns = [\"id\", \"n\"]\nwarn = \"count != 200\"\n[[suite.check]]\nmetric = \"column_types\"\n[[suite.check]]\nname = \"markers\"\nmetric = \"null_markers\"\ncolumns = \"n\"\nmarkers = [16777218, 16777219.0]\nwarn = \"count > 0\"\n";
    let (checks, whole) = found(&spec(folder.path(), rest));
    assert_eq!((&checks["unique_values.id"]["fields"]["count"], &checks["unique_values.n"]["fields"]["count"]), (&200.0.into(), &200.0.into()));
    assert_eq!(checks["column_types"]["fields"]["retyped"], 1.0, "{}", checks["column_types"]);
    assert_eq!(whole["counters"], serde_json::json!({}));
    assert_eq!((&checks["markers.16777218"]["fields"]["count"], &checks["markers.16777219"]["fields"]["count"]), (&1.0.into(), &1.0.into()));
}

#[test]
fn very_many_columns_are_read_some_at_a_time_with_the_same_numbers() {
    let column = |i: usize| Arc::new(Float64Array::from_iter_values((0..70).map(|row| ((row * (i + 3)) as f64 * 0.37).fract()))) as ArrayRef;
    let names: Vec<String> = (0..300).map(|i| format!("x{i:03}")).collect();
    let columns = |n: usize| names.iter().take(n).enumerate().map(|(i, name)| (name.as_str(), column(i))).collect::<Vec<_>>();
    let rest = suite(&[("standard_deviation", "x*"), ("duplicated_rows", ""), ("row_count", ""), ("missing_values", "")]);
    let (_all, path) = parts(vec![columns(300)], &rest);
    let (all, _) = found(&path);
    assert_eq!(all.keys().filter(|id| id.starts_with("standard_deviation")).count(), 300);
    let (_few, path) = parts(vec![columns(20)], &rest);
    for (id, check) in found(&path).0.iter().filter(|(id, _)| id.starts_with("standard_deviation")) {
        assert_eq!(check["fields"], all[id]["fields"]);
    }
    assert_eq!((&all["duplicated_rows_"]["fields"]["count"], &all["row_count_"]["fields"]["value"]), (&0.0.into(), &70.0.into()));
}

#[test]
fn embeddings_are_compared() {
    use arrow::array::{FixedSizeListArray, ListArray};
    use arrow::datatypes::Float32Type;
    let folder = tempfile::tempdir().expect("a folder");
    let vector = |row: usize, shift: f32| [row as f32, 1.0 + shift, (row * row % 7) as f32 - 3.0];
    let reference = FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>((0..50).map(|row| Some(vector(row, 0.0).map(Some).to_vec())), 3);
    write(&folder.path().join("reference.arrow"), vec![("e", Arc::new(reference))]);
    let mut rows: Vec<Option<Vec<Option<f32>>>> = (0..50).map(|row| Some(vector(row, 0.5).map(Some).to_vec())).collect();
    rows.extend([None, Some(vec![Some(1.0)]), Some(vec![Some(1.0), None, Some(1.0)])]);
    write(&folder.path().join("current.arrow"), vec![("e", Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(rows)))]);
    let check = |test: &str, more: &str| format!("[[suite.check]]\nname = \"{test}{}\"\nmetric = \"drift\"\ncolumns = \"e\"\ntest = {{ name = \"{test}\"{more} }}\n", if more.contains("cosine") { "_cosine" } else { "" });
    let checks = [("centroid_distance", ""), ("centroid_distance", ", distance = \"cosine\""), ("drifted_components", ""), ("domain_classifier", ""), ("maximum_mean_discrepancy", "")];
    let checks: String = checks.iter().map(|(test, more)| check(test, more)).collect();
    let text = format!("[monitor]\nname = \"m\"\n[source.reference]\nkind = \"arrow_ipc\"\npath = \"reference.arrow\"\n[source.current]\nkind = \"arrow_ipc\"\npath = \"current.arrow\"\n[[suite]]\nname = \"s\"\n{checks}");
    let path = folder.path().join("monitor.toml");
    std::fs::write(&path, text).expect("written");
    let (checks, whole) = found(&path);
    let field = |check: &str, name: &str| checks[check]["fields"][name].as_f64().unwrap_or_else(|| panic!("{}", checks[check]));
    // The second component alone moved, by half.
    assert_eq!((field("centroid_distance", "statistic"), field("drifted_components", "statistic"), field("centroid_distance", "components")), (0.5, 1.0 / 3.0, 3.0));
    let mean: Vec<f64> = (0..3).map(|i| (0..50).map(|row| f64::from(vector(row, 0.0)[i])).sum::<f64>() / 50.0).collect();
    let (a, b): (Vec<f64>, Vec<f64>) = (mean.clone(), vec![mean[0], mean[1] + 0.5, mean[2]]);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let cosine = 1.0 - dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt();
    assert!((field("centroid_distance_cosine", "statistic") - cosine).abs() < 1e-12, "{cosine}");
    // One component tells the sides apart; against the spread of the first one its move is small.
    assert_eq!((field("domain_classifier", "statistic"), &checks["domain_classifier"]["status"]), (1.0, &"fail".into()));
    assert!(field("maximum_mean_discrepancy", "p_value") > 0.5);
    assert_eq!(checks["drifted_components"]["n_current"], 50);
    assert_eq!((&whole["counters"]["current.unusable_rows.centroid(e)"], &whole["counters"]["current.unusable_rows.sample(e,Vectors,5000)"]), (&2.into(), &2.into()));
}
