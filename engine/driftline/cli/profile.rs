//! `driftline profile`: the reference as a file.

use super::compare::{kind, open, quoted};
use super::print;
use super::run::progress_bar;
use driftline::core::catalogue::{Binding, Entry, MetricEntry, Scope};
use driftline::core::column::{Column, Roles};
use driftline::core::diagnostic::Diagnostics;
use driftline::core::saved::SavedProfile;
use driftline::core::spec::{Component, Table};
use driftline::runtime::save::{merge_saved, save_reference};
use driftline::{Monitor, OpenError, catalogue};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// What is saved, and where to.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Profile {
    #[command(subcommand)]
    action: Option<Action>,
    /// A file, folder or glob, for what every metric and test needs with its defaults; or a spec (.toml), for what its checks and records need of its reference.
    #[arg(required = true)]
    source: Option<String>,
    /// The file to write.
    #[arg(long, short, required = true)]
    output: Option<PathBuf>,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Join the profiles of parts of the same data.
    Merge {
        #[arg(required = true, num_args = 2..)]
        profiles: Vec<PathBuf>,
        /// The spec that they were made with, if they were made with one.
        #[arg(long)]
        spec: Option<PathBuf>,
        /// The file to write.
        #[arg(long, short)]
        output: PathBuf,
    },
    /// Print what a profile holds.
    Show { profile: PathBuf },
}

pub fn profile(asked: &Profile) -> Result<ExitCode, OpenError> {
    match (&asked.action, &asked.source, &asked.output) {
        (Some(Action::Merge { profiles, spec, output }), ..) => merge(profiles, spec.as_deref(), output),
        (Some(Action::Show { profile }), ..) => show(profile),
        (None, Some(source), Some(output)) => make(source, output),
        _ => Err(OpenError::Spec("name a SOURCE and an output: driftline profile SOURCE -o FILE".into())),
    }
}

fn make(source: &str, output: &Path) -> Result<ExitCode, OpenError> {
    let plan = match source.ends_with(".toml") {
        true => Monitor::open(source)?.plan()?,
        false => {
            let side = |name: &str, kind: &str| format!("[source.{name}]\nkind = \"{kind}\"\npath = {}\n", quoted(source));
            let kind = kind(source)?;
            everything(&(side("reference", kind) + &side("current", kind)))?.plan()?
        }
    };
    let bar = progress_bar();
    let saved = save_reference(&plan, &|rows| bar.set_position(rows));
    bar.finish_and_clear();
    write(&saved?, output)
}

/// A monitor of all that can be asked of the columns with defaults.
fn everything(sources: &str) -> Result<Monitor, OpenError> {
    let columns = open(sources, "[[record]]\nmetric = \"row_count\"\n")?.plan()?.columns;
    open(sources, &records(&columns))
}

fn records(columns: &[Column]) -> String {
    let catalogue = catalogue();
    let mut text = String::new();
    // What needs roles, queries or several columns has no default.
    let roles = Roles::default();
    let has_default = |metric: &&MetricEntry| {
        let column = columns.iter().find(|c| metric.accepts.is_empty() || metric.accepts.contains(&c.kind));
        let binding = Binding { column, columns, roles: &roles, all: columns, training: None, catalogue: &catalogue };
        let component = Component { kind: metric.doc.name.into(), kind_span: 0..0, params: Table::new(0..0, Default::default()) };
        let built = (metric.build)(&binding, component, &mut Diagnostics::default());
        built.is_some_and(|built| built.metric.queries().is_empty())
    };
    // Writing to a string cannot fail.
    for metric in catalogue.metrics.iter().filter(has_default).filter(|m| m.doc.name != "drift") {
        let name = metric.doc.name;
        if metric.scope != Scope::Column {
            let _ = writeln!(text, "[[record]]\nmetric = \"{name}\"");
        }
        let fits = |c: &&Column| matches!(metric.scope, Scope::Column | Scope::Either) && (metric.accepts.is_empty() || metric.accepts.contains(&c.kind));
        for column in columns.iter().filter(fits) {
            let _ = writeln!(text, "[[record]]\nmetric = \"{name}\"\ncolumns = {}", quoted(&column.name));
        }
    }
    for test in &catalogue.tests {
        for column in columns.iter().filter(|c| test.accepts.contains(&c.kind)) {
            let _ = writeln!(text, "[[record]]\nmetric = \"drift\"\ncolumns = {}\ntest = \"{}\"", quoted(&column.name), test.doc().name);
        }
    }
    text
}

fn merge(profiles: &[PathBuf], spec: Option<&Path>, output: &Path) -> Result<ExitCode, OpenError> {
    let shards: Vec<Arc<SavedProfile>> = profiles.iter().map(|p| read(p).map(|(saved, _)| saved)).collect::<Result<_, _>>()?;
    let plan = match spec {
        Some(spec) => Monitor::open(spec)?.plan()?,
        None => {
            let path = quoted(&profiles[0].display().to_string());
            let side = |name: &str| format!("[source.{name}]\nkind = \"profile\"\npath = {path}\n");
            everything(&(side("reference") + &side("current")))?.plan()?
        }
    };
    let merged = merge_saved(&plan, &shards)?;
    let lost: Vec<&String> = merged.states.values().filter_map(|state| state.as_ref().err()).collect();
    if let Some(reason) = lost.first() {
        return Err(OpenError::Run(format!("{} of {} states cannot be merged, the first of them since {reason}", lost.len(), merged.states.len())));
    }
    write(&merged, output)
}

fn read(path: &Path) -> Result<(Arc<SavedProfile>, String), OpenError> {
    SavedProfile::read(path).map_err(|e| OpenError::Run(format!("{}: {e}", path.display())))
}

/// The file is replaced whole.
fn write(saved: &SavedProfile, path: &Path) -> Result<ExitCode, OpenError> {
    let named = |e: std::io::Error| OpenError::Run(format!("{}: {e}", path.display()));
    if path.exists() && SavedProfile::read(path).is_err() {
        return Err(OpenError::Spec(format!("{}: is there already and no profile; name another output", path.display())));
    }
    let bytes = saved.encode().map_err(OpenError::Run)?;
    let part = path.with_extension("profile.part");
    let mut file = std::fs::File::create(&part).map_err(named)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(named)?;
    std::fs::rename(&part, path).map_err(named)?;
    let states = saved.states.values().filter(|state| state.is_ok()).count();
    print(&format!("{}: {} rows, {} columns, {states} states, {} KiB\n", path.display(), saved.rows, saved.columns.len(), bytes.len().div_ceil(1024)))
}

fn show(path: &Path) -> Result<ExitCode, OpenError> {
    let (saved, digest) = read(path)?;
    let schema = saved.schema().map_err(OpenError::Run)?;
    let mut out = format!("{}\nsha256 {digest}\n{} rows, seed {}\n\ncolumns\n", path.display(), saved.rows, saved.seed);
    for field in schema.fields() {
        let kind = saved.columns.iter().find(|c| c.name == *field.name()).map_or("", |c| c.kind.name());
        let _ = writeln!(out, "  {:<24} {kind:<12} {}", field.name(), field.data_type());
    }
    let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for ((_, key), state) in &saved.states {
        let (count, bytes) = kinds.entry(key.split('(').next().unwrap_or(key)).or_default();
        *count += 1;
        *bytes += state.as_ref().map_or(0, Vec::len);
    }
    let _ = writeln!(out, "\nstates");
    for (kind, (count, bytes)) in kinds {
        let _ = writeln!(out, "  {kind:<24} {count:>5}  {bytes:>12} bytes");
    }
    for ((_, key), reason) in saved.states.iter().filter_map(|(place, state)| Some((place, state.as_ref().err()?))) {
        let _ = writeln!(out, "  {key}: {reason}");
    }
    for (filter, rows) in &saved.slices {
        let _ = writeln!(out, "where {filter}: {rows} rows");
    }
    print(&out)
}
