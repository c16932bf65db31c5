//! `driftline plugin bench`: how fast a plugin is, and how much of that is its own.

use super::super::print;
use super::test::{Given, open};
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use driftline::OpenError;
use driftline::core::accumulator::Context;
use driftline::core::block::Block;
use driftline::core::diagnostic::{Diagnostics, Text};
use driftline::core::plugin::{Bindings, Plugin, PluginHost, PluginKind};
use driftline::core::spec;
use driftline::outputs::table::printable;
use driftline::plugin::Host;
use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub(in crate::cli) struct Bench {
    #[command(flatten)]
    given: Given,
    /// Seconds to run each measurement for.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
}

/// A plugin that looks at nothing (`plugins/empty`): what remains is the cost of handing over the rows.
const EMPTY: &[u8] = include_bytes!("../../../../plugins/empty.wasm");

/// What repeated work took.
struct Measured {
    median: Duration,
    times: usize,
}

/// Repeats work for a while.
fn measure(seconds: u64, mut work: impl FnMut() -> Result<(), String>) -> Result<Measured, String> {
    let (started, mut took) = (Instant::now(), Vec::new());
    // Once to warm up; then three times at least.
    work()?;
    while took.len() < 3 || started.elapsed() < Duration::from_secs(seconds) {
        let before = Instant::now();
        work()?;
        took.push(before.elapsed());
    }
    took.sort();
    Ok(Measured { median: took[took.len() / 2], times: took.len() })
}

pub(super) fn bench(asked: &Bench) -> Result<ExitCode, OpenError> {
    let opened = open(&asked.given)?;
    let (plugin, bindings, rows) = (opened.plugin.as_ref(), &opened.bindings, &opened.rows);
    let instance = measure(asked.seconds.min(1), || make(plugin, bindings, rows).map(drop)).map_err(OpenError::Run)?;
    let all = measure(asked.seconds, || feed(plugin, bindings, rows)).map_err(OpenError::Run)?;
    let crossing = crossing(asked.seconds, bindings, rows).map_err(OpenError::Run)?;
    let used = opened.host.take_use().into_values().max_by_key(|used| used.rows).unwrap_or_default();
    let n = rows.num_rows() as f64;
    let bytes: usize = rows.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or_default()).sum();
    let mut out = format!("{} {} on {} rows ({} bytes of inputs), one thread\n\n", printable(&plugin.info().name), printable(&plugin.info().version), rows.num_rows(), bytes);
    // Writing to a string cannot fail.
    let _ = writeln!(out, "an instance      {:>12.1} µs", instance.median.as_secs_f64() * 1e6);
    let _ = writeln!(out, "all rows         {:>12.1} µs, median of {} times", all.median.as_secs_f64() * 1e6, all.times);
    let _ = writeln!(out, "rows a second    {:>12.0}", n / all.median.as_secs_f64());
    let _ = writeln!(out, "bytes a second   {:>12.0}", bytes as f64 / all.median.as_secs_f64());
    match crossing {
        Some(empty) => {
            let _ = writeln!(out, "an empty plugin  {:>12.1} µs for the same rows: this one takes {:.1} times that", empty.median.as_secs_f64() * 1e6, all.median.as_secs_f64() / empty.median.as_secs_f64());
        }
        None => out.push_str("an empty plugin  takes eight columns at most, of types with a case of their own\n"),
    }
    let _ = writeln!(out, "peak memory      {:>12} bytes of one instance", used.peak_memory);
    print(&out)
}

fn context() -> Context {
    Context { reference: None, memory: 64 << 20, spill: std::env::temp_dir(), seed: 0 }
}

/// An instance that is ready to be fed.
fn make(plugin: &dyn Plugin, bindings: &Bindings, rows: &RecordBatch) -> Result<Fed, String> {
    match plugin.info().kind {
        PluginKind::Transform => Ok(Fed::Transform(plugin.transform(bindings, &rows.schema(), 1)?)),
        _ => Ok(Fed::State((plugin.samples(bindings, &rows.schema()).request.make)(&context())?)),
    }
}

enum Fed {
    Transform(Box<dyn driftline::core::plugin::Transform>),
    State(Box<dyn driftline::core::accumulator::Accumulator>),
}

/// All rows through a fresh instance.
fn feed(plugin: &dyn Plugin, bindings: &Bindings, rows: &RecordBatch) -> Result<(), String> {
    let block = Block::new(rows);
    match make(plugin, bindings, rows)? {
        Fed::Transform(mut transform) => transform.apply(&block).map(drop),
        Fed::State(mut state) => state.update(&block),
    }
}

/// The same rows through the empty plugin, if it can take them.
fn crossing(seconds: u64, bindings: &Bindings, rows: &RecordBatch) -> Result<Option<Measured>, String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    std::fs::write(folder.path().join("empty.wasm"), EMPTY).map_err(|e| e.to_string())?;
    let text = Text::new("plugin bench", "[plugin.empty]\ncomponent = \"empty.wasm\"\n".to_owned());
    let spec = spec::parse(&text, &Default::default(), &mut Diagnostics::default());
    let host = Host::new(None)?;
    let plugin = host.load(spec.plugins.first().ok_or("the empty plugin is in no spec")?, folder.path())?;
    let inputs = plugin.info().inputs.iter().map(|input| input.name.clone());
    let bound: Bindings = inputs.zip(bindings).map(|(input, (_, column))| (input, column.clone())).collect();
    let schema: Arc<Schema> = rows.schema();
    if bound.len() < bindings.len() || plugin.accepts(&bound, &schema).is_err() {
        return Ok(None);
    }
    measure(seconds, || feed(plugin.as_ref(), &bound, rows)).map(Some)
}

