//! How many columns drifted, and whether the dataset did.

use super::drift::{BoundTest, bind_test, take_test};
use super::shape::{note, plain, share};
use driftline_core::accumulator::Request;
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of,
};
use driftline_core::column::{Column, Kind};
use driftline_core::condition::{self, Condition, Fields};
use driftline_core::diagnostic::{Diagnostic, Diagnostics, Span};
use driftline_core::metric::{Comparison, Hypotheses, Metric, Parts, Reading, Readings, Sides, Undefined};
use driftline_core::spec::Component;
use driftline_core::suite::condition_fields;
use driftline_core::name::suggestion;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "drifted_columns",
        aliases: &[],
        summary: "Number and share of columns that drifted, and the verdict on the dataset.",
        description: "Tests every column of numbers, categories or texts of either side but id, timestamp and ignored ones and those that transforms add; or \
those in `columns`, which may be added by transforms too. A column has drifted when `drifted` holds for its test. p-values are corrected as the suite says, over these columns and no other \
check's. Columns that could not be tested (missing on a side, without values) count as not drifted; `untested` tells how many, and the message which. If no \
column could be tested the result is `no_data`. The dataset has drifted when the share reaches `drift_share`; with `weights`, such as the importances of the model's features, \
when the weighted share does.",
        formula: "share = drifted columns / columns; dataset_drift = 1 if share >= drift_share, else 0",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Schema>,
        example: "[[suite.check]]\nmetric = \"drifted_columns\"\nfail = \"share > 30%\"",
        reference: "Evidently's DriftedColumnsCount, with corrected p-values and effect sizes",
    },
    scope: Scope::Dataset,
    accepts: &[Kind::Numerical, Kind::Categorical, Kind::Text],
    compares: true,
    build,
};

const FIELDS: [Field; 6] = [
    Field::new("count", "", "columns that drifted"),
    Field::new("share", "ratio", "columns that drifted over all columns"),
    Field::new("columns", "", "all columns, those that could not be tested included"),
    Field::new("untested", "", "columns that could not be tested"),
    Field::new("dataset_drift", "", "1 if the share reaches drift_share, else 0"),
    Field::new("weighted_share", "ratio", "weight of the columns that drifted over the weight of all, where `weights` are given"),
];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Condition under which a column counts as drifted; the test's own rule unless given.
    #[schemars(with = "Option<String>")]
    drifted: Option<Spanned<String>>,
    /// Share of columns from which on the dataset counts as drifted.
    #[schemars(range(min = 0.0, max = 1.0))]
    drift_share: f64,
    /// Importance of columns by name; others weigh nothing.
    #[schemars(with = "Option<BTreeMap<String, f64>>")]
    weights: Option<Spanned<BTreeMap<String, f64>>>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { drifted: None, drift_share: 0.5, weights: None }
    }
}

/// The parameters with `test`, for the documentation.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct Schema {
    #[schemars(flatten)]
    own: Parameters,
    #[schemars(flatten)]
    test: super::drift::TestParameter,
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let mut component = component;
    let span = component.kind_span.clone();
    let test = take_test(&mut component.params, diagnostics);
    let Parameters { drifted, drift_share, weights } = read_parameters(component, diagnostics)?;
    let roles = binding.roles;
    let skipped = |c: &Column| [&roles.id, &roles.timestamp].iter().any(|r| r.as_ref() == Some(&c.name));
    let tested = binding.columns.iter().filter(|c| ENTRY.accepts.contains(&c.kind) && !skipped(c));
    let columns: Option<Vec<Tested>> =
        tested.map(|c| tested_column(c, test.clone(), drifted.as_ref(), &span, diagnostics)).collect();
    let columns = columns?;
    let weights = match weights {
        Some(given) => Some(check_weights(given, &columns, diagnostics)?),
        None => None,
    };
    // One test for all columns is told by the labels that it has on any of them.
    let labels = columns.first().filter(|_| test.is_some()).map(|first| first.bound.labels.clone()).unwrap_or_default();
    let fields: Vec<Field> = FIELDS.iter().filter(|f| f.name != "weighted_share" || weights.is_some()).copied().collect();
    let metric = DriftedColumns { columns, drift_share, weights };
    Some(Built { labels, labelled: &["test"], ..plain(metric, &fields) })
}

/// Weights are positive in sum and belong to columns that are looked at.
fn check_weights(given: Spanned<BTreeMap<String, f64>>, columns: &[Tested], diagnostics: &mut Diagnostics) -> Option<BTreeMap<String, f64>> {
    let (span, weights) = (given.span(), given.into_inner());
    let names = || columns.iter().map(|c| c.column.as_str());
    let unknown = weights.keys().find(|name| !names().any(|n| n == *name));
    if let Some(name) = unknown {
        let message = format!("`weights`: `{name}` is none of the columns that are looked at");
        diagnostics.push(Diagnostic::at(span, message).help(suggestion(name, names())));
        return None;
    }
    if weights.values().any(|w| !(w.is_finite() && *w >= 0.0)) || weights.values().sum::<f64>() <= 0.0 {
        diagnostics.error(&span, "`weights` must be 0 or more, and one of them above 0");
        return None;
    }
    Some(weights)
}

struct Tested {
    column: String,
    bound: BoundTest,
    drifted: Condition,
}

fn tested_column(
    column: &Column,
    test: Option<Component<'_>>,
    drifted: Option<&Spanned<String>>,
    span: &Span,
    diagnostics: &mut Diagnostics,
) -> Option<Tested> {
    let bound = bind_test(column, test, span, diagnostics)?;
    let names = condition_fields(&bound.fields, false);
    let (text, at) = drifted.map_or((bound.drifted, span.clone()), |d| (d.get_ref().as_str(), d.span()));
    match condition::parse(text, &names) {
        Ok(drifted) => Some(Tested { column: column.name.clone(), bound, drifted }),
        Err(e) => {
            let message = format!("`drifted` for column `{}`: {}", column.name, e.message);
            diagnostics.push(Diagnostic::at(at, message).help(e.help));
            None
        }
    }
}

struct DriftedColumns {
    columns: Vec<Tested>,
    drift_share: f64,
    weights: Option<BTreeMap<String, f64>>,
}

/// Values for the condition: the reading's fields, with `value` for the first.
fn fields(reading: &Reading) -> Fields {
    let mut fields: Fields = reading.fields.iter().map(|(n, v)| (n.to_string(), *v)).collect();
    fields.extend(reading.fields.first().map(|(_, v)| ("value".to_owned(), *v)));
    fields.extend(reading.n_reference.map(|n| ("n_reference".to_owned(), n as f64)));
    fields.extend(reading.n_current.map(|n| ("n_current".to_owned(), n as f64)));
    fields
}

impl Metric for DriftedColumns {
    fn requests(&self) -> Vec<Request> {
        self.columns.iter().flat_map(|c| c.bound.requests()).collect()
    }

    fn comparisons(&self) -> Vec<&dyn Comparison> {
        self.columns.iter().map(|c| &c.bound as &dyn Comparison).collect()
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        self.columns.iter().map(|c| c.bound.compare(sides)).collect()
    }

    fn hypotheses(&self) -> Hypotheses {
        Hypotheses { tests: self.columns.iter().map(|c| c.bound.hypothesis()).collect(), own_family: true }
    }

    fn conclude(&self, parts: Parts) -> Readings {
        let (mut drifted, mut untested): (Vec<&str>, Vec<&str>) = Default::default();
        for (column, part) in self.columns.iter().zip(&parts) {
            let Ok(reading) = part else {
                untested.push(&column.column);
                continue;
            };
            // A test that came to a result which the condition cannot read is a mistake of the condition.
            let holds = column.drifted.holds(&fields(reading));
            if holds.map_err(|e| Undefined::error(format!("column `{}`: `drifted`: {e}", column.column)))? {
                drifted.push(&column.column);
            }
        }
        if untested.len() == self.columns.len() {
            return Err(Undefined::no_data("no column could be tested"));
        }
        let share = share(drifted.len() as u64, self.columns.len() as u64)?;
        let weighted = match &self.weights {
            Some(weights) => {
                let sum = |names: &[&str]| names.iter().filter_map(|name| weights.get(*name)).fold(0.0, |sum, weight| sum + weight);
                let all = weights.values().sum::<f64>();
                if sum(&untested) >= all {
                    return Err(Undefined::no_data("no column that has a weight could be tested"));
                }
                Some(sum(&drifted) / all)
            }
            None => None,
        };
        let dataset_drift = f64::from(weighted.unwrap_or(share) >= self.drift_share);
        let mut reading = Reading::of([
            ("count", drifted.len() as f64),
            ("share", share),
            ("columns", self.columns.len() as f64),
            ("untested", untested.len() as f64),
            ("dataset_drift", dataset_drift),
        ]);
        weighted.into_iter().for_each(|weighted| reading.set("weighted_share", weighted));
        let notes = [note("drifted", &drifted), note("could not be tested", &untested)];
        let notes: Vec<String> = notes.into_iter().flatten().collect();
        Ok(vec![Reading { note: (!notes.is_empty()).then(|| notes.join("; ")), ..reading }])
    }
}
