//! The pinball loss of a predicted quantile.

use super::errors::{built, mean_and_dummy};
use crate::accumulators::Error;
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "quantile_loss",
        aliases: &[],
        summary: "The pinball loss of a predicted quantile.",
        description: "Needs `target` and `prediction` under [columns], both numbers. Rows that lack either are left out, and never taken for wrong. Least if a share `q` of the true values lies below the predictions; for the median half of the mean absolute error. Without a row that has both the result is `no_data`; infinite errors are an error.",
        formula: "mean of q (target - prediction) where the prediction is too low, else (1 - q)(prediction - target)",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"quantile_loss\"\nq = 0.9\nfail = \"value > reference * 120%\"",
        reference: "sklearn.metrics.mean_pinball_loss",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("value", "", "the mean"),
    Field::new("dummy", "", "that of a constant prediction, the quantile of the true values"),
    Field::new("standard_deviation", "", "of the rows (ddof = 1)"),
];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Which quantile is predicted, from 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    q: f64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { q: 0.5 }
    }
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let (span, at) = (component.kind_span.clone(), component.params.span_of("q"));
    let Parameters { q } = read_parameters(component, diagnostics)?;
    if !(0.0..=1.0).contains(&q) {
        diagnostics.error(&at, format!("`q` must lie between 0 and 1, not {q}"));
        return None;
    }
    let mut built = built("quantile_loss", binding, Error::Pinball(q), Some(q), &FIELDS, mean_and_dummy, (&span, diagnostics))?;
    built.labels = vec![("q".into(), q.to_string())];
    built.labelled = &["q"];
    Some(built)
}
