//! The plan: a spec resolved against real schemas.

mod binding;
mod compatibility;
mod inference;
mod labels;
mod plugins;
mod presets;
mod resolver;
mod selection;

use crate::pipeline::slice_column;
use crate::serve::Schedule;
use arrow::datatypes::SchemaRef;
use driftline_core::catalogue::{Catalogue, find_or_report};
use driftline_core::column::{Column, Roles};
use driftline_core::diagnostic::{Diagnostic, Diagnostics};
use driftline_core::exporter::Starting;
use driftline_core::plugin::{Bindings, Info, Plugin, PluginHost};
use driftline_core::query::{QueryEngine, QueryTable};
use driftline_core::source::{Derived, Source, SourceError};
use driftline_core::spec::{PluginSpec, Component, RunFrame, SourceSpec, Spec, SuiteSpec};
use driftline_core::suite::{BoundMetric, Suite, condition_fields};
use inference::infer_columns;
pub use labels::LabelColumns;
use resolver::Resolver;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use toml::Spanned;

/// One side's rows.
pub struct Side {
    pub source: Arc<dyn Source>,
    /// The source's columns as the user knows them: without those that say which rows a `where` keeps.
    pub schema: SchemaRef,
    pub filter: Option<String>,
    /// As the spec has it, until it is known which columns there are.
    asked_filter: Option<Spanned<String>>,
}

/// A transform with its inputs and the names of its columns.
pub struct PlannedTransform {
    pub name: String,
    pub plugin: Arc<dyn Plugin>,
    pub bindings: Bindings,
    pub outputs: Vec<String>,
}

/// Starts an exporter.
pub type Start = Box<dyn FnOnce() -> Starting + Send>;

/// A spec resolved against real schemas.
pub struct Plan {
    pub monitor: String,
    pub spec_digest: String,
    pub reference: Option<Side>,
    pub current: Side,
    /// What a recommender learnt from.
    pub training: Option<Side>,
    pub labels: LabelColumns,
    pub columns: Vec<Column>,
    pub roles: Roles,
    /// Columns that no metric over all columns, glob or type sees.
    pub ignored: BTreeSet<String>,
    pub transforms: Vec<PlannedTransform>,
    pub plugin_digests: BTreeMap<String, String>,
    /// Plugins that can be used, with what the spec says of them.
    pub plugins: Vec<(PluginSpec, Info)>,
    /// Plugins that cannot be used, and why: their checks are errors.
    pub unusable_plugins: BTreeMap<String, Vec<Diagnostic>>,
    pub metrics: Vec<BoundMetric>,
    pub suites: Vec<Suite>,
    /// Metrics that are recorded without being judged.
    pub records: Vec<usize>,
    pub run: RunFrame,
    /// What was left out while planning.
    pub counters: BTreeMap<String, u64>,
    /// Checks of presets that cannot be made of this spec, and why.
    pub left_out_of_presets: Vec<String>,
    /// By column of a `by`: SQL for the rows whose value has no result of its own.
    pub other_segments: BTreeMap<String, String>,
    /// HELP of plugin samples, by family.
    pub sample_help: BTreeMap<String, String>,
    pub schedule: Option<Schedule>,
    /// By export name.
    pub exports: Vec<(String, Start)>,
    /// Which runs the plugins.
    pub host: Arc<dyn PluginHost>,
    pub queries: Arc<dyn QueryEngine>,
}

impl Plan {
    pub fn reference_schema(&self) -> SchemaRef {
        self.reference.as_ref().map_or_else(|| self.current.schema.clone(), |r| r.schema.clone())
    }

    pub fn threads(&self) -> usize {
        match self.run.threads.0 {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        }
    }
}

/// What is known of a monitor before its data is.
pub struct Serving {
    pub monitor: String,
    pub schedule: Option<Schedule>,
    pub exports: Vec<(String, Start)>,
    /// Folder for what outlives a run, relative to the spec.
    pub state: Option<String>,
}

/// Why there is no plan: what is wrong in the spec, and which sources cannot be reached.
#[derive(Default)]
pub struct PlanError {
    pub spec: Diagnostics,
    pub sources: Vec<Diagnostic>,
}

impl From<Diagnostics> for PlanError {
    fn from(spec: Diagnostics) -> Self {
        Self { spec, ..Self::default() }
    }
}

impl From<SourceError> for PlanError {
    fn from(SourceError(message): SourceError) -> Self {
        Self { sources: vec![Diagnostic { message, span: None, help: None }], ..Self::default() }
    }
}

/// What planning needs beside the spec.
pub struct Planner<'a> {
    pub catalogue: &'a Catalogue,
    pub host: Arc<dyn PluginHost>,
    pub queries: Arc<dyn QueryEngine>,
    /// Paths in the spec are relative to it.
    pub folder: &'a Path,
}

impl Planner<'_> {
    /// Resolves a spec. Errors of the spec come all at once, those found while it was parsed included.
    pub async fn plan(&self, mut spec: Spec<'_>, mut diagnostics: Diagnostics) -> Result<Plan, PlanError> {
        let d = &mut diagnostics;
        let Serving { schedule, exports, .. } = self.frame(&mut spec, d);
        let reference = self.open(spec.reference.take(), None, d).await;
        let types = reference.as_ref().ok().and_then(|r| Some(r.as_ref()?.schema.clone()));
        let current = self.open(spec.current.take(), types.clone(), d).await;
        let asked_labels = spec.labels.is_some();
        let lateness = spec.labels.as_ref().and_then(|l| Some(l.frame.lateness.as_ref()?.get_ref().0));
        let labels = self.open_labels(spec.labels.take(), types.clone(), d).await;
        let training = self.open(spec.training.take(), types, d).await;
        let (reference, current, training, came) = match (reference, current, labels, training) {
            (Ok(reference), Ok(Some(current)), Ok(labels), Ok(mut training)) => {
                let (mut reference, mut current, came) = self.labelled((reference, current), labels, &spec.columns, &spec.run, d);
                derive(reference.iter_mut().chain([&mut current]).chain(&mut training).collect(), &spec.derived, d);
                (reference, current, training, came)
            }
            (reference, current, labels, training) => {
                // What can be told without the data is told.
                self.check_names(&spec, d);
                let sources = [reference.err(), current.err(), labels.err(), training.err()].into_iter().flatten().collect();
                return Err(PlanError { spec: diagnostics, sources });
            }
        };
        if asked_labels && came.columns.is_empty() && !d.is_empty() {
            // Without the labels every word about their columns would seem wrong.
            self.check_names(&spec, d);
            return Err(diagnostics.into());
        }
        let roles = Roles {
            id: spec.columns.id.as_ref().map(|c| c.get_ref().clone()),
            timestamp: spec.columns.timestamp.as_ref().map(|c| c.get_ref().clone()),
            target: spec.columns.target.as_ref().map(|c| c.get_ref().clone()),
            prediction: spec.columns.prediction.as_ref().map(|c| c.get_ref().clone()),
            score: spec.columns.score.as_ref().map(|c| c.get_ref().clone()),
            positive: spec.columns.positive.as_ref().map(|c| c.get_ref().clone()),
            probabilities: spec.columns.probabilities.iter().map(|(label, c)| (label.clone(), c.get_ref().clone())).collect(),
            user: spec.columns.user.as_ref().map(|c| c.get_ref().clone()),
            item: spec.columns.item.as_ref().map(|c| c.get_ref().clone()),
            rank: spec.columns.rank.as_ref().map(|c| c.get_ref().clone()),
            labelled_at: spec.columns.labelled_at.as_ref().map(|c| c.get_ref().clone()),
            lateness,
        };
        let declared = [&spec.columns.categorical, &spec.columns.numerical].map(|names| names.iter().map(|c| c.get_ref()).collect::<Vec<_>>());
        let columns = infer_columns(reference.as_ref(), &current, &declared).await;
        let mut resolver = Resolver {
            planner: self,
            sides: (reference.as_ref(), &current),
            columns: columns?,
            roles,
            // What comes with the labels is no part of the rows: it is seen where it is named.
            ignored: came.columns.clone(),
            has_reference: reference.is_some(),
            training: training.as_ref().map(|side| side.schema.fields().iter().map(|f| f.name().clone()).collect()),
            schema: reference.as_ref().unwrap_or(&current).schema.clone(),
            plugins: BTreeMap::new(),
            broken_plugins: spec.broken_plugins,
            plan_metrics: Vec::new(),
            counters: BTreeMap::new(),
            left_out_of_presets: Vec::new(),
            other_segments: BTreeMap::new(),
            sample_help: BTreeMap::new(),
            transforms: Vec::new(),
            diagnostics,
        };
        resolver.load_plugins(spec.plugins);
        resolver.correct_columns(&spec.columns);
        let suites = spec.suites.into_iter().map(|s| resolver.suite(s)).collect();
        let mut records: Vec<usize> = spec.records.into_iter().flat_map(|r| resolver.record(r)).collect();
        records.extend(spec.recorded_presets.iter().flat_map(|(name, span)| resolver.record_preset(name, span)));
        if !resolver.diagnostics.is_empty() {
            return Err(resolver.diagnostics.into());
        }
        let Resolver { diagnostics: _, sides: _, planner: _, roles, ignored, columns, plugins, plan_metrics, counters, left_out_of_presets, other_segments, sample_help, transforms, .. } =
            resolver;
        let filters: BTreeSet<&String> = plan_metrics.iter().filter(|m| m.metric.is_ok()).filter_map(|m| m.filter.as_ref()).collect();
        let sliced = |side: Side| {
            let own = side.other_segments(&other_segments).into_iter();
            let filters = filters.iter().copied().chain(own).collect();
            side.sliced(&filters)
        };
        let reference = reference.map(sliced).transpose()?;
        let current = sliced(current)?;
        let (mut plugin_digests, mut usable_plugins, mut unusable_plugins) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        for (name, used) in plugins {
            match used.plugin {
                Ok(plugin) => {
                    plugin_digests.insert(name, plugin.info().digest.clone());
                    usable_plugins.push((used.spec, plugin.info().clone()));
                }
                Err(_) => drop(unusable_plugins.insert(name, used.wrong)),
            }
        }
        Ok(Plan {
            monitor: spec.monitor.name.into_inner(),
            spec_digest: spec.digest,
            reference,
            current,
            training,
            labels: came,
            columns,
            roles,
            ignored: ignored.into_iter().collect(),
            transforms,
            plugin_digests,
            plugins: usable_plugins,
            unusable_plugins,
            metrics: plan_metrics,
            suites,
            records,
            run: spec.run,
            counters,
            left_out_of_presets,
            other_segments,
            sample_help,
            schedule,
            exports,
            host: self.host.clone(),
            queries: self.queries.clone(),
        })
    }

    /// What a spec says of serving, without looking at its data.
    pub fn serving(&self, mut spec: Spec<'_>, mut diagnostics: Diagnostics) -> Result<Serving, Diagnostics> {
        let serving = self.frame(&mut spec, &mut diagnostics);
        if diagnostics.is_empty() { Ok(serving) } else { Err(diagnostics) }
    }

    fn frame(&self, spec: &mut Spec<'_>, d: &mut Diagnostics) -> Serving {
        let schedule = spec.schedule.take().and_then(|(frame, span)| Schedule::new(&frame, &span).map_err(|e| d.push(e)).ok());
        let monitor = spec.monitor.name.get_ref().clone();
        let mut exports = Vec::new();
        for export in std::mem::take(&mut spec.exports) {
            if let Some(entry) = find_or_report(&self.catalogue.exporters, &export.component, "exporter", &[], d) {
                exports.extend((entry.start)(&monitor, export.component, d).map(|start| (export.name, start)));
            }
        }
        Serving { monitor, schedule, exports, state: spec.run.state.clone() }
    }

    /// Reports metrics and presets that the catalogue does not have, and conditions that are none.
    fn check_names(&self, spec: &Spec<'_>, d: &mut Diagnostics) {
        let plugins: Vec<&str> = spec.plugins.iter().map(|p| p.name.as_str()).chain(spec.broken_plugins.iter().map(String::as_str)).collect();
        let in_our_words = |suite: &&SuiteSpec<'_>| suite.compatibility.is_none();
        let presets = spec.suites.iter().filter(in_our_words).filter_map(|suite| suite.preset.as_ref()).chain(&spec.recorded_presets);
        for (name, span) in presets {
            find_or_report(&self.catalogue.presets, &presets::component(name, span), "preset", &[], d);
        }
        let mut metric = |component: &Component<'_>| match plugins.contains(&component.kind.as_str()) {
            true => None,
            false => find_or_report(&self.catalogue.metrics, component, "metric", &plugins, d),
        };
        let checks = spec.suites.iter().filter(in_our_words).flat_map(|s| &s.checks);
        let entries: Vec<_> = checks.map(|check| (check, metric(&check.metric.metric))).collect();
        for record in &spec.records {
            metric(&record.metric);
        }
        for (check, entry) in entries {
            let Some(entry) = entry else { continue };
            let fields = condition_fields(entry.doc.fields, !entry.compares);
            for condition in [&check.fail, &check.warn].into_iter().flatten() {
                resolver::condition(condition, &fields, d);
            }
        }
    }

    async fn open(
        &self,
        spec: Option<SourceSpec<'_>>,
        types: Option<SchemaRef>,
        d: &mut Diagnostics,
    ) -> Result<Option<Side>, Diagnostic> {
        let Some(spec) = spec else { return Ok(None) };
        let span = spec.component.params.span_of("path");
        let entry = find_or_report(&self.catalogue.sources, &spec.component, "kind of source", &[], d);
        let opening = entry.and_then(|e| (e.open)(spec.component, self.folder, d));
        let Some(opening) = opening else { return Ok(None) };
        let source = opening(types).await.map_err(|e| Diagnostic::at(span, e.0))?;
        Ok(Some(Side { schema: source.schema(), source, filter: None, asked_filter: spec.frame.filter }))
    }
}

/// The sides as tables for queries.
pub(crate) fn query_tables(reference: Option<&Side>, current: &Side) -> Vec<QueryTable> {
    let table = |(name, side): (&'static str, &Side)| QueryTable { name, source: side.source.clone(), filter: side.filter.clone() };
    let sides = reference.map(|side| ("reference", side)).into_iter().chain([("current", current)]);
    sides.map(table).collect()
}

impl Side {
    /// Of the expressions for rows without a result of their own those whose column this side has.
    pub fn other_segments<'a>(&self, all: &'a BTreeMap<String, String>) -> Vec<&'a String> {
        let readable = |(by, filter): &(&String, &String)| self.schema.column_with_name(by).is_some() && self.source.check_filter(filter).is_ok();
        all.iter().filter(readable).map(|(_, filter)| filter).collect()
    }

    /// The side with a column for each expression of `where`, all of which compile.
    fn sliced(mut self, filters: &BTreeSet<&String>) -> Result<Side, SourceError> {
        for filter in filters {
            let derived = Derived { name: slice_column(filter), expression: (*filter).clone() };
            self.source = self.source.derive(derived).map_err(|e| SourceError(format!("`where`: {e}")))?;
        }
        Ok(self)
    }

    /// Reads the side's filter, which may use derived columns.
    fn take_filter(&mut self, diagnostics: &mut Diagnostics) {
        let Some(given) = self.asked_filter.take() else { return };
        match self.source.check_filter(given.get_ref()) {
            Ok(()) => self.filter = Some(given.into_inner()),
            Err(e) => diagnostics.error(&given.span(), format!("`filter`: {e}")),
        }
    }
}

/// Adds the derived columns to the sides. One that only some of them can compute is missing on the others, as any column may be.
fn derive(mut sides: Vec<&mut Side>, derived: &[(String, Spanned<String>)], diagnostics: &mut Diagnostics) {
    for (name, expression) in derived {
        let derive = |side: &mut &mut Side| {
            let derived = Derived { name: name.clone(), expression: expression.get_ref().clone() };
            match side.source.derive(derived) {
                Ok(source) => {
                    side.schema = source.schema();
                    side.source = source;
                    None
                }
                Err(e) => Some(e),
            }
        };
        let errors: Vec<String> = sides.iter_mut().filter_map(derive).collect();
        match errors.first() {
            Some(error) if errors.len() == sides.len() => diagnostics.error(&expression.span(), format!("derived column `{name}`: {error}")),
            Some(error) => tracing::warn!("derived column `{name}` is missing on one side: {error}"),
            None => {}
        }
    }
    sides.iter_mut().for_each(|side| side.take_filter(diagnostics));
}
