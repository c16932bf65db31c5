//! `driftline compare`: two files, no spec.

use super::print;
use super::run::progress_bar;
use driftline::core::catalogue::Entry;
use driftline::core::column::{Column, Kind, Selector};
use driftline::core::outcome::CheckOutcome;
use driftline::outputs::table::printable;
use driftline::{Monitor, OpenError, Outcome, Status, catalogue};
use std::fmt::Write;
use std::io::IsTerminal;
use std::process::ExitCode;

/// How the comparison is printed.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Output {
    /// For people.
    Table,
    /// The whole outcome (`driftline.outcome/1`).
    Json,
}

/// What is compared, and how.
#[derive(clap::Args)]
pub struct Compare {
    /// File, folder or glob of the reference: Parquet, CSV, NDJSON or Arrow.
    reference: String,
    /// File, folder or glob of the current data.
    current: String,
    /// Only columns that match: a name or a glob. May be given several times.
    #[arg(long, value_name = "GLOB")]
    column: Vec<String>,
    /// Two-sample test for the columns that it takes (see `driftline list`). May be given several times.
    #[arg(long, value_name = "NAME")]
    test: Vec<String>,
    #[arg(long, short, value_enum, default_value_t = Output::Table)]
    output: Output,
}

pub fn compare(asked: &Compare) -> Result<ExitCode, OpenError> {
    let sources = sources(asked)?;
    let plan = open(&sources, "[[record]]\nmetric = \"row_count\"\n")?.plan()?;
    let columns = chosen(&plan.columns, &asked.column)?;
    let rest = checks(&columns, &asked.test)?;
    let bar = progress_bar();
    let outcome = open(&sources, &rest)?.run_with(&|rows| bar.set_position(rows));
    bar.finish_and_clear();
    let outcome = outcome?;
    match asked.output {
        Output::Table => print(&(render(&outcome, asked, std::io::stdout().is_terminal()) + &left_out(&columns, &outcome)))?,
        Output::Json => {
            let json = serde_json::to_string_pretty(&outcome);
            print(&(json.map_err(|e| OpenError::Run(format!("the outcome cannot be written: {e}")))? + "\n"))?
        }
    };
    // Nothing that was compared is no agreement.
    let empty = outcome.rows.current == 0 || outcome.rows.reference == Some(0) || suite(&outcome, "drift").is_empty();
    Ok(ExitCode::from(u8::from(empty || outcome.status >= Status::Fail)))
}

/// A string for a spec: JSON's escapes are TOML's, and a dollar sign is doubled.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text.replace('$', "$$")).to_string()
}

pub(super) fn open(sources: &str, rest: &str) -> Result<Monitor, OpenError> {
    // Overrides are for specs that somebody wrote.
    let variables = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
    let environment = variables.filter(|(name, _)| !name.starts_with("DRIFTLINE__")).collect();
    Monitor::from_text("compare", format!("[monitor]\nname = \"compare\"\n{sources}{rest}"), environment, ".".into())
}

fn sources(asked: &Compare) -> Result<String, OpenError> {
    let mut text = String::new();
    for (side, path) in [("reference", &asked.reference), ("current", &asked.current)] {
        let kind = kind(path)?;
        text += &format!("[source.{side}]\nkind = \"{kind}\"\npath = {}\n", quoted(path));
    }
    Ok(text)
}

/// The kind of source by the file's ending; a folder's by its first file with a known one.
pub(super) fn kind(path: &str) -> Result<&'static str, OpenError> {
    if !path.contains(['*', '?', '[']) && !std::path::Path::new(path).exists() {
        return Err(OpenError::Run(format!("{path}: no such file or folder")));
    }
    let by_ending = |name: &str| {
        match name.to_ascii_lowercase().rsplit_once('.').map(|(_, ending)| ending) {
            Some("parquet" | "pq") => Some("parquet"),
            Some("csv") => Some("csv"),
            Some("ndjson" | "jsonl" | "json") => Some("ndjson"),
            Some("arrow" | "ipc" | "feather") => Some("arrow_ipc"),
            _ => None,
        }
    };
    let inside = || {
        let mut names: Vec<String> =
            std::fs::read_dir(path).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        let mut kinds: Vec<&str> = names.iter().filter_map(|name| by_ending(name)).collect();
        kinds.dedup();
        if kinds.len() > 1 {
            tracing::warn!("{path}: has files of several formats; only {} are read", kinds[0]);
        }
        kinds.first().copied()
    };
    by_ending(path).or_else(inside).ok_or_else(|| {
        OpenError::Spec(format!("{path}: the file's ending tells no format, or the folder has no file with such an ending; known are .parquet, .pq, .csv, .ndjson, .jsonl, .json, .arrow, .ipc, .feather"))
    })
}

fn chosen(columns: &[Column], globs: &[String]) -> Result<Vec<Column>, OpenError> {
    let mut chosen: Vec<Column> = Vec::new();
    for glob in globs {
        let exact = columns.iter().any(|c| c.name == *glob).then(|| Selector::Name(glob.clone()));
        let selector = exact.map_or_else(|| Selector::parse(glob), Ok).map_err(OpenError::Spec)?;
        let before = chosen.len();
        chosen.extend(columns.iter().filter(|c| selector.matches(c)).cloned());
        if chosen.len() == before {
            let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
            return Err(OpenError::Spec(format!("--column {glob} matches no column; the columns are {}", names.join(", "))));
        }
    }
    Ok(if globs.is_empty() { columns.to_vec() } else { chosen })
}

/// Drift of each column by each test that takes it, and the sketches' counts.
fn checks(columns: &[Column], tests: &[String]) -> Result<String, OpenError> {
    let catalogue = catalogue();
    let mut wanted = Vec::new();
    for name in tests {
        let entry = driftline::core::catalogue::find(&catalogue.tests, name);
        wanted.push(entry.ok_or_else(|| OpenError::Spec(format!("--test {name}: there is no such two-sample test; see `driftline list`")))?);
    }
    let mut text = String::from("[[suite]]\nname = \"schema\"\n[[suite.check]]\nmetric = \"column_types\"\n");
    let mut drift = String::new();
    let both: Vec<&Column> = columns.iter().filter(|c| c.in_reference && c.in_current).collect();
    for (i, column) in both.iter().enumerate() {
        let name = quoted(&column.name);
        if tests.is_empty() && has_default_test(column) {
            let _ = writeln!(drift, "[[suite.check]]\nname = \"column_{i}\"\nmetric = \"drift\"\ncolumns = {name}");
        }
        for test in wanted.iter().filter(|test| test.accepts.contains(&column.kind)) {
            let test = test.doc().name;
            let _ = writeln!(drift, "[[suite.check]]\nname = \"column_{i}_{test}\"\nmetric = \"drift\"\ncolumns = {name}\ntest = \"{test}\"");
        }
    }
    let mut sketches = String::new();
    for (i, column) in both.iter().enumerate() {
        let metric = match column.kind {
            Kind::Numerical => "distribution",
            Kind::Categorical => "category_share",
            _ => continue,
        };
        let name = quoted(&column.name);
        let _ = writeln!(sketches, "[[suite.check]]\nname = \"sketch_{i}\"\nmetric = \"{metric}\"\ncolumns = {name}\nwarn = \"count == 0.5\"\nno_data = \"pass\"");
    }
    // A suite without checks is an error.
    for (head, checks) in [("name = \"drift\"\ncorrection = \"benjamini_hochberg\"", drift), ("name = \"sketch\"", sketches)] {
        if !checks.is_empty() {
            let _ = write!(text, "[[suite]]\n{head}\n{checks}");
        }
    }
    Ok(text)
}

fn has_default_test(column: &Column) -> bool {
    column.holds_vectors() || matches!(column.kind, Kind::Numerical | Kind::Categorical | Kind::Text)
}

fn suite<'a>(outcome: &'a Outcome, name: &str) -> &'a [CheckOutcome] {
    outcome.suites.iter().find(|s| s.name == name).map_or(&[], |s| &s.checks)
}

/// The comparison as text, columns by effect size. Writing to a string cannot fail.
fn render(outcome: &Outcome, asked: &Compare, colour: bool) -> String {
    let mut out = String::new();
    let rows = outcome.rows.reference.unwrap_or_default();
    let _ = writeln!(out, "reference  {rows:>12} rows  {}", asked.reference);
    let _ = writeln!(out, "current    {:>12} rows  {}\n", outcome.rows.current, asked.current);
    let schema = suite(outcome, "schema").first();
    let differs = |s: &&CheckOutcome| s.status != Status::Pass || s.fields.get("reordered").is_some_and(|n| *n > 0.0);
    let changed = schema.filter(differs).map_or("the same columns and types", |s| s.message.as_str());
    let _ = writeln!(out, "schema: {}\n", printable(changed));
    let mut checks: Vec<&CheckOutcome> = suite(outcome, "drift").iter().collect();
    let effect = |c: &CheckOutcome| c.fields.get("effect_size").map_or(f64::INFINITY, |e| e.abs());
    checks.sort_by(|a, b| effect(b).total_cmp(&effect(a)));
    let name = |c: &CheckOutcome| c.column.as_deref().map(printable).unwrap_or_default();
    let width = checks.iter().map(|c| name(c).chars().count()).max().unwrap_or(0).max(6);
    let test_width = checks.iter().filter_map(|c| c.test.as_ref()).map(|t| t.len()).max().unwrap_or(0).max(4);
    let _ = writeln!(out, "{:<width$}  {:<test_width$}  {:>9}  {:>9}          reference → current", "column", "test", "effect", "p");
    for check in checks {
        let number = |field: &str| check.fields.get(field).map_or("–".to_owned(), |v| short(*v));
        let mark = mark(check.status, colour);
        let sketch = if check.fields.is_empty() { check.message.clone() } else { sketch(suite(outcome, "sketch"), check.column.as_deref().unwrap_or_default()) };
        let test = check.test.as_deref().unwrap_or_default();
        let (effect, p) = (number("effect_size"), number("p_value"));
        let _ = writeln!(out, "{:<width$}  {test:<test_width$}  {effect:>9}  {p:>9}  {mark}  {}", name(check), printable(&sketch));
    }
    let drifted = suite(outcome, "drift").iter().filter(|c| c.status == Status::Fail).count();
    let corrected = suite(outcome, "drift").iter().any(|c| c.fields.contains_key("p_value"));
    let words = if corrected { "; p-values are corrected for testing so many (Benjamini-Hochberg)" } else { "" };
    let _ = writeln!(out, "\n{drifted} of {} drifted{words}", suite(outcome, "drift").len());
    for (name, n) in &outcome.counters {
        let _ = writeln!(out, "note: {name} = {n}");
    }
    out
}

/// Columns of both sides whose kind no test takes, or none of those that were asked for. The schema's line names those of one side.
fn left_out(columns: &[Column], outcome: &Outcome) -> String {
    let compared: Vec<&str> = suite(outcome, "drift").iter().filter_map(|c| c.column.as_deref()).collect();
    let other = |c: &&Column| c.in_reference && c.in_current && !compared.contains(&c.name.as_str());
    let names: Vec<String> = columns.iter().filter(other).map(|c| format!("{} ({})", printable(&c.name), c.kind.name())).collect();
    if names.is_empty() { String::new() } else { format!("not compared: {}\n", names.join(", ")) }
}

fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if (1e-3..1e4).contains(&size) => format!("{value:.4}"),
        _ => format!("{value:.2e}"),
    }
}

fn mark(status: Status, colour: bool) -> String {
    let (word, code) = match status {
        Status::Fail => ("drift", "31"),
        Status::Error => ("error", "31"),
        Status::NoData => ("empty", "33"),
        _ => ("     ", "32"),
    };
    if colour { format!("\x1b[{code}m{word}\x1b[0m") } else { word.into() }
}

/// Both distributions on one line: bars over the same bins, or the categories that changed most.
fn sketch(checks: &[CheckOutcome], column: &str) -> String {
    let of_column: Vec<&CheckOutcome> = checks.iter().filter(|c| c.column.as_deref() == Some(column)).collect();
    let share = |c: &CheckOutcome, fields: fn(&CheckOutcome) -> &driftline::core::outcome::FieldValues| fields(c).get("share").copied().unwrap_or(0.0);
    let (before, now): (Vec<f64>, Vec<f64>) =
        of_column.iter().map(|c| (share(c, |c| &c.reference), share(c, |c| &c.fields))).unzip();
    if of_column.iter().any(|c| c.labels.contains_key("bin")) {
        return format!("{} → {}", bars(&before), bars(&now));
    }
    let mut changes: Vec<(&str, f64, f64)> = of_column
        .iter()
        .zip(before.iter().zip(&now))
        .filter_map(|(c, (before, now))| Some((c.labels.get("category")?.as_str(), *before, *now)))
        .collect();
    changes.sort_by(|a, b| (b.2 - b.1).abs().total_cmp(&(a.2 - a.1).abs()));
    let shown = changes.iter().take(3).map(|(name, before, now)| format!("{} {:.1} % → {:.1} %", if name.is_empty() { "\"\"" } else { name }, before * 100.0, now * 100.0));
    shown.collect::<Vec<_>>().join(", ")
}

fn bars(shares: &[f64]) -> String {
    const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = shares.iter().copied().fold(0.0, f64::max);
    let bar = |share: &f64| {
        let height = if most > 0.0 { (share / most * 8.0).ceil() as usize } else { 0 };
        BARS[height.min(8)]
    };
    shares.iter().map(bar).collect()
}
