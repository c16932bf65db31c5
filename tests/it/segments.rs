//! Segments where a model does worse: a planted one is found, and where there is none next to nothing is.

use crate::support::{checks, outcome};
use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use driftline::core::accumulator::Context;
use driftline::core::block::Block;
use driftline::core::catalogue::{Binding, Built};
use driftline::core::column::{Column, Kind, Roles};
use driftline::core::diagnostic::Diagnostics;
use driftline::core::metric::{Reading, Sides};
use driftline::core::profile::Profile;
use driftline::core::spec::{Component, Table};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// Numbers from 0 to 1, by the generator of Steele, Lea and Flood.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

const FEATURES: [(&str, Kind); 5] = [("age", Kind::Numerical), ("income", Kind::Numerical), ("country", Kind::Categorical), ("device", Kind::Categorical), ("rare", Kind::Numerical)];

/// Rows with their target and prediction; `error` of age, income, country and device says how often, or how far, the prediction is wrong.
fn rows(n: usize, seed: u64, of_labels: bool, error: impl Fn(f64, f64, &str, &str) -> f64) -> RecordBatch {
    let mut random = Random(seed);
    let mut numbers: [Vec<Option<f64>>; 3] = Default::default();
    let (mut texts, mut answers): ([Vec<&str>; 2], [Vec<f64>; 2]) = Default::default();
    for _ in 0..n {
        let (age, income) = (18.0 + (62.0 * random.next()).floor(), random.next() * 1e5);
        let (country, device) = (["de", "fr", "it", "es", "at"][(random.next() * 5.0) as usize], ["phone", "web"][usize::from(random.next() < 0.3)]);
        numbers[0].push(Some(age));
        numbers[1].push(Some(income).filter(|_| random.next() > 0.05));
        numbers[2].push(Some((random.next() * 3.0).floor()));
        texts[0].push(country);
        texts[1].push(device);
        let error = error(age, income, country, device);
        let target = f64::from(u8::from(random.next() < 0.5));
        answers[0].push(target);
        let wrong = if of_labels { f64::from(u8::from(random.next() < error)) } else { error * (-(1.0 - random.next()).ln()) };
        answers[1].push(if of_labels { (target - wrong).abs() } else { target + wrong });
    }
    let number = |values: &[Option<f64>]| Arc::new(values.iter().copied().collect::<Float64Array>()) as ArrayRef;
    let text = |values: &[&str]| Arc::new(values.iter().map(|value| Some(*value)).collect::<StringArray>()) as ArrayRef;
    let answer = |values: &[f64]| match of_labels {
        true => Arc::new(values.iter().map(|value| Some(["no", "yes"][usize::from(*value > 0.5)])).collect::<StringArray>()) as ArrayRef,
        false => Arc::new(values.iter().copied().map(Some).collect::<Float64Array>()) as ArrayRef,
    };
    let columns = [("age", number(&numbers[0])), ("income", number(&numbers[1])), ("rare", number(&numbers[2])), ("country", text(&texts[0])), ("device", text(&texts[1])), ("target", answer(&answers[0])), ("prediction", answer(&answers[1]))];
    RecordBatch::try_from_iter(columns).expect("a batch")
}

fn metric(of_labels: bool, parameters: &str) -> Built {
    let answers = if of_labels { Kind::Categorical } else { Kind::Numerical };
    let columns: Vec<Column> = FEATURES.into_iter().chain([("target", answers), ("prediction", answers)]).map(|(name, kind)| Column::of_kind(name, kind)).collect();
    let roles = Roles { target: Some("target".into()), prediction: Some("prediction".into()), ..Roles::default() };
    let catalogue = driftline::catalogue();
    let entry = catalogue.metrics.iter().find(|m| m.doc.name == "worst_segments").expect("a metric");
    let component = Component { kind: "worst_segments".into(), kind_span: 0..0, params: Table::written(parameters, &(0..0)) };
    let binding = Binding { column: None, columns: &columns, roles: &roles, all: &columns, training: None, catalogue: &catalogue };
    (entry.build)(&binding, component, &mut Diagnostics::default()).expect("built")
}

fn found(metric: &Built, rows: &RecordBatch) -> Vec<Reading> {
    let request = &metric.metric.requests()[0];
    let context = Context { reference: None, memory: 1 << 20, spill: std::env::temp_dir(), seed: 0 };
    let mut accumulator = (request.make)(&context).expect("an accumulator");
    accumulator.update(&Block::new(rows)).expect("update");
    let finished = accumulator.finish().expect("finish");
    let profile = Profile::new(rows.num_rows() as u64, rows.schema(), BTreeMap::from([(request.key.clone(), Ok(finished))]));
    let parts = metric.metric.evaluate(Sides { current: &profile, reference: None, training: None });
    parts.into_iter().map(|part| part.expect("a reading")).collect()
}

fn names(readings: &[Reading]) -> Vec<&str> {
    readings.iter().flat_map(|reading| &reading.labels).map(|(_, name)| name.as_str()).collect()
}

/// A segment where there is none in at most 5 % of the runs, for labels and for numbers.
#[test]
fn without_an_effect_segments_are_rare() {
    for of_labels in [true, false] {
        let metric = metric(of_labels, "");
        let alarms = (0..1_000).filter(|run| found(&metric, &rows(1_000, 77 + run * 1_000_003, of_labels, |_, _, _, _| 0.2))[0].field("count") > Some(0.0)).count();
        println!("of_labels = {of_labels}: {alarms} of 1,000 runs");
        assert!(alarms <= 50, "{alarms} of 1,000 runs");
    }
}

#[test]
fn planted_segments_are_found_and_nothing_else() {
    let of_one: fn(f64, f64, &str, &str) -> f64 = |_, _, country, _| if country == "it" { 0.35 } else { 0.15 };
    let of_two: fn(f64, f64, &str, &str) -> f64 = |_, _, country, device| if country == "it" && device == "web" { 0.5 } else { 0.15 };
    let of_range: fn(f64, f64, &str, &str) -> f64 = |age, _, _, _| if age < 30.0 { 0.4 } else { 0.15 };
    for of_labels in [true, false] {
        let metric = metric(of_labels, "");
        for seed in 0..10 {
            let at = |error: fn(f64, f64, &str, &str) -> f64| found(&metric, &rows(6_000, seed, of_labels, error));
            let one = at(of_one);
            assert_eq!(names(&one), ["country = it"], "{of_labels} {seed}");
            assert!(one[0].field("corrected_p_value") < Some(1e-6) && one[0].field("rows") > Some(1_000.0), "{one:?}");
            assert_eq!(names(&at(of_two)), ["country = it and device = web"], "{of_labels} {seed}");
            assert!(names(&at(of_range))[0].starts_with("age < 3"), "{of_labels} {seed} {:?}", names(&at(of_range)));
        }
    }
}

/// A part of the rows where there are too many for all.
#[test]
fn a_sample_of_the_rows_finds_it_too() {
    let rows = rows(500_000, 3, false, |_, _, country, device| if country == "it" && device == "web" { 0.4 } else { 0.2 });
    let readings = found(&metric(false, ""), &rows);
    assert_eq!(names(&readings), ["country = it and device = web"]);
    assert!(readings[0].note.as_ref().is_some_and(|note| note.contains("sample of about 1 row in")), "{readings:?}");
    assert!(readings[0].field("rows").is_some_and(|rows| (rows - 30_000.0).abs() < 2_000.0), "{readings:?}");
}

#[test]
fn a_suite_tells_the_segments() {
    let folder = tempfile::tempdir().expect("a folder");
    let batch = rows(4_000, 5, true, |_, _, country, _| if country == "fr" { 0.5 } else { 0.1 });
    let file = std::fs::File::create(folder.path().join("current.arrow")).expect("a file");
    let mut writer = arrow::ipc::writer::FileWriter::try_new(file, &batch.schema()).expect("a writer");
    writer.write(&batch).and_then(|()| writer.finish()).expect("written");
    let spec = folder.path().join("monitor.toml");
    let mut text = String::from("[monitor]\nname = \"segments\"\n[source.current]\nkind = \"arrow_ipc\"\npath = \"current.arrow\"\n[columns]\ntarget = \"target\"\nprediction = \"prediction\"\n[[suite]]\nname = \"s\"\n");
    writeln!(text, "[[suite.check]]\nmetric = \"worst_segments\"\nminimum = 100\n[[suite.check]]\nname = \"of_age\"\nmetric = \"worst_segments\"\ncolumns = \"age\"").expect("a string");
    std::fs::write(&spec, text).expect("written");
    let found: BTreeMap<String, serde_json::Value> = checks(&outcome(&spec)).into_iter().collect();
    let check = found.iter().find(|(id, _)| id.starts_with("worst_segments")).expect("a check").1;
    assert_eq!((&check["status"], &check["labels"]["slice"]), (&"fail".into(), &"country = fr".into()), "{found:?}");
    assert!(check["fields"]["value"].as_f64().is_some_and(|value| (value - 0.5).abs() < 0.05), "{check}");
    assert_eq!(found["of_age"]["status"], "pass", "{}", found["of_age"]);
}

/// A metric over rows of a group and an error.
fn of_groups(groups: &[&str], xs: &[Option<f64>], errors: &[f64], columns: &str) -> Vec<Reading> {
    let rows = RecordBatch::try_from_iter([
        ("g", Arc::new(groups.iter().map(|g| Some(*g)).collect::<StringArray>()) as ArrayRef),
        ("x", Arc::new(xs.iter().copied().collect::<Float64Array>()) as ArrayRef),
        ("target", Arc::new(errors.iter().enumerate().map(|(i, _)| Some(i as f64)).collect::<Float64Array>()) as ArrayRef),
        ("prediction", Arc::new(errors.iter().enumerate().map(|(i, e)| Some(i as f64 + e)).collect::<Float64Array>()) as ArrayRef),
    ])
    .expect("a batch");
    let all: Vec<Column> = [("g", Kind::Categorical), ("x", Kind::Numerical), ("target", Kind::Numerical), ("prediction", Kind::Numerical)].into_iter().map(|(name, kind)| Column::of_kind(name, kind)).collect();
    let narrowed: Vec<Column> = all.iter().filter(|column| columns.is_empty() || columns == column.name).cloned().collect();
    let roles = Roles { target: Some("target".into()), prediction: Some("prediction".into()), ..Roles::default() };
    let catalogue = driftline::catalogue();
    let entry = catalogue.metrics.iter().find(|m| m.doc.name == "worst_segments").expect("a metric");
    let component = Component { kind: "worst_segments".into(), kind_span: 0..0, params: Table::written("", &(0..0)) };
    let binding = Binding { column: None, columns: &narrowed, roles: &roles, all: &all, training: None, catalogue: &catalogue };
    found(&(entry.build)(&binding, component, &mut Diagnostics::default()).expect("built"), &rows)
}

fn share(seed: u64, n: usize) -> Vec<f64> {
    let mut random = Random(seed);
    (0..n).map(|_| random.next()).collect()
}

/// Errors of two values, most of them the same: segments where all are equal come by chance.
#[test]
fn without_an_effect_on_discrete_errors_segments_are_rare() {
    let runs = 300;
    let alarms = (0..runs).filter(|run| {
        let (a, b, c) = (share(run * 3 + 1, 8_000), share(run * 3 + 2, 8_000), share(run * 3 + 3, 8_000));
        let names: Vec<String> = (0..50).map(|i| format!("g{i}")).collect();
        let groups: Vec<&str> = a.iter().map(|a| names[(a * 50.0) as usize].as_str()).collect();
        let xs: Vec<Option<f64>> = b.into_iter().map(Some).collect();
        let errors: Vec<f64> = c.iter().map(|c| if *c < 0.97 { 1.5 } else { 0.25 }).collect();
        of_groups(&groups, &xs, &errors, "")[0].field("count") > Some(0.0)
    });
    let alarms = alarms.count();
    println!("{alarms} of {runs} runs");
    assert!(alarms <= 15, "{alarms} of {runs} runs");
}

/// What a reader of the result must not miss: errors that do not vary, few values, many categories, `columns`.
#[test]
fn clear_segments_are_found_whatever_they_are_made_of() {
    let n = 4_000;
    let nothing: Vec<Option<f64>> = share(1, n).into_iter().map(Some).collect();
    let noise = share(2, n);
    let groups: Vec<&str> = (0..n).map(|i| if i % 10 == 0 { "bad" } else { "good" }).collect();
    // Always off by four there, and never elsewhere.
    let sure: Vec<f64> = (0..n).map(|i| if i % 10 == 0 { 4.0 } else { 0.0 }).collect();
    for columns in ["", "g"] {
        assert_eq!(names(&of_groups(&groups, &nothing, &sure, columns)), ["g = bad"], "{columns}");
    }
    // One of three numbers.
    let few: Vec<Option<f64>> = (0..n).map(|i| Some(if i % 20 == 0 { 0.5 } else if i % 20 == 1 { 2.5 } else { 1.5 })).collect();
    let errors: Vec<f64> = (0..n).map(|i| noise[i] + if i % 20 == 0 { 1.0 } else { 0.0 }).collect();
    assert_eq!(names(&of_groups(&vec!["all"; n], &few, &errors, "")), ["x = 0.5"]);
    // One of eighty cities; those of fewer rows than the minimum are told.
    let cities: Vec<String> = (0..8_000).map(|i| if i < 20 { "village".to_owned() } else { format!("city{}", i % 80) }).collect();
    let cities: Vec<&str> = cities.iter().map(String::as_str).collect();
    let noise = share(3, 8_000);
    let errors: Vec<f64> = (0..8_000).map(|i| noise[i] + if i % 80 == 45 { 1.0 } else { 0.0 }).collect();
    let nothing: Vec<Option<f64>> = share(4, 8_000).into_iter().map(Some).collect();
    let readings = of_groups(&cities, &nothing, &errors, "");
    assert_eq!(names(&readings), ["g = city45"]);
    assert!(readings[0].note.as_ref().is_some_and(|note| note.contains("1 rarer values of g not looked at")), "{readings:?}");
}

/// Rows that are alike in what is looked at are drawn by themselves.
#[test]
fn a_sample_is_of_rows_and_not_of_values() {
    let n = 1_500_000;
    let (u, v) = (share(5, n), share(6, n));
    let xs: Vec<Option<f64>> = u.iter().enumerate().map(|(i, u)| Some(*u).filter(|_| i % 2 == 0)).collect();
    let errors: Vec<f64> = v.iter().map(|v| if *v < 0.1 { 1.0 } else { 0.0 }).collect();
    let readings = of_groups(&vec!["all"; n], &xs, &errors, "x");
    assert!(readings[0].note.as_ref().is_some_and(|note| note.contains("sample of about 1 row in")), "{readings:?}");
    assert!(readings[0].field("overall").is_some_and(|overall| (overall - 0.1).abs() < 0.01), "{readings:?}");
    assert!(names(&readings).is_empty(), "{readings:?}");
}
