//! Hot paths: `cargo bench`. Ratios between the lines of one run count, not their absolute times.

use arrow::array::{ArrayRef, BinaryArray, Float64Array, RecordBatch};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use driftline::core::accumulator::{Accumulator, Context};
use driftline::core::block::{BLOCK_ROWS, Block};
use driftline::core::diagnostic::{Diagnostics, Text};
use driftline::core::plugin::PluginHost;
use driftline::core::spec;
use driftline::plugin::Host;
use driftline::stats::accumulators::{constant, moments, presence, row_distinct, value_distinct, values};
use driftline::stats::math::kolmogorov_smirnov;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

/// A million numbers that look random and are the same in every run.
fn numbers(n: usize, step: f64) -> Vec<f64> {
    (0..n).map(|i| (i as f64 * step).fract()).collect()
}

fn kolmogorov(c: &mut Criterion) {
    let n = 1_000_000;
    let (mut a, mut b) = (numbers(n, 0.618_033_988_749), numbers(n, 0.414_213_562_373));
    let mut group = c.benchmark_group("kolmogorov_smirnov");
    group.sample_size(10).throughput(Throughput::Elements(2 * n as u64));
    group.bench_function("sort", |bench| {
        bench.iter(|| {
            let mut copy = black_box(&a).clone();
            copy.sort_unstable_by(f64::total_cmp);
            copy
        });
    });
    a.sort_unstable_by(f64::total_cmp);
    b.sort_unstable_by(f64::total_cmp);
    group.bench_function("merge", |bench| {
        bench.iter(|| kolmogorov_smirnov(black_box(&a).as_slice(), n as u64, b.as_slice(), n as u64));
    });
    group.finish();
}

fn accumulators(c: &mut Criterion) {
    let array: ArrayRef = Arc::new(Float64Array::from(numbers(BLOCK_ROWS, 0.618_033_988_749)));
    let batch = RecordBatch::try_from_iter([("x", array)]).expect("a batch");
    let context = Context { reference: None, memory: 1 << 28, spill: std::env::temp_dir(), seed: 0 };
    let requests = [
        presence("x").request,
        moments("x").request,
        constant("x").request,
        values("x").request,
        value_distinct("x").request,
        row_distinct(&["x".to_owned()]).request,
    ];
    let mut group = c.benchmark_group("one block through an accumulator");
    group.throughput(Throughput::Elements(BLOCK_ROWS as u64));
    for request in requests {
        group.bench_function(&request.key, |bench| {
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

criterion_group!(benches, kolmogorov, accumulators, plugin_call, plugin_crossing);
criterion_main!(benches);
