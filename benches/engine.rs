//! Hot paths: `cargo bench`. Ratios between the lines of one run count, not their absolute times.

use arrow::array::{ArrayRef, BinaryArray, Float64Array, ListArray, RecordBatch, StringArray};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use driftline::catalogue;
use driftline::core::accumulator::{Accumulator, Context, Finished, Request};
use driftline::core::block::{BLOCK_ROWS, Block};
use driftline::core::catalogue::{Binding, Scope};
use driftline::core::column::{Column, Kind, Roles};
use driftline::core::diagnostic::{Diagnostics, Text};
use driftline::core::plugin::PluginHost;
use driftline::core::profile::Profile;
use driftline::core::spec::{self, Component, Table};
use driftline::core::two_sample::TwoSampleTest;
use driftline::plugin::Host;
use driftline::stats::accumulators::row_distinct;
use driftline::stats::math::{AnchoredCounts, MOST_KNOTS, distances, knots, sort_floats};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A million numbers that look random and are the same in every run.
fn numbers(n: usize, step: f64) -> Vec<f64> {
    (0..n).map(|i| (i as f64 * step).fract()).collect()
}

/// Sorting, and what reads two sorted samples.
fn sorted(c: &mut Criterion) {
    let n = 1_000_000;
    let (mut a, mut b) = (numbers(n, 0.618_033_988_749), numbers(n, 0.414_213_562_373));
    let mut group = c.benchmark_group("sort");
    group.sample_size(10).throughput(Throughput::Elements(n as u64));
    let copy = || a.clone();
    group.bench_function("by comparing", |bench| bench.iter_with_setup(copy, |mut values| values.sort_unstable_by(f64::total_cmp)));
    group.bench_function("by digits", |bench| bench.iter_with_setup(copy, |mut values| sort_floats(&mut values)));
    group.finish();
    sort_floats(&mut a);
    sort_floats(&mut b);
    let mut group = c.benchmark_group("two sorted samples");
    group.sample_size(10).throughput(Throughput::Elements(2 * n as u64));
    group.bench_function("distances", |bench| bench.iter(|| distances(black_box(&a).as_slice(), n as u64, b.as_slice(), n as u64)));
    group.finish();
    beside(c, &a, &b);
}

/// Where values lie among the 65,536 knots of a reference: read beside them, sorted, or looked up one by one.
fn beside(c: &mut Criterion, a: &[f64], b: &[f64]) {
    let knots = knots(a, MOST_KNOTS);
    let unsorted = numbers(b.len(), 0.414_213_562_373);
    let mut group = c.benchmark_group("counting beside a reference");
    group.sample_size(10).throughput(Throughput::Elements(b.len() as u64));
    let counts = AnchoredCounts::new(knots.clone());
    group.bench_function("sort, then read side by side", |bench| {
        bench.iter_with_setup(|| (unsorted.clone(), counts.clone()), |(mut values, mut counts)| {
            sort_floats(&mut values);
            counts.add_sorted(&values);
            counts
        });
    });
    group.bench_function("binary search of each", |bench| {
        bench.iter_with_setup(|| vec![(0u64, 0.0); knots.len() + 1], |mut counts| {
            for value in black_box(&unsorted) {
                let place = knots.partition_point(|knot| knot < value);
                counts[place].0 += 1;
                counts[place].1 += value - knots[place.saturating_sub(1)];
            }
            counts
        });
    });
    group.finish();
}

fn table(rows: usize, step: f64) -> RecordBatch {
    let x = numbers(rows, step);
    let names = |k: usize| x.iter().map(move |x| format!("category {}", (x * k as f64) as usize));
    let lists = x.iter().map(|x| Some(vec![Some(*x), Some(1.0 - x), Some(x * x)]));
    let columns: [(&str, ArrayRef); 4] = [
        ("x", Arc::new(Float64Array::from(x.clone()))),
        ("c", Arc::new(names(20).map(Some).collect::<StringArray>())),
        ("w", Arc::new(names(5_000).map(Some).collect::<StringArray>())),
        ("v", Arc::new(ListArray::from_iter_primitive::<arrow::datatypes::Float64Type, _, _>(lists))),
    ];
    RecordBatch::try_from_iter(columns).expect("a batch")
}

/// A column of each kind.
fn columns() -> Vec<Column> {
    let types = table(1, 0.5).schema();
    let kinds = [("x", Kind::Numerical), ("c", Kind::Categorical), ("w", Kind::Text), ("v", Kind::Nested)];
    let column = |(name, kind): (&str, Kind)| {
        let data_type = types.field_with_name(name).expect("a column").data_type().clone();
        Column { name: name.into(), kind, data_type, in_reference: true, in_current: true, plugin: None, sample: Default::default() }
    };
    kinds.into_iter().map(column).collect()
}

fn component(name: &'static str) -> Component<'static> {
    Component { kind: name.into(), kind_span: 0..0, params: Table::written("", &(0..0)) }
}

/// Every two-sample test with its defaults, on a column of each kind that it takes.
fn tests() -> Vec<(String, Box<dyn TwoSampleTest>)> {
    let columns = columns();
    let mut all = Vec::new();
    for entry in catalogue().tests {
        for column in columns.iter().filter(|column| entry.accepts.contains(&column.kind)) {
            let built = (entry.build)(column, component(entry.doc.name), &mut Diagnostics::default());
            all.extend(built.map(|built| (format!("{} of {}", entry.doc.name, column.kind.name()), built.test)));
        }
    }
    all
}

/// What the metrics of single columns ask for.
fn requests_of_metrics() -> Vec<Request> {
    let (catalogue, columns, roles) = (catalogue(), columns(), Roles::default());
    let mut all = Vec::new();
    for entry in catalogue.metrics.iter().filter(|entry| entry.scope == Scope::Column) {
        for column in columns.iter().filter(|c| entry.accepts.is_empty() || entry.accepts.contains(&c.kind)) {
            let binding = Binding { column: Some(column), columns: &columns, roles: &roles, all: &columns, training: None, catalogue: &catalogue };
            let built = (entry.build)(&binding, component(entry.doc.name), &mut Diagnostics::default());
            all.extend(built.iter().flat_map(|built| built.metric.requests()));
        }
    }
    all
}

fn context() -> Context {
    Context { reference: None, memory: 1 << 28, spill: std::env::temp_dir(), seed: 0 }
}

/// Every accumulator that a test or a metric of one column asks for, and distinct rows.
fn accumulators(c: &mut Criterion) {
    let requests = tests().into_iter().flat_map(|(_, test)| test.requests()).chain(requests_of_metrics());
    let requests = requests.chain([row_distinct(&["x".into(), "c".into(), "w".into()]).request]);
    let requests: BTreeMap<String, Request> = requests.map(|request| (request.key.clone(), request)).collect();
    let (batch, context) = (table(BLOCK_ROWS, 0.618_033_988_749), context());
    let mut group = c.benchmark_group("one block through an accumulator");
    group.sample_size(10).warm_up_time(BRIEF).measurement_time(BRIEF).throughput(Throughput::Elements(BLOCK_ROWS as u64));
    for (key, request) in requests {
        group.bench_function(key, |bench| {
            bench.iter_with_setup(
                || (request.make)(&context).expect("an accumulator"),
                |mut accumulator: Box<dyn Accumulator>| {
                    accumulator.update(&Block::new(black_box(&batch))).expect("updates");
                    accumulator
                },
            );
        });
    }
    group.finish();
}

const BRIEF: Duration = Duration::from_millis(300);

/// Every two-sample test between 65,536 rows on either side.
fn comparisons(c: &mut Criterion) {
    let tests = tests();
    let schema = table(1, 0.5).schema();
    let results = |step: f64| -> BTreeMap<String, Result<Finished, String>> {
        let batch = table(BLOCK_ROWS, step);
        let finished = |request: Request| {
            let mut accumulator = (request.make)(&context())?;
            accumulator.update(&Block::new(&batch))?;
            accumulator.finish_last()
        };
        tests.iter().flat_map(|(_, test)| test.requests()).map(|request| (request.key.clone(), finished(request))).collect()
    };
    let profile = |results: &BTreeMap<_, _>| Profile::new(BLOCK_ROWS as u64, schema.clone(), results.clone());
    let (reference, current) = (profile(&results(0.618_033_988_749)), results(0.414_213_562_373));
    let mut group = c.benchmark_group("a comparison");
    group.sample_size(10).warm_up_time(BRIEF).measurement_time(BRIEF).throughput(Throughput::Elements(2 * BLOCK_ROWS as u64));
    for (name, test) in &tests {
        // A profile keeps what it has been compared by.
        group.bench_function(name, |bench| bench.iter_with_setup(|| profile(&current), |current| test.compare(&reference, &current).is_ok()));
    }
    group.finish();
}

fn plugin_call(c: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = Text::new("bench", "[plugin.mfcc]\ncomponent = \"plugins/mfcc.wasm\"\ninputs = { audio = \"clip\" }\n");
    let spec = spec::parse(&text, &Default::default(), &mut Diagnostics::default());
    let host = Host::new(None).expect("a host");
    let plugin = host.load(&spec.plugins[0], root).expect("loads");
    let wav = std::fs::read(root.join("tests/golden/audio/0_chord_22050.wav")).expect("a clip");
    let array: ArrayRef = Arc::new(BinaryArray::from_vec(vec![wav.as_slice(); 16]));
    let batch = RecordBatch::try_from_iter([("clip", array)]).expect("a batch");
    let bindings = vec![("audio".to_owned(), "clip".to_owned())];
    let mut transform = plugin.transform(&bindings, &batch.schema(), 1).expect("a transform");
    let block = Block::new(&batch);
    let mut group = c.benchmark_group("plugin");
    group.sample_size(20).throughput(Throughput::Elements(16));
    group.bench_function("mfcc of 16 clips of one second", |bench| {
        bench.iter(|| transform.apply(black_box(&block)).expect("applies").unusable);
    });
    group.finish();
}

/// An instance, a call, and a block that is handed over; `benches/plugins.rs` sets them beside what they are compared with.
fn plugin_crossing(c: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = Text::new("bench", "[plugin.empty]\ncomponent = \"plugins/empty.wasm\"\n");
    let spec = spec::parse(&text, &Default::default(), &mut Diagnostics::default());
    let host = Host::new(None).expect("a host");
    let plugin = host.load(&spec.plugins[0], root).expect("loads");
    let batch = |rows| RecordBatch::try_from_iter([("x", Arc::new(Float64Array::from(numbers(rows, 0.618_033_988_749))) as ArrayRef)]).expect("a batch");
    let request = plugin.samples(&vec![("a".to_owned(), "x".to_owned())], &batch(1).schema()).request;
    let context = Context { reference: None, memory: 1 << 28, spill: std::env::temp_dir(), seed: 0 };
    let make = || (request.make)(&context).expect("an accumulator");
    let mut group = c.benchmark_group("empty plugin");
    group.bench_function("an instance with its accumulator", |bench| bench.iter(make));
    for rows in [1, BLOCK_ROWS] {
        let (mut accumulator, block) = (make(), Block::new(&batch(rows)));
        group.throughput(Throughput::Elements(rows as u64));
        group.bench_function(format!("a call with {rows} rows"), |bench| bench.iter(|| accumulator.update(black_box(&block)).expect("updates")));
    }
    group.finish();
}

criterion_group!(benches, sorted, accumulators, comparisons, plugin_call, plugin_crossing);
criterion_main!(benches);
