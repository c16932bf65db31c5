//! Plugins of the spec: loaded, checked against the columns, and bound.

use super::PlannedTransform;
use super::binding::{Bound, plugin_fields};
use super::resolver::Resolver;
use super::selection::Selected;
use crate::plugin_metric::{PluginMetric, PluginTest};
use arrow::datatypes::Schema;
use driftline_core::catalogue::{Direction, Field, find};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::{Diagnostic, Span};
use driftline_core::metric::{Hypotheses, family};
use driftline_core::name::suggestion;
use driftline_core::plugin::{Bindings, Info, Plugin, PluginKind, SampleInfo};
use driftline_core::spec::{Component, PluginSpec};
use driftline_core::suite::BoundMetric;
use std::sync::Arc;
use toml::Spanned;
use toml::de::DeValue;

/// Names whose series would be taken for those that tell of plugins.
const RESERVED: [&str; 2] = ["peak", "quarantined"];

/// A plugin of the spec, usable or not.
pub(super) struct Used {
    pub spec: PluginSpec,
    pub plugin: Result<Arc<dyn Plugin>, String>,
    /// Why it cannot be used, each reason at its place in the spec.
    pub wrong: Vec<Diagnostic>,
}

impl Resolver<'_> {
    pub(super) fn load_plugins(&mut self, specs: Vec<PluginSpec>) {
        let host = self.planner.host.clone();
        let mut loaded: Vec<_> = specs.into_iter().map(|spec| (host.load(&spec, self.planner.folder), spec)).collect();
        // Others may read what transforms add.
        loaded.sort_by_key(|(plugin, _)| !plugin.as_ref().is_ok_and(|plugin| plugin.info().kind == PluginKind::Transform));
        for (plugin, mut spec) in loaded {
            if RESERVED.contains(&spec.name.as_str()) {
                let message = format!("series of all plugins are named `driftline_plugin_{}…`; give the plugin another name", spec.name);
                self.diagnostics.error(&spec.span, message);
            }
            if find(&self.planner.catalogue.metrics, &spec.name).is_some() || find(&self.planner.catalogue.tests, &spec.name).is_some() {
                let message = format!("`{}` is the name of a metric or test; give the plugin another name", spec.name);
                self.diagnostics.error(&spec.span, message);
            }
            let name = spec.name.clone();
            if let Ok(plugin) = &plugin {
                bind_only_input(&mut spec, plugin.as_ref());
            }
            if !self.has_columns_of(&spec) {
                // What uses it is not wrong for that.
                self.broken_plugins.push(name.clone());
            }
            let here = |reason: String| vec![Diagnostic::at(spec.span.clone(), reason)];
            let added = plugin.map_err(here).and_then(|plugin| self.add_plugin(&spec, plugin));
            let reasons = |wrong: &[Diagnostic]| wrong.iter().map(|one| one.message.as_str()).collect::<Vec<_>>().join("; ");
            let (plugin, wrong) = match added {
                Ok(plugin) => (Ok(plugin), Vec::new()),
                Err(wrong) => (Err(reasons(&wrong)), wrong),
            };
            self.plugins.insert(name, Used { spec, plugin, wrong });
        }
    }

    /// Whether the columns that a plugin reads are there; an error for each that is not.
    fn has_columns_of(&mut self, spec: &PluginSpec) -> bool {
        let before = self.diagnostics.len();
        for column in spec.frame.inputs.values() {
            let name = column.get_ref();
            if name.starts_with('$') && name != "$column" {
                let help = "write `$column` for each of a check's columns in turn".to_owned();
                self.diagnostics.push(Diagnostic::at(column.span(), format!("`{name}` means nothing")).help(help));
            } else if name != "$column" && !self.columns.iter().any(|c| c.name == *name) {
                self.unknown_column(name, column.span());
            }
        }
        self.diagnostics.len() == before
    }

    /// Checks the spec against what a plugin says of itself, and adds a transform's outputs to the columns. What does not agree is the plugin's
    /// trouble alone, for either may be wrong.
    fn add_plugin(&mut self, spec: &PluginSpec, plugin: Arc<dyn Plugin>) -> Result<Arc<dyn Plugin>, Vec<Diagnostic>> {
        let before = self.diagnostics.len();
        self.check_inputs(spec, plugin.info());
        let here = |reason: String| vec![Diagnostic::at(spec.span.clone(), reason)];
        plugin.check_config(spec, &mut self.diagnostics).map_err(here)?;
        if plugin.info().kind == PluginKind::Transform && self.diagnostics.len() == before {
            self.add_outputs(spec, &plugin).map_err(here)?;
        }
        match self.diagnostics.split_off(before) {
            wrong if wrong.is_empty() => Ok(plugin),
            wrong => Err(wrong),
        }
    }

    /// The inputs and keys of a spec that its plugin does not have, and those that it needs.
    fn check_inputs(&mut self, spec: &PluginSpec, info: &Info) {
        let (name, frame) = (&spec.name, &spec.frame);
        let is_transform = info.kind == PluginKind::Transform;
        let mut unknown = false;
        for (input, column) in &frame.inputs {
            if !info.inputs.iter().any(|i| i.name == *input) {
                unknown = true;
                let help = suggestion(input, info.inputs.iter().map(|i| i.name.as_str()));
                self.diagnostics.push(Diagnostic::at(column.span(), format!("plugin `{name}` has no input `{input}`")).help(help));
            }
            if is_transform && column.get_ref() == "$column" {
                let message = format!("plugin `{name}` is a transform, which reads the same columns for all checks: name one instead of `$column`");
                self.diagnostics.error(&column.span(), message);
            }
        }
        // One that is misspelt is not missing as well.
        for input in info.inputs.iter().filter(|i| !unknown && !i.optional && !frame.inputs.contains_key(&i.name)) {
            let help = format!("add inputs = {{ {} = \"a column\" }}", input.name);
            self.diagnostics.push(Diagnostic::at(spec.span.clone(), format!("plugin `{name}` needs the input `{}`: {}", input.name, input.summary)).help(help));
        }
        if !is_transform && !frame.prefix.is_empty() {
            self.diagnostics.error(&spec.span, format!("plugin `{name}` is a {}: `prefix` is for the columns of a transform", info.kind.name()));
        }
        if is_transform && frame.partitions.get() > 1 {
            self.diagnostics.error(&spec.span, format!("plugin `{name}` is a transform, which works on all threads: `partitions` is for metrics and two-sample tests"));
        }
    }

    /// Adds a transform's columns, unless one of them is there already.
    fn add_outputs(&mut self, spec: &PluginSpec, plugin: &Arc<dyn Plugin>) -> Result<(), String> {
        let bindings = bindings(spec, None);
        let described = plugin.describe(&bindings, &self.schema)?.outputs;
        let named: Vec<_> = described.into_iter().map(|(name, data_type)| (format!("{}{name}", spec.frame.prefix), data_type)).collect();
        if let Some((taken, _)) = named.iter().find(|(name, _)| self.columns.iter().any(|c| c.name == *name)) {
            let help = "set `prefix` to rename the plugin's columns".to_owned();
            let message = format!("plugin `{}` adds a column `{taken}`, which is there already", spec.name);
            self.diagnostics.push(Diagnostic::at(spec.span.clone(), message).help(help));
            return Ok(());
        }
        let outputs = named.iter().map(|(name, _)| name.clone()).collect();
        let (plugin_name, in_reference) = (spec.name.clone(), self.has_reference);
        self.columns.extend(named.into_iter().map(|(name, data_type)| Column {
            name,
            kind: Kind::of(&data_type),
            data_type,
            in_reference,
            in_current: true,
            plugin: Some(plugin_name.clone()),
            sample: Default::default(),
        }));
        self.transforms.push(PlannedTransform { name: spec.name.clone(), plugin: plugin.clone(), bindings, outputs });
        Ok(())
    }

    /// `metric = "drift"` with the `test` of a plugin is that plugin.
    /// Says whether it is.
    pub(super) fn drift_by_plugin<'b>(&mut self, component: Component<'b>) -> (Component<'b>, bool) {
        let is_plugin = |test: &String| self.plugins.contains_key(test) || self.broken_plugins.contains(test);
        let Some(kind) = named_test(&component).filter(is_plugin) else { return (component, false) };
        let mut params = component.params;
        let test = params.take_value("test");
        if let Some(DeValue::Table(keys)) = test.as_ref().map(|(_, test)| test.get_ref()) {
            for key in keys.keys().filter(|key| key.get_ref() != "name") {
                let message = format!("plugin `{kind}` takes no `{}` here", key.get_ref());
                let help = format!("write it under [plugin.{kind}] config, which all of its checks have");
                self.diagnostics.push(Diagnostic::at(key.span(), message).help(help));
            }
        }
        let kind_span = test.map_or(component.kind_span, |(_, test)| test.span());
        (Component { kind, kind_span, params }, true)
    }

    /// `is_test` says that a drift check names it as its test.
    pub(super) fn bind_plugin(&mut self, component: Component<'_>, columns: Option<(Vec<String>, Span)>, is_test: bool) -> Vec<Bound> {
        let mut params = component.params.clone();
        let parameters: Option<PluginParameters> = params.take(&mut self.diagnostics);
        params.finish(&format!("`{}`", component.kind), &mut self.diagnostics);
        let Some(parameters) = parameters else { return Vec::new() };
        let (spec, plugin) = match self.plugins.get(&component.kind) {
            Some(Used { spec, plugin, .. }) => (spec.clone(), plugin.clone()),
            None => return Vec::new(),
        };
        let loaded = match &plugin {
            Ok(plugin) => plugin.clone(),
            // Its inputs are not known: what the spec says of columns may be right.
            Err(reason) => {
                let words = columns.map(|(words, _)| words).unwrap_or_default();
                return vec![self.unusable_with(&component.kind, &words, reason.clone(), plugin_fields(), false, is_test)];
            }
        };
        let kind = loaded.info().kind;
        if kind == PluginKind::Transform {
            let message = format!("plugin `{}` is a transform, which adds columns: it is no metric", spec.name);
            let outputs = self.transforms.iter().find(|t| t.name == spec.name).map(|t| t.outputs.join(", ")).unwrap_or_default();
            let help = format!("name its columns in the `columns` of a metric: {outputs}");
            self.diagnostics.push(Diagnostic::at(component.kind_span.clone(), message).help(help));
            return Vec::new();
        }
        if is_test && kind != PluginKind::TwoSampleTest {
            let message = format!("plugin `{}` is a {}, and no two-sample test", spec.name, kind.name());
            self.diagnostics.error(&component.kind_span, message);
            return Vec::new();
        }
        if kind == PluginKind::TwoSampleTest && !self.has_reference {
            let message = format!("plugin `{}` compares with a reference, and there is no [source.reference]", spec.name);
            self.diagnostics.error(&component.kind_span, message);
            return Vec::new();
        }
        if let Some(sample) = parameters.sample.as_ref().filter(|_| kind == PluginKind::TwoSampleTest) {
            let help = format!("write it in the condition, such as fail = \"{} < 0.01\"", sample.get_ref());
            self.diagnostics.push(Diagnostic::at(sample.span(), format!("plugin `{}` is a two-sample test, which has no samples to choose from", spec.name)).help(Some(help)));
            return Vec::new();
        }
        let per_column = spec.frame.inputs.values().any(|c| c.get_ref() == "$column");
        let targets: Vec<Option<Column>> = match (per_column, &columns) {
            (true, Some((words, span))) => match self.select(words, span, &[]) {
                Selected::Columns(columns) => self.readable(&spec, &plugin, columns, words).into_iter().map(Some).collect(),
                Selected::Unusable(reason) => return vec![self.unusable(&component.kind, words, reason)],
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
        if let Some(sample) = &parameters.sample {
            self.check_sample(sample, &spec, &plugin, targets.first().cloned().flatten().as_ref());
        }
        let sample = parameters.sample.map(Spanned::into_inner);
        let many = columns.as_ref().is_some_and(|(words, _)| self.is_many(words, targets.len()));
        let bind = |column: Option<Column>| {
            let metric = self.plugin_metric(&spec, &plugin, column.as_ref());
            self.plan_metrics.push(metric);
            let suffix = column.filter(|_| many).map(|c| c.name);
            Bound { metric: self.plan_metrics.len() - 1, suffix, sample: sample.clone(), default_fail: None }
        };
        targets.into_iter().map(bind).collect()
    }

    /// The columns whose type the plugin takes.
    fn readable(&mut self, spec: &PluginSpec, plugin: &Result<Arc<dyn Plugin>, String>, columns: Vec<Column>, words: &[String]) -> Vec<Column> {
        let Ok(plugin) = plugin else { return columns };
        let schema = self.full_schema();
        self.fitting(columns, words, |c| plugin.accepts(&bindings(spec, Some(&c.name)), &schema).is_ok())
    }

    /// A sample that the plugin does not describe is a mistake of the spec.
    fn check_sample(
        &mut self,
        sample: &Spanned<String>,
        spec: &PluginSpec,
        plugin: &Result<Arc<dyn Plugin>, String>,
        column: Option<&Column>,
    ) {
        let bindings = bindings(spec, column.map(|c| c.name.as_str()));
        let described = plugin.as_ref().ok().and_then(|plugin| plugin.describe(&bindings, &self.full_schema()).ok());
        let Some(described) = described else { return };
        if !described.samples.iter().any(|s| s.name == *sample.get_ref()) {
            let help = suggestion(sample.get_ref(), described.samples.iter().map(|s| s.name.as_str()));
            let message = format!("plugin `{}` has no sample `{}`", spec.name, sample.get_ref());
            self.diagnostics.push(Diagnostic::at(sample.span(), message).help(help));
        }
    }

    fn plugin_metric(
        &mut self,
        spec: &PluginSpec,
        plugin: &Result<Arc<dyn Plugin>, String>,
        column: Option<&Column>,
    ) -> BoundMetric {
        let bindings = bindings(spec, column.map(|c| c.name.as_str()));
        let schema = self.full_schema();
        let name = metric_name(&spec.name);
        if let Some(plugin) = plugin.as_ref().ok().filter(|plugin| plugin.info().kind == PluginKind::TwoSampleTest) {
            return self.plugin_test(spec, plugin.clone(), bindings, schema, column);
        }
        let bound = plugin.as_ref().map_err(Clone::clone).and_then(|plugin| {
            for sample in plugin.describe(&bindings, &schema)?.samples {
                self.sample_help.insert(family(&name, &sample.name), help(&sample));
            }
            let samples = plugin.samples(&bindings, &schema);
            Ok(Box::new(PluginMetric { samples }) as Box<dyn driftline_core::metric::Metric>)
        });
        BoundMetric {
            name,
            column: column.map(|c| c.name.clone()),
            labels: Vec::new(),
            fields: vec![Field::new("value", "", "the plugin's sample")],
            compares: false,
            hypotheses: Hypotheses::default(),
            filter: None,
            segment: None,
            metric: bound,
        }
    }

    fn plugin_test(&mut self, spec: &PluginSpec, plugin: Arc<dyn Plugin>, bindings: Bindings, schema: Schema, column: Option<&Column>) -> BoundMetric {
        let name = metric_name(&spec.name);
        let described = plugin.describe(&bindings, &schema);
        let gives = |field: &str| described.as_ref().is_ok_and(|described| described.samples.iter().any(|s| s.name == field));
        let known = [
            Field::new("statistic", "", "the test's statistic"),
            Field::new("p_value", "ratio", "the test's p-value"),
            Field::new("effect_size", "", "the test's effect size"),
        ];
        // One that cannot describe itself is an error whatever the condition names.
        let fields: Vec<Field> = known.into_iter().filter(|field| field.name == "statistic" || described.is_err() || gives(field.name)).collect();
        let hypothesis = column.filter(|_| described.is_err() || gives("p_value")).map(|column| vec![format!("test={}", spec.name), format!("column={}", column.name)]);
        let hypotheses = Hypotheses { tests: vec![hypothesis], own_family: false };
        let metric = match described {
            Err(reason) => Err(reason),
            Ok(_) => {
                let side = plugin.samples(&bindings, &schema);
                let fields = fields.iter().map(|field| field.name).collect();
                Ok(Box::new(PluginTest { plugin, bindings, schema, side, fields, hypotheses: hypotheses.clone() }) as Box<dyn driftline_core::metric::Metric>)
            }
        };
        BoundMetric { name, column: column.map(|c| c.name.clone()), labels: Vec::new(), fields, compares: true, hypotheses, filter: None, segment: None, metric }
    }

    /// The source's columns and those that transforms add.
    fn full_schema(&self) -> Schema {
        let field = |c: &Column| arrow::datatypes::Field::new(&c.name, c.data_type.clone(), true);
        Schema::new(self.columns.iter().map(field).collect::<Vec<_>>())
    }
}

/// The two-sample test that a drift check names.
pub(super) fn named_test(component: &Component<'_>) -> Option<String> {
    let json = component.params.json();
    let test = json.get("test").filter(|_| component.kind == "drift")?;
    test.as_str().or_else(|| test.get("name")?.as_str()).map(str::to_owned)
}

/// The name of a plugin's metric, with which its series begin.
fn metric_name(plugin: &str) -> String {
    format!("plugin_{plugin}")
}

/// What a check on a plugin's metric may say beside its conditions.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
struct PluginParameters {
    /// Of several samples, the one that is judged.
    #[schemars(with = "Option<String>")]
    sample: Option<Spanned<String>>,
}

/// A sample's summary, with its unit and which values are the better ones.
fn help(sample: &SampleInfo) -> String {
    let unit = (!sample.unit.is_empty()).then(|| sample.unit.clone());
    let better = match sample.direction {
        Direction::Higher => Some("higher is better".to_owned()),
        Direction::Lower => Some("lower is better".to_owned()),
        Direction::Neither => None,
    };
    let more: Vec<String> = unit.into_iter().chain(better).collect();
    if more.is_empty() { sample.summary.clone() } else { format!("{} ({})", sample.summary, more.join("; ")) }
}

/// The only input of a plugin that is asked for columns is read from them, unless the spec says otherwise.
fn bind_only_input(spec: &mut PluginSpec, plugin: &dyn Plugin) {
    let info = plugin.info();
    if let ([only], true, true) = (info.inputs.as_slice(), spec.frame.inputs.is_empty(), info.kind != PluginKind::Transform) {
        spec.frame.inputs.insert(only.name.clone(), Spanned::new(spec.span.clone(), "$column".to_owned()));
    }
}

fn bindings(spec: &PluginSpec, column: Option<&str>) -> Bindings {
    let bound = |name: &str| match (name, column) {
        ("$column", Some(column)) => column.to_owned(),
        (name, _) => name.to_owned(),
    };
    spec.frame.inputs.iter().map(|(input, c)| (input.clone(), bound(c.get_ref()))).collect()
}
