//! Metrics of the catalogue, bound to their columns.

use super::plugins::named_test;
use super::resolver::Resolver;
use super::selection::Selected;
use driftline_core::catalogue::{Binding, Field, MetricEntry, Scope, find, find_or_report};
use driftline_core::column::{Column, Kind};
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

impl<'a> Resolver<'a> {
    /// Binds a metric to each of its columns, and to each value of `by`.
    pub(super) fn bind(&mut self, spec: MetricSpec<'_>) -> Vec<Bound> {
        let Some((by, span)) = spec.by.clone() else {
            let filter = spec.filter.clone();
            let bound = self.bind_all(spec);
            if let Some((text, span)) = filter {
                let params = [format!("where={text}")];
                bound.iter().for_each(|b| add_params(&mut self.plan_metrics[b.metric].labels, &params));
                self.restrict(&bound, &text, &span);
            }
            return bound;
        };
        let mut all = Vec::new();
        let numeric = self.columns.iter().find(|c| c.name == by).is_some_and(|c| c.data_type.is_numeric());
        let Some(values) = self.values_of(&by, &span) else { return all };
        if values.is_empty() {
            all = self.bind_all(spec);
            let reason = format!("`by`: column `{by}` has no values in the first rows of the reference, so that there is nothing to tell apart");
            all.iter().for_each(|b| self.plan_metrics[b.metric].metric = Err(reason.clone()));
            return all;
        }
        for value in values {
            let mut bound = self.bind_all(spec.clone());
            let mut filter = equals(&by, &value, numeric);
            if let Some((text, _)) = &spec.filter {
                let params = [format!("where={text}")];
                bound.iter().for_each(|b| add_params(&mut self.plan_metrics[b.metric].labels, &params));
                filter = format!("({text}) AND {filter}");
            }
            self.restrict(&bound, &filter, &span);
            for b in &mut bound {
                self.plan_metrics[b.metric].segment = Some(format!("{by}={value}"));
                b.suffix = Some(b.suffix.iter().chain([&value]).cloned().collect::<Vec<_>>().join("."));
            }
            all.extend(bound);
        }
        all
    }

    /// The values of a column that get results of their own; rows with others are counted.
    fn values_of(&mut self, by: &str, span: &Span) -> Option<Vec<String>> {
        match self.columns.iter().find(|c| c.name == by) {
            None => self.unknown_column(by, span.clone()),
            Some(column) if column.kind != Kind::Categorical => {
                let message = format!("`by` takes a categorical column, and `{by}` is {}", column.kind.name());
                let help = format!("choose another column, or declare `{by}` under [columns] categorical");
                self.diagnostics.push(Diagnostic::at(span.clone(), message).help(help));
            }
            Some(column) => {
                let mut counted: Vec<(String, usize)> = column.sample.iter().map(|(value, n)| (value.clone(), *n)).collect();
                counted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
                counted.truncate(MOST_SEGMENTS);
                let mut values: Vec<String> = counted.into_iter().map(|(value, _)| value).collect();
                values.sort();
                let numeric = column.data_type.is_numeric();
                let known: Vec<String> = values.iter().map(|value| equals(by, value, numeric)).collect();
                if !known.is_empty() {
                    self.other_segments.insert(by.to_owned(), format!("({}) IS NOT TRUE", known.join(" OR ")));
                }
                return Some(values);
            }
        }
        None
    }

    /// Gives metrics the rows for which an expression is true, which one side at least must understand.
    fn restrict(&mut self, bound: &[Bound], text: &str, span: &Span) {
        let (reference, current) = self.sides;
        let sides = [("reference", reference), ("current", Some(current))];
        let asked = sides.iter().filter_map(|(name, side)| Some((*name, (*side)?.source.check_filter(text))));
        let answers: Vec<(&str, Result<(), String>)> = asked.collect();
        let is_query = |b: &Bound| self.plan_metrics[b.metric].metric.as_ref().is_ok_and(|m| !m.queries().is_empty());
        if bound.iter().any(is_query) {
            self.diagnostics.error(span, "a query says itself which rows it looks at; write it into the query");
        }
        let errors: Vec<(&str, &String)> = answers.iter().filter_map(|(name, e)| Some((*name, e.as_ref().err()?))).collect();
        bound.iter().for_each(|b| self.plan_metrics[b.metric].restrict(text));
        let Some((side, error)) = errors.first() else { return };
        if errors.len() == answers.len() {
            self.diagnostics.error(span, format!("`where`: {error}"));
        }
        for b in bound {
            self.plan_metrics[b.metric].metric = Err(format!("`where` cannot be read on the {side} side: {error}"));
        }
    }

    fn bind_all(&mut self, spec: MetricSpec<'_>) -> Vec<Bound> {
        let MetricSpec { metric: component, columns, .. } = spec;
        let (component, is_test) = self.drift_by_plugin(component);
        if self.plugins.contains_key(&component.kind) {
            return self.bind_plugin(component, columns, is_test);
        }
        if self.broken_plugins.contains(&component.kind) {
            return Vec::new();
        }
        let Some(entry) = self.entry(&component, columns.as_ref().map(|(_, span)| span)) else { return Vec::new() };
        let Some((words, span)) = columns else {
            let all: Vec<Column> = self.columns.iter().filter(|c| self.counts(c, entry)).cloned().collect();
            return self.bind_one(entry, component, Over::Dataset(&all, None)).into_iter().collect();
        };
        let selected = match self.select(&words, &span, entry.accepts) {
            Selected::Columns(columns) => self.tested(&component, columns, &words),
            Selected::Unusable(reason) => return vec![self.unusable(entry.doc.name, &words, reason)],
            Selected::Wrong => return Vec::new(),
        };
        if entry.scope == Scope::Dataset {
            return self.bind_one(entry, component, Over::Dataset(&selected, Some(words.join(",")))).into_iter().collect();
        }
        let many = self.is_many(&words, selected.len());
        selected.iter().filter_map(|column| self.bind_one(entry, component.clone(), Over::Column(column, many))).collect()
    }

    /// The metric that a component names, where the spec has what it needs: a reference, and `columns` or none.
    fn entry(&mut self, component: &Component<'_>, columns: Option<&Span>) -> Option<&'a MetricEntry> {
        let catalogue = self.planner.catalogue;
        let kind = &component.kind;
        let here = |message: String| Diagnostic::at(component.kind_span.clone(), message);
        if let (None, Some(help)) = (find(&catalogue.metrics, kind), catalogue.of_another_tool(kind)) {
            self.diagnostics.push(here(format!("unknown metric `{kind}`")).help(help));
            return None;
        }
        let plugins: Vec<&str> = self.plugins.keys().map(String::as_str).collect();
        let entry = find_or_report(&catalogue.metrics, component, "metric", &plugins, &mut self.diagnostics)?;
        let wrong = match (entry.scope, columns) {
            _ if entry.compares && !self.has_reference => here(format!("`{kind}` compares with a reference, and there is no [source.reference]")),
            (Scope::Rows, Some(span)) => {
                let message = format!("`{kind}` reads whole rows, or the columns that [columns] names as the target, the prediction and the like");
                Diagnostic::at(span.clone(), message).help("remove `columns`; `by` or `where` takes a part of the rows".to_owned())
            }
            (Scope::Column, None) => {
                here(format!("`{kind}` needs `columns`")).help("add `columns`: a name, a glob, \"@numerical\" or \"@categorical\"".to_owned())
            }
            _ => return Some(entry),
        };
        self.diagnostics.push(wrong);
        None
    }

    /// Those of the columns that the test takes which a drift check names.
    fn tested(&mut self, component: &Component<'_>, columns: Vec<Column>, words: &[String]) -> Vec<Column> {
        match named_test(component).and_then(|test| find(&self.planner.catalogue.tests, &test)) {
            Some(test) => self.fitting(columns, words, |column| test.accepts.contains(&column.kind)),
            None => columns,
        }
    }

    /// Whether a metric over all columns sees a column: one of the sources that is not ignored and, unless the metric compares, of current.
    fn counts(&self, column: &Column, entry: &MetricEntry) -> bool {
        column.plugin.is_none() && (entry.compares || column.in_current) && !self.ignored.contains(&column.name)
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
        let binding = Binding { column, columns, roles: &self.roles, all: &self.columns, training: self.training.as_deref(), catalogue: self.planner.catalogue };
        let before = self.diagnostics.len();
        let built = (entry.build)(&binding, component, &mut self.diagnostics);
        let Some(mut built) = built else {
            debug_assert!(self.diagnostics.len() > before, "a metric that is not built says why");
            return None;
        };
        let (reference, current) = self.sides;
        for query in built.metric.queries() {
            if let Err(reason) = self.planner.queries.check(&query.sql, &super::query_tables(reference, current)) {
                self.diagnostics.error(&query.span, reason);
            }
        }
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
            segment: None,
            metric,
        };
        self.plan_metrics.push(metric);
        Some(Bound { metric: self.plan_metrics.len() - 1, suffix, sample: None, default_fail: built.default_fail })
    }

    /// A metric whose columns an unusable plugin would have added.
    pub(super) fn unusable(&mut self, name: &str, words: &[String], reason: String) -> Bound {
        let entry = find(&self.planner.catalogue.metrics, name);
        let fields: Vec<Field> = entry.map_or_else(plugin_fields, |e| e.doc.fields.to_vec());
        let compares = entry.is_some_and(|e| e.compares);
        let tested = entry.is_some() && fields.iter().any(|f| f.name == "p_value");
        self.unusable_with(name, words, reason, fields, compares, tested)
    }

    /// As [`Resolver::unusable`], of a metric with these fields. How many columns a glob would have matched is unknown; each word counts as one.
    pub(super) fn unusable_with(&mut self, name: &str, words: &[String], reason: String, fields: Vec<Field>, compares: bool, tested: bool) -> Bound {
        let tests = words.iter().map(|word| tested.then(|| vec![name.to_owned(), word.clone()])).collect();
        let metric = BoundMetric {
            name: name.into(),
            column: None,
            labels: Vec::new(),
            fields,
            compares,
            hypotheses: Hypotheses { tests, own_family: false },
            filter: None,
            segment: None,
            metric: Err(reason),
        };
        self.plan_metrics.push(metric);
        // Any condition stands here: without a result none is evaluated.
        let default_fail = Some("value > 0".to_owned());
        Bound { metric: self.plan_metrics.len() - 1, suffix: None, sample: None, default_fail }
    }
}

/// What a condition may name of a plugin that cannot be asked.
pub(super) fn plugin_fields() -> Vec<Field> {
    let field = |name| Field::new(name, "", "what the plugin gives");
    ["value", "statistic", "p_value", "effect_size"].map(field).to_vec()
}

/// Most values of a column that get results of their own.
const MOST_SEGMENTS: usize = 50;

/// SQL that is true where a column has a value. Numbers are compared as numbers: the other side may write 1 as 1.0.
fn equals(column: &str, value: &str, numeric: bool) -> String {
    let (column, value) = (column.replace('"', "\"\""), value.replace('\'', "''"));
    match numeric {
        true => format!("TRY_CAST(\"{column}\" AS DOUBLE) = CAST('{value}' AS DOUBLE)"),
        false => format!("CAST(\"{column}\" AS VARCHAR) = '{value}'"),
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
