//! What plugins cost, beside what the same work costs without them: `cargo bench --bench plugins`. It prints one table of ratios,
//! each of medians of rounds that take turns. With `LIBROSA_PYTHON` set to an interpreter that has librosa, MFCC are compared with
//! librosa's, too.

use arrow::array::{ArrayRef, AsArray, BinaryArray, Float64Array, RecordBatch};
use arrow::datatypes::Float64Type;
use driftline::core::accumulator::{Accumulator, Context};
use driftline::core::block::{BLOCK_ROWS, Block};
use driftline::core::diagnostic::{Diagnostics, Text};
use driftline::core::plugin::{Bindings, Plugin, PluginHost};
use driftline::core::spec;
use driftline::Monitor;
use driftline::plugin::Host;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

// The program's allocator: what a copy takes depends on where buffers begin.
#[path = "../engine/driftline/memory.rs"]
#[allow(dead_code)]
mod memory;

const ROUNDS: usize = 41;

/// Median seconds of each piece of work, which take turns.
fn medians<const N: usize>(mut work: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut took = [const { Vec::new() }; N];
    for round in 0..ROUNDS {
        for (work, took) in work.iter_mut().zip(&mut took) {
            let before = Instant::now();
            work();
            // The first round warms up.
            if round > 0 {
                took.push(before.elapsed().as_secs_f64());
            }
        }
    }
    took.map(|mut took| {
        took.sort_by(f64::total_cmp);
        took[took.len() / 2]
    })
}

fn row(what: &str, measured: f64, unit: &str, target: &str) {
    println!("| {what} | {measured:.2} {unit} | {target} |");
}

struct Loaded {
    plugin: Arc<dyn Plugin>,
    bindings: Bindings,
}

fn load(host: &Host, file: &str, inputs: &[&str], rest: &str) -> Option<Loaded> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins").join(file);
    let text = Text::new("bench", format!("[plugin.p]\ncomponent = {:?}\n{rest}\n", path.display().to_string()));
    let spec = spec::parse(&text, &Default::default(), &mut Diagnostics::default());
    let plugin = path.exists().then(|| host.load(&spec.plugins[0], Path::new("")).expect("loads"))?;
    Some(Loaded { plugin, bindings: inputs.iter().map(|input| ((*input).to_owned(), "x".to_owned())).collect() })
}

impl Loaded {
    fn state(&self, rows: &RecordBatch) -> Box<dyn Accumulator> {
        let context = Context { reference: None, memory: 1 << 28, spill: std::env::temp_dir(), seed: 0 };
        (self.plugin.samples(&self.bindings, &rows.schema()).request.make)(&context).expect("an accumulator")
    }
}

fn floats(rows: usize) -> RecordBatch {
    let values: Vec<f64> = (0..rows).map(|i| (i as f64 * 0.618_033_988_749).fract()).collect();
    RecordBatch::try_from_iter([("x", Arc::new(Float64Array::from(values)) as ArrayRef)]).expect("a batch")
}

/// Handing float columns over, against a copy of them.
fn crossing(host: &Host) {
    let Some(guest) = load(host, "hostile/hostile_metric.wasm", &["value"], "") else { return };
    // More blocks than the caches hold, as they come from a file; and few, as they come from a decoder beside.
    for (n, place) in [(512, "memory"), (8, "the cache")] {
        let batches: Vec<RecordBatch> = (0..n).map(|_| floats(BLOCK_ROWS)).collect();
        let mut state = guest.state(&batches[0]);
        let blocks: Vec<Block> = batches.iter().map(Block::new).collect();
        let source: Vec<&[f64]> = batches.iter().map(|batch| &**batch.column(0).as_primitive::<Float64Type>().values()).collect();
        let mut copy = vec![0.0; BLOCK_ROWS];
        let [passed, copied] = medians([
            &mut || blocks.iter().for_each(|block| state.update(black_box(block)).expect("an update")),
            &mut || source.iter().for_each(|source| black_box(&mut copy).copy_from_slice(black_box(source))),
        ]);
        row(&format!("blocks of 65,536 float64 from {place} to a Rust guest, against a copy of them"), passed / copied, "times", "1.2 times");
    }
    let one = floats(1);
    let (mut state, block) = (guest.state(&one), Block::new(&one));
    let repeat = 1_000;
    let [called] = medians([&mut || (0..repeat).for_each(|_| state.update(black_box(&block)).expect("an update"))]);
    row("a call with one row", called / f64::from(repeat) * 1e6, "µs", "2 µs");
}

/// An instance that is ready to be fed, from compiled code.
fn instances(host: &Host) {
    for (language, target) in [("rust", "50 µs"), ("c", "50 µs"), ("cpp", ""), ("zig", ""), ("go", ""), ("javascript", ""), ("python", "2000 µs")] {
        let Some(guest) = load(host, &format!("mean_and_max/{language}.wasm"), &["value"], "limits = { memory = \"128MiB\" }") else { continue };
        let batch = floats(1);
        let repeat = if ["go", "javascript", "python"].contains(&language) { 3 } else { 50 };
        let [made] = medians([&mut || (0..repeat).for_each(|_| drop(black_box(guest.state(&batch))))]);
        row(&format!("an instance of a metric in {language}, with its accumulator"), made / f64::from(repeat) * 1e6, "µs", target);
    }
}

/// MFCC in a plugin against the same code natively, on one thread; the plugin on two threads against one.
fn mfcc(host: &Host) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/audio/0_chord_22050.wav");
    let wav = std::fs::read(&path).expect("a clip");
    // More calls than threads by far, so that the last ones do not count.
    let clips = 256;
    let batch = RecordBatch::try_from_iter([("x", Arc::new(BinaryArray::from_vec(vec![wav.as_slice(); clips])) as ArrayRef)]).expect("a batch");
    let Some(guest) = load(host, "mfcc.wasm", &["audio"], "limits = { time = \"10s\" }") else { return };
    let transform = |threads| guest.plugin.transform(&guest.bindings, &batch.schema(), threads).expect("a transform");
    let (mut one, mut two, block) = (transform(1), transform(2), Block::new(&batch));
    let mut native = mfcc_dsp::Mfcc::new(mfcc_dsp::Params { coefficients: 13, n_fft: 2048, hop_length: 512, n_mels: 128 });
    let offsets: Vec<u32> = (0..=clips).map(|i| (i * wav.len()) as u32).collect();
    let all = wav.repeat(clips);
    let [in_plugin, natively] = medians([
        &mut || drop(black_box(one.apply(black_box(&block)).expect("columns"))),
        &mut || {
            let clips = plugin_audio::Clips::of_wav(&offsets, black_box(&all), None).expect("clips");
            for row in 0..clips.rows() {
                let clip = clips.get(row).expect("a clip");
                black_box(native.means(&clip.samples, clip.rate.expect("a rate")));
            }
        },
    ]);
    row("MFCC of a clip of one second in the plugin", in_plugin / clips as f64 * 1e6, "µs", "");
    row("MFCC in the plugin, against the same code natively", in_plugin / natively, "times", "1.5 times");
    let [alone, together] = medians([
        &mut || drop(black_box(one.apply(black_box(&block)).expect("columns"))),
        &mut || drop(black_box(two.apply(black_box(&block)).expect("columns"))),
    ]);
    row("MFCC on two threads, against one", alone / together, "times faster", "1.8 times");
    if let Some(python) = std::env::var_os("LIBROSA_PYTHON") {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/librosa_mfcc.py");
        let output = Command::new(python).arg(script).arg(&path).env("OMP_NUM_THREADS", "1").output().expect("python starts");
        let seconds: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("seconds for a clip");
        row("MFCC of the clip by librosa", seconds * 1e6, "µs", "");
        row("MFCC in the plugin, against librosa", seconds / (in_plugin / clips as f64), "times faster", "5 times");
    }
}

/// A run over eight million rows with a metric in two partitions, against one: in Python, for faster ones wait for the reader.
fn partitions() {
    let component = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/mean_and_max/python.wasm");
    if !component.exists() {
        return println!("| a run with a metric in two partitions | plugins/build makes what this needs | |");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let batch = floats(1 << 23);
    let file = std::fs::File::create(folder.path().join("current.arrow")).expect("a file");
    let mut writer = arrow::ipc::writer::FileWriter::try_new(file, &batch.schema()).expect("a writer");
    (0..batch.num_rows()).step_by(BLOCK_ROWS).for_each(|row| writer.write(&batch.slice(row, BLOCK_ROWS)).expect("written"));
    writer.finish().expect("written");
    let cache = std::collections::BTreeMap::from([("DRIFTLINE_CACHE".to_owned(), folder.path().join("cache").display().to_string())]);
    let monitor = |partitions: usize| {
        let text = format!(
            "[monitor]\nname = \"bench\"\n[source.current]\nkind = \"arrow_ipc\"\npath = \"current.arrow\"\n[run]\nthreads = 2\n[plugin.slow]\ncomponent = {:?}\npartitions = {partitions}\nlimits = {{ time = \"10s\" }}\n[[record]]\nmetric = \"slow\"\ncolumns = \"x\"\n",
            component.display().to_string()
        );
        Monitor::from_text("bench", text, cache.clone(), folder.path().into()).expect("a spec")
    };
    let run = |monitor: &Monitor| {
        let outcome = monitor.run().expect("an outcome");
        assert_eq!(outcome.samples.len(), 2, "{outcome:?}");
    };
    let (one, two) = (monitor(1), monitor(2));
    let [alone, together] = medians([&mut || run(&one), &mut || run(&two)]);
    row("a run with a metric in Python in two partitions, against one", alone / together, "times faster", "1.8 times");
}

fn main() {
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-cache");
    let host = Host::new(Some(cache)).expect("a host");
    // `cargo bench --bench plugins -- mfcc` measures that alone.
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let parts: [(&str, &dyn Fn()); 4] =
        [("crossing", &|| crossing(&host)), ("instances", &|| instances(&host)), ("mfcc", &|| mfcc(&host)), ("partitions", &partitions)];
    println!("| | measured | target |\n|---|---|---|");
    for (name, part) in parts {
        if asked.is_empty() || asked.iter().any(|asked| asked == name) {
            part();
        }
    }
}
