//! Suites in another tool's words become suites in ours, with that tool's defaults.

use super::presets::component;
use super::resolver::Resolver;
use driftline_core::catalogue::{Compatibility, Meaning, PresetCheck, Translation, find};
use driftline_core::diagnostic::{Diagnostic, Span};
use driftline_core::name::suggestion;
use driftline_core::spec::{CheckSpec, Component, Correction, MetricSpec, NoData, SuiteSpec, Table, component_of};

impl Resolver<'_> {
    pub(super) fn translated<'a>(&mut self, mut spec: SuiteSpec<'a>) -> SuiteSpec<'a> {
        let Some((name, span)) = spec.compatibility.take() else { return spec };
        let known = &self.planner.catalogue.compatibilities;
        let Some(tool) = known.iter().find(|tool| tool.name == name).copied() else {
            let help = suggestion(&name, known.iter().map(|tool| tool.name));
            self.diagnostics.push(Diagnostic::at(span, format!("unknown compatibility `{name}`")).help(help));
            return spec;
        };
        if spec.correction != Correction::None {
            self.diagnostics.error(&span, format!("{name} corrects no p-values; remove `correction` or `compatibility`"));
        }
        let own: Vec<String> = spec.checks.iter().map(|check| check.name.clone()).collect();
        let mut checks = Vec::new();
        if let Some((preset, span)) = spec.preset.take() {
            match names_of(&tool, &preset) {
                Some(names) => {
                    let named = names.iter().map(|name| unconditional(name, &span)).filter(|check| !own.contains(&check.name));
                    checks.extend(named.collect::<Vec<_>>().into_iter().flat_map(|check| self.translate(&tool, check, true)));
                }
                None if find(&self.planner.catalogue.presets, &preset).is_some() => spec.preset = Some((preset, span)),
                None => {
                    let known = tool.translations().filter(|t| matches!(t.meaning, Meaning::Names(..))).map(|t| t.name);
                    let help = suggestion(&preset, known.chain(self.planner.catalogue.presets.iter().map(|p| p.doc.name)));
                    self.diagnostics.push(Diagnostic::at(span, format!("unknown preset `{preset}`")).help(help));
                }
            }
        }
        checks.extend(spec.checks.into_iter().flat_map(|check| self.translate(&tool, check, false)));
        SuiteSpec { checks, ..spec }
    }

    /// What a check of the suite is here. One that a preset names is left out where the data has nothing for it.
    fn translate<'a>(&mut self, tool: &Compatibility, mut check: CheckSpec<'a>, of_preset: bool) -> Vec<CheckSpec<'a>> {
        let metric = &mut check.metric.metric;
        self.translate_test(tool, &mut metric.params);
        let span = metric.kind_span.clone();
        let translations = match tool.find(&metric.kind) {
            Some(Translation { meaning: Meaning::Checks(checks), .. }) => *checks,
            Some(Translation { meaning: Meaning::Elsewhere(words), name, .. }) => {
                self.diagnostics.error(&span, format!("`{name}` is no check here: {words}"));
                return Vec::new();
            }
            Some(Translation { meaning: Meaning::Derived(expression), name, .. }) => {
                let column = snake_case(name);
                let help = format!("add\n[derived]\n{column} = {expression:?}\nand check the column `{column}`");
                self.diagnostics.push(Diagnostic::at(span, format!("`{name}` is a feature of each row, no check")).help(help));
                return Vec::new();
            }
            Some(Translation { name, meaning: Meaning::Names(..), .. }) => {
                self.diagnostics.error(&span, format!("`{name}` is a preset: write `preset = \"{name}\"` in the suite"));
                return Vec::new();
            }
            Some(Translation { name, meaning: Meaning::Test(_), .. }) => {
                self.diagnostics.error(&span, format!("`{name}` is a method of drift: write `metric = \"drift\"` and `test = \"{name}\"`"));
                return Vec::new();
            }
            // A name of ours takes the other tool's condition, if it has one for it.
            None => match default_of(tool, metric, check.metric.columns.is_none()) {
                Some(one) => one,
                None if self.is_metric(&metric.kind) => return vec![check],
                None => {
                    let known = tool.translations().filter(|t| matches!(t.meaning, Meaning::Checks(_))).map(|t| t.name);
                    let ours = self.planner.catalogue.metrics.iter().map(|m| m.doc.name);
                    let help = suggestion(&metric.kind, known.chain(ours));
                    self.diagnostics.push(Diagnostic::at(span, format!("unknown metric `{}`", metric.kind)).help(help));
                    return Vec::new();
                }
            },
        };
        if check.name == metric.kind {
            check.name = snake_case(&check.name);
        }
        let several = translations.len() > 1;
        let one = |translation: &PresetCheck| self.check_of(translation, &check, several, of_preset);
        translations.iter().filter_map(one).collect()
    }

    /// Whether a name is one of the catalogue or of a plugin.
    fn is_metric(&self, name: &str) -> bool {
        find(&self.planner.catalogue.metrics, name).is_some() || self.plugins.contains_key(name) || self.broken_plugins.iter().any(|plugin| plugin == name)
    }

    fn check_of<'a>(&mut self, translation: &PresetCheck, check: &CheckSpec<'a>, several: bool, of_preset: bool) -> Option<CheckSpec<'a>> {
        let span = check.metric.metric.kind_span.clone();
        // What the spec gives itself, such as a range, need not come from a reference.
        let given_itself = !check.metric.metric.params.is_empty() && !translation.fail.contains("reference");
        let condition = if self.has_reference || (translation.alone.is_none() && given_itself) { Some(translation.fail) } else { translation.alone };
        let given = check.fail.is_some() || check.warn.is_some();
        let fail = match condition {
            _ if given => check.fail.clone(),
            Some(text) => Some((text.to_owned(), check.span.clone())),
            None if of_preset => return None,
            None => {
                self.diagnostics.error(&span, format!("`{}` needs a reference, or a condition", check.metric.metric.kind));
                return None;
            }
        };
        let columns = match (&check.metric.columns, translation.columns) {
            (Some(columns), _) => Some(columns.clone()),
            (None, []) => None,
            (None, _) => match self.chosen(translation) {
                none if none.is_empty() => return None,
                chosen => Some((chosen, span.clone())),
            },
        };
        let mut params = check.metric.metric.params.clone();
        params.fill(Table::written(translation.parameters, &span));
        let metric = Component { kind: translation.metric.to_owned(), kind_span: span, params };
        let name = if several { format!("{}_{}", check.name, translation.name) } else { check.name.clone() };
        Some(CheckSpec { name, fail, metric: MetricSpec { metric, columns, ..check.metric.clone() }, ..check.clone() })
    }

    /// The other tool's name of a drift method, as a test of ours with its parameters.
    fn translate_test(&mut self, tool: &Compatibility, params: &mut Table<'_>) {
        let Some((key, value)) = params.take_value("test") else { return };
        let span = value.span();
        let Some(given) = component_of("test", key, value, &mut self.diagnostics) else { return };
        let mut test = given.params;
        match tool.find(&given.kind).map(|translation| translation.meaning) {
            Some(Meaning::Test(text)) => test.fill(Table::written(text, &span)),
            _ => test.set("name", toml::Spanned::new(given.kind_span, toml::de::DeValue::String(given.kind.into()))),
        }
        params.set("test", test.into_value());
    }
}

/// The names that a preset of the other tool, or the nearest one of ours, stands for.
fn names_of(tool: &Compatibility, preset: &str) -> Option<&'static [&'static str]> {
    let of = |translation: &Translation| match translation.meaning {
        Meaning::Names(names, nearest) if translation.name == preset || nearest == preset => Some(names),
        _ => None,
    };
    tool.translations().find_map(of)
}

/// What the other tool checks first about a metric of ours.
fn default_of(tool: &Compatibility, metric: &Component<'_>, of_dataset: bool) -> Option<&'static [PresetCheck]> {
    let of = |translation: &Translation| match translation.meaning {
        Meaning::Checks(checks @ [one]) if one.metric == metric.kind && (one.columns.is_empty() || !of_dataset) => Some(checks),
        _ => None,
    };
    tool.translations().find_map(of)
}

fn unconditional(name: &str, span: &Span) -> CheckSpec<'static> {
    let metric = MetricSpec { metric: component(name, span), columns: None, filter: None, by: None };
    CheckSpec { name: name.to_owned(), span: span.clone(), metric, fail: None, warn: None, no_data: NoData::default() }
}

/// `TestNumberOfRows` as `number_of_rows`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut before = 'A';
    for letter in name.strip_prefix("Test").unwrap_or(name).chars() {
        if letter.is_uppercase() && !before.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
        before = letter;
    }
    snake
}
