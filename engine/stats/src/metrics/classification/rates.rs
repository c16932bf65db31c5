//! Rates of one label against all others, and their averages over labels.

use super::predicted::{Answers, Cells, Matrix, Threshold, VALUE_AND_DUMMY, answers, no_positive};
use super::super::shape::{note, plain};
use driftline_core::accumulator::Request;
use driftline_core::catalogue::{Binding, Built, read_parameters};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

/// The parameters of rates.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Parameters {
    /// How the labels' rates become one number; "auto" is that of `positive` under [columns], without one that of the last of two labels, and of more labels "macro".
    pub average: Average,
    /// The only label to look at, against all others.
    pub label: Option<String>,
    /// Score from which on the positive label counts as predicted, in place of the prediction column.
    pub threshold: Option<f64>,
    /// How many rows with the highest scores count as predicted positive, in place of a threshold.
    pub top: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Average {
    #[default]
    Auto,
    /// Mean over the labels, each counting alike.
    Macro,
    /// Of the counts of all labels together.
    Micro,
    /// Mean over the labels, each counting as often as it is true.
    Weighted,
    /// One result for each label.
    ByLabel,
}

/// The rate of a label; of nothing there is none.
pub(super) type Rate = Box<dyn Fn(Cells) -> Option<f64> + Send + Sync>;

/// A rate without parameters of its own.
pub(super) fn build(name: &'static str, binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics, rate: fn(Cells) -> Option<f64>) -> Option<Built> {
    let span = component.kind_span.clone();
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    built(name, binding, parameters, &span, diagnostics, Box::new(rate))
}

pub(super) fn built(
    name: &'static str,
    binding: &Binding<'_>,
    parameters: Parameters,
    span: &driftline_core::diagnostic::Span,
    diagnostics: &mut Diagnostics,
    rate: Rate,
) -> Option<Built> {
    let Parameters { average, label, threshold, top } = parameters;
    if label.is_some() && average != Average::Auto {
        diagnostics.error(span, "`label` chooses one label, and `average` is over all; remove one of them");
        return None;
    }
    let confusion = answers(name, binding, &Threshold { threshold, top }, span, diagnostics)?;
    let positive = binding.roles.positive.clone();
    let metric = Rates { confusion, positive, average, label, rate };
    Some(plain(metric, &VALUE_AND_DUMMY))
}

struct Rates {
    confusion: Answers,
    positive: Option<String>,
    average: Average,
    label: Option<String>,
    rate: Rate,
}

impl Rates {
    fn value(&self, matrix: &Matrix, average: Average) -> Result<f64, Undefined> {
        let all = 0..matrix.labels.len();
        let undefined = || Undefined::no_data("no label has a row that the rate is a share of");
        match average {
            Average::Micro => {
                let sum = |of: fn(Cells) -> f64| all.clone().map(|label| of(matrix.cells(label))).sum();
                let cells = Cells {
                    true_positive: sum(|c| c.true_positive),
                    false_positive: sum(|c| c.false_positive),
                    false_negative: sum(|c| c.false_negative),
                    true_negative: sum(|c| c.true_negative),
                };
                (self.rate)(cells).ok_or_else(undefined)
            }
            // A label without a rate has no part in the mean.
            Average::Macro | Average::Weighted => {
                let weight = |label: usize| if average == Average::Weighted { matrix.support(label) } else { 1.0 };
                let rates = all.filter_map(|label| Some(((self.rate)(matrix.cells(label))?, weight(label))));
                let (sum, weights) = rates.fold((0.0, 0.0), |(sum, weights), (rate, weight)| (sum + rate * weight, weights + weight));
                super::predicted::of(sum, weights).ok_or_else(undefined)
            }
            Average::Auto => match self.positive(matrix)? {
                Some(label) => (self.rate)(matrix.cells(label)).ok_or_else(|| Undefined::no_data(format!("no row is what the rate of `{}` is a share of", matrix.labels[label]))),
                None => self.value(matrix, Average::Macro),
            },
            Average::ByLabel => Err(undefined()),
        }
    }

    /// The label that is asked for, or the positive one of two.
    fn positive(&self, matrix: &Matrix) -> Result<Option<usize>, Undefined> {
        let place = |name: &str| matrix.labels.iter().position(|label| label == name);
        if let Some(label) = &self.label {
            return place(label).map(Some).ok_or_else(|| Undefined::no_data(format!("no row has the label `{label}`, true or predicted")));
        }
        if self.positive.is_none() && matrix.labels.len() > 2 {
            return Ok(None);
        }
        match &self.positive {
            Some(label) => place(label).map(Some).ok_or_else(|| no_positive(label, &matrix.labels)),
            // Of one label alone nobody knows which one it is.
            None if matrix.labels.len() < 2 => Err(Undefined::no_data(format!("there is the one label `{}`; name `positive` under [columns]", matrix.labels.concat()))),
            None => Ok(Some(1)),
        }
    }

    /// Which rate it is.
    fn told(&self, matrix: &Matrix) -> String {
        let rated = (0..matrix.labels.len()).filter(|label| (self.rate)(matrix.cells(*label)).is_some()).count();
        match (self.average, self.positive(matrix)) {
            (Average::Auto, Ok(Some(label))) => format!("of the label {}", matrix.labels[label]),
            (Average::Micro, _) => "of the counts of all labels".to_owned(),
            (Average::Weighted, _) => format!("weighted mean of {rated} of {} labels", matrix.labels.len()),
            _ => format!("mean of {rated} of {} labels", matrix.labels.len()),
        }
    }

    fn readings(&self, profile: &Profile) -> Result<Vec<Result<Reading, Undefined>>, Undefined> {
        let matrix = self.confusion.matrix(profile)?;
        let guessed = matrix.guessed();
        let rows = Some(matrix.total() as u64);
        if self.average != Average::ByLabel {
            let mut reading = Reading::of([("value", self.value(&matrix, self.average)?)]);
            if let Ok(dummy) = self.value(&guessed, self.average) {
                reading.set("dummy", dummy);
            }
            return Ok(vec![Ok(Reading { n_current: rows, method: Some(self.told(&matrix)), note: matrix.note.clone(), ..reading })]);
        }
        let without: Vec<&str> = (0..matrix.labels.len()).filter(|label| (self.rate)(matrix.cells(*label)).is_none()).map(|label| matrix.labels[label].as_str()).collect();
        if without.len() == matrix.labels.len() {
            return Err(Undefined::no_data("no label has a row that the rate is a share of"));
        }
        let notes: Vec<String> = [note("labels without a rate", &without), matrix.note.clone()].into_iter().flatten().collect();
        let told = (!notes.is_empty()).then(|| notes.join("; "));
        let of_label = |(i, label): (usize, &String)| {
            let rate = (self.rate)(matrix.cells(i))?;
            let mut reading = Reading::of([("value", rate)]);
            if let Some(dummy) = (self.rate)(guessed.cells(i)) {
                reading.set("dummy", dummy);
            }
            Some(Ok(Reading { labels: vec![("label".into(), label.clone())], n_current: rows, note: told.clone(), ..reading }))
        };
        Ok(matrix.labels.iter().enumerate().filter_map(of_label).collect())
    }
}

impl Metric for Rates {
    fn requests(&self) -> Vec<Request> {
        vec![self.confusion.request()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        self.readings(sides.current).unwrap_or_else(|undefined| vec![Err(undefined)])
    }
}
