//! The data of `side_by_side`, and the limit that nothing can beat.
//!
//! ```sh
//! cargo bench --bench workloads -- generate b DIR                  # DIR/b_reference.parquet and DIR/b_current.parquet
//! cargo bench --bench workloads -- limit REFERENCE CURRENT         # decodes both and sorts each numeric column once
//! cargo bench --bench workloads -- clips 100000 DIR                # DIR/f_current.parquet: clips of a second, 16 kHz
//! cargo bench --bench workloads -- stream 1000000000               # so many values, made on the way; rate and memory every 5 s
//! ```

use datafusion::arrow::array::{ArrayRef, AsArray, BinaryArray, Float64Array, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use driftline::core::accumulator::Context;
use driftline::core::block::BLOCK_ROWS;
use driftline::core::source::{Derived, LeftOut, Piece, Scan, Source, SourceError};
use driftline::runtime::pipeline::{Job, read_side};
use driftline::stats::accumulators::{moments, presence, ranks, value_distinct};
use futures::StreamExt;
use futures::stream::BoxStream;
use rand::{Rng, SeedableRng, rngs::StdRng};
use rand_distr::{Distribution, LogNormal, Normal, Poisson, StudentT};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

type Done = Result<(), Box<dyn Error>>;

/// Name, rows of the reference, rows of current, columns.
const WORKLOADS: [(&str, usize, usize, usize); 4] =
    [("a", 10_000, 10_000, 20), ("b", 1_000_000, 1_000_000, 20), ("c", 100_000, 100_000, 200), ("d", 1_000_000, 20_000_000, 20)];

const KINDS: [&str; 8] = ["normal", "log_normal", "uniform", "poisson", "student_t", "nulls", "bimodal", "low_cardinality"];
const CATEGORIES: [usize; 5] = [2, 5, 20, 50, 200];

/// Rows that are made at a time, and rows of a row group.
const ROWS: usize = 1 << 17;

fn main() -> Done {
    // Cargo adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["generate", workload, folder] => generate(workload, Path::new(folder)),
        ["limit", files @ ..] if !files.is_empty() => limit(files),
        ["clips", clips, folder] => write_clips(&Path::new(folder).join("f_current.parquet"), clips.parse()?),
        ["stream", values] => stream(values.parse()?),
        _ => Err("usage: generate WORKLOAD DIR | limit FILE.parquet... | clips N DIR | stream VALUES".into()),
    }
}

fn generate(workload: &str, folder: &Path) -> Done {
    let known = WORKLOADS.iter().find(|w| w.0 == workload);
    let (_, reference, current, columns) = known.ok_or("the workloads are a, b, c and d")?;
    write(&folder.join(format!("{workload}_reference.parquet")), *reference, *columns, false)?;
    write(&folder.join(format!("{workload}_current.parquet")), *current, *columns, true)
}

/// Three of four columns are numbers; the draws of a block depend on its number, the column and the side alone.
fn write(path: &Path, rows: usize, columns: usize, is_current: bool) -> Done {
    let numbers = columns * 3 / 4;
    let mut writer: Option<ArrowWriter<File>> = None;
    for (block, from) in (0..rows).step_by(ROWS).enumerate() {
        let n = ROWS.min(rows - from);
        let seed = |column: usize| (block as u64) << 32 | (column as u64) << 1 | u64::from(is_current);
        let number = |i: usize| (format!("num_{i:02}_{}", KINDS[i % 8]), draw_numbers(i, n, is_current, seed(i)));
        let category = |i: usize| {
            let count = CATEGORIES[i % 5];
            (format!("cat_{i:02}_{count}"), draw_categories(i, count, n, is_current, seed(numbers + i)))
        };
        let batch = RecordBatch::try_from_iter((0..numbers).map(number).chain((0..columns - numbers).map(category)))?;
        let writer = match &mut writer {
            Some(writer) => writer,
            None => writer.insert(ArrowWriter::try_new(File::create(path)?, batch.schema(), Some(properties()))?),
        };
        writer.write(&batch)?;
    }
    writer.ok_or("no rows")?.close()?;
    Ok(())
}

fn properties() -> WriterProperties {
    WriterProperties::builder().set_compression(Compression::SNAPPY).set_max_row_group_row_count(Some(ROWS)).build()
}

fn draw_numbers(i: usize, n: usize, is_current: bool, seed: u64) -> ArrayRef {
    let mut rng = StdRng::seed_from_u64(seed);
    // Every third column has moved by a fifth of its spread.
    let shift = if is_current && i.is_multiple_of(3) { 0.2 } else { 0.0 };
    let mut floats = |draw: &mut dyn FnMut(&mut StdRng) -> Option<f64>| -> ArrayRef { Arc::new((0..n).map(|_| draw(&mut rng)).collect::<Float64Array>()) };
    // Parameters are constants that these distributions take.
    let normal = Normal::new(shift, 1.0).expect("a normal distribution");
    match KINDS[i % 8] {
        "normal" => floats(&mut |rng| Some(normal.sample(rng))),
        "log_normal" => {
            let log_normal = LogNormal::new(shift, 1.0).expect("a log-normal distribution");
            floats(&mut |rng| Some(log_normal.sample(rng)))
        }
        "uniform" => floats(&mut |rng| Some(rng.random::<f64>() + shift * 0.3)),
        "poisson" => {
            let poisson = Poisson::new(7.0 + shift * 2.6).expect("a Poisson distribution");
            Arc::new((0..n).map(|_| poisson.sample(&mut rng) as i64).collect::<Int64Array>())
        }
        "student_t" => {
            let t = StudentT::new(2.5).expect("a t distribution");
            floats(&mut |rng| Some(t.sample(rng) + shift))
        }
        "nulls" => floats(&mut |rng| {
            let value = normal.sample(rng);
            (!rng.random_bool(0.05 + 0.05 * (i % 2) as f64)).then_some(value)
        }),
        "bimodal" => floats(&mut |rng| Some(normal.sample(rng) + if rng.random_bool(0.4) { 5.0 } else { 0.0 })),
        _ => Arc::new((0..n).map(|_| (10.0 * (rng.random::<f64>() + shift * 0.5)) as i64).collect::<Int64Array>()),
    }
}

/// Category k has a weight of 1 / (k + 1); in every third column the first ones are rarer on the current side.
fn draw_categories(i: usize, count: usize, n: usize, is_current: bool, seed: u64) -> ArrayRef {
    let mut rng = StdRng::seed_from_u64(seed);
    let offset = if is_current && i.is_multiple_of(3) { 0.3 } else { 0.0 };
    let weights: Vec<f64> = (0..count).map(|k| 1.0 / (k as f64 + 1.0 + offset)).collect();
    let total: f64 = weights.iter().sum();
    let ends: Vec<f64> = weights.iter().scan(0.0, |sum, w| Some({ *sum += w / total; *sum })).collect();
    let names: Vec<String> = (0..count).map(|k| format!("category_{k:03}")).collect();
    let draw = |_| {
        let u: f64 = rng.random();
        names[ends.partition_point(|end| *end <= u).min(count - 1)].as_str()
    };
    Arc::new((0..n).map(draw).collect::<Vec<_>>().into_iter().map(Some).collect::<StringArray>())
}

const RATE: u32 = 16_000;

/// Tones that slide, with noise, as 16-bit WAV files.
fn write_clips(path: &Path, clips: usize) -> Done {
    let mut writer: Option<ArrowWriter<File>> = None;
    for from in (0..clips).step_by(512) {
        let batch: Vec<Vec<u8>> = (from..clips.min(from + 512)).map(clip).collect();
        let array: ArrayRef = Arc::new(BinaryArray::from_iter_values(batch));
        let batch = RecordBatch::try_from_iter([("clip", array)])?;
        let properties = WriterProperties::builder().set_dictionary_enabled(false).set_max_row_group_row_count(Some(4_096)).build();
        let writer = match &mut writer {
            Some(writer) => writer,
            None => writer.insert(ArrowWriter::try_new(File::create(path)?, batch.schema(), Some(properties))?),
        };
        writer.write(&batch)?;
    }
    writer.ok_or("no clips")?.close()?;
    Ok(())
}

fn clip(number: usize) -> Vec<u8> {
    let mut rng = StdRng::seed_from_u64(number as u64);
    let (start, slide) = (rng.random_range(80.0..2_000.0), rng.random_range(-500.0..2_000.0));
    let mut sample = |i: u32| {
        let t = f64::from(i) / f64::from(RATE);
        let tone = (std::f64::consts::TAU * (start * t + slide * t * t / 2.0)).sin();
        ((0.5 * tone + 0.1 * (rng.random::<f64>() - 0.5)) * 32_000.0) as i16
    };
    let samples = (0..RATE).flat_map(|i| sample(i).to_le_bytes());
    let bytes = 2 * RATE;
    let mut wav = Vec::with_capacity(44 + bytes as usize);
    wav.extend(b"RIFF");
    wav.extend((36 + bytes).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16u32.to_le_bytes());
    // Numbers in two bytes, one channel.
    wav.extend([1, 0, 1, 0]);
    wav.extend(RATE.to_le_bytes());
    wav.extend(bytes.to_le_bytes());
    wav.extend([2, 0, 16, 0]);
    wav.extend(b"data");
    wav.extend(bytes.to_le_bytes());
    wav.extend(samples);
    wav
}

/// A source without an end, but for the number of rows that is wanted.
struct Generated {
    schema: SchemaRef,
    rows: u64,
}

const STREAMED: usize = 10;

impl Generated {
    fn new(rows: u64) -> Self {
        let fields: Vec<Field> = (0..STREAMED).map(|i| Field::new(format!("x{i}"), DataType::Float64, true)).collect();
        Self { schema: Arc::new(Schema::new(fields)), rows }
    }
}

/// The sum of four uniform numbers, which is nearly normal.
fn draw(state: &mut u64) -> f64 {
    let mut sum = 0;
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    for part in [z, z >> 16, z >> 32, z >> 48] {
        sum += part & 0xffff;
    }
    // The last bits make it different from all others.
    sum as f64 / 65_536.0 - 2.0 + (z >> 11) as f64 * 2f64.powi(-70)
}

impl Source for Generated {
    fn location(&self) -> String {
        "generated".into()
    }

    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn rows(&self) -> Option<u64> {
        None
    }

    fn check_filter(&self, _filter: &str) -> Result<(), String> {
        Err("there are no filters".into())
    }

    fn derive(&self, _derived: Derived) -> Result<Arc<dyn Source>, String> {
        Err("there are no derived columns".into())
    }

    fn fingerprint(&self) -> Option<String> {
        None
    }

    fn scan(&self, _scan: Scan) -> BoxStream<'static, Result<Piece, SourceError>> {
        let (schema, mut left, mut state) = (self.schema.clone(), self.rows, self.rows);
        let batches = std::iter::from_fn(move || {
            let started = Instant::now();
            let n = left.min(BLOCK_ROWS as u64);
            left -= n;
            let column = |_| Arc::new((0..n).map(|_| draw(&mut state)).collect::<Float64Array>()) as ArrayRef;
            let batch = RecordBatch::try_new(schema.clone(), (0..STREAMED).map(column).collect());
            let batch = batch.map_err(|e| SourceError(e.to_string()));
            (n > 0).then(|| batch.map(|batch| Piece { unit: 0, batch, left_out: LeftOut::default(), time: started.elapsed() }))
        });
        futures::stream::iter(batches).boxed()
    }
}

/// What a comparison of numbers keeps: moments, ranks beside a reference, distinct and missing values.
fn side(rows: u64) -> Job {
    let source = Generated::new(rows);
    let schema = source.schema();
    let of = |name: &String| [moments(name.as_str()).request, ranks(name).request, value_distinct(name).request, presence(name).request];
    let requests = schema.fields().iter().flat_map(|f| of(f.name())).map(|request| (None, request)).collect();
    let slices = Default::default();
    Job { source: Arc::new(source), schema, filter: None, requests, slices, transform_inputs: Vec::new(), transforms: Vec::new(), threads: 2, keep_states: false }
}

fn stream(values: u64) -> Done {
    let context = Context { reference: None, memory: 192 << 20, spill: std::env::temp_dir(), seed: 0 };
    let reference = read_side(side(1_000_000), &context, &|_| ())?.profile;
    let context = Context { reference: Some(Arc::new(reference)), ..context };
    let (started, told) = (Instant::now(), Mutex::new(Instant::now()));
    let tell = |rows: u64| {
        let (values, seconds) = (rows * STREAMED as u64, started.elapsed().as_secs_f64());
        println!("{values} values, {:.0} million a second, {} MiB resident", values as f64 / seconds / 1e6, resident());
    };
    let rows = values / STREAMED as u64;
    read_side(side(rows), &context, &|rows| {
        let mut told = told.lock().unwrap_or_else(|e| e.into_inner());
        if told.elapsed().as_secs() >= 5 {
            *told = Instant::now();
            tell(rows);
        }
    })?;
    tell(rows);
    Ok(())
}

/// Of this process, in MiB, as Linux tells it.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() >> 10
}

/// Decodes every column with DataFusion and sorts each numeric one once, on both cores.
fn limit(files: &[&str]) -> Done {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    for file in files {
        let mut columns: BTreeMap<String, Vec<f64>> = runtime.block_on(decode(file))?;
        let mut unsorted: Vec<&mut Vec<f64>> = columns.values_mut().collect();
        let half = unsorted.len() / 2;
        let (left, right) = unsorted.split_at_mut(half);
        let sort = |columns: &mut [&mut Vec<f64>]| columns.iter_mut().for_each(|c| c.sort_unstable_by(f64::total_cmp));
        std::thread::scope(|scope| {
            scope.spawn(move || sort(left));
            sort(right);
        });
        let medians: Vec<f64> = columns.values().map(|c| c[c.len() / 2]).collect();
        println!("{file}: medians {medians:?}");
    }
    Ok(())
}

async fn decode(file: &str) -> Result<BTreeMap<String, Vec<f64>>, Box<dyn Error>> {
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1).with_batch_size(8192));
    let mut stream = context.read_parquet(file, ParquetReadOptions::default()).await?.execute_stream().await?;
    let mut columns: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
            match field.data_type() {
                DataType::Float64 => columns.entry(field.name().clone()).or_default().extend(array.as_primitive::<Float64Type>().iter().flatten()),
                DataType::Int64 => columns.entry(field.name().clone()).or_default().extend(array.as_primitive::<Int64Type>().iter().flatten().map(|v| v as f64)),
                // Strings are decoded and nothing more.
                _ => (),
            }
        }
    }
    Ok(columns)
}
