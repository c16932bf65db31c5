//! Suites in another tool's words become suites in ours, with that tool's defaults.

use super::presets::component;
use super::resolver::Resolver;
use driftline_core::catalogue::{Compatibility, Meaning, PresetCheck, Translation, find};
use driftline_core::diagnostic::{Diagnostic, Span};
use driftline_core::name::suggestion;
use driftline_core::spec::{CheckSpec, Component, Correction, MetricSpec, NoData, SuiteSpec, Table, component_of, report_equal_names};

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
        for check in &mut spec.checks {
            if check.name == check.metric.metric.kind && tool.find(&check.name).is_some() {
                check.name = snake_case(&check.name);
            }
        }
        let own: Vec<String> = spec.checks.iter().map(|check| check.name.clone()).collect();
        let mut checks = Vec::new();
        if let Some((preset, span)) = spec.preset.take() {
            match names_of(&tool, &preset) {
                Some(names) => {
                    for name in names {
                        let translated = self.translate(&tool, unconditional(name, &span), true);
                        checks.extend(translated.into_iter().filter(|check| !own.contains(&check.name) && !own.contains(&snake_case(name))));
                    }
                }
                None if matches!(tool.find(&preset), Some(Translation { meaning: Meaning::Elsewhere(_), .. })) => {
                    let words = tool.find(&preset).map(|t| t.meaning);
                    if let Some(Meaning::Elsewhere(words)) = words {
                        self.diagnostics.error(&span, format!("`{preset}` is no preset here: {words}"));
                    }
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
        let spec = SuiteSpec { checks, ..spec };
        report_equal_names(&spec, &mut self.diagnostics);
        spec
    }

    /// What a check of the suite is here. One that a preset names is left out where the data has nothing for it.
    fn translate<'a>(&mut self, tool: &Compatibility, mut check: CheckSpec<'a>, of_preset: bool) -> Vec<CheckSpec<'a>> {
        let metric = &mut check.metric.metric;
        let test = self.translate_test(tool, &mut metric.params);
        let span = metric.kind_span.clone();
        if let Some((key, here)) = ARGUMENTS.iter().find(|(key, _)| metric.params.contains(key)) {
            let message = format!("`{key}` is {}'s; here it is {here}", tool.title);
            self.diagnostics.error(&metric.params.span_of(key), message);
            return Vec::new();
        }
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
            Some(Translation { name, meaning: Meaning::Test(..), .. }) => {
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
        let kind = metric.kind.clone();
        if several && (check.fail.is_some() || check.warn.is_some() || translations.iter().any(|t| metric.params.has_any_of(&Table::written(t.parameters, &span)))) {
            let names: Vec<&str> = translations.iter().map(|t| t.name).collect();
            let help = format!("use the metric `{}`, with a `fail` of your own", translations[0].metric);
            let message = format!("`{kind}` stands for several checks ({}), whose conditions and keys are fixed", names.join(", "));
            self.diagnostics.push(Diagnostic::at(span, message).help(help));
            return Vec::new();
        }
        let one = |translation: &PresetCheck| self.check_of(translation, &check, &test, several, of_preset);
        translations.iter().filter_map(one).collect()
    }

    /// Whether a name is one of the catalogue or of a plugin.
    fn is_metric(&self, name: &str) -> bool {
        find(&self.planner.catalogue.metrics, name).is_some() || self.plugins.contains_key(name) || self.broken_plugins.iter().any(|plugin| plugin == name)
    }

    fn check_of<'a>(&mut self, translation: &PresetCheck, check: &CheckSpec<'a>, test: &Test, several: bool, of_preset: bool) -> Option<CheckSpec<'a>> {
        let span = check.metric.metric.kind_span.clone();
        if of_preset && !self.has_roles_for(translation, &span) {
            return None;
        }
        // What the spec gives itself, such as a range, need not come from a reference.
        let given_itself = !check.metric.metric.params.is_empty() && !translation.fail.contains("reference");
        let condition = if self.has_reference || (translation.alone.is_none() && given_itself) { Some(translation.fail) } else { translation.alone };
        let given = check.fail.is_some() || check.warn.is_some();
        let of_column = translation.metric == "drift";
        let fail = match (condition, test) {
            _ if given => check.fail.clone(),
            // A test brings its own rule.
            (Some(_), Test::Theirs(rule)) if of_column => Some(((*rule).to_owned(), check.span.clone())),
            (Some(_), Test::Ours) if of_column => None,
            (Some(text), _) => Some((text.to_owned(), check.span.clone())),
            (None, _) if of_preset => return None,
            (None, _) => {
                self.diagnostics.error(&span, format!("`{}` needs a reference, or a condition", check.metric.metric.kind));
                return None;
            }
        };
        let columns = match (&check.metric.columns, translation.columns) {
            (Some(columns), _) => Some(columns.clone()),
            (None, []) => None,
            (None, wanted) => match self.chosen(translation) {
                some if some.is_empty() || (some.len() < wanted.len() && wanted.iter().all(|w| w.starts_with('$'))) => {
                    if !of_preset {
                        let message = format!("`{}` finds no column to look at: it wants {}", check.metric.metric.kind, wanted.join(", ").replace('$', ""));
                        let help = "name `columns`, or `target` and `prediction` under [columns]".to_owned();
                        self.diagnostics.push(Diagnostic::at(span, message).help(help));
                    }
                    return None;
                }
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
    fn translate_test(&mut self, tool: &Compatibility, params: &mut Table<'_>) -> Test {
        let Some((key, value)) = params.take_value("test") else { return Test::None };
        let span = value.span();
        let Some(given) = component_of("test", key, value, &mut self.diagnostics) else { return Test::None };
        let mut test = given.params;
        let found = match tool.find(&given.kind).map(|translation| translation.meaning) {
            Some(Meaning::Test(text, rule)) => {
                test.fill(Table::written(text, &span));
                Test::Theirs(rule)
            }
            _ => {
                let theirs = tool.name == given.kind;
                test.set("name", toml::Spanned::new(given.kind_span, toml::de::DeValue::String(given.kind.into())));
                if theirs { Test::None } else { Test::Ours }
            }
        };
        params.set("test", test.into_value());
        found
    }
}

/// Whose test a check names.
enum Test {
    /// None, or the other tool's choice.
    None,
    /// The other tool's, with its rule.
    Theirs(&'static str),
    Ours,
}

/// Arguments of the other tool's classes, and what they are here.
const ARGUMENTS: [(&str, &str); 13] = [
    ("lt", "`fail`, the condition under which the check fails, such as `fail = \"value >= 5\"`"),
    ("lte", "`fail`, the condition under which the check fails, such as `fail = \"value > 5\"`"),
    ("gt", "`fail`, the condition under which the check fails, such as `fail = \"value <= 5\"`"),
    ("gte", "`fail`, the condition under which the check fails, such as `fail = \"value < 5\"`"),
    ("eq", "`fail`, the condition under which the check fails, such as `fail = \"value != 5\"`"),
    ("not_eq", "`fail`, the condition under which the check fails, such as `fail = \"value == 5\"`"),
    ("column_name", "`columns`"),
    ("quantile", "`q`"),
    ("left", "`min`"),
    ("right", "`max`"),
    ("reg_exp", "`pattern`"),
    ("stattest", "`test = \"psi\"`"),
    ("stattest_threshold", "`test = { name = \"psi\", threshold = 0.2 }`"),
];

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
