//! Names of the spec become columns, metrics and checks, and errors are collected on the way.

use super::plugins::Used;
use super::{PlannedTransform, Planner, Side};
use arrow::datatypes::{DataType, SchemaRef};
use driftline_core::column::{Column, Kind, Roles, Selector};
use driftline_core::condition::{self, Condition, Range};
use driftline_core::diagnostic::{Diagnostic, Diagnostics, Span};
use driftline_core::name::suggestion;
use driftline_core::spec::{CheckSpec, ColumnsFrame, Correction, MetricSpec, SuiteSpec};
use driftline_core::suite::{BoundMetric, Check, Suite, add_params, condition_fields};
use std::collections::BTreeMap;
use toml::Spanned;

/// Resolves names step by step, collecting errors.
pub(super) struct Resolver<'a> {
    pub planner: &'a Planner<'a>,
    /// Reference and current.
    pub sides: (Option<&'a Side>, &'a Side),
    pub columns: Vec<Column>,
    pub roles: Roles,
    pub ignored: Vec<String>,
    pub has_reference: bool,
    /// The columns of [source.training], if there is one.
    pub training: Option<Vec<String>>,
    pub schema: SchemaRef,
    pub plugins: BTreeMap<String, Used>,
    /// Names of plugins whose tables are wrong, which has been told.
    pub broken_plugins: Vec<String>,
    pub plan_metrics: Vec<BoundMetric>,
    pub counters: BTreeMap<String, u64>,
    /// Checks of presets that cannot be made, and why.
    pub left_out_of_presets: Vec<String>,
    /// By column of a `by`: SQL for the rows whose value has no result of its own.
    pub other_segments: BTreeMap<String, String>,
    pub sample_help: BTreeMap<String, String>,
    pub transforms: Vec<PlannedTransform>,
    pub diagnostics: Diagnostics,
}

impl Resolver<'_> {
    pub(super) fn unknown_column(&mut self, name: &str, span: Span) {
        let help = suggestion(name, self.columns.iter().map(|c| c.name.as_str()));
        let message = format!("no column `{name}` on either side");
        self.diagnostics.push(Diagnostic::at(span, message).help(help));
    }

    pub(super) fn correct_columns(&mut self, frame: &ColumnsFrame) {
        let roles = [&frame.id, &frame.timestamp, &frame.target, &frame.prediction, &frame.score, &frame.labelled_at, &frame.user, &frame.item, &frame.rank];
        let named = roles.into_iter().flatten().chain(frame.probabilities.values());
        for name in named {
            if !self.columns.iter().any(|c| c.name == *name.get_ref()) {
                self.unknown_column(name.get_ref(), name.span());
            }
        }
        for role in [&frame.score, &frame.rank].into_iter().flatten().chain(frame.probabilities.values()) {
            let texts = self.columns.iter().find(|c| c.name == *role.get_ref()).filter(|c| matches!(c.data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View));
            if let Some(column) = texts {
                let message = format!("column `{}` has texts, and scores, ranks and probabilities are numbers", column.name);
                self.diagnostics.push(Diagnostic::at(role.span(), message).help("name another column, or make numbers of it under [derived]".to_owned()));
            }
        }
        for (role, what) in [(&frame.prediction, "prediction"), (&frame.score, "score")] {
            if let Some(role) = role.as_ref().filter(|role| frame.target.as_ref().is_some_and(|target| target.get_ref() == role.get_ref())) {
                let message = format!("`{what}` is the column of `target`: every model would be right");
                self.diagnostics.push(Diagnostic::at(role.span(), message).help(format!("name the column that the model gave as `{what}`")));
            }
        }
        if let (Some(rank), Some(_)) = (&frame.rank, &frame.score) {
            self.diagnostics.error(&rank.span(), "[columns] has both `rank` and `score`; name what the model gives");
        }
        if let (Some(score), false) = (&frame.score, frame.probabilities.is_empty()) {
            self.diagnostics.error(&score.span(), "[columns] has both `score` and `probabilities`; name the score of one label, or a probability for each label");
        }
        let kinds = [(Kind::Numerical, &frame.numerical), (Kind::Categorical, &frame.categorical), (Kind::Text, &frame.text)];
        let mut declared: Vec<(bool, Kind, usize, Span)> = Vec::new();
        for (kind, names) in kinds {
            for name in names {
                let is_name = self.columns.iter().any(|c| c.name == *name.get_ref());
                declared.extend(self.named(name).into_iter().map(|column| (is_name, kind, column, name.span())));
            }
        }
        // A name tells more than a glob.
        declared.sort_by_key(|(is_name, ..)| *is_name);
        let mut known: BTreeMap<usize, (bool, Kind)> = BTreeMap::new();
        for (is_name, kind, column, span) in declared {
            let before = known.insert(column, (is_name, kind));
            if let Some((_, other)) = before.filter(|(was_name, other)| *was_name == is_name && *other != kind) {
                let message = format!("column `{}` is declared {} and {}; it is one of them", self.columns[column].name, other.name(), kind.name());
                self.diagnostics.error(&span, message);
            }
            self.columns[column].kind = kind;
            self.report_no_numbers(column, &span);
        }
        let ignored: Vec<usize> = frame.ignore.iter().flat_map(|name| self.named(name)).collect();
        self.ignored.extend(ignored.into_iter().map(|i| self.columns[i].name.clone()));
    }

    /// Of texts none of which is a number no run would make one.
    fn report_no_numbers(&mut self, column: usize, span: &Span) {
        let column = &self.columns[column];
        let are_texts = matches!(column.data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        let are_numbers = column.sample.keys().any(|value| value.trim().parse::<f64>().is_ok());
        if let (Kind::Numerical, true, false, Some(value)) = (column.kind, are_texts, are_numbers, column.sample.keys().next()) {
            let message = format!("column `{}` is declared numerical, and its values are texts, such as {value:?}", column.name);
            self.diagnostics.push(Diagnostic::at(span.clone(), message).help("remove it here, or make numbers of it under [derived]".to_owned()));
        }
    }

    /// The columns that a name or a glob under [columns] means; an error if there is none.
    fn named(&mut self, word: &Spanned<String>) -> Vec<usize> {
        let selector = match self.selector(word.get_ref()) {
            Ok(Selector::Kind(_)) => Err(format!("`{}` is what types are declared by; name columns, or write a glob", word.get_ref())),
            selector => selector,
        };
        let selector = match selector {
            Ok(selector) => selector,
            Err(message) => {
                self.diagnostics.error(&word.span(), message);
                return Vec::new();
            }
        };
        let found: Vec<usize> = self.columns.iter().enumerate().filter(|(_, c)| selector.matches(c)).map(|(i, _)| i).collect();
        if found.is_empty() {
            self.unknown_column(word.get_ref(), word.span());
        }
        found
    }

    pub(super) fn suite(&mut self, spec: SuiteSpec<'_>) -> Suite {
        let before = self.diagnostics.len();
        let spec = self.translated(spec);
        let told = self.diagnostics.len() > before;
        let own: Vec<String> = spec.checks.iter().map(|c| c.name.clone()).collect();
        let has_checks = spec.preset.is_some() || !own.is_empty();
        let preset = spec.preset.map(|(name, span)| self.preset_checks(&name, &span, &own)).unwrap_or_default();
        if !has_checks && !told && !spec.name.is_empty() {
            let help = "add a [[suite.check]] below it, or `preset = \"data_quality\"`".to_owned();
            self.diagnostics.push(Diagnostic::at(spec.span, format!("suite `{}` has no checks", spec.name)).help(help));
        }
        let checks: Vec<Check> = preset.into_iter().chain(spec.checks).flat_map(|c| self.check(c)).collect();
        // What corrects by itself has another value under another correction.
        if spec.correction != Correction::None {
            let correction = format!("correction={}", spec.correction.name());
            for check in &checks {
                let metric = &mut self.plan_metrics[check.metric];
                if metric.hypotheses.own_family {
                    add_params(&mut metric.labels, std::slice::from_ref(&correction));
                }
            }
        }
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
                let all: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
                let help = format!("add `fail` or `warn` over {}, or make it a [[record]]", all.join(", "));
                let message = format!("check `{name}` has no condition");
                self.diagnostics.push(Diagnostic::at(span.clone(), message).help(help));
                continue;
            }
            let id = bound.suffix.as_ref().map_or(name.clone(), |column| format!("{name}.{column}"));
            let fail = fail.and_then(|c| condition(&c, &names, &mut self.diagnostics));
            let warn = warn.as_ref().and_then(|c| condition(c, &names, &mut self.diagnostics));
            checks.push(Check { id, metric: bound.metric, sample: bound.sample, fail, warn, no_data });
        }
        checks
    }

    pub(super) fn record(&mut self, spec: MetricSpec<'_>) -> Vec<usize> {
        self.bind(spec).into_iter().map(|b| b.metric).collect()
    }
}

/// Reads a condition over these fields.
pub(super) fn condition((text, span): &(String, Span), fields: &[(String, Range)], diagnostics: &mut Diagnostics) -> Option<Condition> {
    let error = match condition::parse(text, fields) {
        Ok(condition) => return Some(condition),
        Err(error) => error,
    };
    // Inside the quotes, where the text stands as it was written.
    let plain = span.len() == text.len() + 2;
    let at = if plain { span.start + 1 + error.start..span.start + 1 + error.end } else { span.clone() };
    diagnostics.push(Diagnostic::at(at, error.message).help(error.help));
    None
}
