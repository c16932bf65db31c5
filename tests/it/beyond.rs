//! Current sides that exceed the memory setting: counts beside the reference's values hold the exact statistics, and nothing depends on
//! threads, batches or encodings.

use crate::support::{checks, run, text};
use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::WriterProperties;
use driftline::stats::math::{
    AnchoredCounts, FloatHistogram, HyperLogLog, groups, knots, kolmogorov_smirnov, kolmogorov_smirnov_anchored, mann_whitney_u,
    mann_whitney_u_anchored, sort_floats, wasserstein, wasserstein_anchored,
};
use proptest::prelude::*;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// Numbers that repeat, and numbers that do not.
fn sample(most: usize) -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![(-4i32..4).prop_map(|v| f64::from(v) / 2.0), -3.0..3.0f64, Just(-0.0), -1e6..1e6f64];
    prop::collection::vec(value, 1..most).prop_map(|mut values| {
        sort_floats(&mut values);
        values
    })
}

fn counted(knots: &[f64], parts: &[&[f64]]) -> AnchoredCounts {
    let mut whole = AnchoredCounts::new(knots.to_vec());
    for part in parts {
        let mut counts = AnchoredCounts::new(knots.to_vec());
        counts.add_sorted(part);
        assert!(whole.merge(&counts));
    }
    whole
}

/// Whether the bounds hold the exact value, but for rounding.
fn holds(low: f64, high: f64, exact: f64) -> bool {
    let slack = 1e-12 * exact.abs().max(1e-3);
    low - slack <= exact && exact <= high + slack
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn anchored_statistics_hold_the_exact_ones(reference in sample(80), current in sample(120), most in 2usize..100, cut in 0usize..120) {
        let all = knots(&reference, usize::MAX);
        let some = knots(&reference, most);
        let (n, m) = (reference.len() as u64, current.len() as u64);
        let exact = kolmogorov_smirnov(reference.as_slice(), n, current.as_slice(), m).expect("a statistic");
        let distance = wasserstein(reference.as_slice(), n, current.as_slice(), m).expect("a distance");
        let u = mann_whitney_u(groups(reference.iter().copied(), current.iter().copied()), n, m, true, false);
        // Every second one, so that both parts are spread over all.
        let (even, odd): (Vec<_>, Vec<_>) = current.iter().enumerate().partition(|(i, _)| (i + cut) % 2 == 0);
        let parts = [even, odd].map(|part| part.into_iter().map(|(_, v)| *v).collect::<Vec<f64>>());
        for (knots, is_exact) in [(&all, true), (&some, some.len() == all.len())] {
            let (r, c) = (counted(knots, &[&reference]), counted(knots, &[&parts[1], &parts[0]]));
            prop_assert_eq!(r.len(), n);
            prop_assert_eq!(c.len(), m);
            let (above, below) = kolmogorov_smirnov_anchored(&r, &c).expect("a statistic");
            prop_assert!(holds(above.low, above.high, exact.d_plus), "{above:?} {exact:?}");
            prop_assert!(holds(below.low, below.high, exact.d_minus), "{below:?} {exact:?}");
            let area = wasserstein_anchored(&r, &c).expect("a distance");
            prop_assert!(holds(area.low, area.high, distance), "{area:?} {distance}");
            if is_exact {
                prop_assert_eq!((above.bounds(), below.bounds()), (None, None));
                prop_assert!((above.low - exact.d_plus).abs() <= 1e-15 && (below.low - exact.d_minus).abs() <= 1e-15);
            }
            if let (Some(u), Some([found, low, high])) = (&u, mann_whitney_u_anchored(&r, &c, true)) {
                prop_assert!(low.statistic <= u.statistic && u.statistic <= high.statistic);
                prop_assert!(!is_exact || found.statistic == u.statistic);
                let p_values = [low.p_value, high.p_value];
                prop_assert!(!is_exact || holds(p_values[0].min(p_values[1]), p_values[0].max(p_values[1]), u.p_value));
            }
        }
    }

    #[test]
    fn histograms_hold_every_order_statistic(values in sample(300), cut in 0usize..300) {
        let (first, second) = values.split_at(cut.min(values.len()));
        let mut histogram = FloatHistogram::default();
        let mut other = FloatHistogram::default();
        histogram.add_sorted(second);
        other.add_sorted(first);
        histogram.merge(other);
        let ranks: Vec<u64> = (0..values.len() as u64).collect();
        for (value, (low, high)) in values.iter().zip(histogram.at_ranks(&ranks)) {
            prop_assert!(low <= *value && *value <= high);
            prop_assert!(high - low <= value.abs() * 2f64.powi(-11) + 1e-300);
        }
    }

    #[test]
    fn floats_are_sorted_as_total_cmp_does(mut values in prop::collection::vec(any::<f64>(), 4_096..5_000)) {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        sort_floats(&mut values);
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&values), bits(&sorted));
    }
}

#[test]
fn distinct_values_are_estimated_within_three_standard_errors() {
    for n in [10u64, 1_000, 30_000, 1_000_000] {
        let mut sketch = HyperLogLog::default();
        // The hashes of SplitMix64's sequence.
        for i in 0..n {
            let z = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            sketch.add(z ^ (z >> 31));
        }
        let error = sketch.estimate() / n as f64 - 1.0;
        assert!(error.abs() < 3.0 * HyperLogLog::ERROR, "{n}: {error}");
    }
}

/// A fraction that looks random.
fn fraction(i: usize, step: f64) -> f64 {
    (i as f64 * step).fract()
}

fn table(rows: usize, shift: f64) -> RecordBatch {
    let x: Float64Array = (0..rows).map(|i| (i % 17 != 0).then(|| (0.5 - fraction(i, 0.618_033_988_749)).tan() + shift)).collect();
    let y: Float64Array = (0..rows).map(|i| Some((fraction(i, 0.414_213_562_373) * 400.0).floor() + shift)).collect();
    let z: Float64Array = (0..rows).map(|i| Some((fraction(i, 0.732_050_807_568) * 10_000.0).floor() + shift)).collect();
    let c: StringArray = (0..rows).map(|i| (i % 13 != 0).then(|| ["red", "green", "blue"][(i / 7) % 3])).collect();
    let columns: [(&str, ArrayRef); 4] = [("x", Arc::new(x)), ("y", Arc::new(y)), ("z", Arc::new(z)), ("c", Arc::new(c))];
    RecordBatch::try_from_iter(columns).expect("a batch")
}

fn write_parquet(path: &Path, table: &RecordBatch, dictionaries: bool) {
    let properties = WriterProperties::builder().set_dictionary_enabled(dictionaries).build();
    let mut writer = ArrowWriter::try_new(std::fs::File::create(path).expect("a file"), table.schema(), Some(properties)).expect("a writer");
    writer.write(table).expect("written");
    writer.close().expect("closed");
}

fn write_ipc(path: &Path, table: &RecordBatch, rows: usize) {
    let mut writer = arrow::ipc::writer::FileWriter::try_new(std::fs::File::create(path).expect("a file"), &table.schema()).expect("a writer");
    for from in (0..table.num_rows()).step_by(rows) {
        writer.write(&table.slice(from, rows.min(table.num_rows() - from))).expect("written");
    }
    writer.finish().expect("finished");
}

const ALL: &str = "[[suite]]\nname = \"s\"\n\
    [[suite.check]]\nname = \"ks\"\nmetric = \"drift\"\ncolumns = [\"x\", \"y\", \"z\"]\ntest = \"kolmogorov_smirnov\"\n\
    [[suite.check]]\nname = \"w\"\nmetric = \"drift\"\ncolumns = [\"x\", \"y\", \"z\"]\ntest = \"wasserstein\"\n\
    [[suite.check]]\nname = \"u\"\nmetric = \"drift\"\ncolumns = [\"x\", \"y\", \"z\"]\ntest = \"mann_whitney_u\"\n\
    [[suite.check]]\nname = \"js\"\nmetric = \"drift\"\ncolumns = \"c\"\n\
    [[suite.check]]\nname = \"q\"\nmetric = \"quantile\"\nq = 0.9\ncolumns = [\"x\", \"y\", \"z\"]\nfail = \"value > 1e9\"\n\
    [[suite.check]]\nname = \"unique\"\nmetric = \"unique_values\"\ncolumns = [\"x\", \"y\", \"z\", \"c\"]\nfail = \"count < 1\"\n\
    [[suite.check]]\nname = \"twice\"\nmetric = \"duplicated_rows\"\nfail = \"count > 0\"\n\
    [[suite.check]]\nname = \"missing\"\nmetric = \"missing_values\"\ncolumns = [\"x\", \"c\"]\nfail = \"count < 1\"\n";

/// What a run over two files finds, without timings and the digest of the spec.
fn found(folder: &Path, kind: &str, [reference, current]: [&str; 2], run_table: &str) -> Value {
    let source = |side: &str, path: &str| format!("[source.{side}]\nkind = \"{kind}\"\npath = \"{path}\"\n");
    let spec = format!("[monitor]\nname = \"m\"\n{}{}{ALL}[run]\n{run_table}", source("reference", reference), source("current", current));
    let path = folder.join("monitor.toml");
    std::fs::write(&path, spec).expect("a file is written");
    let output = run(&["run", "--output", "json", &path.display().to_string()]);
    let mut outcome: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&output.stderr)));
    (outcome["timings"], outcome["spec_digest"]) = (Value::Null, Value::Null);
    outcome
}

#[test]
fn a_current_side_beyond_memory_has_bounds_that_hold_the_exact_results() {
    let folder = tempfile::tempdir().expect("a folder");
    // The reference fits, and current does not: all of it, or, where columns are read one by one, a single column.
    // Of y each different value of the reference is a knot, and they are so few that they are counted.
    for (kind, memory, rows) in [("arrow_ipc", "40MiB", 100_000), ("parquet", "8MiB", 10_000)] {
        for (name, rows, shift) in [("reference", rows, 0.0), ("current", 300_000, 0.25)] {
            let path = folder.path().join(format!("{name}.{kind}"));
            if kind == "parquet" { write_parquet(&path, &table(rows, shift), false) } else { write_ipc(&path, &table(rows, shift), 10_000) }
        }
        let files = ["reference", "current"].map(|name| format!("{name}.{kind}"));
        let files = [files[0].as_str(), files[1].as_str()];
        let little = format!("memory = \"{memory}\"\n");
        let exact = found(folder.path(), kind, files, "memory = \"2GiB\"\n");
        let anchored = found(folder.path(), kind, files, &little);
        hold(&exact, &anchored);
        if rows == 100_000 {
            // All knots: D is known, although the current values lie between them.
            let (_, z) = checks(&anchored).into_iter().find(|(id, _)| id == "ks.z").expect("a check");
            assert_eq!((&z["method"], &z["bounds"]), (&"anchored".into(), &Value::Null));
        }
        for threads in [1, 3] {
            assert_eq!(found(folder.path(), kind, files, &format!("{little}threads = {threads}\n")), anchored);
        }
    }
}

/// What was found beyond memory holds what is exact.
fn hold(exact: &Value, anchored: &Value) {
    let by_id = |outcome: &Value| checks(outcome).into_iter().collect::<std::collections::BTreeMap<_, _>>();
    let (exact, bounded) = (by_id(exact), by_id(anchored));
    for (id, check) in &bounded {
        assert!(exact[id]["bounds"].is_null(), "{}", exact[id]);
        let value = |check: &Value| check["fields"]["value"].as_f64().unwrap_or_else(|| panic!("{check}"));
        match check["bounds"].as_array() {
            Some(bounds) => {
                let [low, high] = [0, 1].map(|i| bounds[i].as_f64().expect("a bound"));
                assert!(low <= value(&exact[id]) && value(&exact[id]) <= high, "{id}: {check} for {}", exact[id]);
                assert!(check["message"].as_str().is_some_and(|message| message.contains("lies between")), "{check}");
            }
            // Beside the reference ties of current alone are not seen, which changes p-values.
            None if check["method"] == "anchored" => assert!(holds(value(check), value(check), value(&exact[id])), "{id}"),
            None => assert_eq!(check["fields"], exact[id]["fields"], "{id}"),
        }
    }
    let method = |id: &str| bounded[id]["method"].as_str().unwrap_or_default().to_owned();
    assert_eq!([method("ks.x"), method("w.x"), method("u.x")], ["anchored"; 3]);
    assert_eq!([method("q.x"), method("unique.x")], ["histogram", "hyperloglog"]);
    // Few different values need no more memory for more rows.
    assert_eq!([method("ks.y"), method("w.y"), method("q.y")], ["asymptotic", "exact", ""]);
}

#[test]
fn batches_threads_and_encodings_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (reference, current) = (table(90_000, 0.0), table(150_000, 0.1));
    let mut outcomes = Vec::new();
    for (kind, rows) in [("parquet", 0), ("parquet", 1), ("arrow_ipc", 100_000), ("arrow_ipc", 777)] {
        for (name, table) in [("reference", &reference), ("current", &current)] {
            let path = folder.path().join(name);
            if kind == "parquet" { write_parquet(&path, table, rows == 1) } else { write_ipc(&path, table, rows) }
        }
        for run_table in ["threads = 1\n", "threads = 2\n", "threads = 5\n"] {
            outcomes.push((kind, rows, run_table, found(folder.path(), kind, ["reference", "current"], run_table)));
        }
    }
    let first = &outcomes[0].3;
    assert!(checks(first).iter().all(|(_, check)| check["status"] != "error"), "{first}");
    for (kind, rows, run_table, outcome) in &outcomes {
        assert_eq!(outcome, first, "{kind} {rows} {run_table}");
    }
}
