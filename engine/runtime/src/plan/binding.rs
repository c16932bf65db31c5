//! Metrics of the catalogue, bound to their columns.

use super::resolver::Resolver;
use super::selection::Selected;
use driftline_core::catalogue::{Binding, Field, MetricEntry, Scope, find, find_or_report};
use driftline_core::column::Column;
use driftline_core::diagnostic::{Diagnostic, Span};
use driftline_core::spec::{Component, MetricSpec};
use driftline_core::metric::Hypotheses;
use driftline_core::suite::{BoundMetric, add_params};
use serde_json::Value;

/// A metric of the plan, for a check or a record.
pub(super) struct Bound {
    pub metric: usize,
    /// The column that the check's id appends.
    pub suffix: Option<String>,
    pub sample: Option<String>,
    pub default_fail: Option<String>,
}

impl Resolver<'_> {
    /// Binds a metric to each of its columns.
    pub(super) fn bind(&mut self, spec: MetricSpec<'_>) -> Vec<Bound> {
        let filter = spec.filter.clone();
        let bound = self.bind_all(spec);
        if let Some((text, span)) = filter {
            self.restrict(&bound, &text, &span);
        }
        bound
    }

    /// Gives metrics their `where`, which one side at least must understand.
    fn restrict(&mut self, bound: &[Bound], text: &str, span: &Span) {
        let (reference, current) = self.sides;
        let sides = [("reference", reference), ("current", Some(current))];
        let asked = sides.iter().filter_map(|(name, side)| Some((*name, (*side)?.source.check_filter(text))));
        let answers: Vec<(&str, Result<(), String>)> = asked.collect();
        let errors: Vec<(&str, &String)> = answers.iter().filter_map(|(name, e)| Some((*name, e.as_ref().err()?))).collect();
        let Some((side, error)) = errors.first() else {
            bound.iter().for_each(|b| self.plan_metrics[b.metric].restrict(text));
            return;
        };
        if errors.len() == answers.len() {
            self.diagnostics.error(span, format!("`where`: {error}"));
        }
        for b in bound {
            self.plan_metrics[b.metric].metric = Err(format!("`where` cannot be read on the {side} side: {error}"));
        }
    }

    fn bind_all(&mut self, spec: MetricSpec<'_>) -> Vec<Bound> {
        let MetricSpec { metric: component, columns, filter: _ } = spec;
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
                Selected::Unusable(reason) => return vec![self.unusable(entry.doc.name, words, reason)],
                Selected::Wrong => return Vec::new(),
            },
        };
        let words = columns.as_ref().map(|(words, _)| words.join(","));
        match (entry.scope, selected) {
            (Scope::Column, None) => {
                let help = "add `columns`: a name, a glob, \"@numerical\" or \"@categorical\"".to_owned();
                let message = format!("`{}` needs `columns`", component.kind);
                self.diagnostics.push(Diagnostic::at(component.kind_span.clone(), message).help(help));
                Vec::new()
            }
            (Scope::Dataset | Scope::Either, None) => {
                let all: Vec<Column> = self.columns.iter().filter(|c| self.counts(c, entry)).cloned().collect();
                self.bind_one(entry, component, Over::Dataset(&all, None)).into_iter().collect()
            }
            (Scope::Dataset, Some(selected)) => {
                self.bind_one(entry, component, Over::Dataset(&selected, words)).into_iter().collect()
            }
            (_, Some(selected)) => {
                let many = columns.as_ref().is_some_and(|(words, _)| self.is_many(words, selected.len()));
                let bind = |column: &Column| self.bind_one(entry, component.clone(), Over::Column(column, many));
                selected.iter().filter_map(bind).collect()
            }
        }
    }

    /// Whether a metric over all columns sees a column: one that is not ignored and, unless the metric compares, of the current source.
    fn counts(&self, column: &Column, entry: &MetricEntry) -> bool {
        (entry.compares || (column.in_current && column.plugin.is_none())) && !self.ignored.contains(&column.name)
    }

    fn bind_one(
        &mut self,
        entry: &MetricEntry,
        component: Component<'_>,
        over: Over<'_>,
    ) -> Option<Bound> {
        let (column, columns, suffix, words) = match over {
            Over::Column(column, many) => (Some(column), std::slice::from_ref(column), many.then(|| column.name.clone()), None),
            Over::Dataset(columns, words) => (None, columns, None, words),
        };
        let given = component.params.json();
        let binding = Binding { column, columns, roles: &self.roles, catalogue: self.planner.catalogue };
        let before = self.diagnostics.len();
        let built = (entry.build)(&binding, component, &mut self.diagnostics);
        let Some(mut built) = built else {
            debug_assert!(self.diagnostics.len() > before, "a metric that is not built says why");
            return None;
        };
        let params = params(&given, &(entry.doc.parameters)().to_value(), built.labelled, words);
        add_params(&mut built.labels, &params);
        let hypotheses = built.metric.hypotheses();
        let metric = match column.and_then(|c| one_sided(c, entry.compares, self.has_reference)) {
            Some(reason) => Err(reason),
            None => Ok(built.metric),
        };
        let metric = BoundMetric {
            name: entry.doc.name.to_owned(),
            column: column.map(|c| c.name.clone()),
            labels: built.labels,
            fields: built.fields,
            compares: entry.compares,
            hypotheses,
            filter: None,
            metric,
        };
        self.plan_metrics.push(metric);
        Some(Bound { metric: self.plan_metrics.len() - 1, suffix, sample: None, default_fail: built.default_fail })
    }

    /// A metric whose columns an unusable plugin would have added.
    pub(super) fn unusable(&mut self, name: &str, words: &[String], reason: String) -> Bound {
        let entry = find(&self.planner.catalogue.metrics, name);
        let fields: Vec<Field> = entry.map(|e| e.doc.fields.to_vec()).unwrap_or_default();
        let compares = entry.is_some_and(|e| e.compares);
        // How many columns a glob would have matched is unknown; each word counts as one.
        let tested = fields.iter().any(|f| f.name == "p_value");
        let tests = words.iter().map(|word| tested.then(|| format!("{name} {word}"))).collect();
        let metric = BoundMetric {
            name: name.into(),
            column: None,
            labels: Vec::new(),
            fields,
            compares,
            hypotheses: Hypotheses { tests, own_family: false },
            filter: None,
            metric: Err(reason),
        };
        self.plan_metrics.push(metric);
        // Any condition stands here: without a result none is evaluated.
        let default_fail = Some("value > 0".to_owned());
        Bound { metric: self.plan_metrics.len() - 1, suffix: None, sample: None, default_fail }
    }
}

/// What a metric is bound to.
enum Over<'a> {
    /// A column, and whether the check has others.
    Column(&'a Column, bool),
    /// Many columns at once, with the words that the spec chose them by.
    Dataset(&'a [Column], Option<String>),
}

/// What tells a metric's series from those with other parameters: those that differ from their defaults, and the columns that were chosen.
fn params(given: &Value, schema: &Value, labelled: &[&str], columns: Option<String>) -> Vec<String> {
    let is_default = |key: &str, value: &Value| {
        let default = &schema["properties"][key]["default"];
        default == value || (value.is_number() && default.as_f64() == value.as_f64())
    };
    let entries = given.as_object().into_iter().flatten();
    let told = entries.filter(|(key, value)| !labelled.contains(&key.as_str()) && !is_default(key, value));
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    told.map(|(key, value)| format!("{key}={}", shown(value))).chain(columns.map(|words| format!("columns={words}"))).collect()
}

/// Why a column that only one side has cannot be computed.
fn one_sided(column: &Column, compares: bool, has_reference: bool) -> Option<String> {
    if !column.in_current {
        return Some(format!("column `{}` is missing on the current side", column.name));
    }
    (compares && has_reference && !column.in_reference)
        .then(|| format!("column `{}` is missing on the reference side", column.name))
}
