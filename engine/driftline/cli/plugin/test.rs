//! `driftline plugin test`: what a plugin gives for a file, and whether it keeps its contract.

use super::super::compare::{kind, open as with_sources, quoted};
use super::super::print;
use driftline::core::accumulator::{Accumulator, Context};
use driftline::core::block::Block;
use driftline::core::diagnostic::{Diagnostics, Text};
use driftline::core::plugin::{Bindings, Info, Plugin, PluginHost, PluginKind, PluginResult, PluginSample};
use driftline::core::source::{Scan, Source};
use driftline::core::two_sample::TestResult;
use driftline::core::spec;
use driftline::outputs::table::printable;
use driftline::plugin::Host;
use driftline::{Monitor, OpenError};
use arrow::array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow::compute::concat_batches;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::StreamExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// A plugin and rows for it.
#[derive(clap::Args)]
pub(in crate::cli) struct Given {
    /// The component (.wasm).
    file: PathBuf,
    /// File, folder or glob with rows: Parquet, CSV, NDJSON or Arrow. The first 100,000 rows are taken.
    #[arg(long)]
    data: String,
    /// An input and its column; an input with the name of a column is that.
    #[arg(long = "input", value_name = "NAME=COLUMN")]
    inputs: Vec<String>,
    /// A key of the config and its value, as TOML.
    #[arg(long = "config", value_name = "KEY=VALUE")]
    config: Vec<String>,
}

/// What is tested, on what.
#[derive(clap::Args)]
pub(in crate::cli) struct Test {
    #[command(flatten)]
    given: Given,
    /// JSON file with the `result` that is expected, as `--output json` prints it; numbers may differ by 1e-9 of themselves.
    #[arg(long)]
    expect: Option<PathBuf>,
    #[arg(long, short, value_enum, default_value_t = Output::Table)]
    output: Output,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Output {
    Table,
    Json,
}

const ROWS: usize = 100_000;
const READS: &str = "reads the rows";

/// What was looked at, and why it does not hold.
type Finding = (&'static str, Result<(), String>);

/// A plugin that is ready to be called, with its rows.
pub(super) struct Opened {
    pub host: Host,
    pub plugin: Arc<dyn Plugin>,
    pub bindings: Bindings,
    pub rows: RecordBatch,
}

pub(super) fn open(asked: &Given) -> Result<Opened, OpenError> {
    let host = driftline::host().map_err(OpenError::Run)?;
    let info = host.inspect(&asked.file).and_then(|found| found.info).map_err(OpenError::Run)?;
    let sources = format!("[source.current]\nkind = \"{}\"\npath = {}\n", kind(&asked.data)?, quoted(&asked.data));
    let source = with_sources(&sources, "[[record]]\nmetric = \"row_count\"\n")?.plan()?.current.source;
    let bindings = bindings(asked, &info, source.as_ref())?;
    let text = spec_of(asked, &sources, &info, &bindings);
    // Wrong inputs and a wrong config are told as those of a spec are.
    Monitor::from_text("plugin test", text.clone(), Default::default(), ".".into())?.plan()?;
    let plugins = spec::parse(&Text::new("plugin test", text), &Default::default(), &mut Diagnostics::default()).plugins;
    let plugin = host.load(plugins.first().ok_or_else(|| OpenError::Run("the plugin is in no spec".into()))?, ".".as_ref()).map_err(OpenError::Run)?;
    let rows = read(source.as_ref(), &bindings).map_err(OpenError::Run)?;
    Ok(Opened { host, plugin, bindings, rows })
}

pub(super) fn test(asked: &Test) -> Result<ExitCode, OpenError> {
    let Opened { host: _, plugin, bindings, rows } = open(&asked.given)?;
    let info = plugin.info();
    let (findings, result) = match info.kind {
        PluginKind::Metric => of_metric(plugin.as_ref(), &bindings, &rows),
        PluginKind::Transform => of_transform(plugin.as_ref(), &bindings, &rows),
        PluginKind::TwoSampleTest => of_two_sample_test(plugin.as_ref(), &bindings, &rows),
    };
    let mut findings = findings;
    if let Some(path) = &asked.expect {
        findings.push(("gives what is expected", expected(path, &result)?));
    }
    let failed = findings.iter().any(|(_, found)| found.is_err());
    let text = match asked.output {
        Output::Json => format!("{:#}\n", json!({ "result": result, "contract": findings.iter().map(|(what, found)| json!({ "rule": what, "broken": found.as_ref().err() })).collect::<Vec<_>>() })),
        Output::Table => render(info, rows.num_rows(), &findings, &result),
    };
    print(&text)?;
    Ok(ExitCode::from(u8::from(failed)))
}

fn bindings(asked: &Given, info: &Info, source: &dyn Source) -> Result<Bindings, OpenError> {
    let mut bindings = Bindings::new();
    for given in &asked.inputs {
        let (input, column) = given.split_once('=').ok_or_else(|| OpenError::Spec(format!("--input {given}: write NAME=COLUMN")))?;
        bindings.push((input.to_owned(), column.to_owned()));
    }
    let columns: Vec<String> = source.schema().fields().iter().map(|f| f.name().clone()).collect();
    for input in &info.inputs {
        let is_given = bindings.iter().any(|(name, _)| *name == input.name);
        match columns.contains(&input.name) {
            _ if is_given => {}
            true => bindings.push((input.name.clone(), input.name.clone())),
            false if input.optional => {}
            false => return Err(OpenError::Spec(format!("--input {0}=COLUMN is missing: {1}; the columns are {2}", input.name, input.summary, columns.join(", ")))),
        }
    }
    Ok(bindings)
}

/// A spec with the plugin and nothing else.
fn spec_of(asked: &Given, sources: &str, info: &Info, bindings: &Bindings) -> String {
    let component = asked.file.to_string_lossy();
    let inputs: Vec<String> = bindings.iter().map(|(input, column)| format!("{} = {}", quoted(input), quoted(column))).collect();
    let mut text = format!("[monitor]\nname = \"plugin_test\"\n{sources}[plugin.tested]\ncomponent = {}\ninputs = {{ {} }}\n", quoted(&component), inputs.join(", "));
    if !asked.config.is_empty() {
        text += &format!("[plugin.tested.config]\n{}\n", asked.config.join("\n"));
    }
    let metric = if info.kind == PluginKind::Metric { "tested" } else { "row_count" };
    text + &format!("[[record]]\nmetric = \"{metric}\"\n")
}

fn read(source: &dyn Source, bindings: &Bindings) -> Result<RecordBatch, String> {
    let mut columns: Vec<String> = bindings.iter().map(|(_, column)| column.clone()).collect();
    columns.sort();
    columns.dedup();
    let mut pieces = source.scan(Scan { columns, filter: None, limit: Some(ROWS), ..Scan::default() });
    let mut batches = Vec::new();
    while let Some(piece) = futures::executor::block_on(pieces.next()) {
        batches.push(piece.map_err(|e| e.to_string())?.batch);
    }
    let first = batches.first().ok_or("there are no rows")?;
    concat_batches(&first.schema(), &batches).map_err(|e| e.to_string())
}

/// The rows without a value in any column.
fn nulls(rows: &RecordBatch) -> Result<RecordBatch, String> {
    let fields: Vec<_> = rows.schema().fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    let columns = rows.columns().iter().map(|column| new_null_array(column.data_type(), rows.num_rows())).collect();
    RecordBatch::try_new(Arc::new(arrow::datatypes::Schema::new(fields)), columns).map_err(|e| e.to_string())
}

/// The rows in two parts.
fn halves(rows: &RecordBatch) -> [RecordBatch; 2] {
    let half = rows.num_rows() / 2;
    [rows.slice(0, half), rows.slice(half, rows.num_rows() - half)]
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-12)
}

/// The samples in an order of their own.
fn ordered(result: &PluginResult) -> Vec<PluginSample> {
    let mut samples = result.samples.clone();
    samples.iter_mut().for_each(|sample| sample.labels.sort());
    samples.sort_by(|a, b| (&a.name, &a.labels).cmp(&(&b.name, &b.labels)));
    samples
}

fn same(a: &PluginResult, b: &PluginResult) -> Result<(), String> {
    let (a, b) = (ordered(a), ordered(b));
    if a.len() != b.len() {
        return Err(format!("{} samples, and {}", a.len(), b.len()));
    }
    let shown = |sample: &PluginSample| format!("{} {:?} is {}", sample.name, sample.labels, sample.value);
    match a.iter().zip(&b).find(|(a, b)| (&a.name, &a.labels) != (&b.name, &b.labels) || !near(a.value, b.value)) {
        Some((a, b)) => Err(format!("{}, and {}", shown(a), shown(b))),
        None => Ok(()),
    }
}

fn of_metric(plugin: &dyn Plugin, bindings: &Bindings, rows: &RecordBatch) -> (Vec<Finding>, Value) {
    let request = plugin.samples(bindings, &rows.schema()).request;
    let context = Context { reference: None, memory: 64 << 20, spill: std::env::temp_dir(), seed: 0 };
    let make = || (request.make)(&context);
    let fed = |parts: &[RecordBatch]| -> Result<Box<dyn Accumulator>, String> {
        let mut accumulator = make()?;
        parts.iter().filter(|part| part.num_columns() > 0).try_for_each(|part| accumulator.update(&Block::new(part)))?;
        Ok(accumulator)
    };
    let finish = |accumulator: Box<dyn Accumulator>| -> Result<Arc<PluginResult>, String> {
        accumulator.finish()?.downcast::<PluginResult>().map_err(|_| "it finished into something else".to_owned())
    };
    let merged = |parts: &[RecordBatch]| -> Result<Arc<PluginResult>, String> {
        let mut whole = make()?;
        for part in parts {
            whole.merge(&fed(std::slice::from_ref(part))?.state()?)?;
        }
        finish(whole)
    };
    let whole = match fed(std::slice::from_ref(rows)).and_then(finish) {
        Ok(whole) => whole,
        Err(reason) => return (vec![(READS, Err(reason))], Value::Null),
    };
    let sample = |sample: PluginSample| json!({ "name": sample.name, "labels": sample.labels.into_iter().collect::<BTreeMap<_, _>>(), "value": sample.value });
    let result = json!({ "samples": ordered(&whole).into_iter().map(sample).collect::<Vec<_>>() });
    let agrees = |other: Result<Arc<PluginResult>, String>| other.and_then(|other| same(&whole, &other));
    let [first, second] = halves(rows);
    let empty = rows.slice(0, 0);
    let again = || -> Result<Arc<PluginResult>, String> {
        let accumulator = fed(std::slice::from_ref(rows))?;
        accumulator.finish()?;
        finish(accumulator)
    };
    let findings = vec![
        (READS, Ok(())),
        ("gives the same again", agrees(fed(std::slice::from_ref(rows)).and_then(finish))),
        ("gives the same when it is finished twice", agrees(again())),
        ("gives the same in two batches", agrees(fed(&[first.clone(), second.clone()]).and_then(finish))),
        ("gives the same merged from two states", agrees(merged(&[first.clone(), second.clone()]))),
        ("gives the same merged the other way round", agrees(merged(&[second, first]))),
        ("takes an empty batch", agrees(fed(&[empty.clone(), rows.clone()]).and_then(finish))),
        ("takes rows without values", nulls(rows).and_then(|nulls| fed(&[nulls, rows.clone()]).and_then(finish)).map(drop)),
    ];
    (findings, result)
}

/// The first half of the rows as reference, the second as current.
fn of_two_sample_test(plugin: &dyn Plugin, bindings: &Bindings, rows: &RecordBatch) -> (Vec<Finding>, Value) {
    let schema = rows.schema();
    let request = plugin.samples(bindings, &schema).request;
    let context = Context { reference: None, memory: 64 << 20, spill: std::env::temp_dir(), seed: 0 };
    let state = |parts: &[RecordBatch]| -> Result<Vec<u8>, String> {
        let mut whole = (request.make)(&context)?;
        for part in parts {
            let mut one = (request.make)(&context)?;
            one.update(&Block::new(part))?;
            whole.merge(&one.state()?)?;
        }
        let finished = whole.finish()?.downcast::<PluginResult>().map_err(|_| "it finished into something else")?;
        Ok(finished.state.clone())
    };
    let compare = |reference: &[RecordBatch], current: &[RecordBatch]| plugin.compare(bindings, &schema, &state(reference)?, &state(current)?);
    let [first, second] = halves(rows);
    let whole = match compare(std::slice::from_ref(&first), std::slice::from_ref(&second)) {
        Ok(whole) => whole,
        Err(reason) => return (vec![(READS, Err(reason))], Value::Null),
    };
    let agrees = |other: Result<TestResult, String>| other.and_then(|other| same_comparison(&whole, &other));
    let ([a, b], [c, d]) = (halves(&first), halves(&second));
    let empty = first.slice(0, 0);
    let findings = vec![
        (READS, Ok(())),
        ("gives the same again", agrees(compare(std::slice::from_ref(&first), std::slice::from_ref(&second)))),
        ("gives the same merged from two states", agrees(compare(&[a.clone(), b.clone()], &[c.clone(), d.clone()]))),
        ("gives the same merged the other way round", agrees(compare(&[b, a], &[d, c]))),
        ("takes an empty batch", agrees(compare(&[empty, first.clone()], std::slice::from_ref(&second)))),
        ("takes rows without values", nulls(&first).and_then(|nulls| compare(&[nulls, first.clone()], std::slice::from_ref(&second)).map(drop))),
    ];
    let sample = |(name, value): (&str, f64)| json!({ "name": name, "labels": {}, "value": value });
    let numbers = [("statistic", Some(whole.statistic)), ("p_value", whole.p_value), ("effect_size", whole.effect_size)];
    let samples: Vec<Value> = numbers.into_iter().filter_map(|(name, value)| Some((name, value?))).map(sample).collect();
    (findings, json!({ "samples": samples }))
}

fn same_comparison(a: &TestResult, b: &TestResult) -> Result<(), String> {
    let numbers = |r: &TestResult| [Some(r.statistic), r.p_value, r.effect_size, Some(r.n_reference as f64), Some(r.n_current as f64)];
    let equal = numbers(a).into_iter().zip(numbers(b)).all(|(a, b)| match (a, b) {
        (Some(a), Some(b)) => near(a, b),
        (a, b) => a == b,
    });
    if equal { Ok(()) } else { Err(format!("{:?}, and before {:?}", numbers(b), numbers(a))) }
}

fn of_transform(plugin: &dyn Plugin, bindings: &Bindings, rows: &RecordBatch) -> (Vec<Finding>, Value) {
    let schema = rows.schema();
    let apply = |parts: &[RecordBatch]| -> Result<Vec<Vec<ArrayRef>>, String> {
        let mut running = plugin.transform(bindings, &schema, 1)?;
        parts.iter().map(|part| running.apply(&Block::new(part)).map(|given| given.columns)).collect()
    };
    let whole: Vec<ArrayRef> = match apply(std::slice::from_ref(rows)) {
        Ok(parts) => parts.concat(),
        Err(reason) => return (vec![(READS, Err(reason))], Value::Null),
    };
    let agrees = |parts: Result<Vec<Vec<ArrayRef>>, String>| -> Result<(), String> {
        let parts = parts?;
        for (i, column) in whole.iter().enumerate() {
            let pieces: Vec<&dyn Array> = parts.iter().map(|part| part[i].as_ref()).collect();
            let joined = arrow::compute::concat(&pieces).map_err(|e| e.to_string())?;
            if joined.as_ref() != column.as_ref() {
                return Err(format!("column {} is another one", i + 1));
            }
        }
        Ok(())
    };
    let length = |given: Result<Vec<Vec<ArrayRef>>, String>, rows: usize| -> Result<(), String> {
        match given?.concat().iter().find(|column| column.len() != rows) {
            Some(column) => Err(format!("{} rows of {rows}", column.len())),
            None => Ok(()),
        }
    };
    let findings = vec![
        (READS, length(Ok(vec![whole.clone()]), rows.num_rows())),
        ("gives the same again", agrees(apply(std::slice::from_ref(rows)))),
        ("gives the same in two batches", agrees(apply(&halves(rows)))),
        ("takes an empty batch", length(apply(&[rows.slice(0, 0)]), 0)),
        ("takes rows without values", nulls(rows).and_then(|nulls| length(apply(&[nulls]), rows.num_rows()))),
    ];
    let described = plugin.describe(bindings, &schema).map(|described| described.outputs).unwrap_or_default();
    let columns = whole.iter().zip(&described).map(|(column, (name, data_type))| {
        let shown = ArrayFormatter::try_new(column, &FormatOptions::default().with_null("null"));
        let values: Vec<String> = shown.iter().flat_map(|shown| (0..column.len().min(5)).map(|row| shown.value(row).to_string())).collect();
        json!({ "name": name, "type": data_type.to_string(), "nulls": column.null_count(), "first": values })
    });
    (findings, json!({ "columns": columns.collect::<Vec<_>>() }))
}

fn expected(path: &std::path::Path, result: &Value) -> Result<Result<(), String>, OpenError> {
    let at = |e: String| OpenError::Run(format!("{}: {e}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| at(e.to_string()))?;
    let wanted: Value = serde_json::from_str(&text).map_err(|e| at(e.to_string()))?;
    let wanted = wanted.get("result").cloned().unwrap_or(wanted);
    Ok(differs(&wanted, result, "result").map_or(Ok(()), Err))
}

/// Where two values differ.
fn differs(wanted: &Value, found: &Value, at: &str) -> Option<String> {
    match (wanted, found) {
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => a.iter().find_map(|(key, value)| differs(value, b.get(key).unwrap_or(&Value::Null), &format!("{at}.{key}"))),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a.iter().zip(b).enumerate().find_map(|(i, (a, b))| differs(a, b, &format!("{at}[{i}]"))),
        (a, b) => {
            let equal = a.as_f64().zip(b.as_f64()).map_or(a == b, |(a, b)| near(a, b));
            (!equal).then(|| format!("{at} is {b}, and {a} is expected"))
        }
    }
}

fn render(info: &Info, rows: usize, findings: &[Finding], result: &Value) -> String {
    let mut out = format!("{} {} on {rows} rows\n\ncontract\n", printable(&info.name), printable(&info.version));
    for (what, found) in findings {
        let _ = match found {
            Ok(()) => writeln!(out, "  pass  {what}"),
            Err(reason) => writeln!(out, "  fail  {what}: {}", printable(reason)),
        };
    }
    let _ = writeln!(out, "\nresult");
    for sample in result["samples"].as_array().into_iter().flatten() {
        let labels: Vec<String> = sample["labels"].as_object().into_iter().flatten().map(|(name, value)| format!("{name}={value}")).collect();
        let _ = writeln!(out, "  {} {} {}", printable(sample["name"].as_str().unwrap_or_default()), printable(&labels.join(" ")), sample["value"]);
    }
    for column in result["columns"].as_array().into_iter().flatten() {
        let first: Vec<&str> = column["first"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let _ = writeln!(out, "  {:<24} {:<12} {} nulls: {}, …", printable(column["name"].as_str().unwrap_or_default()), column["type"].as_str().unwrap_or_default(), column["nulls"], printable(&first.join(", ")));
    }
    out
}
