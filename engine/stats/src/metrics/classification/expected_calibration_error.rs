//! How far probabilities are from the shares that came true, on average.

use super::super::shape::plain;
use super::predicted::left_out;
use super::scores::{positive_of, probabilities, read_losses};
use crate::accumulators::{Calibration, Losses};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "expected_calibration_error",
        aliases: &[],
        summary: "How far probabilities are from the shares that came true, on average.",
        description: "Needs `target` under [columns] and `score` with the scores of the positive label (`positive`, else the last label in order), or `probabilities` with a column for each label. Rows are put into bins of equal width by their score. Where each label has a score, the mean over the labels of each against all others. With few rows chance alone gives some error. Rows without a true label or a score are left out; a score outside of 0 to 1 is an error.",
        formula: "sum over bins of rows / all rows x |mean score - share of rows with the label|",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"expected_calibration_error\"\nfail = \"value > 10%\"",
        reference: "Guo, Pleiss, Sun, Weinberger, ICML 2017",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [Field::new("value", "ratio", "the error"), Field::new("largest", "ratio", "the largest distance of a bin")];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Bins of equal width from 0 to 1.
    #[schemars(range(min = 1, max = 1_000))]
    bins: usize,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { bins: 10 }
    }
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let (span, at) = (component.kind_span.clone(), component.params.span_of("bins"));
    let Parameters { bins } = read_parameters(component, diagnostics)?;
    if !(1..=1_000).contains(&bins) {
        diagnostics.error(&at, format!("`bins` must lie between 1 and 1000, not {bins}"));
        return None;
    }
    let (losses, positive) = probabilities("expected_calibration_error", binding, bins, &span, diagnostics)?;
    let labels = binding.roles.score.is_none().then(|| binding.roles.probabilities.keys().cloned().collect());
    Some(plain(ExpectedCalibrationError { losses, positive, labels, bins }, &FIELDS))
}

struct ExpectedCalibrationError {
    losses: Handle<Losses>,
    positive: Option<String>,
    /// The label of each column of scores, where each label has one.
    labels: Option<Vec<String>>,
    bins: usize,
}

impl ExpectedCalibrationError {
    fn reading(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let found = read_losses(&self.losses, profile)?;
        let of_columns = match &self.labels {
            Some(labels) => labels.clone(),
            None => vec![positive_of(&self.positive, &found)?],
        };
        let rows: u64 = found.labels.values().map(|label| label.log.count).sum();
        let (mut sum, mut largest) = (0.0, 0.0f64);
        for (column, label) in of_columns.iter().enumerate() {
            for bin in 0..self.bins {
                let of = |name: &str| found.labels.get(name).and_then(|l| l.bins.get(column)?.get(bin)).copied().unwrap_or_default();
                let all = found.labels.keys().map(|name| of(name)).fold(Calibration::default(), |a, b| Calibration { rows: a.rows + b.rows, sum: a.sum + b.sum });
                if all.rows == 0 {
                    continue;
                }
                let own = of(label).rows;
                let distance = (all.sum.to_f64() - own as f64).abs() / all.rows as f64;
                sum += distance * all.rows as f64;
                largest = largest.max(distance);
            }
        }
        let value = sum / (rows as f64 * of_columns.len() as f64);
        Ok(Reading { n_current: Some(rows), note: left_out(found.unlabelled, found.unscored, "score"), ..Reading::of([("value", value), ("largest", largest)]) })
    }
}

impl Metric for ExpectedCalibrationError {
    fn requests(&self) -> Vec<Request> {
        vec![self.losses.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides.current))
    }
}
