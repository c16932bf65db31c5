//! The spec: what the user wrote, typed as far as it is the same for everybody. The tables of components
//! (sources, metrics, tests, exporters) stay [`Table`]s, which their catalogue entries read.

pub mod config;
pub mod environment;
pub mod frame;
pub mod table;

use crate::diagnostic::{Diagnostic, Diagnostics, Span, Text};
use crate::name::is_identifier;
pub use config::Config;
pub use environment::Environment;
pub use frame::*;
use sha2::{Digest, Sha256};
pub use table::Table;
use toml::de::{DeTable, DeValue};

/// A table of parameters for the component `kind`.
#[derive(Debug, Clone)]
pub struct Component<'a> {
    pub kind: String,
    pub kind_span: Span,
    pub params: Table<'a>,
}

#[derive(Debug, Clone)]
pub struct SourceSpec<'a> {
    pub component: Component<'a>,
    pub frame: SourceFrame,
}

/// `[source.labels]`
#[derive(Debug, Clone)]
pub struct LabelsSpec<'a> {
    pub source: SourceSpec<'a>,
    pub span: Span,
    pub frame: LabelsFrame,
}

#[derive(Debug, Clone)]
pub struct PluginSpec {
    pub name: String,
    pub span: Span,
    pub frame: PluginFrame,
    /// The plugin's own parameters.
    pub config: Config,
}

/// A metric with its columns and parameters: what checks and records have in common.
#[derive(Debug, Clone)]
pub struct MetricSpec<'a> {
    pub metric: Component<'a>,
    /// `None` where the spec names no columns.
    pub columns: Option<(Vec<String>, Span)>,
    /// `where`
    pub filter: Option<(String, Span)>,
    pub by: Option<(String, Span)>,
}

#[derive(Debug, Clone)]
pub struct CheckSpec<'a> {
    pub name: String,
    pub span: Span,
    pub metric: MetricSpec<'a>,
    pub fail: Option<(String, Span)>,
    pub warn: Option<(String, Span)>,
    pub no_data: NoData,
}

#[derive(Debug, Clone)]
pub struct SuiteSpec<'a> {
    pub name: String,
    pub span: Span,
    pub correction: Correction,
    pub compatibility: Option<(String, Span)>,
    pub preset: Option<(String, Span)>,
    pub checks: Vec<CheckSpec<'a>>,
}

#[derive(Debug, Clone)]
pub struct ExportSpec<'a> {
    pub name: String,
    pub component: Component<'a>,
}

/// A whole spec.
#[derive(Debug, Clone)]
pub struct Spec<'a> {
    pub monitor: MonitorFrame,
    pub reference: Option<SourceSpec<'a>>,
    pub current: Option<SourceSpec<'a>>,
    pub labels: Option<LabelsSpec<'a>>,
    /// What a recommender learnt from.
    pub training: Option<SourceSpec<'a>>,
    pub columns: ColumnsFrame,
    /// `[derived]`: columns by name, in the order of the file.
    pub derived: Vec<(String, toml::Spanned<String>)>,
    pub plugins: Vec<PluginSpec>,
    /// Names of plugins whose tables are wrong.
    pub broken_plugins: Vec<String>,
    pub suites: Vec<SuiteSpec<'a>>,
    pub records: Vec<MetricSpec<'a>>,
    /// Presets whose metrics are recorded.
    pub recorded_presets: Vec<(String, Span)>,
    pub exports: Vec<ExportSpec<'a>>,
    pub schedule: Option<(ScheduleFrame, Span)>,
    pub run: RunFrame,
    /// SHA-256 of the file and the overrides, as hexadecimal digits.
    pub digest: String,
}

/// Reads a spec. `text` must already hold the overrides (see [`environment::append_overrides`]).
/// Returns what could be read; it is complete only if `diagnostics` stayed empty.
pub fn parse<'a>(text: &'a Text, environment: &Environment, diagnostics: &mut Diagnostics) -> Spec<'a> {
    let (root, errors) = DeTable::parse_recoverable(text.file());
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        diagnostics.push(Diagnostic::at(span, format!("not valid TOML: {}", error.message())));
    }
    let mut root = root.into_inner();
    // First the overrides: a variable that stands in an overridden value need not be set.
    environment::apply_overrides(&mut root, text, diagnostics);
    environment::interpolate(&mut root, text, environment, diagnostics);
    let span = 0..text.file().lines().next().map_or(0, str::len);
    let mut root = Table::new(span, root);
    let (records, recorded_presets) = read_records(&mut root, diagnostics);
    let (plugins, broken_plugins) = read_plugins(&mut root, diagnostics);
    let spec = Spec {
        monitor: read_monitor(&mut root, diagnostics),
        plugins,
        broken_plugins,
        suites: read_suites(&mut root, diagnostics),
        records,
        recorded_presets,
        exports: read_exports(&mut root, diagnostics),
        columns: read_frame(&mut root, "columns", diagnostics),
        derived: read_derived(&mut root, diagnostics),
        run: read_frame(&mut root, "run", diagnostics),
        schedule: read_schedule(&mut root, diagnostics),
        digest: digest(text),
        reference: None,
        current: None,
        labels: None,
        training: None,
    };
    let sources = read_sources(&mut root, diagnostics);
    root.finish("the spec", diagnostics);
    Spec { reference: sources.reference, current: sources.current, labels: sources.labels, training: sources.training, ..spec }
}

fn digest(text: &Text) -> String {
    let mut hash = Sha256::new();
    hash.update(text.file());
    for o in text.overrides() {
        hash.update([0]);
        hash.update(&o.variable);
        hash.update([0]);
        hash.update(text.slice(&o.span));
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

fn read_monitor(root: &mut Table<'_>, diagnostics: &mut Diagnostics) -> MonitorFrame {
    let Some(mut table) = root.take_table("monitor", diagnostics) else {
        diagnostics.push(
            Diagnostic::at(root.span.clone(), "the spec has no [monitor]")
                .help("add\n[monitor]\nname = \"my_model\"".to_owned()),
        );
        return MonitorFrame::default();
    };
    let frame: MonitorFrame = table.take(diagnostics).unwrap_or_default();
    let name = &frame.name;
    // An empty span is that of the default: what is wrong with the table has been said.
    if !name.span().is_empty() {
        require_identifier(name.get_ref(), &name.span(), "the monitor's name", diagnostics);
    }
    table.finish("[monitor]", diagnostics);
    frame
}

/// Reads a table that has no parameters of a component in it; an absent one is the default.
fn read_frame<T>(root: &mut Table<'_>, key: &str, diagnostics: &mut Diagnostics) -> T
where
    T: Default + serde::de::DeserializeOwned + schemars::JsonSchema,
{
    let Some(mut table) = root.take_table(key, diagnostics) else { return T::default() };
    let frame = table.take(diagnostics).unwrap_or_default();
    table.finish(&format!("[{key}]"), diagnostics);
    frame
}

/// Reads `[derived]` in the order of the file, since a column may use those before it.
fn read_derived(root: &mut Table<'_>, diagnostics: &mut Diagnostics) -> Vec<(String, toml::Spanned<String>)> {
    let Some(mut table) = root.take_table("derived", diagnostics) else { return Vec::new() };
    let mut derived = Vec::new();
    for (name, value) in table.take_all_values() {
        let span = value.span();
        match value.into_inner() {
            DeValue::String(text) => derived.push((name, toml::Spanned::new(span, text.into_owned()))),
            other => diagnostics.error(&span, format!("`{name}` must be an SQL expression in quotes, not a {}", other.type_str())),
        }
    }
    derived.sort_by_key(|(_, text)| text.span().start);
    derived
}

fn read_schedule(root: &mut Table<'_>, diagnostics: &mut Diagnostics) -> Option<(ScheduleFrame, Span)> {
    let mut table = root.take_table("schedule", diagnostics)?;
    let span = table.span.clone();
    let frame: Option<ScheduleFrame> = table.take(diagnostics);
    table.finish("[schedule]", diagnostics);
    frame.map(|f| (f, span))
}

/// `[source]`
#[derive(Default)]
struct Sources<'a> {
    reference: Option<SourceSpec<'a>>,
    current: Option<SourceSpec<'a>>,
    labels: Option<LabelsSpec<'a>>,
    training: Option<SourceSpec<'a>>,
}

fn read_sources<'a>(root: &mut Table<'a>, diagnostics: &mut Diagnostics) -> Sources<'a> {
    let Some(mut table) = root.take_table("source", diagnostics) else {
        diagnostics.push(
            Diagnostic::at(root.span.clone(), "the spec has no [source.current]")
                .help("add\n[source.current]\nkind = \"parquet\"\npath = \"current.parquet\"".to_owned()),
        );
        return Sources::default();
    };
    let reference = table.take_table("reference", diagnostics).and_then(|t| read_source(t, "reference", diagnostics));
    let current = table.take_table("current", diagnostics);
    if current.is_none() {
        diagnostics.error(&table.span, "[source] has no `current`: the rows to monitor");
    }
    let current = current.and_then(|t| read_source(t, "current", diagnostics));
    let labels = table.take_table("labels", diagnostics).and_then(|mut t| {
        let (span, frame) = (t.span.clone(), t.take(diagnostics));
        let source = read_source(t, "labels", diagnostics)?;
        // What is wrong with the frame has been told.
        Some(LabelsSpec { source, span, frame: frame.unwrap_or_default() })
    });
    let training = table.take_table("training", diagnostics).and_then(|t| read_source(t, "training", diagnostics));
    table.finish("[source]", diagnostics);
    Sources { reference, current, labels, training }
}

fn read_source<'a>(mut table: Table<'a>, side: &str, diagnostics: &mut Diagnostics) -> Option<SourceSpec<'a>> {
    let frame = table.take(diagnostics);
    let component = read_component(table, "kind", None, &format!("[source.{side}]"), diagnostics);
    Some(SourceSpec { component: component?, frame: frame? })
}

/// Reads which component a table is for. Its other keys stay as the component's parameters.
fn read_component<'a>(
    mut table: Table<'a>,
    key: &str,
    default: Option<&str>,
    what: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Component<'a>> {
    match (table.take_value(key), default) {
        (Some((_, value)), _) => {
            let kind_span = value.span();
            match value.into_inner() {
                DeValue::String(kind) => Some(Component { kind: kind.into_owned(), kind_span, params: table }),
                other => {
                    let message = format!("`{key}` must be a string, not a {}", other.type_str());
                    diagnostics.error(&kind_span, message);
                    None
                }
            }
        }
        (None, Some(default)) => {
            Some(Component { kind: default.into(), kind_span: table.span.clone(), params: table })
        }
        (None, None) => {
            diagnostics.error(&table.span, format!("{what} has no `{key}`"));
            None
        }
    }
}

/// Reads a component that stands as a value: its name, or a table with its name and parameters.
pub fn component_of<'a>(
    key: &str,
    key_span: Span,
    value: toml::Spanned<DeValue<'a>>,
    diagnostics: &mut Diagnostics,
) -> Option<Component<'a>> {
    let span = value.span();
    match value.into_inner() {
        DeValue::String(name) => {
            Some(Component { kind: name.into_owned(), kind_span: span.clone(), params: Table::new(span, DeTable::new()) })
        }
        DeValue::Table(entries) => {
            read_component(Table::new(span, entries), "name", None, &format!("`{key}`"), diagnostics)
        }
        other => {
            let message = format!("`{key}` must be a name or a table `{{ name = … }}`, not a {}", other.type_str());
            diagnostics.error(&key_span, message);
            None
        }
    }
}

/// Plugins, and the names of those whose tables are wrong.
fn read_plugins(root: &mut Table<'_>, diagnostics: &mut Diagnostics) -> (Vec<PluginSpec>, Vec<String>) {
    let (mut plugins, mut broken) = Default::default();
    let Some(mut table) = root.take_table("plugin", diagnostics) else { return (plugins, broken) };
    for (name, mut table) in table.take_all_tables(diagnostics) {
        require_identifier(&name, &table.span, "a plugin's name", diagnostics);
        let config = table.take_value("config");
        let config = config.map_or_else(|| Config::empty(table.span.clone()), |(_, v)| Config::new(&v));
        match table.take(diagnostics) {
            Some(frame) => plugins.push(PluginSpec { name: name.clone(), span: table.span.clone(), frame, config }),
            // What uses it is not wrong for that.
            None => broken.push(name.clone()),
        }
        table.finish(&format!("[plugin.{name}]"), diagnostics);
    }
    (plugins, broken)
}

fn read_exports<'a>(root: &mut Table<'a>, diagnostics: &mut Diagnostics) -> Vec<ExportSpec<'a>> {
    let Some(mut table) = root.take_table("export", diagnostics) else { return Vec::new() };
    let tables = table.take_all_tables(diagnostics);
    let exports = tables.into_iter().filter_map(|(name, table)| {
        require_identifier(&name, &table.span, "an export's name", diagnostics);
        let component = read_component(table, "kind", Some(&name), &format!("[export.{name}]"), diagnostics)?;
        Some(ExportSpec { name, component })
    });
    exports.collect()
}

fn read_suites<'a>(root: &mut Table<'a>, diagnostics: &mut Diagnostics) -> Vec<SuiteSpec<'a>> {
    let mut suites: Vec<SuiteSpec<'a>> = Vec::new();
    for mut table in root.take_tables("suite", diagnostics) {
        let checks = table.take_tables("check", diagnostics);
        let checks = checks.into_iter().filter_map(|t| read_check(t, diagnostics)).collect();
        let frame: Option<SuiteFrame> = table.take(diagnostics);
        table.finish("[[suite]]", diagnostics);
        // Its checks have mistakes of their own to be told.
        let frame = frame.unwrap_or_default();
        let (span, name) = (frame.name.span(), frame.name.into_inner());
        let text = |value: Option<toml::Spanned<String>>| value.map(|v| (v.get_ref().clone(), v.span()));
        let (preset, compatibility) = (text(frame.preset), text(frame.compatibility));
        if !span.is_empty() {
            require_identifier(&name, &span, "a suite's name", diagnostics);
        }
        if !name.is_empty() && suites.iter().any(|s| s.name == name) {
            diagnostics.error(&span, format!("there are two suites named `{name}`; give one another name"));
        }
        let suite = SuiteSpec { name, span, correction: frame.correction, compatibility, preset, checks };
        // Names of another tool become other names first.
        if suite.compatibility.is_none() {
            report_equal_names(&suite, diagnostics);
        }
        suites.push(suite);
    }
    suites
}

/// Reports checks of one name.
pub fn report_equal_names(suite: &SuiteSpec<'_>, diagnostics: &mut Diagnostics) {
    for (i, check) in suite.checks.iter().enumerate() {
        if suite.checks[..i].iter().any(|c| c.name == check.name) {
            let message = format!("suite `{}` has two checks named `{}`", suite.name, check.name);
            let help = "a check's `name` is its stable id; give each its own".to_owned();
            diagnostics.push(Diagnostic::at(check.span.clone(), message).help(help));
        }
    }
}

fn read_check<'a>(mut table: Table<'a>, diagnostics: &mut Diagnostics) -> Option<CheckSpec<'a>> {
    let span = table.span.clone();
    let frame: Option<CheckFrame> = table.take(diagnostics);
    let metric = read_metric(table, "[[suite.check]]", diagnostics)?;
    let frame = frame?;
    let name = match frame.name {
        Some(name) => {
            require_identifier(name.get_ref(), &name.span(), "a check's name", diagnostics);
            name.into_inner()
        }
        None => metric.metric.kind.clone(),
    };
    let condition = |c: Option<toml::Spanned<String>>| c.map(|c| (c.get_ref().clone(), c.span()));
    Some(CheckSpec {
        name,
        span,
        metric,
        fail: condition(frame.fail),
        warn: condition(frame.warn),
        no_data: frame.no_data,
    })
}

/// The records, and the presets among them.
type Records<'a> = (Vec<MetricSpec<'a>>, Vec<(String, Span)>);

fn read_records<'a>(root: &mut Table<'a>, diagnostics: &mut Diagnostics) -> Records<'a> {
    let (mut records, mut presets) = Records::default();
    for mut table in root.take_tables("record", diagnostics) {
        match table.take_value("preset") {
            Some((_, preset)) => {
                let component = component_of("preset", preset.span(), preset, diagnostics);
                presets.extend(component.map(|c| (c.kind, c.kind_span)));
                table.finish("a [[record]] with a preset", diagnostics);
            }
            None => records.extend(read_metric(table, "[[record]]", diagnostics)),
        }
    }
    (records, presets)
}

fn read_metric<'a>(mut table: Table<'a>, what: &str, diagnostics: &mut Diagnostics) -> Option<MetricSpec<'a>> {
    let frame: Option<MetricFrame> = table.take(diagnostics);
    let metric = read_component(table, "metric", None, what, diagnostics)?;
    let frame = frame?;
    let columns = frame.columns.map(|c| (c.get_ref().clone().into_vec(), c.span()));
    let text = |value: Option<toml::Spanned<String>>| value.map(|v| (v.get_ref().clone(), v.span()));
    Some(MetricSpec { metric, columns, filter: text(frame.filter), by: text(frame.by) })
}

fn require_identifier(name: &str, span: &Span, what: &str, diagnostics: &mut Diagnostics) {
    // A variable that is not set stands there as it was written, and has been told of.
    if !is_identifier(name) && !diagnostics.has_at(span) {
        let message = format!("{what} must be lower_snake_case (a-z, 0-9, _), not `{name}`");
        diagnostics.error(span, message);
    }
}
