//! The plan: a spec resolved against real schemas.

use crate::plugin_metric::{PluginMetric, family};
use arrow::array::Array;
use arrow::datatypes::{Schema, SchemaRef};
use driftline_core::catalogue::{Binding, Catalogue, Field, MetricEntry, Scope, find, find_or_report};
use driftline_core::column::{Column, Kind, Roles, Selector, infer};
use driftline_core::condition::{self, Condition};
use driftline_core::diagnostic::{Diagnostic, Diagnostics, Span};
use driftline_core::exporter::Starting;
use driftline_core::name::suggestion;
use driftline_core::plugin::{Bindings, Plugin, PluginHost, PluginKind};
use driftline_core::source::{Scan, Source, SourceError};
use driftline_core::spec::{CheckSpec, Component, MetricSpec, PluginSpec, RunFrame, SourceSpec, Spec};
use driftline_core::suite::{BoundMetric, Check, Suite, condition_fields};
use futures::StreamExt;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Rows of the reference from which types are inferred.
const SAMPLE_ROWS: usize = 100_000;

/// One side's rows.
pub struct Side {
    pub source: Arc<dyn Source>,
    pub filter: Option<String>,
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
    pub columns: Vec<Column>,
    pub roles: Roles,
    pub transforms: Vec<PlannedTransform>,
    pub plugin_digests: BTreeMap<String, String>,
    /// Plugins that cannot be used, and why: their checks are errors.
    pub unusable_plugins: BTreeMap<String, String>,
    pub metrics: Vec<BoundMetric>,
    pub suites: Vec<Suite>,
    /// Metrics that are recorded without being judged.
    pub records: Vec<usize>,
    pub run: RunFrame,
    /// What was left out while planning.
    pub counters: BTreeMap<String, u64>,
    /// HELP of plugin samples, by family.
    pub sample_help: BTreeMap<String, String>,
    /// By export name.
    pub exports: Vec<(String, Start)>,
}

impl Plan {
    pub fn reference_schema(&self) -> SchemaRef {
        self.reference.as_ref().map_or_else(|| self.current.source.schema(), |r| r.source.schema())
    }

    pub fn threads(&self) -> usize {
        match self.run.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        }
    }
}

/// Why there is no plan.
pub enum PlanError {
    /// The spec is wrong.
    Spec(Diagnostics),
    /// A source cannot be reached.
    Source(SourceError),
}

/// What planning needs beside the spec.
pub struct Planner<'a> {
    pub catalogue: &'a Catalogue,
    pub host: &'a dyn PluginHost,
    /// Paths in the spec are relative to it.
    pub folder: &'a Path,
}

impl Planner<'_> {
    /// Resolves a spec. Errors of the spec come all at once, those found while it was parsed included.
    pub async fn plan(&self, spec: Spec<'_>, mut diagnostics: Diagnostics) -> Result<Plan, PlanError> {
        let d = &mut diagnostics;
        let mut exports = Vec::new();
        for export in spec.exports {
            if let Some(entry) = find_or_report(&self.catalogue.exporters, &export.component, "exporter", &[], d) {
                exports.extend((entry.start)(export.component, d).map(|start| (export.name, start)));
            }
        }
        let (reference, current) = match (self.open(spec.reference, d).await, self.open(spec.current, d).await) {
            (Ok(reference), Ok(Some(current))) => (reference, current),
            (Err(e), _) | (_, Err(e)) if d.is_empty() => return Err(PlanError::Source(e)),
            _ => return Err(PlanError::Spec(diagnostics)),
        };
        let roles = Roles {
            id: spec.columns.id.as_ref().map(|c| c.get_ref().clone()),
            timestamp: spec.columns.timestamp.as_ref().map(|c| c.get_ref().clone()),
            target: spec.columns.target.as_ref().map(|c| c.get_ref().clone()),
            prediction: spec.columns.prediction.as_ref().map(|c| c.get_ref().clone()),
        };
        let columns = infer_columns(reference.as_ref(), &current).await;
        let mut resolver = Resolver {
            planner: self,
            columns: columns.map_err(PlanError::Source)?,
            roles,
            ignored: spec.columns.ignore.iter().map(|c| c.get_ref().clone()).collect(),
            has_reference: reference.is_some(),
            schema: reference.as_ref().unwrap_or(&current).source.schema(),
            plugins: BTreeMap::new(),
            plan_metrics: Vec::new(),
            counters: BTreeMap::new(),
            sample_help: BTreeMap::new(),
            transforms: Vec::new(),
            diagnostics,
        };
        resolver.correct_columns(&spec.columns);
        resolver.load_plugins(spec.plugins);
        let suites = spec.suites.into_iter().map(|s| resolver.suite(s)).collect();
        let records = spec.records.into_iter().flat_map(|r| resolver.record(r)).collect();
        if !resolver.diagnostics.is_empty() {
            return Err(PlanError::Spec(resolver.diagnostics));
        }
        let (mut plugin_digests, mut unusable_plugins) = (BTreeMap::new(), BTreeMap::new());
        for (name, used) in resolver.plugins {
            match used.plugin {
                Ok(plugin) => drop(plugin_digests.insert(name, plugin.info().digest.clone())),
                Err(reason) => drop(unusable_plugins.insert(name, reason)),
            }
        }
        Ok(Plan {
            monitor: spec.monitor.name,
            spec_digest: spec.digest,
            reference,
            current,
            columns: resolver.columns,
            roles: resolver.roles,
            transforms: resolver.transforms,
            plugin_digests,
            unusable_plugins,
            metrics: resolver.plan_metrics,
            suites,
            records,
            run: spec.run,
            counters: resolver.counters,
            sample_help: resolver.sample_help,
            exports,
        })
    }

    async fn open(&self, spec: Option<SourceSpec<'_>>, d: &mut Diagnostics) -> Result<Option<Side>, SourceError> {
        let Some(spec) = spec else { return Ok(None) };
        let entry = find_or_report(&self.catalogue.sources, &spec.component, "kind of source", &[], d);
        let opening = entry.and_then(|e| (e.open)(spec.component, self.folder, d));
        let Some(opening) = opening else { return Ok(None) };
        let source: Arc<dyn Source> = opening.await?.into();
        let mut filter = None;
        if let Some(given) = spec.frame.filter {
            match source.check_filter(given.get_ref()) {
                Ok(()) => filter = Some(given.into_inner()),
                Err(e) => d.error(&given.span(), format!("`filter`: {e}")),
            }
        }
        Ok(Some(Side { source, filter }))
    }
}

/// The columns of both sides, with kinds by the rule of type inference over the first rows of the reference.
async fn infer_columns(reference: Option<&Side>, current: &Side) -> Result<Vec<Column>, SourceError> {
    let basis = reference.unwrap_or(current);
    let (schema, now) = (basis.source.schema(), current.source.schema());
    let seen = sample(basis, &schema).await?;
    let mut columns = Vec::new();
    for field in schema.fields().iter().chain(now.fields()) {
        let name = field.name();
        if columns.iter().any(|c: &Column| c.name == *name) {
            continue;
        }
        let kind = match seen.get(name.as_str()) {
            Some((distinct, present)) => infer(field.data_type(), *distinct, *present),
            None => Kind::of(field.data_type()),
        };
        columns.push(Column {
            name: name.clone(),
            kind,
            data_type: field.data_type().clone(),
            in_reference: reference.is_some_and(|r| r.source.schema().column_with_name(name).is_some()),
            in_current: now.column_with_name(name).is_some(),
            plugin: None,
        });
    }
    Ok(columns)
}

/// Distinct and present values of the columns whose kind depends on them.
async fn sample(side: &Side, schema: &Schema) -> Result<BTreeMap<String, (usize, usize)>, SourceError> {
    let open = |f: &&Arc<arrow::datatypes::Field>| {
        f.data_type().is_integer() || (Kind::of(f.data_type()) == Kind::Categorical && !f.data_type().equals_datatype(&arrow::datatypes::DataType::Boolean))
    };
    let columns: Vec<String> = schema.fields().iter().filter(open).map(|f| f.name().clone()).collect();
    if columns.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut seen: BTreeMap<String, (BTreeSet<String>, usize)> = BTreeMap::new();
    let mut stream = side.source.scan(Scan { columns, filter: side.filter.clone(), limit: Some(SAMPLE_ROWS) });
    while let Some(piece) = stream.next().await {
        let batch = piece?.batch;
        let block = driftline_core::block::Block::new(&batch);
        for field in batch.schema().fields() {
            let (distinct, present) = seen.entry(field.name().clone()).or_default();
            if let Ok(strings) = block.strings(field.name()) {
                *present += strings.len() - strings.null_count();
                for value in strings.iter().flatten() {
                    // Beyond the bound the exact number makes no difference.
                    if distinct.len() <= driftline_core::column::CATEGORICAL_STRINGS && !distinct.contains(value) {
                        distinct.insert(value.to_owned());
                    }
                }
            }
        }
    }
    Ok(seen.into_iter().map(|(name, (distinct, present))| (name, (distinct.len(), present))).collect())
}

/// A plugin of the spec, usable or not.
struct Used {
    spec: PluginSpec,
    plugin: Result<Arc<dyn Plugin>, String>,
}

/// Resolves names step by step, collecting errors.
struct Resolver<'a> {
    planner: &'a Planner<'a>,
    columns: Vec<Column>,
    roles: Roles,
    ignored: Vec<String>,
    has_reference: bool,
    schema: SchemaRef,
    plugins: BTreeMap<String, Used>,
    plan_metrics: Vec<BoundMetric>,
    counters: BTreeMap<String, u64>,
    sample_help: BTreeMap<String, String>,
    transforms: Vec<PlannedTransform>,
    diagnostics: Diagnostics,
}

impl Resolver<'_> {
    fn unknown_column(&mut self, name: &str, span: Span) {
        let help = suggestion(name, self.columns.iter().map(|c| c.name.as_str()));
        let message = format!("no column `{name}` on either side");
        self.diagnostics.push(Diagnostic::at(span, message).help(help));
    }

    fn correct_columns(&mut self, frame: &driftline_core::spec::ColumnsFrame) {
        let roles = [&frame.id, &frame.timestamp, &frame.target, &frame.prediction];
        let named = roles.into_iter().flatten().chain(&frame.ignore);
        for name in named {
            if !self.columns.iter().any(|c| c.name == *name.get_ref()) {
                self.unknown_column(name.get_ref(), name.span());
            }
        }
        let kinds = [(Kind::Numerical, &frame.numerical), (Kind::Categorical, &frame.categorical), (Kind::Text, &frame.text)];
        for (kind, names) in kinds {
            for name in names {
                match self.columns.iter_mut().find(|c| c.name == *name.get_ref()) {
                    Some(column) => column.kind = kind,
                    None => self.unknown_column(name.get_ref(), name.span()),
                }
            }
        }
    }

    fn load_plugins(&mut self, specs: Vec<PluginSpec>) {
        for spec in specs {
            if find(&self.planner.catalogue.metrics, &spec.name).is_some() || find(&self.planner.catalogue.tests, &spec.name).is_some() {
                let message = format!("`{}` is the name of a metric or test; give the plugin another name", spec.name);
                self.diagnostics.error(&spec.span, message);
            }
            let plugin = self.planner.host.load(&spec, self.planner.folder);
            let name = spec.name.clone();
            let plugin = plugin.and_then(|p| self.add_plugin(&spec, p));
            if let Err(reason) = &plugin {
                tracing::error!(plugin = name, "{reason}");
            }
            self.plugins.insert(name, Used { spec, plugin });
        }
    }

    /// Checks a plugin's inputs against the columns, and adds a transform's outputs to them.
    fn add_plugin(&mut self, spec: &PluginSpec, plugin: Arc<dyn Plugin>) -> Result<Arc<dyn Plugin>, String> {
        let inputs = &plugin.info().inputs;
        for (input, column) in &spec.frame.inputs {
            if !inputs.iter().any(|i| i.name == *input) {
                let help = suggestion(input, inputs.iter().map(|i| i.name.as_str()));
                let message = format!("plugin `{}` has no input `{input}`", spec.name);
                self.diagnostics.push(Diagnostic::at(column.span(), message).help(help));
            }
            let name = column.get_ref();
            if name != "$column" && !self.columns.iter().any(|c| c.name == *name) {
                self.unknown_column(name, column.span());
            }
        }
        for input in inputs.iter().filter(|i| !i.optional && !spec.frame.inputs.contains_key(&i.name)) {
            let message = format!("plugin `{}` needs the input `{}`: {}", spec.name, input.name, input.summary);
            let help = format!("add inputs = {{ {} = \"a column\" }}", input.name);
            self.diagnostics.push(Diagnostic::at(spec.span.clone(), message).help(help));
        }
        if plugin.info().kind == PluginKind::Transform && self.diagnostics.is_empty() {
            self.add_outputs(spec, &plugin)?;
        }
        Ok(plugin)
    }

    fn add_outputs(&mut self, spec: &PluginSpec, plugin: &Arc<dyn Plugin>) -> Result<(), String> {
        let bindings = bindings(spec, None);
        let described = plugin.describe(&bindings, &self.schema)?;
        let mut outputs = Vec::new();
        for (name, data_type) in described.outputs {
            let name = format!("{}{name}", spec.frame.prefix);
            if self.columns.iter().any(|c| c.name == name) {
                let help = "set `prefix` to rename the plugin's columns".to_owned();
                let message = format!("plugin `{}` adds a column `{name}`, which is there already", spec.name);
                self.diagnostics.push(Diagnostic::at(spec.span.clone(), message).help(help));
            }
            let kind = Kind::of(&data_type);
            let plugin = Some(spec.name.clone());
            let column = Column { name: name.clone(), kind, data_type, in_reference: self.has_reference, in_current: true, plugin };
            self.columns.push(column);
            outputs.push(name);
        }
        let name = spec.name.clone();
        self.transforms.push(PlannedTransform { name, plugin: plugin.clone(), bindings, outputs });
        Ok(())
    }

    fn suite(&mut self, spec: driftline_core::spec::SuiteSpec<'_>) -> Suite {
        let checks = spec.checks.into_iter().flat_map(|c| self.check(c)).collect();
        Suite { name: spec.name, correction: spec.correction, checks }
    }

    fn check(&mut self, spec: CheckSpec<'_>) -> Vec<Check> {
        let CheckSpec { name, span, metric, fail, warn, no_data } = spec;
        let mut checks = Vec::new();
        for bound in self.bind(metric) {
            let names = {
                let metric = &self.plan_metrics[bound.metric];
                condition_fields(&metric.fields, self.has_reference && !metric.compares)
            };
            let fail = match (&fail, &warn) {
                (None, None) => bound.default_fail.clone().map(|text| (text, span.clone())),
                _ => fail.clone(),
            };
            if fail.is_none() && warn.is_none() {
                let help = format!("add `fail` or `warn` over {}, or make it a [[record]]", names.join(", "));
                let message = format!("check `{name}` has no condition");
                self.diagnostics.push(Diagnostic::at(span.clone(), message).help(help));
                continue;
            }
            let id = bound.suffix.as_ref().map_or(name.clone(), |column| format!("{name}.{column}"));
            let fail = fail.and_then(|c| self.condition(c, &names));
            let warn = warn.clone().and_then(|c| self.condition(c, &names));
            checks.push(Check { id, metric: bound.metric, sample: bound.sample, fail, warn, no_data });
        }
        checks
    }

    fn condition(&mut self, (text, span): (String, Span), fields: &[String]) -> Option<Condition> {
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let error = match condition::parse(&text, &fields) {
            Ok(condition) => return Some(condition),
            Err(error) => error,
        };
        // Inside the quotes, where the text stands as it was written.
        let plain = span.len() == text.len() + 2;
        let at = if plain { span.start + 1 + error.start..span.start + 1 + error.end } else { span };
        self.diagnostics.push(Diagnostic::at(at, error.message).help(error.help));
        None
    }

    fn record(&mut self, spec: MetricSpec<'_>) -> Vec<usize> {
        self.bind(spec).into_iter().map(|b| b.metric).collect()
    }

    /// Binds a metric to each of its columns.
    fn bind(&mut self, spec: MetricSpec<'_>) -> Vec<Bound> {
        let MetricSpec { metric: component, columns } = spec;
        if self.plugins.contains_key(&component.kind) {
            return self.bind_plugin(component, columns);
        }
        let catalogue = self.planner.catalogue;
        let plugins: Vec<&str> = self.plugins.keys().map(String::as_str).collect();
        let Some(entry) = find_or_report(&catalogue.metrics, &component, "metric", &plugins, &mut self.diagnostics) else {
            return Vec::new();
        };
        if entry.compares && !self.has_reference {
            let message = format!("`{}` compares with a reference, and there is no [source.reference]", component.kind);
            self.diagnostics.error(&component.kind_span, message);
            return Vec::new();
        }
        let selected = match &columns {
            None => None,
            Some((words, span)) => match self.select(words, span, entry.accepts) {
                Selected::Columns(columns) => Some(columns),
                Selected::Unusable(reason) => return vec![self.unusable(entry.doc.name, reason)],
                Selected::Wrong => return Vec::new(),
            },
        };
        match (entry.scope, selected) {
            (Scope::Column, None) => {
                let help = "add `columns`: a name, a glob, \"@numerical\" or \"@categorical\"".to_owned();
                let message = format!("`{}` needs `columns`", component.kind);
                self.diagnostics.push(Diagnostic::at(component.kind_span.clone(), message).help(help));
                Vec::new()
            }
            (Scope::Dataset, selected) => {
                let all = || self.columns.iter().filter(|c| self.counts(c)).cloned().collect();
                let columns = selected.unwrap_or_else(all);
                self.bind_one(entry, component, None, &columns, None).into_iter().collect()
            }
            (Scope::Either, None) => {
                let all: Vec<Column> = self.columns.iter().filter(|c| self.counts(c)).cloned().collect();
                self.bind_one(entry, component, None, &all, None).into_iter().collect()
            }
            (_, Some(selected)) => {
                let many = columns.as_ref().is_some_and(|(words, _)| words.len() > 1 || selected.len() > 1 || is_pattern(&words[0]));
                let bind = |column: &Column| {
                    let suffix = many.then(|| column.name.clone());
                    self.bind_one(entry, component.clone(), Some(column), std::slice::from_ref(column), suffix)
                };
                selected.iter().filter_map(bind).collect()
            }
        }
    }

    /// Whether a metric over all columns sees a column: one of the current source that is not ignored.
    fn counts(&self, column: &Column) -> bool {
        column.in_current && column.plugin.is_none() && !self.ignored.contains(&column.name)
    }

    fn bind_one(
        &mut self,
        entry: &MetricEntry,
        component: Component<'_>,
        column: Option<&Column>,
        columns: &[Column],
        suffix: Option<String>,
    ) -> Option<Bound> {
        let binding = Binding { column, columns, roles: &self.roles, catalogue: self.planner.catalogue };
        let before = self.diagnostics.len();
        let built = (entry.build)(&binding, component, &mut self.diagnostics);
        let Some(built) = built else {
            debug_assert!(self.diagnostics.len() > before, "a metric that is not built says why");
            return None;
        };
        let metric = match column.and_then(|c| one_sided(c, entry.compares, self.has_reference)) {
            Some(reason) => Err(reason),
            None => Ok(built.metric),
        };
        let requests: Vec<String> = metric.iter().flat_map(|m| m.requests()).map(|r| r.key).collect();
        let key = format!("{} {:?} {:?} {requests:?}", entry.doc.name, column.map(|c| &c.name), built.labels);
        let metric = BoundMetric {
            key,
            name: entry.doc.name.to_owned(),
            column: column.map(|c| c.name.clone()),
            labels: built.labels,
            fields: built.fields,
            compares: entry.compares,
            metric,
        };
        // Parameters without a label (a condition of `drifted_columns`, a category) make two metrics of one key differ, so
        // metrics are shared only through their accumulators.
        self.plan_metrics.push(metric);
        Some(Bound { metric: self.plan_metrics.len() - 1, suffix, sample: None, default_fail: built.default_fail })
    }

    /// A metric whose columns an unusable plugin would have added.
    fn unusable(&mut self, name: &str, reason: String) -> Bound {
        let entry = find(&self.planner.catalogue.metrics, name);
        let fields: Vec<Field> = entry.map(|e| e.doc.fields.to_vec()).unwrap_or_default();
        let compares = entry.is_some_and(|e| e.compares);
        let metric = BoundMetric {
            key: format!("{name} unusable"),
            name: name.into(),
            column: None,
            labels: Vec::new(),
            fields,
            compares,
            metric: Err(reason),
        };
        self.plan_metrics.push(metric);
        // Any condition stands here: without a result none is evaluated.
        let default_fail = Some("value > 0".to_owned());
        Bound { metric: self.plan_metrics.len() - 1, suffix: None, sample: None, default_fail }
    }

    fn select(&mut self, words: &[String], span: &Span, accepts: &[Kind]) -> Selected {
        let mut selected: Vec<Column> = Vec::new();
        let mut wrong = false;
        for word in words {
            match self.select_word(word, span, accepts) {
                Selected::Columns(columns) => {
                    for column in columns {
                        if !selected.iter().any(|c| c.name == column.name) {
                            selected.push(column);
                        }
                    }
                }
                Selected::Unusable(reason) => return Selected::Unusable(reason),
                Selected::Wrong => wrong = true,
            }
        }
        if wrong { Selected::Wrong } else { Selected::Columns(selected) }
    }

    fn select_word(&mut self, word: &str, span: &Span, accepts: &[Kind]) -> Selected {
        let selector = match Selector::parse(word) {
            Ok(selector) => selector,
            Err(message) => {
                self.diagnostics.error(span, message);
                return Selected::Wrong;
            }
        };
        let named = matches!(selector, Selector::Name(_));
        let by_kind = matches!(selector, Selector::Kind(_));
        let is_role = |c: &Column| [&self.roles.id, &self.roles.timestamp].iter().any(|r| r.as_ref() == Some(&c.name));
        let hidden = |c: &Column| !named && (self.ignored.contains(&c.name) || (by_kind && is_role(c)));
        let matches: Vec<Column> = self.columns.iter().filter(|c| selector.matches(c) && !hidden(c)).cloned().collect();
        if matches.is_empty() {
            return self.no_match(word, span, named);
        }
        let fits = |c: &Column| accepts.is_empty() || accepts.contains(&c.kind);
        let (fitting, others): (Vec<Column>, Vec<Column>) = matches.into_iter().partition(fits);
        if let (true, Some(other)) = (named || fitting.is_empty(), others.first()) {
            let kinds: Vec<&str> = accepts.iter().map(|k| k.name()).collect();
            let message = format!("column `{}` is {}, and this metric takes {}", other.name, other.kind.name(), kinds.join(" or "));
            let help = format!("choose other columns, or declare `{}` under [columns]", other.name);
            self.diagnostics.push(Diagnostic::at(span.clone(), message).help(help));
            return Selected::Wrong;
        }
        if !others.is_empty() {
            *self.counters.entry("columns_of_other_types".into()).or_default() += others.len() as u64;
            let names: Vec<&str> = others.iter().map(|c| c.name.as_str()).collect();
            tracing::warn!("columns = \"{word}\" leaves out columns of other types: {}", names.join(", "));
        }
        Selected::Columns(fitting)
    }

    fn no_match(&mut self, word: &str, span: &Span, named: bool) -> Selected {
        let broken = self.plugins.values().find_map(|u| u.plugin.as_ref().err());
        if let Some(reason) = broken {
            return Selected::Unusable(reason.clone());
        }
        match named {
            true => self.unknown_column(word, span.clone()),
            false => {
                let names: Vec<&str> = self.columns.iter().map(|c| c.name.as_str()).collect();
                let help = format!("the columns are {}", names.join(", "));
                self.diagnostics.push(Diagnostic::at(span.clone(), format!("`{word}` matches no column")).help(help));
            }
        }
        Selected::Wrong
    }

    fn bind_plugin(&mut self, component: Component<'_>, columns: Option<(Vec<String>, Span)>) -> Vec<Bound> {
        let mut params = component.params.clone();
        let parameters: Option<PluginParameters> = params.take(&mut self.diagnostics);
        params.finish(&format!("`{}`", component.kind), &mut self.diagnostics);
        let Some(parameters) = parameters else { return Vec::new() };
        let (spec, plugin) = match self.plugins.get(&component.kind) {
            Some(Used { spec, plugin }) => (spec.clone(), plugin.clone()),
            None => return Vec::new(),
        };
        let per_column = spec.frame.inputs.values().any(|c| c.get_ref() == "$column");
        let targets: Vec<Option<Column>> = match (per_column, &columns) {
            (true, Some((words, span))) => match self.select(words, span, &[]) {
                Selected::Columns(columns) => columns.into_iter().map(Some).collect(),
                Selected::Unusable(reason) => return vec![self.unusable(&component.kind, reason)],
                Selected::Wrong => return Vec::new(),
            },
            (true, None) => {
                let message = format!("plugin `{}` reads `$column`, so this needs `columns`", component.kind);
                self.diagnostics.error(&component.kind_span, message);
                return Vec::new();
            }
            (false, Some((_, span))) => {
                let message = format!("plugin `{}` reads the columns under [plugin.{}] inputs; remove `columns` here", spec.name, spec.name);
                self.diagnostics.error(span, message);
                return Vec::new();
            }
            (false, None) => vec![None],
        };
        let sample = parameters.sample.map(|s| family(&spec.name, &s));
        let many = targets.len() > 1;
        let bind = |column: Option<Column>| {
            let metric = self.plugin_metric(&spec, &plugin, column.as_ref());
            self.plan_metrics.push(metric);
            let suffix = column.filter(|_| many).map(|c| c.name);
            Bound { metric: self.plan_metrics.len() - 1, suffix, sample: sample.clone(), default_fail: None }
        };
        targets.into_iter().map(bind).collect()
    }

    fn plugin_metric(
        &mut self,
        spec: &PluginSpec,
        plugin: &Result<Arc<dyn Plugin>, String>,
        column: Option<&Column>,
    ) -> BoundMetric {
        let bindings = bindings(spec, column.map(|c| c.name.as_str()));
        let schema = self.full_schema();
        let bound = plugin.as_ref().map_err(Clone::clone).and_then(|plugin| {
            for sample in plugin.describe(&bindings, &schema)?.samples {
                self.sample_help.insert(family(&spec.name, &sample.name), sample.summary);
            }
            let samples = plugin.samples(&bindings, &schema);
            Ok(Box::new(PluginMetric { plugin: spec.name.clone(), samples }) as Box<dyn driftline_core::metric::Metric>)
        });
        BoundMetric {
            key: format!("plugin {} {bindings:?}", spec.name),
            name: format!("plugin_{}", spec.name),
            column: column.map(|c| c.name.clone()),
            labels: Vec::new(),
            fields: vec![Field::new("value", "", "the plugin's sample")],
            compares: false,
            metric: bound,
        }
    }

    /// The source's columns and those that transforms add.
    fn full_schema(&self) -> Schema {
        let field = |c: &Column| arrow::datatypes::Field::new(&c.name, c.data_type.clone(), true);
        Schema::new(self.columns.iter().map(field).collect::<Vec<_>>())
    }
}

/// What a check on a plugin's metric may say beside its conditions.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
struct PluginParameters {
    /// Of several samples, the one that is judged.
    sample: Option<String>,
}

struct Bound {
    metric: usize,
    /// The column that the check's id appends.
    suffix: Option<String>,
    sample: Option<String>,
    default_fail: Option<String>,
}

enum Selected {
    Columns(Vec<Column>),
    /// An unusable plugin would have added them.
    Unusable(String),
    Wrong,
}

fn is_pattern(word: &str) -> bool {
    !matches!(Selector::parse(word), Ok(Selector::Name(_)))
}

/// Why a column that only one side has cannot be computed.
fn one_sided(column: &Column, compares: bool, has_reference: bool) -> Option<String> {
    if !column.in_current {
        return Some(format!("column `{}` is missing on the current side", column.name));
    }
    (compares && has_reference && !column.in_reference)
        .then(|| format!("column `{}` is missing on the reference side", column.name))
}

fn bindings(spec: &PluginSpec, column: Option<&str>) -> Bindings {
    let bound = |name: &str| match (name, column) {
        ("$column", Some(column)) => column.to_owned(),
        (name, _) => name.to_owned(),
    };
    spec.frame.inputs.iter().map(|(input, c)| (input.clone(), bound(c.get_ref()))).collect()
}
