//! Metrics of the catalogue, bound to their columns.

use super::resolver::Resolver;
use super::selection::{Selected, is_many};
use driftline_core::catalogue::{Binding, Field, MetricEntry, Scope, find, find_or_report};
use driftline_core::column::Column;
use driftline_core::diagnostic::{Diagnostic, Span};
use driftline_core::spec::{Component, MetricSpec};
use driftline_core::suite::BoundMetric;

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
                let many = columns.as_ref().is_some_and(|(words, _)| is_many(words, selected.len()));
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
            filter: None,
            metric,
        };
        // Parameters without a label (a condition of `drifted_columns`, a category) make two metrics of one key differ, so
        // metrics are shared only through their accumulators.
        self.plan_metrics.push(metric);
        Some(Bound { metric: self.plan_metrics.len() - 1, suffix, sample: None, default_fail: built.default_fail })
    }

    /// A metric whose columns an unusable plugin would have added.
    pub(super) fn unusable(&mut self, name: &str, reason: String) -> Bound {
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
            filter: None,
            metric: Err(reason),
        };
        self.plan_metrics.push(metric);
        // Any condition stands here: without a result none is evaluated.
        let default_fail = Some("value > 0".to_owned());
        Bound { metric: self.plan_metrics.len() - 1, suffix: None, sample: None, default_fail }
    }
}

/// Why a column that only one side has cannot be computed.
fn one_sided(column: &Column, compares: bool, has_reference: bool) -> Option<String> {
    if !column.in_current {
        return Some(format!("column `{}` is missing on the current side", column.name));
    }
    (compares && has_reference && !column.in_reference)
        .then(|| format!("column `{}` is missing on the reference side", column.name))
}
