//! Presets become checks and records as if they had been written.

use super::resolver::Resolver;
use driftline_core::catalogue::{Binding, PresetCheck, Scope, find, find_or_report};
use driftline_core::column::{Column, Kind, Selector};
use driftline_core::diagnostic::{Diagnostic, Diagnostics, Span};
use driftline_core::spec::{CheckSpec, Component, MetricSpec, NoData, Table};

impl Resolver<'_> {
    /// The checks of a preset, without those that `own` names already.
    pub(super) fn preset_checks(&mut self, name: &str, span: &Span, own: &[String]) -> Vec<CheckSpec<'static>> {
        let mut checks = Vec::new();
        for check in self.preset(name, span) {
            let fail = if self.has_reference { Some(check.fail) } else { check.alone };
            let (Some(fail), false) = (fail, own.iter().any(|name| name == check.name)) else { continue };
            let metric = self.preset_metric(&check, span);
            let fail = (!fail.is_empty()).then(|| (fail.to_owned(), span.clone()));
            let name = check.name.to_owned();
            checks.push(CheckSpec { name, span: span.clone(), metric, fail, warn: None, no_data: NoData::default() });
        }
        checks
    }

    /// The metrics of a preset, recorded.
    pub(super) fn record_preset(&mut self, name: &str, span: &Span) -> Vec<usize> {
        let checks = self.preset(name, span);
        let metrics: Vec<MetricSpec<'_>> = checks.iter().map(|check| self.preset_metric(check, span)).collect();
        metrics.into_iter().flat_map(|metric| self.record(metric)).collect()
    }

    fn preset(&mut self, name: &str, span: &Span) -> Vec<PresetCheck> {
        let catalogue = self.planner.catalogue;
        if let (None, Some(help)) = (find(&catalogue.presets, name), catalogue.of_another_tool(name)) {
            self.diagnostics.push(Diagnostic::at(span.clone(), format!("unknown preset `{name}`")).help(help));
            return Vec::new();
        }
        let presets = &catalogue.presets;
        let found = find_or_report(presets, &component(name, span), "preset", &[], &mut self.diagnostics);
        let checks: Vec<PresetCheck> = found.map(|entry| entry.checks.to_vec()).unwrap_or_default();
        let (mut usable, mut left_out) = (Vec::new(), Vec::new());
        for check in checks {
            match self.impossible(&check, span) {
                None => usable.push(check),
                Some(reason) => left_out.push(format!("`{}`: {reason}", check.name)),
            }
        }
        if usable.is_empty() && !left_out.is_empty() {
            let message = format!("preset `{name}` has nothing to look at");
            self.diagnostics.push(Diagnostic::at(span.clone(), message).help(left_out.join("\n")));
        } else if !left_out.is_empty() {
            self.counters.insert(format!("checks_left_out.{name}"), left_out.len() as u64);
            self.left_out_of_presets.extend(left_out.into_iter().map(|reason| format!("{name}: {reason}")));
        }
        usable
    }

    /// Why a preset's check cannot be made of this spec, if it cannot.
    fn impossible(&self, check: &PresetCheck, span: &Span) -> Option<String> {
        let compares = find(&self.planner.catalogue.metrics, check.metric).is_some_and(|metric| metric.compares);
        if !self.has_reference && (check.alone.is_none() || compares) {
            return Some("it compares with a reference, and there is none".into());
        }
        if !check.columns.is_empty() && self.chosen(check).is_empty() {
            return Some(format!("there is no column that it looks at ({})", check.columns.join(", ")));
        }
        self.lacks(check, span)
    }

    /// Whether the spec names what a metric over the dataset needs, such as a target or scores.
    pub(super) fn has_roles_for(&self, check: &PresetCheck, span: &Span) -> bool {
        self.lacks(check, span).is_none()
    }

    fn lacks(&self, check: &PresetCheck, span: &Span) -> Option<String> {
        let entry = find(&self.planner.catalogue.metrics, check.metric)?;
        if entry.scope == Scope::Column || !check.columns.is_empty() {
            return None;
        }
        let binding = Binding { column: None, columns: &self.columns, roles: &self.roles, all: &self.columns, training: self.training.as_deref(), catalogue: self.planner.catalogue };
        let component = Component { params: Table::written(check.parameters, span), ..component(check.metric, span) };
        let mut diagnostics = Diagnostics::default();
        let built = (entry.build)(&binding, component, &mut diagnostics);
        let reason = || diagnostics.iter().next().map_or_else(String::new, |diagnostic| diagnostic.message.clone());
        built.is_none().then(reason)
    }

    /// The selectors of a preset's check that match a column which its metric takes; a role becomes its column.
    pub(super) fn chosen(&self, check: &PresetCheck) -> Vec<String> {
        let accepts = find(&self.planner.catalogue.metrics, check.metric).map_or(&[][..], |metric| metric.accepts);
        let fits = |column: &&Column| accepts.is_empty() || accepts.contains(&column.kind);
        let role = |name: &Option<String>| name.clone().filter(|name| self.columns.iter().filter(fits).any(|c| c.name == *name));
        let usable = |selector: &str| match selector {
            "$target" => role(&self.roles.target),
            "$prediction" => role(&self.roles.prediction),
            pattern => {
                let parsed = Selector::parse(pattern).ok()?;
                let any = self.columns.iter().filter(fits).any(|column| parsed.matches(column) && !self.hidden(column));
                any.then(|| pattern.to_owned())
            }
        };
        let vectors = || self.columns.iter().filter(|column| column.holds_vectors() && !self.hidden(column)).map(|column| column.name.clone()).collect::<Vec<_>>();
        let features = || self.columns.iter().filter(fits).filter(|column| self.is_feature(column)).map(|column| column.name.clone());
        let chosen = |selector: &&str| match *selector {
            "$features" => features().collect(),
            "$vectors" => vectors(),
            selector => usable(selector).into_iter().collect(),
        };
        check.columns.iter().flat_map(chosen).collect()
    }

    /// Numbers, categories and texts that patterns see, but for what the model is to tell and what it told.
    fn is_feature(&self, column: &Column) -> bool {
        let roles = [&self.roles.target, &self.roles.prediction];
        matches!(column.kind, Kind::Numerical | Kind::Categorical | Kind::Text) && !self.hidden(column) && !roles.iter().any(|role| role.as_ref() == Some(&column.name))
    }

    /// Whether patterns pass a column by: it is ignored, or tells rows apart rather than describing them.
    fn hidden(&self, column: &Column) -> bool {
        let roles = [&self.roles.id, &self.roles.timestamp];
        self.ignored.contains(&column.name) || roles.iter().any(|role| role.as_ref() == Some(&column.name))
    }

    fn preset_metric(&self, check: &PresetCheck, span: &Span) -> MetricSpec<'static> {
        let columns = match check.columns {
            [] => None,
            _ => Some((self.chosen(check), span.clone())),
        };
        let params = Table::written(check.parameters, span);
        MetricSpec { metric: Component { params, ..component(check.metric, span) }, columns, filter: None, by: None }
    }
}

pub(super) fn component(kind: &str, span: &Span) -> Component<'static> {
    Component { kind: kind.into(), kind_span: span.clone(), params: Table::new(span.clone(), Default::default()) }
}
