//! Columns in groups: where all values do not fit into memory at once, sides are read some columns at a time, and nothing else changes.

use crate::support::{checks, root, run, text};
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use datafusion::parquet::arrow::ArrowWriter;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

fn fraction(i: usize, step: f64) -> f64 {
    (i as f64 * step).fract()
}

/// Eight columns of floats, two of integers, two of text.
fn table(rows: usize, shift: f64) -> RecordBatch {
    let float = |k: usize| -> Float64Array {
        let step = 0.618_033_988_749 + 0.01 * k as f64;
        (0..rows).map(|i| (i % (11 + k) != 0).then(|| (0.5 - fraction(i, step)).tan() + shift * k as f64)).collect()
    };
    let integer = |most: f64| -> Int64Array { (0..rows).map(|i| Some((fraction(i, 0.414_213_562_373) * most) as i64)).collect() };
    let string = |of: &[&'static str], every: usize| -> StringArray { (0..rows).map(|i| (i % every != 0).then(|| of[(i / 7) % of.len()])).collect() };
    let floats = (0..8).map(|k| (format!("x{k}"), Arc::new(float(k)) as ArrayRef));
    let others: [(&str, ArrayRef); 4] = [
        ("few", Arc::new(integer(30.0))),
        ("many", Arc::new(integer(50_000.0))),
        ("colour", Arc::new(string(&["red", "green", "blue"], 13))),
        ("region", Arc::new(string(&["north", "south"], 17))),
    ];
    RecordBatch::try_from_iter(floats.chain(others.map(|(name, column)| (name.to_owned(), column)))).expect("a batch")
}

fn write(path: &Path, table: &RecordBatch) {
    let mut writer = ArrowWriter::try_new(std::fs::File::create(path).expect("a file"), table.schema(), None).expect("a writer");
    writer.write(table).expect("written");
    writer.close().expect("closed");
}

/// Metrics of one column and of several, that keep values and that do not, of all rows and of some, with plugins and queries among them.
fn suites() -> String {
    let component = |file: &str| root().join("plugins").join(file).display().to_string();
    format!(
        "[plugin.echo]\ncomponent = {:?}\ninputs = {{ value = \"x5\" }}\n[plugin.rounded]\ncomponent = {:?}\ninputs = {{ value = \"$column\" }}\n\
        [plugin.spread]\ncomponent = {:?}\ninputs = {{ value = \"$column\" }}\n",
        component("hostile/hostile_transform.wasm"),
        component("rounded.wasm"),
        component("fligner_killeen.wasm")
    ) + r#"
[[suite]]
name = "s"
correction = "benjamini_hochberg"
[[suite.check]]
name = "c1"
metric = "drift"
columns = "@numerical"
[[suite.check]]
name = "c2"
metric = "drift"
columns = ["x1", "x2"]
test = "wasserstein"
where = "few > 10"
[[suite.check]]
name = "c3"
metric = "drift"
columns = ["x3", "x6"]
test = "anderson_darling"
by = "region"
[[suite.check]]
name = "c4"
metric = "drift"
columns = "@categorical"
[[suite.check]]
name = "c5"
metric = "drifted_columns"
drift_share = 0.4
fail = "dataset_drift == 1"
[[suite.check]]
name = "c6"
metric = "drifted_columns"
where = "colour = 'red'"
fail = "share > 30%"
[[suite.check]]
name = "c7"
metric = "quantile"
q = 0.9
columns = "@numerical"
fail = "abs(value - reference) > 1"
[[suite.check]]
name = "c8"
metric = "unique_values"
columns = ["@numerical", "@categorical"]
fail = "count < 1"
[[suite.check]]
name = "c9"
metric = "mean"
columns = "@numerical"
fail = "value > 1e9"
[[suite.check]]
name = "c10"
metric = "correlation"
columns = ["x1", "x2"]
method = "spearman"
fail = "value > 0.9"
[[suite.check]]
name = "c11"
metric = "duplicated_rows"
fail = "count > 0"
[[suite.check]]
name = "c12"
metric = "rows_with_missing_values"
fail = "share > 0.5"
[[suite.check]]
name = "c13"
metric = "sql"
query = "select avg(x7) as value from current"
fail = "value > 1e9"
[[suite.check]]
name = "c14"
metric = "rounded"
columns = ["x0", "x4"]
sample = "rounded_share"
fail = "value > 0.9"
[[suite.check]]
name = "c15"
metric = "drift"
columns = "echo"
[[suite.check]]
name = "c16"
metric = "spread"
columns = ["x2", "many"]
fail = "p_value < 0.01"
"#
}

fn spec(folder: &Path, reference: &str, run_table: &str) -> String {
    let text = format!(
        "[monitor]\nname = \"m\"\n{reference}[source.current]\nkind = \"parquet\"\npath = \"current.parquet\"\n{}[run]\n{run_table}",
        suites()
    );
    let path = folder.join("monitor.toml");
    std::fs::write(&path, text).expect("a file is written");
    path.display().to_string()
}

const REFERENCE: &str = "[source.reference]\nkind = \"parquet\"\npath = \"reference.parquet\"\n";

/// What a run finds, without timings, what plugins took, and the digest of the spec.
fn found(spec: &str) -> Value {
    let output = run(&["run", "--output", "json", spec]);
    let mut outcome: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&output.stderr)));
    for key in ["timings", "plugins", "spec_digest"] {
        outcome[key] = Value::Null;
    }
    outcome
}

/// How often `check` says that the sides are read.
fn readings(spec: &str) -> usize {
    let told = text(&run(&["check", spec]).stdout);
    let times = told.split_once("are read ").and_then(|(_, rest)| rest.split(' ').next());
    times.map_or(1, |times| times.parse().unwrap_or_else(|e| panic!("{e}: {told}")))
}

#[test]
fn columns_read_in_groups_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, rows, shift) in [("reference", 60_000, 0.0), ("current", 90_000, 0.1)] {
        write(&folder.path().join(format!("{name}.parquet")), &table(rows, shift));
    }
    let whole = spec(folder.path(), REFERENCE, "memory = \"2GiB\"\n");
    assert_eq!(readings(&whole), 1);
    let expected = found(&whole);
    let all = checks(&expected);
    assert!(all.len() > 60, "{}", all.len());
    assert!(all.iter().all(|(_, check)| !matches!(check["status"].as_str(), Some("error" | "no_data"))), "{expected}");
    // The least that is tried holds the values of two columns.
    for (memory, least) in [("32MiB", 2), ("16MiB", 4)] {
        for threads in [1, 2] {
            let little = spec(folder.path(), REFERENCE, &format!("memory = \"{memory}\"\nthreads = {threads}\n"));
            assert!(readings(&little) >= least, "{memory}: {}", readings(&little));
            assert_eq!(found(&little), expected, "{memory}");
        }
    }
    // So it is with the reference's profile.
    let little = spec(folder.path(), REFERENCE, "memory = \"16MiB\"\n");
    let profile = folder.path().join("reference.profile").display().to_string();
    let made = run(&["profile", &little, "-o", &profile]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let of_profile = "[source.reference]\nkind = \"profile\"\npath = \"reference.profile\"\n";
    let little = spec(folder.path(), of_profile, "memory = \"16MiB\"\n");
    assert!(readings(&little) >= 4);
    assert_eq!(found(&little), expected);
}

/// A file that another one replaces between two readings: results of both would be of neither.
#[test]
fn a_file_that_changes_between_two_readings_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("reference.parquet"), &table(60_000, 0.0));
    // The second has as many rows as the first, and other values.
    for (rows, shift) in [(50_000, 0.1), (90_000, 0.2)] {
        write(&folder.path().join("current.parquet"), &table(90_000, 0.1));
        write(&folder.path().join("next.parquet"), &table(rows, shift));
        let spec = spec(folder.path(), REFERENCE, "memory = \"16MiB\"\n");
        let monitor = driftline::Monitor::open(&spec).expect("a spec");
        let replaced = std::sync::Once::new();
        // Current is the second of the sides that are read.
        let read = std::sync::atomic::AtomicU64::new(0);
        let progress = |rows: u64| {
            let before = read.swap(rows, std::sync::atomic::Ordering::SeqCst);
            if rows < before {
                replaced.call_once(|| std::fs::rename(folder.path().join("next.parquet"), folder.path().join("current.parquet")).expect("renamed"));
            }
        };
        let told = monitor.run_with(&progress).expect_err("an error").to_string();
        assert!(replaced.is_completed() && told.contains("current.parquet: it changed while it was read"), "{told}");
    }
}
