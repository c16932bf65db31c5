//! The catalogue: one documented entry for every metric, two-sample test, preset, source and exporter. The JSON Schema, the
//! reference docs, `driftline list` and `explain`, dashboards and completions are derived from it.

use crate::column::{Column, Kind, Roles};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exporter::Starting;
use crate::metric::Metric;
use crate::name::suggestion;
use crate::source::Opening;
use crate::spec::Component;
use crate::two_sample::TwoSampleTest;
use schemars::Schema;
use std::path::Path;

/// Whether more of it is better, for colours, words and default directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Lower,
    Higher,
    Neither,
}

/// A field of a result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    pub name: &'static str,
    pub summary: &'static str,
    /// As Prometheus names units: "ratio", "seconds", or empty for the column's own unit or none.
    pub unit: &'static str,
}

impl Field {
    pub const fn new(name: &'static str, unit: &'static str, summary: &'static str) -> Self {
        Self { name, summary, unit }
    }
}

/// What a component says of itself.
#[derive(Clone, Copy)]
pub struct Doc {
    /// lower_snake_case: module, TOML value, CLI name and docs anchor.
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    /// One line.
    pub summary: &'static str,
    /// What it measures, when to use it and when not, what missing, infinite, empty and constant data do.
    pub description: &'static str,
    pub formula: &'static str,
    pub direction: Direction,
    /// `value` in a condition is the first one.
    pub fields: &'static [Field],
    /// JSON Schema of its own parameters.
    pub parameters: fn() -> Schema,
    /// A part of a spec that uses it.
    pub example: &'static str,
    /// Paper, or reference implementation.
    pub reference: &'static str,
}

/// What a metric is computed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One result for each of `columns`, which must be given.
    Column,
    /// One result; `columns` restricts what it looks at.
    Dataset,
    /// One for each of `columns`, or one over all.
    Either,
    /// One result, of rows or of the columns that the spec names elsewhere: it takes no `columns`.
    Rows,
}

/// What a metric is bound to.
pub struct Binding<'a> {
    /// The column, for a metric over one.
    pub column: Option<&'a Column>,
    /// The columns, for a metric over a dataset.
    pub columns: &'a [Column],
    pub roles: &'a Roles,
    /// Every column of the plan, those with roles too, whatever `columns` says.
    pub all: &'a [Column],
    /// The names of the columns of [source.training], if there is one.
    pub training: Option<&'a [String]>,
    pub catalogue: &'a Catalogue,
}

/// A metric made from a spec.
pub struct Built {
    pub metric: Box<dyn Metric>,
    /// Labels of their own for parameters that tell two series apart, such as `test` or `quantile`. The others that differ from their
    /// defaults share the label `params`.
    pub labels: Vec<(String, String)>,
    /// The parameters that those labels, or the readings' own, tell already.
    pub labelled: &'static [&'static str],
    /// The fields of its results.
    pub fields: Vec<Field>,
    /// Condition that stands for a missing `fail`.
    pub default_fail: Option<String>,
}

type BuildMetric = fn(&Binding<'_>, Component<'_>, &mut Diagnostics) -> Option<Built>;
type BuildTest = fn(&Column, Component<'_>, &mut Diagnostics) -> Option<BuiltTest>;
type OpenSource = fn(Component<'_>, &Path, &mut Diagnostics) -> Option<Opening>;
/// The monitor's name comes first.
type StartExporter = fn(&str, Component<'_>, &mut Diagnostics) -> Option<Box<dyn FnOnce() -> Starting + Send>>;

/// A two-sample test made from a spec.
pub struct BuiltTest {
    pub test: Box<dyn TwoSampleTest>,
    /// The fields that its results have.
    pub fields: Vec<Field>,
    /// Non-default parameters, for the series' `params` label.
    pub params: Option<String>,
    /// The condition under which a column counts as drifted, if the user gives none.
    pub drifted: &'static str,
}

#[derive(Clone, Copy)]
pub struct MetricEntry {
    pub doc: Doc,
    pub scope: Scope,
    /// The kinds of column that it takes; empty means all.
    pub accepts: &'static [Kind],
    /// Whether it compares current with the reference, rather than describing one side.
    pub compares: bool,
    pub build: BuildMetric,
}

#[derive(Clone, Copy)]
pub struct TestEntry {
    pub doc: Doc,
    pub accepts: &'static [Kind],
    pub build: BuildTest,
}

#[derive(Clone, Copy)]
pub struct SourceEntry {
    pub doc: Doc,
    pub open: OpenSource,
}

#[derive(Clone, Copy)]
pub struct ExporterEntry {
    pub doc: Doc,
    /// The names of the families that it adds of its own, for dashboards: (name, help).
    pub start: StartExporter,
}

/// A check that a preset stands for.
#[derive(Clone, Copy)]
pub struct PresetCheck {
    /// The check's name; a check of the suite with the same name replaces it.
    pub name: &'static str,
    pub metric: &'static str,
    /// Selectors, or `$target`, `$prediction`, `$features` and `$vectors` (lists of numbers); empty for a metric over the dataset. Those that match nothing are left out.
    pub columns: &'static [&'static str],
    /// Condition where there is a reference; empty for the metric's own.
    pub fail: &'static str,
    /// Condition where there is none; `None` leaves the check out.
    pub alone: Option<&'static str>,
    /// The metric's own keys, as TOML.
    pub parameters: &'static str,
}

/// Checks for a purpose, named by one word.
#[derive(Clone, Copy)]
pub struct PresetEntry {
    pub doc: Doc,
    pub checks: &'static [PresetCheck],
}

/// Names of another tool that a suite understands, with that tool's defaults, if it says `compatibility = NAME`.
#[derive(Clone, Copy)]
pub struct Compatibility {
    pub name: &'static str,
    /// As the other tool writes its name.
    pub title: &'static str,
    pub tables: &'static [&'static [Translation]],
}

impl Compatibility {
    pub fn translations(&self) -> impl Iterator<Item = &'static Translation> + use<> {
        self.tables.iter().flat_map(|table| table.iter())
    }

    pub fn find(&self, name: &str) -> Option<&'static Translation> {
        self.translations().find(|translation| translation.name == name)
    }
}

/// What a name of another tool is here.
#[derive(Clone, Copy)]
pub struct Translation {
    pub name: &'static str,
    /// What the other tool calls such things.
    pub family: &'static str,
    pub meaning: Meaning,
    /// What is not the same, on purpose.
    pub note: &'static str,
    /// The case that shows that it gives the other tool's answer; empty where there is nothing to compute.
    pub proof: &'static str,
}

/// What a name of another tool stands for.
#[derive(Clone, Copy)]
pub enum Meaning {
    /// Checks with the other tool's conditions; one of several adds its name to the check's.
    Checks(&'static [PresetCheck]),
    /// Several names of the same table, and the preset that is nearest here.
    Names(&'static [&'static str], &'static str),
    /// A value of `test`, as TOML, and the condition under which the other tool calls it drift.
    Test(&'static str, &'static str),
    /// A column of `[derived]`: SQL over columns named as the other tool's example has them.
    Derived(&'static str),
    /// No part of a suite: how it is had here, or why it is not.
    Elsewhere(&'static str),
}

/// The tables of all crates.
#[derive(Clone, Default)]
pub struct Catalogue {
    pub metrics: Vec<MetricEntry>,
    pub tests: Vec<TestEntry>,
    pub presets: Vec<PresetEntry>,
    pub compatibilities: Vec<Compatibility>,
    pub sources: Vec<SourceEntry>,
    pub exporters: Vec<ExporterEntry>,
}

impl Catalogue {
    /// How a name of another tool is understood, if there is one.
    pub fn of_another_tool(&self, name: &str) -> Option<String> {
        let tool = self.compatibilities.iter().find(|tool| tool.find(name).is_some())?;
        let elsewhere = match tool.find(name).map(|t| t.meaning) {
            Some(Meaning::Elsewhere(words)) => format!("; here it is {words}"),
            Some(Meaning::Derived(expression)) => format!("; here it is a column of [derived], such as {expression:?}"),
            _ => format!(": add `compatibility = {:?}` to the suite", tool.name),
        };
        Some(format!("`{name}` is a name of {}{elsewhere}", tool.title))
    }
}

/// An entry with a doc.
pub trait Entry {
    fn doc(&self) -> &Doc;
}

macro_rules! entries {
    ($($entry:ty),*) => { $(impl Entry for $entry { fn doc(&self) -> &Doc { &self.doc } })* };
}
entries!(MetricEntry, TestEntry, PresetEntry, SourceEntry, ExporterEntry);

/// The entry of that name or alias.
pub fn find<'a, E: Entry>(entries: &'a [E], name: &str) -> Option<&'a E> {
    entries.iter().find(|e| e.doc().name == name || e.doc().aliases.contains(&name))
}

/// The entry of that name, or an error with the nearest one.
pub fn find_or_report<'a, E: Entry>(
    entries: &'a [E],
    component: &Component<'_>,
    what: &str,
    extra: &[&str],
    diagnostics: &mut Diagnostics,
) -> Option<&'a E> {
    let found = find(entries, &component.kind);
    if found.is_none() {
        let names = entries.iter().map(|e| e.doc().name).chain(extra.iter().copied());
        let message = format!("unknown {what} `{}`", component.kind);
        diagnostics.push(Diagnostic::at(component.kind_span.clone(), message).help(suggestion(&component.kind, names)));
    }
    found
}

/// The schema of a component without parameters of its own.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
pub struct NoParameters {}

/// The JSON Schema of a parameter type, for [`Doc::parameters`].
pub fn schema_of<T: schemars::JsonSchema>() -> Schema {
    schemars::schema_for!(T)
}

/// Reads all parameters of a component; an unknown key is an error.
pub fn read_parameters<T>(component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<T>
where
    T: serde::de::DeserializeOwned + schemars::JsonSchema,
{
    let mut table = component.params;
    let parameters = table.take(diagnostics);
    table.finish(&format!("`{}`", component.kind), diagnostics);
    parameters
}
