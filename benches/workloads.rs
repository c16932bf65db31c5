//! The data of `side_by_side`, and the limit that nothing can beat.
//!
//! ```sh
//! cargo bench --bench workloads -- generate b DIR                  # DIR/b_reference.parquet and DIR/b_current.parquet
//! cargo bench --bench workloads -- limit REFERENCE CURRENT         # decodes both and sorts each numeric column once
//! ```

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use futures::StreamExt;
use rand::{Rng, SeedableRng, rngs::StdRng};
use rand_distr::{Distribution, LogNormal, Normal, Poisson, StudentT};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

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
        _ => Err("usage: generate WORKLOAD DIR | limit FILE.parquet...".into()),
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

fn properties() -> datafusion::parquet::file::properties::WriterProperties {
    let builder = datafusion::parquet::file::properties::WriterProperties::builder();
    builder.set_compression(datafusion::parquet::basic::Compression::SNAPPY).set_max_row_group_row_count(Some(ROWS)).build()
}

fn draw_numbers(i: usize, n: usize, is_current: bool, seed: u64) -> ArrayRef {
    let mut rng = StdRng::seed_from_u64(seed);
    // Every third column has moved by a fifth of its spread.
    let shift = if is_current && i % 3 == 0 { 0.2 } else { 0.0 };
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
    let offset = if is_current && i % 3 == 0 { 0.3 } else { 0.0 };
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
