//! What the predictions are worth.

use super::super::shape::{note, plain};
use super::predicted::{Answers, Threshold, Matrix, labels};
use driftline_core::accumulator::Request;
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "business_value",
        aliases: &[],
        summary: "What the predictions are worth, by the value of each kind of hit and miss.",
        description: "Needs `target` under [columns] and labels that were predicted: `prediction`, the greatest of `probabilities`, or `score` from 0.5 or `threshold` on. `values` says what a row is worth by its true and its predicted label; a pair that it does not have is worth nothing. Without `values` a right prediction is worth 1 and a wrong one costs 1. Rows without a true or a predicted label are left out, and never taken for wrong. Without a row that has both the result is `no_data`.",
        formula: "value = sum over the rows of values[true label][predicted label]",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"business_value\"\nvalues = { fraud = { fraud = 100.0, honest = -100.0 }, honest = { fraud = -5.0 } }\nfail = \"per_row < reference.per_row - 0.5\"",
        reference: "NannyML's business value",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("value", "", "sum over the rows, in the unit of `values`"),
    Field::new("per_row", "", "mean of a row"),
    Field::new("dummy", "", "sum for labels that are guessed with the shares of the true ones, on average"),
];

type Values = BTreeMap<String, BTreeMap<String, f64>>;

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// By true label, then by predicted label, what such a row is worth; costs are negative. By default 1 for a right prediction and -1 for a wrong one.
    values: Option<Values>,
    /// Score from which on the positive label counts as predicted, in place of the prediction column.
    threshold: Option<f64>,
    /// How many rows with the highest scores count as predicted positive, in place of a threshold.
    top: Option<u64>,
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let (span, at) = (component.kind_span.clone(), component.params.span_of("values"));
    let Parameters { values, threshold, top } = read_parameters(component, diagnostics)?;
    if values.iter().flat_map(Values::values).flat_map(BTreeMap::values).any(|value| !value.is_finite()) {
        diagnostics.error(&at, "`values` must be finite numbers");
        return None;
    }
    if values.as_ref().is_some_and(|values| values.values().all(BTreeMap::is_empty)) {
        diagnostics.error(&at, "`values` has no value; write one such as { fraud = { fraud = 100.0, honest = -100.0 } }");
        return None;
    }
    let confusion = labels("business_value", binding, &Threshold { threshold, top }, &span, diagnostics)?;
    Some(plain(BusinessValue { confusion, values }, &FIELDS))
}

struct BusinessValue {
    confusion: Answers,
    values: Option<Values>,
}

impl BusinessValue {
    fn worth(&self, matrix: &Matrix) -> f64 {
        let of = |target: &String, prediction: &String| match &self.values {
            Some(values) => values.get(target).and_then(|values| values.get(prediction)).copied().unwrap_or(0.0),
            None if target == prediction => 1.0,
            None => -1.0,
        };
        let row = |(target, counts): (&String, &Vec<f64>)| matrix.labels.iter().zip(counts).map(|(prediction, n)| n * of(target, prediction)).sum::<f64>();
        matrix.labels.iter().zip(&matrix.counts).map(row).sum()
    }

    fn reading(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let matrix = self.confusion.matrix(profile)?;
        let keys = self.values.iter().flat_map(|values| values.keys().chain(values.values().flat_map(BTreeMap::keys)));
        let unknown: BTreeSet<&str> = keys.map(String::as_str).filter(|key| !matrix.labels.iter().any(|label| label == key)).collect();
        let unknown: Vec<&str> = unknown.into_iter().collect();
        let notes: Vec<String> = [note("no row has the labels of `values`", &unknown), matrix.note.clone()].into_iter().flatten().collect();
        let value = self.worth(&matrix);
        let reading = Reading::of([("value", value), ("per_row", value / matrix.total()), ("dummy", self.worth(&matrix.guessed()))]);
        Ok(Reading { n_current: Some(matrix.total() as u64), note: (!notes.is_empty()).then(|| notes.join("; ")), ..reading })
    }
}

impl Metric for BusinessValue {
    fn requests(&self) -> Vec<Request> {
        vec![self.confusion.request()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides.current))
    }
}
