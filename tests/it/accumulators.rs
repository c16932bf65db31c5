//! The laws of accumulators, for every one that a metric asks for: cutting the rows anywhere, merging in any order, a round
//! trip through the state, and finishing twice leave every metric's value unchanged.

use arrow::array::{ArrayRef, Float64Array, ListArray, RecordBatch, StringArray, TimestampSecondArray};
use driftline::catalogue;
use driftline::core::accumulator::{Accumulator, Context, Finished, Request};
use driftline::core::block::Block;
use driftline::core::catalogue::{Binding, Built, Scope};
use driftline::core::column::{Column, Kind, Roles};
use driftline::core::diagnostic::{Diagnostics, Text};
use driftline::core::metric::Sides;
use driftline::core::profile::Profile;
use driftline::core::plugin::{PluginHost, PluginResult};
use driftline::core::spec::{self, Component, Table};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

fn batch(rows: &[(Option<f64>, Option<u8>)]) -> RecordBatch {
    let x: Float64Array = rows.iter().map(|(x, _)| *x).collect();
    let c: StringArray = rows.iter().map(|(_, c)| c.map(|c| format!("k{c}"))).collect();
    let p: StringArray = rows.iter().map(|(x, c)| c.map(|c| format!("k{}", if x.is_some_and(|x| x > 0.0) { c } else { 0 }))).collect();
    let y: Float64Array = rows.iter().map(|(x, c)| x.map(|x| x * 0.5 + f64::from(c.unwrap_or(7)))).collect();
    let t: TimestampSecondArray = rows.iter().map(|(x, _)| x.filter(|x| x.is_finite()).map(|x| x as i64)).collect();
    let w: StringArray = rows.iter().map(|(x, c)| c.map(|c| format!("word{c} and {x:?}"))).collect();
    let v = rows.iter().map(|(x, c)| c.map(|c| match c {
        // Some of another length, and some without components.
        0 => vec![*x],
        1 => Vec::new(),
        c => vec![*x, Some(f64::from(c))],
    }));
    let v = ListArray::from_iter_primitive::<arrow::datatypes::Float64Type, _, _>(v);
    let s: Float64Array = rows.iter().map(|(x, c)| x.filter(|x| x.is_finite()).map(|x| (f64::from(c.unwrap_or(3)) / 10.0 + x.abs().fract() / 3.0).min(1.0))).collect();
    let columns: [(&str, ArrayRef); 8] =
        [("x", Arc::new(x)), ("c", Arc::new(c)), ("p", Arc::new(p)), ("y", Arc::new(y)), ("t", Arc::new(t)), ("w", Arc::new(w)), ("v", Arc::new(v)), ("s", Arc::new(s))];
    RecordBatch::try_from_iter(columns).expect("a batch")
}

fn columns() -> Vec<Column> {
    let column = |name: &str, kind, data_type| Column { name: name.into(), kind, data_type, in_reference: true, in_current: true, plugin: None, sample: Default::default() };
    use arrow::datatypes::DataType::{Float64, List, Timestamp, Utf8};
    use arrow::datatypes::Field;
    let seconds = Timestamp(arrow::datatypes::TimeUnit::Second, None);
    vec![
        column("x", Kind::Numerical, Float64),
        column("c", Kind::Categorical, Utf8),
        column("p", Kind::Categorical, Utf8),
        column("y", Kind::Numerical, Float64),
        column("t", Kind::Timestamp, seconds),
        column("w", Kind::Text, Utf8),
        column("s", Kind::Numerical, Float64),
        column("v", Kind::Nested, List(Arc::new(Field::new_list_field(Float64, true)))),
    ]
}

fn is_of_lists(entry: &driftline::core::catalogue::MetricEntry) -> bool {
    entry.doc.description.contains("`user`, `item`")
}

/// Every metric of the catalogue with its defaults, bound to a column that it takes.
fn metrics() -> Vec<(&'static str, Built)> {
    let (catalogue, columns) = (catalogue(), columns());
    let of = |target: &str, prediction: &str| Roles { target: Some(target.into()), prediction: Some(prediction.into()), score: Some("s".into()), timestamp: Some("t".into()), labelled_at: Some("t".into()), ..Roles::default() };
    let (labels, numbers) = (of("c", "p"), of("x", "y"));
    let lists = Roles { target: Some("y".into()), score: Some("s".into()), user: Some("c".into()), item: Some("w".into()), ..Roles::default() };
    let sets = of("v", "v");
    let scores = Roles { probabilities: [("k0", "s"), ("k1", "x"), ("k2", "y")].map(|(label, column)| (label.to_owned(), column.to_owned())).into(), ..of("c", "p") };
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let mut built = Vec::new();
    for entry in &catalogue.metrics {
        let of_numbers = ["error", "r2_score", "quantile_loss"].iter().any(|word| entry.doc.name.contains(word)) && entry.doc.name != "expected_calibration_error";
        let roles = if is_of_lists(entry) { &lists } else if ["hamming_loss", "jaccard"].contains(&entry.doc.name) { &sets } else if entry.doc.name == "top_k_accuracy" { &scores } else if of_numbers { &numbers } else { &labels };
        for column in columns.iter().filter(|c| entry.accepts.is_empty() || entry.accepts.contains(&c.kind)) {
            let single = matches!(entry.scope, Scope::Column | Scope::Either);
            let binding = Binding { column: single.then_some(column), columns: &columns, roles, all: &columns, training: Some(&names), catalogue: &catalogue };
            // Samples so small that they are cut, and what only tests that are named ask for.
            let vectors = ["", "test = \"centroid_distance\"", "test = { name = \"drifted_components\", rows = 100 }"];
            let parameters = match (entry.doc.name, column.kind) {
                ("drift", Kind::Text) => &["test = { name = \"domain_classifier\", rows = 100 }"],
                ("drift", Kind::Nested) => &vectors[..],
                ("diversity" | "serendipity", _) => &["features = [\"x\", \"s\"]"],
                _ => &[""],
            };
            for parameters in parameters {
                let component = Component { kind: entry.doc.name.into(), kind_span: 0..0, params: Table::written(parameters, &(0..0)) };
                let mut diagnostics = Diagnostics::default();
                built.extend((entry.build)(&binding, component, &mut diagnostics).map(|b| (entry.doc.name, b)));
                assert!(diagnostics.is_empty(), "{}", entry.doc.name);
            }
        }
    }
    built
}

fn context() -> Context {
    // So little memory that values and fingerprints go to disk.
    Context { reference: None, memory: 1 << 10, spill: std::env::temp_dir(), seed: 3 }
}

fn make(request: &Request) -> Box<dyn Accumulator> {
    (request.make)(&context()).expect("an accumulator")
}

fn profile(rows: &RecordBatch, results: BTreeMap<String, Finished>) -> Profile {
    Profile::new(rows.num_rows() as u64, rows.schema(), results.into_iter().map(|(k, f)| (k, Ok(f))).collect())
}

/// The result of feeding the pieces to accumulators of their own and merging them in the given order.
fn merged(request: &Request, pieces: &[RecordBatch]) -> Finished {
    let mut whole = make(request);
    for piece in pieces {
        let mut part = make(request);
        part.update(&Block::new(piece)).expect("update");
        let state = part.state().expect("state");
        let mut again = make(request);
        again.merge(&state).expect("merge into an empty one");
        assert!(again.size() > 0);
        whole.merge(&again.state().expect("state")).expect("merge");
    }
    whole.finish().expect("finish");
    whole.finish().expect("finish again")
}

/// Each value with what it is of; what is undefined has its reason.
fn values(metrics: &[(&'static str, Built)], reference: &Profile, current: &Profile) -> Vec<(String, f64)> {
    let sides = Sides { current, reference: Some(reference), training: Some(reference) };
    let mut shown = Vec::new();
    for (name, built) in metrics {
        match built.metric.conclude(built.metric.evaluate(sides)) {
            Ok(readings) => {
                for reading in readings {
                    shown.extend(reading.fields.iter().map(|(field, v)| (format!("{name} {:?} {field}", reading.labels), *v)));
                }
            }
            Err(undefined) => shown.push((format!("{name} {undefined:?}"), 0.0)),
        }
    }
    shown
}

/// Counts are equal, and everything else is to 1e-11 (of values up to 2e12 beside small ones a difference of means loses that much); a mean or sum that
/// cancels, to the rounding of its largest value.
fn agree(a: &[(String, f64)], b: &[(String, f64)], largest: f64) -> Result<(), String> {
    let names = |of: &[(String, f64)]| of.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    if names(a) != names(b) {
        return Err(format!("{:?}\n{:?}", names(a), names(b)));
    }
    let exact = |name: &str| name.ends_with(" count") || name.ends_with("_rows") || name.starts_with("row_count");
    let cancels = |name: &str| ["mean ", "sum ", "mean_error "].iter().any(|metric| name.starts_with(metric)) || name.ends_with(" mean");
    let near = |(name, x): &(String, f64), y: f64| {
        let of_largest = if cancels(name) { 1e-13 * largest } else { 0.0 };
        *x == y || (!exact(name) && (x - y).abs() <= (1e-11 * x.abs().max(0.1)).max(of_largest))
    };
    match a.iter().zip(b).find(|(a, b)| !near(a, b.1)) {
        Some((a, b)) => Err(format!("{}: {} and {}", a.0, a.1, b.1)),
        None => Ok(()),
    }
}

type Row = (Option<f64>, Option<u8>);

fn row() -> impl Strategy<Value = Row> {
    let number = prop_oneof![
        8 => (-50i32..50).prop_map(|i| Some(f64::from(i) / 4.0)),
        2 => any::<i32>().prop_map(|i| Some(f64::from(i) * 1e3)),
        1 => Just(None),
        1 => Just(Some(f64::NAN)),
    ];
    (number, prop_oneof![9 => (0u8..6).prop_map(Some), 1 => Just(None)])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_cut_and_order_gives_the_same_values(
        rows in prop::collection::vec(row(), 1..400),
        cuts in prop::collection::vec(0usize..400, 0..5),
        reverse in any::<bool>(),
    ) {
        let whole = batch(&rows);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c % rows.len()).chain([0, rows.len()]).collect();
        cuts.sort_unstable();
        let mut pieces: Vec<RecordBatch> = cuts.windows(2).map(|w| whole.slice(w[0], w[1] - w[0])).collect();
        if reverse {
            pieces.reverse();
        }
        let metrics = metrics();
        let requests: BTreeMap<String, Request> =
            metrics.iter().flat_map(|(_, m)| m.metric.requests().into_iter().chain(m.metric.training_requests())).map(|r| (r.key.clone(), r)).collect();
        let mut at_once = BTreeMap::new();
        let mut in_pieces = BTreeMap::new();
        for (key, request) in &requests {
            let mut accumulator = make(request);
            accumulator.update(&Block::new(&whole)).expect("update");
            at_once.insert(key.clone(), accumulator.finish().expect("finish"));
            in_pieces.insert(key.clone(), merged(request, &pieces));
        }
        let half = whole.slice(0, rows.len().div_ceil(2));
        let mut reference = BTreeMap::new();
        for (key, request) in &requests {
            let mut accumulator = make(request);
            accumulator.update(&Block::new(&half)).expect("update");
            reference.insert(key.clone(), accumulator.finish().expect("finish"));
        }
        let reference = profile(&half, reference);
        let (a, b) = (profile(&whole, at_once), profile(&whole, in_pieces));
        let largest = rows.iter().filter_map(|(x, _)| x.filter(|x| x.is_finite())).fold(0.0, |most: f64, x| most.max(x.abs())) * rows.len() as f64;
        if let Err(difference) = agree(&values(&metrics, &reference, &a), &values(&metrics, &reference, &b), largest) {
            prop_assert!(false, "{}", difference);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn plugins_obey_the_same_laws(
        rows in prop::collection::vec(row(), 1..200),
        cut in 0usize..200,
    ) {
        let host = driftline::plugin::Host::new(None).expect("a host");
        let whole = batch(&rows);
        let cut = cut % rows.len();
        let pieces = [whole.slice(cut, rows.len() - cut), whole.slice(0, cut)];
        for component in ["plugins/rounded.wasm", "plugins/hostile/hostile_metric.wasm"] {
            let text = Text::new("test", format!("[plugin.it]\ncomponent = \"{component}\"\ninputs = {{ value = \"x\" }}\n"));
            let spec = spec::parse(&text, &Default::default(), &mut Diagnostics::default()).plugins.remove(0);
            let plugin = host.load(&spec, &crate::support::root()).expect("loads");
            let request = plugin.samples(&vec![("value".to_owned(), "x".to_owned())], &whole.schema()).request;
            let result = |finished: Finished| finished.downcast::<PluginResult>().expect("a plugin's").samples.clone();
            let mut at_once = make(&request);
            at_once.update(&Block::new(&whole)).expect("update");
            prop_assert_eq!(result(at_once.finish().expect("finish")), result(merged(&request, &pieces)), "{}", component);
        }
    }
}

/// More users than are kept: a part of them, which depends on the users alone.
#[test]
fn a_part_of_the_users_is_the_same_however_the_rows_are_cut() {
    let rows: Vec<(String, String, f64)> = (0..40_000).map(|i| (format!("u{}", i % 9_000), format!("i{}", i * 7 % 501), f64::from(i * 31 % 1_009))).collect();
    let column = |of: &dyn Fn(&(String, String, f64)) -> String| Arc::new(rows.iter().map(|row| Some(of(row))).collect::<StringArray>()) as ArrayRef;
    let numbers: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.2)).collect::<Float64Array>());
    let whole = RecordBatch::try_from_iter([("user", column(&|row| row.0.clone())), ("item", column(&|row| row.1.clone())), ("score", numbers.clone()), ("y", numbers)]).expect("a batch");
    let roles = Roles { target: Some("y".into()), score: Some("score".into()), user: Some("user".into()), item: Some("item".into()), ..Roles::default() };
    let catalogue = catalogue();
    let entry = catalogue.metrics.iter().find(|m| m.doc.name == "hit_rate").expect("a metric");
    let component = Component { kind: "hit_rate".into(), kind_span: 0..0, params: Table::written("k = 1000\nrelevant_from = 500", &(0..0)) };
    let binding = Binding { column: None, columns: &[], roles: &roles, all: &[], training: None, catalogue: &catalogue };
    let built = (entry.build)(&binding, component, &mut Diagnostics::default()).expect("built");
    let request = &built.metric.requests()[0];
    let read = |finished: Finished| {
        let profile = profile(&whole, BTreeMap::from([(request.key.clone(), finished)]));
        built.metric.evaluate(Sides { current: &profile, reference: None, training: None }).remove(0).expect("a reading")
    };
    let mut at_once = make(request);
    at_once.update(&Block::new(&whole)).expect("update");
    let at_once = read(at_once.finish().expect("finish"));
    let users = at_once.field("users").expect("users");
    assert!((400.0..=1_048.0).contains(&users) && at_once.note.as_ref().is_some_and(|note| note.contains("sample of")), "{at_once:?}");
    let pieces: Vec<RecordBatch> = [(30_000, 10_000), (0, 100), (100, 29_900)].into_iter().map(|(from, rows)| whole.slice(from, rows)).collect();
    assert_eq!(read(merged(request, &pieces)), at_once);
    // About as in all users.
    let hit: std::collections::BTreeSet<&String> = rows.iter().filter(|row| row.2 >= 500.0).map(|row| &row.0).collect();
    assert!(hit.len() > 4_000 && at_once.field("value") == Some(1.0), "{at_once:?}");
}

#[test]
fn a_state_of_another_accumulator_is_refused() {
    let metrics = metrics();
    let requests: Vec<Request> = metrics.iter().flat_map(|(_, m)| m.metric.requests()).collect();
    for a in &requests {
        for b in requests.iter().filter(|b| b.key != a.key) {
            let state = make(b).state().expect("state");
            let error = make(a).merge(&state).expect_err("another state");
            assert!(error.contains("cannot be merged"), "{error}");
        }
    }
}
