//! What every metric and test says of odd columns: `tests/meanings/NAME.txt` is a table that people read and review.
//! `DRIFTLINE_COMPLETE=1 cargo test --release` fills in what is said today.

use crate::support::root;
use arrow::array::{ArrayRef, Float64Array, ListArray, RecordBatch, StringArray, TimestampSecondArray};
use driftline::core::catalogue::{Entry, Scope};
use driftline::core::column::Kind;
use driftline::core::outcome::{CheckOutcome, Status};
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

const ROWS: usize = 100;

fn number(row: usize) -> f64 {
    (row as f64 * 0.618_033_988_749).fract()
}

fn numbers(value: impl Fn(usize) -> Option<f64>) -> ArrayRef {
    Arc::new((0..ROWS).map(value).collect::<Float64Array>())
}

fn strings(value: impl Fn(usize) -> Option<&'static str>) -> ArrayRef {
    Arc::new((0..ROWS).map(value).collect::<StringArray>())
}

fn times() -> ArrayRef {
    Arc::new((0..ROWS).map(|row| Some(row as i64)).collect::<TimestampSecondArray>())
}

const COLOURS: [&str; 3] = ["red", "green", "blue"];

fn vectors(value: impl Fn(usize) -> Option<Vec<Option<f64>>>) -> ArrayRef {
    Arc::new(ListArray::from_iter_primitive::<arrow::datatypes::Float64Type, _, _>((0..ROWS).map(value)))
}

/// Columns that are ordinary on the reference; on the current side each has what its name says.
fn table(current: bool) -> RecordBatch {
    let odd = |value: fn(usize) -> Option<f64>| numbers(if current { value } else { |row| Some(number(row)) });
    let colour = |value: fn(usize) -> Option<&'static str>| strings(if current { value } else { |row| Some(COLOURS[row % 3]) });
    let ordinary_vector = |row: usize| Some(vec![Some(number(row)), Some(number(row + 500))]);
    let vector = |value: fn(usize) -> Option<Vec<Option<f64>>>| if current { vectors(value) } else { vectors(ordinary_vector) };
    let ordinary = numbers(|row| Some(number(row)));
    let retyped = if current { strings(|_| Some("x")) } else { ordinary.clone() };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("ordinary", ordinary),
        ("some_null", odd(|row| Some(number(row)).filter(|_| row % 4 != 0))),
        ("some_nan", odd(|row| Some(if row % 4 == 0 { f64::NAN } else { number(row) }))),
        ("all_null", odd(|_| None)),
        ("all_nan", odd(|_| Some(f64::NAN))),
        ("constant", odd(|_| Some(0.5))),
        ("one_infinite", odd(|row| Some(if row == 7 { f64::INFINITY } else { number(row) }))),
        ("all_infinite", odd(|row| Some(if row % 2 == 0 { f64::INFINITY } else { f64::NEG_INFINITY }))),
        ("huge", odd(|row| Some(if row % 2 == 0 { f64::MAX } else { f64::MIN }))),
        ("one_value", odd(|row| Some(0.25).filter(|_| row == 3))),
        ("retyped", retyped),
        ("time", times()),
        ("colour", strings(|row| Some(COLOURS[row % 3]))),
        ("colour_null", colour(|_| None)),
        ("colour_constant", colour(|_| Some("red"))),
        ("colour_new", colour(|row| Some(["red", "violet"][row % 2]))),
        ("vector", vectors(ordinary_vector)),
        ("vector_null", vector(|_| None)),
        ("vector_constant", vector(|_| Some(vec![Some(0.5), Some(0.5)]))),
        ("vector_infinite", vector(|row| Some(vec![Some(number(row)), Some(if row == 7 { f64::INFINITY } else { 0.5 })]))),
        ("vector_longer", vector(|row| Some(vec![Some(number(row)), Some(1.0), Some(2.0)]))),
    ];
    RecordBatch::try_from_iter(columns).expect("a batch")
}

/// The side that the odd columns never have, in both directions.
fn one_sided(current: bool) -> RecordBatch {
    let name = if current { "only_current" } else { "only_reference" };
    let columns: Vec<(&str, ArrayRef)> = vec![("ordinary", numbers(|row| Some(number(row)))), ("time", times()), (name, numbers(|row| Some(number(row))))];
    RecordBatch::try_from_iter(columns).expect("a batch")
}

fn write_ipc(path: &Path, batch: &RecordBatch) {
    let file = std::fs::File::create(path).expect("a file");
    let mut writer = arrow::ipc::writer::FileWriter::try_new(file, &batch.schema()).expect("a writer");
    writer.write(batch).expect("written");
    writer.finish().expect("finished");
}

/// A spec with every metric and every test on every column that the reference's kind allows.
/// Metrics of rankings, of lists of labels and of a probability for each label have other roles than the rest.
#[derive(Clone, Copy, PartialEq)]
enum Needs {
    Usual,
    Ranking,
    Lists,
    Probabilities,
}

fn needs(entry: &driftline::core::catalogue::MetricEntry) -> Needs {
    match entry.doc.name {
        "hamming_loss" | "jaccard" => Needs::Lists,
        "top_k_accuracy" => Needs::Probabilities,
        _ if entry.doc.description.contains("`user`, `item`") => Needs::Ranking,
        _ => Needs::Usual,
    }
}

fn spec(reference: &RecordBatch, current: &RecordBatch, asked: Needs) -> String {
    let mut text = String::from("[monitor]\nname = \"meanings\"\n[source.reference]\nkind = \"arrow_ipc\"\npath = \"reference.arrow\"\n[source.current]\nkind = \"arrow_ipc\"\npath = \"current.arrow\"\n[source.training]\nkind = \"arrow_ipc\"\npath = \"reference.arrow\"\n");
    let (target, prediction) = if reference.column_by_name("colour").is_some() { ("colour", "colour_new") } else { ("ordinary", "given") };
    text.push_str("[derived]\ngiven = \"ordinary\"\n");
    let times = "timestamp = \"time\"\nlabelled_at = \"time\"\n";
    match asked {
        Needs::Ranking => writeln!(text, "[columns]\ntarget = \"ordinary\"\nuser = {target:?}\nitem = \"time\"\nscore = \"given\""),
        Needs::Lists => writeln!(text, "[columns]\ntarget = \"vector\"\nprediction = \"vector_constant\""),
        Needs::Probabilities => writeln!(text, "[columns]\ntarget = {target:?}\nprobabilities = {{ red = \"ordinary\", green = \"some_null\", blue = \"constant\" }}"),
        Needs::Usual => writeln!(text, "[columns]\ntarget = {target:?}\nprediction = {prediction:?}\nscore = \"given\"\n{times}"),
    }
    .expect("a string");
    text.push_str("ignore = [\"given\"]\n[[suite]]\nname = \"all\"\n");
    let schema = arrow::datatypes::Schema::try_merge([current.schema().as_ref().clone()]).expect("a schema");
    let mut names: Vec<(String, Kind)> = reference.schema().fields().iter().map(|f| (f.name().clone(), Kind::of(f.data_type()))).collect();
    for field in schema.fields() {
        if !names.iter().any(|(name, _)| name == field.name()) {
            names.push((field.name().clone(), Kind::of(field.data_type())));
        }
    }
    let mut check = |name: String, rest: String| {
        // Never true, so that the status tells whether there is a value and nothing else.
        writeln!(text, "[[suite.check]]\nname = \"{name}\"\n{rest}\nwarn = \"value == 0.123456789\"").expect("a string");
    };
    let catalogue = driftline::catalogue();
    for entry in &catalogue.metrics {
        let metric = entry.doc().name;
        if needs(entry) != asked {
            continue;
        }
        if matches!(entry.scope, Scope::Dataset | Scope::Rows) {
            let features = if ["diversity", "serendipity"].contains(&metric) { "\nfeatures = [\"ordinary\"]" } else { "" };
            check(metric.into(), format!("metric = \"{metric}\"{features}"));
            continue;
        }
        let takes = |kind: &Kind| entry.accepts.is_empty() || entry.accepts.contains(kind);
        for (column, kind) in names.iter().filter(|(_, kind)| takes(kind)) {
            // Training is the reference here.
            if metric.ends_with("_bias") && column == "only_current" && asked == Needs::Ranking {
                continue;
            }
            if metric != "drift" {
                check(format!("{metric}__{column}"), format!("metric = \"{metric}\"\ncolumns = \"{column}\""));
                continue;
            }
            for test in catalogue.tests.iter().filter(|t| t.accepts.contains(kind)) {
                let test = test.doc().name;
                check(format!("{test}__{column}"), format!("metric = \"drift\"\ntest = \"{test}\"\ncolumns = \"{column}\""));
            }
        }
    }
    text
}

fn line(check: &CheckOutcome) -> String {
    // `value` is the first field's other name, but where it is the first field's own.
    let own = driftline::catalogue().metrics.iter().any(|m| m.doc.name == check.metric && m.doc.fields[0].name == "value");
    let fields: Vec<String> = check.fields.iter().filter(|(name, _)| own || *name != "value").map(|(name, value)| format!("{name}={value}")).collect();
    let labels: String = check.labels.values().map(|value| format!(" [{value}]")).collect();
    let (metric, column) = check.id.split_once("__").unwrap_or((&check.id, ""));
    let found = match check.status {
        Status::Pass if fields.is_empty() => format!("value={}", check.fields["value"]),
        Status::Pass => fields.join(" "),
        status => format!("{}: {}", status.name(), check.message),
    };
    let column = column.split('.').next().unwrap_or_default();
    format!("{metric:<28} {column:<16}{labels} {found}")
}

#[test]
fn every_metric_says_what_odd_columns_mean() {
    let pages = [
        ("odd_columns", table(false), table(true)),
        ("no_rows", table(false), table(true).slice(0, 0)),
        ("no_reference_rows", table(false).slice(0, 0), table(false)),
        ("one_row", table(false), table(false).slice(0, 1)),
        ("one_row_each", table(false).slice(0, 1), table(false).slice(0, 1)),
        ("one_sided", one_sided(false), one_sided(true)),
    ];
    let complete = std::env::var_os("DRIFTLINE_COMPLETE").is_some();
    let mut wrong = Vec::new();
    for (name, reference, current) in pages {
        let folder = tempfile::tempdir().expect("a folder");
        write_ipc(&folder.path().join("reference.arrow"), &reference);
        write_ipc(&folder.path().join("current.arrow"), &current);
        let path = folder.path().join("monitor.toml");
        let run = |asked: Needs| {
            std::fs::write(&path, spec(&reference, &current, asked)).expect("written");
            let monitor = driftline::Monitor::open_with(&path, Default::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
            monitor.run().unwrap_or_else(|e| panic!("{name}: {e}"))
        };
        // The last table has neither lists nor several numbers.
        let asked = [Needs::Usual, Needs::Ranking, Needs::Lists, Needs::Probabilities];
        let outcomes: Vec<_> = asked.into_iter().take(if name == "one_sided" { 2 } else { 4 }).map(run).collect();
        let (mut page, mut shown) = (String::new(), std::collections::BTreeMap::<&str, usize>::new());
        for check in outcomes.iter().flat_map(|outcome| &outcome.suites).flat_map(|s| &s.checks) {
            assert!(check.fields.values().all(|v| v.is_finite()), "{name}: {} has {:?}", check.id, check.fields);
            assert!(check.status == Status::Pass || !check.message.is_empty(), "{name}: {} has no reason", check.id);
            // Of what has a result for each of a hundred labels a few tell enough.
            let many = shown.entry(check.metric.as_str()).or_default();
            *many += usize::from(["label", "target", "top", "false_positive_rate"].iter().any(|name| check.labels.contains_key(*name)));
            if *many <= 12 {
                writeln!(page, "{}", line(check).trim_end()).expect("a string");
            }
        }
        let file = root().join("tests/meanings").join(format!("{name}.txt"));
        if complete {
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            std::fs::write(&file, &page).expect("written");
        }
        if std::fs::read_to_string(&file).unwrap_or_default() != page {
            wrong.push(format!("{}:\n{page}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "other pages than expected:\n{}", wrong.join("\n"));
}
