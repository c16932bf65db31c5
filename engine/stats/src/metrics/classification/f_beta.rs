//! The weighted harmonic mean of precision and recall.

use super::predicted::{VALUE_AND_DUMMY, of};
use super::rates::{self, Parameters};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "f_beta",
        aliases: &["f1"],
        summary: "The weighted harmonic mean of precision and recall; F1 by default.",
        description: "Needs `target` under [columns] and labels that were predicted: `prediction`, the greatest of `probabilities`, or `score` from 0.5 or `threshold` on. `beta` is how many times as important recall is as precision. Two labels: of the positive one; more: the mean, unless `average` or `label` says otherwise. Rows without a true or a predicted label are left out, and never taken for wrong. A label that is neither true nor predicted has no part in an average, and is `no_data` by itself.",
        formula: "(1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp)",
        direction: Direction::Higher,
        fields: &VALUE_AND_DUMMY,
        parameters: schema_of::<Schema>,
        example: "[[suite.check]]\nmetric = \"f_beta\"\naverage = \"macro\"\nfail = \"value < reference - 5%\"",
        reference: "sklearn.metrics.fbeta_score(zero_division=nan)",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Beta {
    /// How many times as important recall is as precision.
    #[schemars(range(min = 0.0))]
    beta: f64,
}

impl Default for Beta {
    fn default() -> Self {
        Self { beta: 1.0 }
    }
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Schema {
    #[schemars(flatten)]
    rates: Parameters,
    #[schemars(flatten)]
    own: Beta,
}

fn build(binding: &Binding<'_>, mut component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let (span, at) = (component.kind_span.clone(), component.params.span_of("beta"));
    let beta = component.params.take::<Beta>(diagnostics);
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    let Beta { beta } = beta?;
    if !(beta > 0.0 && beta <= 1e6) {
        diagnostics.error(&at, format!("`beta` must be a number above 0 and up to 1,000,000, not {beta}"));
        return None;
    }
    let square = beta * beta;
    let rate = move |c: super::predicted::Cells| of((1.0 + square) * c.true_positive, (1.0 + square) * c.true_positive + square * c.false_negative + c.false_positive);
    rates::built("f_beta", binding, parameters, &span, diagnostics, Box::new(rate))
}
