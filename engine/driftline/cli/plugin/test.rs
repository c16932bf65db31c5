//! `driftline plugin test`: what a plugin gives for a file, and whether it keeps its contract.

use super::super::compare::{kind, open as with_sources, quoted};
use super::super::print;
use driftline::core::accumulator::{Accumulator, Context};
use driftline::core::block::Block;
use driftline::core::diagnostic::{Diagnostic, Diagnostics, Text};
use driftline::core::plugin::{Bindings, Info, Plugin, PluginHost, PluginKind, PluginResult, PluginSample};
use driftline::core::source::{Scan, Source};
use driftline::core::two_sample::TestResult;
use driftline::core::spec;
use driftline::outputs::table::printable;
use driftline::plugin::Host;
use driftline::{Monitor, OpenError};
use arrow::array::{Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, Scalar, make_array, new_null_array};
use arrow::buffer::NullBuffer;
use arrow::compute::kernels::zip::zip;
use arrow::compute::{cast, concat_batches};
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
    /// A key of the config and its value, as TOML: --config 'side="above"'.
    #[arg(long = "config", value_name = "KEY=VALUE")]
    config: Vec<String>,
    /// Another key that its table has in a spec, as TOML, such as --set 'grant=["clock"]', --set 'folder="names"', --set 'limits={time="5s"}'.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// What is tested, on what.
#[derive(clap::Args)]
pub(in crate::cli) struct Test {
    #[command(flatten)]
    given: Given,
    /// JSON file with the `result` that is expected, or a part of it, as `--output json` prints it; numbers may differ by 1e-9 of themselves.
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
/// Values of a transform's column that the result has, from the first row on.
const SHOWN: usize = 100;
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
    written("--config", &asked.config)?;
    written("--set", &asked.set)?;
    let planned = Monitor::from_text("the plugin's spec", text.clone(), Default::default(), ".".into())?.plan()?;
    if let Some(wrong) = planned.unusable_plugins.values().next() {
        let told = |one: &Diagnostic| one.help.as_ref().map_or_else(|| one.message.clone(), |help| format!("{}; {help}", one.message));
        return Err(OpenError::Spec(wrong.iter().map(told).collect::<Vec<_>>().join("\n")));
    }
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

/// Tells which of some options is no TOML: a shell takes the quotes from what it is given without others around.
fn written(option: &str, given: &[String]) -> Result<(), OpenError> {
    for given in given {
        if let Err(e) = given.parse::<toml::Table>() {
            return Err(OpenError::Spec(format!("{option} {given}: no TOML: {}; write texts in two kinds of quotes, such as {option} 'key=\"text\"'", e.message())));
        }
    }
    Ok(())
}

fn bindings(asked: &Given, info: &Info, source: &dyn Source) -> Result<Bindings, OpenError> {
    let columns: Vec<String> = source.schema().fields().iter().map(|f| f.name().clone()).collect();
    let mut bindings = Bindings::new();
    for given in &asked.inputs {
        let (input, column) = given.split_once('=').ok_or_else(|| OpenError::Spec(format!("--input {given}: write NAME=COLUMN")))?;
        if !info.inputs.iter().any(|i| i.name == input) {
            let inputs: Vec<&str> = info.inputs.iter().map(|i| i.name.as_str()).collect();
            return Err(OpenError::Spec(format!("--input {given}: the plugin has no input `{input}`; its inputs are {}", inputs.join(", "))));
        }
        if !columns.iter().any(|name| name == column) {
            return Err(OpenError::Spec(format!("--input {given}: {} has no column `{column}`; its columns are {}", asked.data, columns.join(", "))));
        }
        bindings.push((input.to_owned(), column.to_owned()));
    }
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
    let mut text = format!("[monitor]\nname = \"plugin_test\"\n{sources}[plugin.tested]\ncomponent = {}\ninputs = {{ {} }}\n{}\n", quoted(&component), inputs.join(", "), asked.set.join("\n"));
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

/// Every third row without a value. `seen` tells what stands under it, which nobody may look at: what was there, or zeros.
fn with_nulls(rows: &RecordBatch, seen: bool) -> Result<RecordBatch, String> {
    let valid: BooleanArray = (0..rows.num_rows()).map(|row| Some(row % 3 != 0)).collect();
    let one = |column: &ArrayRef| -> Result<ArrayRef, String> {
        let zero = || cast(&Int64Array::from(vec![0]), column.data_type()).map_err(|e| e.to_string());
        let values = match column.data_type().is_numeric() && !seen {
            true => zip(&valid, column, &Scalar::new(zero()?)).map_err(|e| e.to_string())?,
            false => column.clone(),
        };
        let nulls = NullBuffer::union(values.nulls(), Some(&NullBuffer::new(valid.values().clone())));
        values.to_data().into_builder().nulls(nulls).build().map(make_array).map_err(|e| e.to_string())
    };
    let fields: Vec<_> = rows.schema().fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    let columns = rows.columns().iter().map(one).collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(Arc::new(arrow::datatypes::Schema::new(fields)), columns).map_err(|e| e.to_string())
}

/// The rows in parts that grow from one row on.
fn parts(rows: &RecordBatch) -> Vec<RecordBatch> {
    let (mut parts, mut from) = (Vec::new(), 0);
    while from < rows.num_rows() {
        let length = (from + 1).min(rows.num_rows() - from);
        parts.push(rows.slice(from, length));
        from += length;
    }
    parts
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
    // Rows that cannot be used are part of what an accumulator says.
    let counted = |accumulator: &dyn Accumulator, of: &str, unusable: u64| match accumulator.unusable() == unusable {
        true => Ok(()),
        false => Err(format!("{} rows {of} cannot be used, and {unusable} of all at once", accumulator.unusable())),
    };
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
    let read = fed(std::slice::from_ref(rows)).and_then(|fed| Ok((fed.unusable(), finish(fed)?)));
    let (unusable, whole) = match read {
        Ok(read) => read,
        Err(reason) => return (vec![(READS, Err(reason))], Value::Null),
    };
    let sample = |sample: PluginSample| json!({ "name": sample.name, "labels": sample.labels.into_iter().collect::<BTreeMap<_, _>>(), "value": sample.value });
    let result = json!({ "samples": ordered(&whole).into_iter().map(sample).collect::<Vec<_>>(), "unusable_rows": unusable });
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
        ("gives the same in batches from one row on", agrees(fed(&parts(rows)).and_then(|fed| counted(fed.as_ref(), "in batches", unusable).and_then(|()| finish(fed))))),
        ("gives the same merged from two states", agrees(merged(&[first.clone(), second.clone()]))),
        ("gives the same merged the other way round", agrees(merged(&[second, first]))),
        ("gives the same merged from many states", agrees(merged(&parts(rows)))),
        ("takes an empty batch", agrees(fed(&[empty.clone(), rows.clone()]).and_then(finish))),
        ("does not look under nulls", under_nulls(rows, |rows| finish(fed(std::slice::from_ref(&rows))?)).and_then(|[a, b]| same(&a, &b))),
        ("takes rows without values", nulls(rows).and_then(|nulls| fed(&[nulls, rows.clone()]).and_then(finish)).map(drop)),
    ];
    (findings, result)
}

/// What comes of rows of which a third have no values: with what was there under the nulls, and with zeros.
fn under_nulls<T>(rows: &RecordBatch, of: impl Fn(RecordBatch) -> Result<T, String>) -> Result<[T; 2], String> {
    Ok([of(with_nulls(rows, true)?)?, of(with_nulls(rows, false)?)?])
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
        ("gives the same merged from many states", agrees(compare(&parts(&first), &parts(&second)))),
        ("does not look under nulls", under_nulls(&first, |first| compare(std::slice::from_ref(&first), std::slice::from_ref(&second))).and_then(|[a, b]| same_comparison(&a, &b))),
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
    // Several instances share the rows of a run.
    let each_alone = |parts: &[RecordBatch]| parts.iter().map(|part| apply(std::slice::from_ref(part)).map(|given| given.concat())).collect();
    let findings = vec![
        (READS, length(Ok(vec![whole.clone()]), rows.num_rows())),
        ("gives the same again", agrees(apply(std::slice::from_ref(rows)))),
        ("gives the same in batches from one row on", agrees(apply(&parts(rows)))),
        ("gives the same in two instances", agrees(each_alone(&halves(rows)))),
        ("does not look under nulls", under_nulls(rows, |rows| Ok(apply(&[rows])?.concat())).and_then(|[a, b]| if a == b { Ok(()) } else { Err("the columns are others".into()) })),
        ("takes an empty batch", length(apply(&[rows.slice(0, 0)]), 0)),
        ("takes rows without values", nulls(rows).and_then(|nulls| length(apply(&[nulls]), rows.num_rows()))),
    ];
    let described = plugin.describe(bindings, &schema).map(|described| described.outputs).unwrap_or_default();
    let columns = whole.iter().zip(&described).map(|(column, (name, data_type))| {
        let shown = ArrayFormatter::try_new(column, &FormatOptions::default().with_null("null"));
        let value = |shown: &ArrayFormatter<'_>, row: usize| {
            let text = shown.value(row).to_string();
            match (column.is_valid(row), data_type.is_numeric()) {
                (false, _) => Value::Null,
                (true, true) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
                (true, false) => Value::String(text),
            }
        };
        let values: Vec<Value> = shown.iter().flat_map(|shown| (0..column.len().min(SHOWN)).map(|row| value(shown, row))).collect();
        json!({ "name": name, "type": data_type.to_string(), "nulls": column.null_count(), "first": values })
    });
    (findings, json!({ "columns": columns.collect::<Vec<_>>() }))
}

fn expected(path: &std::path::Path, result: &Value) -> Result<Result<(), String>, OpenError> {
    let at = |e: String| OpenError::Run(format!("{}: {e}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| at(e.to_string()))?;
    let wanted: Value = serde_json::from_str(&text).map_err(|e| at(e.to_string()))?;
    let wanted = wanted.get("result").cloned().unwrap_or(wanted);
    let Some(keys) = wanted.as_object().filter(|keys| !keys.is_empty()) else { return Err(at("no object with what is expected".into())) };
    // A file may leave out what it says nothing of.
    let differing = keys.iter().find_map(|(key, value)| differs(value, result.get(key).unwrap_or(&Value::Null), &format!("result.{key}")));
    Ok(differing.map_or(Ok(()), Err))
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
    if let Some(unusable) = result["unusable_rows"].as_u64().filter(|unusable| *unusable > 0) {
        let _ = writeln!(out, "  {unusable} rows could not be used");
    }
    for sample in result["samples"].as_array().into_iter().flatten() {
        let labels: Vec<String> = sample["labels"].as_object().into_iter().flatten().map(|(name, value)| format!("{name}={value}")).collect();
        let _ = writeln!(out, "  {} {} {}", printable(sample["name"].as_str().unwrap_or_default()), printable(&labels.join(" ")), sample["value"]);
    }
    for column in result["columns"].as_array().into_iter().flatten() {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let first: Vec<String> = column["first"].as_array().into_iter().flatten().take(5).map(text).collect();
        let _ = writeln!(out, "  {:<24} {:<12} {} nulls: {}, …", printable(column["name"].as_str().unwrap_or_default()), column["type"].as_str().unwrap_or_default(), column["nulls"], printable(&first.join(", ")));
    }
    out
}
