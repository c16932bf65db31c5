//! Labels that come later than their rows, and from elsewhere.

use crate::support::{checks, driftline, outcome, text};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

const ROWS: usize = 20_000;

fn id(row: usize) -> String {
    // In another order than the rows.
    format!("r{:05}", (row * 7_919) % ROWS)
}

/// Whether the model is right in a row.
fn is_right(row: usize) -> bool {
    !row.is_multiple_of(5)
}

fn truth(row: usize) -> &'static str {
    ["no", "yes"][row % 2]
}

fn time(seconds: usize) -> String {
    let day = 1 + seconds / 86_400;
    format!("2026-03-{day:02}T{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}

/// Predictions, one a minute; `x` tells nothing.
fn predictions(folder: &Path) {
    let mut csv = String::from("id,at,x,guess\n");
    for row in 0..ROWS {
        let guess = if is_right(row) { truth(row) } else { truth(row + 1) };
        writeln!(csv, "{},{},{},{guess}", id(row), time(row * 60), (row as f64 * 0.618_033_988_749).fract()).expect("a string");
    }
    std::fs::write(folder.join("current.csv"), csv).expect("written");
}

/// The labels of some rows, each two hours after its row.
fn labels(path: &Path, rows: impl Iterator<Item = usize>) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let mut csv = String::from("id,truth,came\n");
    rows.for_each(|row| writeln!(csv, "{},{},{}", id(row), truth(row), time(row * 60 + 7_200)).expect("a string"));
    std::fs::write(path, csv).expect("written");
}

const COLUMNS: &str = "[columns]\nid = \"id\"\ntimestamp = \"at\"\ntarget = \"truth\"\nprediction = \"guess\"\nlabelled_at = \"came\"\n";
const CHECKS: &str = "[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"accuracy\"\nfail = \"value < 0.5\"\n[[suite.check]]\nmetric = \"label_coverage\"\nwarn = \"value < 0.9\"\n\
[[suite.check]]\nmetric = \"label_delay\"\nfail = \"median > 7200\"\n[[suite.check]]\nmetric = \"mean\"\ncolumns = \"x\"\nfail = \"value > 1\"\n[[suite.check]]\nmetric = \"row_count\"\nfail = \"value < 1\"\n";

fn spec(folder: &Path, more: &str, rest: &str) -> PathBuf {
    let path = folder.join("monitor.toml");
    let sources = "[monitor]\nname = \"late\"\n[source.current]\nkind = \"csv\"\npath = \"current.csv\"\n[source.labels]\nkind = \"csv\"\npath = \"labels\"\n";
    std::fs::write(&path, format!("{sources}{more}\n{COLUMNS}{CHECKS}{rest}")).expect("written");
    path
}

fn found(spec: &Path) -> (BTreeMap<String, Value>, Value) {
    let outcome = outcome(spec);
    (checks(&outcome).into_iter().collect(), outcome["counters"].clone())
}

fn field(found: &BTreeMap<String, Value>, check: &str, field: &str) -> f64 {
    found[check]["fields"][field].as_f64().unwrap_or_else(|| panic!("{check}.{field}: {:?}", found[check]))
}

#[test]
fn labels_over_three_runs_end_in_the_numbers_of_one_run() {
    let folder = tempfile::tempdir().expect("a folder");
    predictions(folder.path());
    let spec = spec(folder.path(), "", "");
    let mut last = BTreeMap::new();
    for run in 0..3 {
        labels(&folder.path().join(format!("labels/{run}.csv")), (0..ROWS).filter(|row| row % 3 == run));
        let (checks, counters) = found(&spec);
        let come = (run + 1) * ROWS / 3 + usize::from(run < 2);
        assert!((field(&checks, "label_coverage", "labelled") - come as f64).abs() <= 1.0, "{checks:?}");
        // Rows without a label are never taken for wrong.
        assert!((field(&checks, "accuracy", "value") - 0.8).abs() < 1e-3, "{checks:?}");
        assert_eq!(field(&checks, "row_count", "value"), ROWS as f64);
        assert_eq!(field(&checks, "label_delay", "median"), 7_200.0);
        assert!(counters.as_object().is_some_and(|c| !c.contains_key("current.labels_without_row")), "{counters}");
        last = checks;
    }
    assert_eq!(field(&last, "accuracy", "value"), 0.8);
    std::fs::remove_dir_all(folder.path().join("labels")).expect("removed");
    // Backwards, as they may come.
    labels(&folder.path().join("labels/all.csv"), (0..ROWS).rev());
    assert_eq!(found(&spec).0, last);
}

#[test]
fn the_last_label_of_a_row_counts_and_others_are_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    predictions(folder.path());
    labels(&folder.path().join("labels/a.csv"), 0..ROWS);
    // Every tenth label was wrong at first; one label has no row, one no value, and one no key.
    let mut csv = String::from("id,truth,came\nelsewhere,yes,2026-03-01T00:00:00\nr00001,,2026-03-20T00:00:00\n,yes,2026-03-20T00:00:00\n");
    (0..ROWS).step_by(10).for_each(|row| writeln!(csv, "{},neither,{}", id(row), time(row * 60 + 60)).expect("a string"));
    std::fs::write(folder.path().join("labels/b.csv"), csv).expect("written");
    let (checks, counters) = found(&spec(folder.path(), "", ""));
    assert_eq!(field(&checks, "accuracy", "value"), 0.8);
    assert_eq!(counters["current.replaced_labels"], ROWS / 10);
    assert_eq!(counters["current.changed_labels"], ROWS / 10);
    assert_eq!(counters["current.labels_without_row"], 1);
    assert_eq!(counters["current.unusable_labels"], 2);
}

#[test]
fn what_exceeds_the_memory_is_joined_on_disk_to_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    predictions(folder.path());
    labels(&folder.path().join("labels/a.csv"), (0..ROWS).filter(|row| row % 4 != 1));
    let plenty = found(&spec(folder.path(), "", "[run]\nmemory = \"1GiB\"\n"));
    let scarce = found(&spec(folder.path(), "", "[run]\nmemory = \"1MiB\"\n"));
    assert_eq!(plenty, scarce);
    assert_eq!(field(&plenty.0, "label_coverage", "value"), 0.75);
    // What is no label is as without the join.
    let alone = folder.path().join("alone.toml");
    let text = "[monitor]\nname = \"late\"\n[source.current]\nkind = \"csv\"\npath = \"current.csv\"\n[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"mean\"\ncolumns = \"x\"\nfail = \"value > 1\"\n";
    std::fs::write(&alone, text).expect("written");
    assert_eq!(found(&alone).0["mean"], plenty.0["mean"]);
}

#[test]
fn a_label_that_may_still_come_is_not_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    predictions(folder.path());
    // The labels of the last two days have not come, and of the others one in a hundred is lost.
    let known = ROWS - 2 * 24 * 60;
    labels(&folder.path().join("labels/a.csv"), (0..known).filter(|row| row % 100 != 7));
    let (checks, _) = found(&spec(folder.path(), "lateness = \"3d\"", ""));
    assert_eq!(checks["label_coverage"]["status"], "pass");
    assert!((field(&checks, "label_coverage", "value") - 0.99).abs() < 1e-3);
    assert!(field(&checks, "label_coverage", "waiting") > 2.0 * 24.0 * 60.0);
    let (checks, _) = found(&spec(folder.path(), "", ""));
    assert_eq!(checks["label_coverage"]["status"], "warn");
    let (checks, _) = found(&spec(folder.path(), "lateness = \"30d\"", ""));
    assert_eq!(checks["label_coverage"]["status"], "no_data", "{:?}", checks["label_coverage"]);
}

#[test]
fn keys_of_unequal_types_are_compared_as_they_are_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("current.csv", "id,guess\n1,a\n2,b\n3,a\n");
    write("labels.ndjson", "{\"id\": \"1\", \"truth\": \"a\"}\n{\"id\": \"3\", \"truth\": \"b\"}\n{\"id\": \"x\", \"truth\": \"b\"}\n");
    write("monitor.toml", "[monitor]\nname = \"late\"\n[source.current]\nkind = \"csv\"\npath = \"current.csv\"\n[source.labels]\nkind = \"ndjson\"\npath = \"labels.ndjson\"\n[columns]\nid = \"id\"\ntarget = \"truth\"\nprediction = \"guess\"\n[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"accuracy\"\nfail = \"value < 0.1\"\n");
    let (checks, counters) = found(&folder.path().join("monitor.toml"));
    assert_eq!(field(&checks, "accuracy", "value"), 0.5);
    assert_eq!(counters["current.labels_without_row"], 1);
}

#[test]
fn mistakes_are_told_at_their_place() {
    let folder = tempfile::tempdir().expect("a folder");
    predictions(folder.path());
    labels(&folder.path().join("labels/a.csv"), 0..10);
    let told = |from: &str, to: &str| {
        let path = spec(folder.path(), "lateness = \"3d\"", "");
        let changed = std::fs::read_to_string(&path).expect("a spec").replace(from, to);
        std::fs::write(&path, changed).expect("written");
        let output = driftline().arg("check").arg(&path).output().expect("runs");
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    assert!(told("id = \"id\"\n", "").contains("[source.labels] needs `id` under [columns]"));
    let misspelt = told("target = \"truth\"", "target = \"turth\"");
    assert!(misspelt.contains("no column `turth` in [source.labels]") && misspelt.contains("did you mean `truth`?") && misspelt.matches("error:").count() == 1, "{misspelt}");
    assert!(told("id = \"id\"", "id = \"x\"").contains("no column `x` in [source.labels]"));
    assert!(told("timestamp = \"at\"\n", "").contains("`lateness` needs `timestamp`"));
    assert!(told("target = \"truth\"", "target = \"x\"").contains("have a column `x` already"));
    assert!(told("\"3d\"", "\"3 moons\"").contains("3 moons"));
}

/// What the example's README tells.
#[test]
fn the_example_tells_its_story() {
    let spec = crate::support::root().join("examples/late/monitor.toml");
    let at = |weeks: &str| -> BTreeMap<String, Value> {
        let output = driftline().args(["run", "-o", "json"]).arg(&spec).env("WEEKS", weeks).output().expect("runs");
        let outcome: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
        checks(&outcome).into_iter().collect()
    };
    let statuses = |found: &BTreeMap<String, Value>, names: [&str; 4]| names.map(|name| found[name]["status"].as_str().unwrap_or_default().to_owned());
    let names = ["prediction_drift", "label_coverage", "precision", "accuracy"];
    let first = at("1");
    assert_eq!(statuses(&first, names), ["fail", "no_data", "pass", "pass"], "{first:?}");
    assert_eq!((field(&first, "accuracy", "value"), first["accuracy"]["n_current"].as_u64()), (1.0, Some(23)));
    assert_eq!(statuses(&at("[12]"), names), ["fail", "pass", "fail", "pass"]);
    let last = at("[1234]");
    assert_eq!(statuses(&last, names), ["fail", "pass", "fail", "pass"]);
    assert!((field(&last, "label_coverage", "value") - 0.97).abs() < 0.01 && (field(&last, "precision", "value") - 0.91).abs() < 0.01, "{last:?}");
    // What comes with the labels is no part of the rows.
    assert!(last["column_types"]["status"] == "pass" && !last.contains_key("missing_values.came") && !last.contains_key("missing_values.target"));
}

/// A key of floats, as pandas writes integers where one is missing, is the integer.
#[test]
fn keys_of_floats_and_integers_meet_and_times_must_be_times() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("current.csv", "id,at,guess\n1,2026-03-01T00:00:00,a\n2,2026-03-01T00:00:00,b\n3,2026-03-01T00:00:00,a\n");
    let spec = |more: &str, came: &str| {
        write("labels.csv", &format!("id,truth,came\n1.0,a,{came}\n1.0,b,2024-09-01T00:00:00\n3.0,a,2024-10-01T00:00:00\n,b,2024-10-01T00:00:00\n"));
        write("monitor.toml", &format!("[monitor]\nname = \"late\"\n[source.current]\nkind = \"csv\"\npath = \"current.csv\"\n[source.labels]\nkind = \"csv\"\npath = \"labels.csv\"\n[columns]\nid = \"id\"\ntarget = \"truth\"\nprediction = \"guess\"\n{more}[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"accuracy\"\nfail = \"value < 0.1\"\n"));
        folder.path().join("monitor.toml")
    };
    let by_time = "labelled_at = \"came\"\n";
    let (checks, counters) = found(&spec(by_time, "2024-10-01T00:00:00"));
    assert_eq!((field(&checks, "accuracy", "value"), checks["accuracy"]["n_current"].as_u64()), (1.0, Some(2)), "{counters}");
    // As texts the ninth month would come after the tenth.
    let fails = |path: PathBuf, code: i32, words: &str| {
        let output = driftline().arg("run").arg(path).output().expect("runs");
        let told = text(&output.stderr);
        assert!(output.status.code() == Some(code) && told.contains(words), "{told}");
    };
    fails(spec(by_time, "10/1/2024"), 3, "column `came` has 1 values that are no times");
    write("current.csv", "id,at,guess\n1,1.5,a\n2,2.5,b\n");
    fails(spec("timestamp = \"at\"\n", "2024-10-01T00:00:00"), 2, "column `at` has numbers (Float64) and no times");
}
