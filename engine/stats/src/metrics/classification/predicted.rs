//! True and predicted labels: where they come from, and the matrix of their counts.

use crate::accumulators::{Confusion, Predicted, confusion};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Field};
use driftline_core::column::Roles;
use driftline_core::diagnostic::{Diagnostic, Diagnostics, Span};
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) const VALUE_AND_DUMMY: [Field; 2] = [
    Field::new("value", "ratio", "the metric"),
    Field::new("dummy", "ratio", "what labels that are guessed with the shares of the true ones come to on average"),
];

/// The parameter of metrics of predicted labels.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(in crate::metrics) struct Threshold {
    /// Score from which on the positive label counts as predicted, in place of the prediction column.
    pub threshold: Option<f64>,
}

/// Reads what the spec says of labels: a prediction, a score with a threshold, or the greatest probability.
pub(super) fn labels(metric: &str, binding: &Binding<'_>, threshold: Option<f64>, span: &Span, diagnostics: &mut Diagnostics) -> Option<Handle<Confusion>> {
    if threshold.is_some_and(|threshold| !threshold.is_finite()) {
        diagnostics.error(span, format!("`{metric}`: `threshold` must be a finite number"));
        return None;
    }
    predicted_of(metric, binding, threshold, span, diagnostics).map(|(target, predicted)| confusion(&target, &predicted))
}

/// The target and where predicted labels come from.
pub(in crate::metrics) fn predicted_of(metric: &str, binding: &Binding<'_>, threshold: Option<f64>, span: &Span, diagnostics: &mut Diagnostics) -> Option<(String, Predicted)> {
    match predicted(binding.roles, threshold) {
        (Some(target), Ok(predicted)) => Some((target.to_owned(), predicted)),
        (None, Ok(_)) => tell(diagnostics, span, metric, "a target", "target = \"…\""),
        (_, Err((needed, help))) => tell(diagnostics, span, metric, needed, help),
    }
}

pub(in crate::metrics) fn tell<T>(diagnostics: &mut Diagnostics, span: &Span, metric: &str, needed: &str, help: &str) -> Option<T> {
    let message = format!("`{metric}` needs {needed} under [columns]");
    diagnostics.push(Diagnostic::at(span.clone(), message).help(format!("add under [columns]\n{help}")));
    None
}

type Needed = (&'static str, &'static str);

fn predicted(roles: &Roles, threshold: Option<f64>) -> (Option<&str>, Result<Predicted, Needed>) {
    let by_score = |threshold: f64| match (&roles.score, &roles.positive) {
        (Some(score), Some(positive)) => Ok(Predicted::Threshold { score: score.clone(), positive: positive.clone(), threshold }),
        _ => Err(("a score and the label that it is of", "score = \"…\"\npositive = \"1\"")),
    };
    let by_role = || match (&roles.prediction, roles.probabilities.is_empty(), &roles.score) {
        (Some(prediction), ..) => Ok(Predicted::Label(prediction.clone())),
        (None, false, _) if roles.probabilities.len() < 2 => Err(("probabilities of two labels or more", "probabilities = { yes = \"p_yes\", no = \"p_no\" }")),
        (None, false, _) => Ok(Predicted::Greatest(roles.probabilities.clone().into_iter().collect())),
        (None, true, Some(_)) => by_score(0.5),
        (None, true, None) => Err(("a prediction", "prediction = \"…\"")),
    };
    (roles.target.as_deref(), threshold.map_or_else(by_role, by_score))
}

/// How often each label was predicted for each true one, as numbers that chance may share out.
#[derive(Debug, Clone)]
pub(super) struct Matrix {
    pub labels: Vec<String>,
    /// Of rows that are left out, and of labels that do not meet.
    pub note: Option<String>,
    /// By true label, then by predicted label.
    pub counts: Vec<Vec<f64>>,
}

/// What a label comes to against all others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cells {
    pub true_positive: f64,
    pub false_positive: f64,
    pub false_negative: f64,
    pub true_negative: f64,
}

/// A share of what there is; of nothing there is none.
pub(super) fn of(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

impl Matrix {
    pub fn total(&self) -> f64 {
        self.counts.iter().flatten().sum()
    }

    /// Rows of a true label.
    pub fn support(&self, label: usize) -> f64 {
        self.counts[label].iter().sum()
    }

    /// Rows with a predicted label.
    pub fn predicted(&self, label: usize) -> f64 {
        self.counts.iter().map(|row| row[label]).sum()
    }

    pub fn cells(&self, label: usize) -> Cells {
        let true_positive = self.counts[label][label];
        let (support, predicted) = (self.support(label), self.predicted(label));
        let (false_negative, false_positive) = (support - true_positive, predicted - true_positive);
        Cells { true_positive, false_positive, false_negative, true_negative: self.total() - support - false_positive }
    }

    pub fn right(&self) -> f64 {
        (0..self.labels.len()).map(|label| self.counts[label][label]).sum()
    }

    /// What labels that are guessed with the shares of the true ones come to on average.
    pub fn guessed(&self) -> Matrix {
        let total = self.total();
        let support: Vec<f64> = (0..self.labels.len()).map(|label| self.support(label)).collect();
        let counts = support.iter().map(|n| support.iter().map(|m| n * m / total).collect()).collect();
        Matrix { labels: self.labels.clone(), note: None, counts }
    }
}

/// The matrix of one side; without a row that has both labels there is none.
pub(super) fn matrix(handle: &Handle<Confusion>, profile: &Profile) -> Result<Matrix, Undefined> {
    let found = profile.read(handle)?;
    let counts: Vec<Vec<f64>> = found.counts.iter().map(|row| row.iter().map(|n| *n as f64).collect()).collect();
    let matrix = Matrix { labels: found.labels.clone(), note: None, counts };
    if matrix.total() == 0.0 {
        return Err(Undefined::no_data(format!("no row has both a true and a predicted label; {} have no true one", found.unlabelled)));
    }
    if let Some(positive) = &found.positive
        && !matrix.labels.iter().enumerate().any(|(i, label)| label == positive && matrix.support(i) > 0.0)
    {
        return Err(Undefined::no_data(format!("no row has the positive label `{positive}`")));
    }
    let meets = (0..matrix.labels.len()).any(|label| matrix.support(label) > 0.0 && matrix.predicted(label) > 0.0);
    let disjoint = (!meets).then(|| format!("no predicted label is a true one: {}", matrix.labels.join(", ")));
    let notes: Vec<String> = left_out(found.unlabelled, found.unpredicted, "prediction").into_iter().chain(disjoint).collect();
    Ok(Matrix { note: (!notes.is_empty()).then(|| notes.join("; ")), ..matrix })
}

/// What is told of rows that have no part in a metric.
pub(super) fn left_out(unlabelled: u64, unanswered: u64, answer: &str) -> Option<String> {
    let parts = [(unlabelled, "true label"), (unanswered, answer)];
    let told: Vec<String> = parts.iter().filter(|(rows, _)| *rows > 0).map(|(rows, what)| format!("{rows} without a {what}")).collect();
    (!told.is_empty()).then(|| format!("rows left out: {}", told.join(", ")))
}

/// A metric of the whole matrix.
pub(super) struct OfMatrix {
    pub confusion: Handle<Confusion>,
    /// None where the metric is not defined, for the reason given.
    pub of: fn(&Matrix) -> Option<f64>,
    pub undefined: &'static str,
}

impl OfMatrix {
    fn reading(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let matrix = matrix(&self.confusion, profile)?;
        let value = (self.of)(&matrix).ok_or_else(|| Undefined::no_data(self.undefined))?;
        let mut reading = Reading::of([("value", value)]);
        if let Some(dummy) = (self.of)(&matrix.guessed()) {
            reading.set("dummy", dummy);
        }
        Ok(Reading { n_current: Some(matrix.total() as u64), note: matrix.note.clone(), ..reading })
    }
}

impl Metric for OfMatrix {
    fn requests(&self) -> Vec<Request> {
        vec![self.confusion.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides.current))
    }
}
