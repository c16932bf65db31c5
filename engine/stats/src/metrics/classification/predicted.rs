//! True and predicted labels: where they come from, and the matrix of their counts.

use crate::accumulators::{Confusion, LabelSets, Predicted, Scored, Scores, confusion, label_sets, scored};
use arrow::datatypes::DataType;
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Field};
use driftline_core::column::{Column, Roles};
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
pub(super) struct Threshold {
    /// Score from which on the positive label counts as predicted, in place of the prediction column.
    pub threshold: Option<f64>,
    /// How many rows with the highest scores count as predicted positive, in place of a threshold; of rows with the score of the last of them all.
    pub top: Option<u64>,
}

/// Where true and predicted labels come from.
pub(super) enum Answers {
    One(Handle<Confusion>),
    /// Of two labels; the rows of the highest scores have the positive one.
    Top(Handle<Scored>, u64),
    /// Lists of labels.
    Many(Handle<LabelSets>),
}

impl Answers {
    pub fn request(&self) -> Request {
        match self {
            Answers::One(handle) => handle.request.clone(),
            Answers::Top(handle, _) => handle.request.clone(),
            Answers::Many(handle) => handle.request.clone(),
        }
    }

    /// The matrix of one side; without a row that has both labels there is none.
    pub fn matrix(&self, profile: &Profile) -> Result<Matrix, Undefined> {
        match self {
            Answers::One(handle) => matrix(handle, profile),
            Answers::Top(handle, top) => of_top(&*profile.read(handle)?, *top),
            Answers::Many(handle) => of_sets(&*profile.read(handle)?),
        }
    }
}

/// No row has the positive label: of two others that is a mistake, of one it may be chance.
pub(super) fn no_positive(positive: &str, labels: &[String]) -> Undefined {
    match labels {
        [] | [_] => Undefined::no_data(format!("no row has the positive label `{positive}`")),
        labels => Undefined::error(format!("the positive label `{positive}` is none of the labels that there are: {}", labels.join(", "))),
    }
}

fn none_labelled(unlabelled: u64) -> Undefined {
    Undefined::no_data(format!("no row has both a true and a predicted label; {unlabelled} have no true one"))
}

fn of_top(found: &Scored, top: u64) -> Result<Matrix, Undefined> {
    let rows: u64 = found.targets.iter().map(|(_, n)| n).sum();
    let Some((positive, scores)) = found.labels.first().filter(|_| rows > 0) else { return Err(none_labelled(found.unlabelled)) };
    let own = found.targets.iter().find(|(label, _)| label == positive).map_or(0, |(_, n)| *n);
    if own == 0 {
        return Err(no_positive(positive, &found.targets.iter().map(|(label, _)| label.clone()).collect::<Vec<_>>()));
    }
    let other = match &found.targets[..] {
        [(a, _), (b, _)] => if a == positive { b.clone() } else { a.clone() },
        _ => crate::accumulators::other_than(positive),
    };
    let (mut taken, mut right) = (0, 0);
    for (_, others, own) in scores.iter().rev() {
        if taken >= top {
            break;
        }
        taken += others + own;
        right += own;
    }
    let (wrong, missed) = (taken - right, own - right);
    let counts = [[rows - own - wrong, wrong], [missed, right]].map(|row| row.map(|n| n as f64).to_vec()).to_vec();
    let notes: Vec<String> = left_out(found.unlabelled, found.unscored, "finite score").into_iter().chain((taken != top).then(|| format!("{taken} rows have one of the {top} highest scores"))).collect();
    Ok(Matrix { labels: vec![other, positive.clone()], note: (!notes.is_empty()).then(|| notes.join("; ")), counts, sets: None })
}

fn of_sets(found: &LabelSets) -> Result<Matrix, Undefined> {
    if found.rows == 0 {
        return Err(none_labelled(found.unlabelled));
    }
    let rows = found.rows as f64;
    let cells = |cells: &crate::accumulators::LabelCells| {
        let [true_positive, false_positive, false_negative] = [cells.true_positive, cells.false_positive, cells.false_negative].map(|n| n as f64);
        Cells { true_positive, false_positive, false_negative, true_negative: rows - true_positive - false_positive - false_negative }
    };
    let exact = found.common.iter().filter(|((common, all), _)| common == all).map(|(_, n)| *n as f64).sum();
    let labels: Vec<String> = found.labels.iter().map(|(label, _)| label.clone()).collect();
    let sets = Sets { rows, exact, cells: found.labels.iter().map(|(_, own)| cells(own)).collect() };
    Ok(Matrix { counts: Vec::new(), note: left_out(found.unlabelled, found.unpredicted, "prediction"), labels, sets: Some(sets) })
}

/// Reads what the spec says of labels: a prediction, a score with a threshold, or the greatest probability.
pub(super) fn labels(metric: &str, binding: &Binding<'_>, chosen: &Threshold, span: &Span, diagnostics: &mut Diagnostics) -> Option<Answers> {
    if has_lists(binding) {
        diagnostics.error(span, format!("`{metric}` is of one label in each row, and the target has lists of them; `accuracy`, `precision`, `recall`, `f_beta`, `jaccard` and `hamming_loss` take lists"));
        return None;
    }
    let Threshold { threshold, top } = *chosen;
    let Some(top) = top else { return labels_of(metric, binding, threshold, span, diagnostics).map(Answers::One) };
    if threshold.is_some() || top == 0 {
        diagnostics.error(span, format!("`{metric}`: `top` must be a number of rows above 0, and takes the place of `threshold`"));
        return None;
    }
    match (&binding.roles.target, &binding.roles.score) {
        (Some(target), Some(score)) => Some(Answers::Top(scored(target, &Scores::Positive { score: score.clone(), positive: binding.roles.positive.clone() }), top)),
        (None, _) => tell(diagnostics, span, metric, "a target", "target = \"…\""),
        (_, None) => tell(diagnostics, span, metric, "a score", "score = \"…\""),
    }
}

/// The same for metrics that also take several labels in each row.
pub(super) fn answers(metric: &str, binding: &Binding<'_>, chosen: &Threshold, span: &Span, diagnostics: &mut Diagnostics) -> Option<Answers> {
    match (has_lists(binding), &binding.roles.target, &binding.roles.prediction) {
        (true, Some(target), Some(prediction)) => sets(metric, target, prediction, binding, span, diagnostics).map(Answers::Many),
        (true, _, None) => tell(diagnostics, span, metric, "a prediction", "prediction = \"…\""),
        _ => labels(metric, binding, chosen, span, diagnostics),
    }
}

/// The sets of labels in two columns, both of lists.
pub(super) fn sets(metric: &str, target: &str, prediction: &str, binding: &Binding<'_>, span: &Span, diagnostics: &mut Diagnostics) -> Option<Handle<LabelSets>> {
    let no_list = [target, prediction].into_iter().find(|role| binding.all.iter().any(|column| column.name == **role && !is_list(column)));
    if let Some(name) = no_list {
        let message = format!("`{metric}`: the target and the prediction must both be lists of labels, or neither, and `{name}` is none");
        diagnostics.push(Diagnostic::at(span.clone(), message).help(format!("add under [derived]\n{name}_list = \"make_array({name})\"")));
        return None;
    }
    Some(label_sets(target, prediction))
}

fn is_list(column: &Column) -> bool {
    matches!(column.data_type, DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..))
}

/// Whether a row may have several labels.
pub(super) fn has_lists(binding: &Binding<'_>) -> bool {
    [&binding.roles.target, &binding.roles.prediction].into_iter().flatten().any(|role| binding.all.iter().any(|column| column.name == *role && is_list(column)))
}

fn labels_of(metric: &str, binding: &Binding<'_>, threshold: Option<f64>, span: &Span, diagnostics: &mut Diagnostics) -> Option<Handle<Confusion>> {
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
    /// By true label, then by predicted label; empty where rows have several.
    pub counts: Vec<Vec<f64>>,
    sets: Option<Sets>,
}

/// Rows of several labels.
#[derive(Debug, Clone)]
struct Sets {
    rows: f64,
    /// Rows whose predicted labels are the true ones.
    exact: f64,
    cells: Vec<Cells>,
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
        self.sets.as_ref().map_or_else(|| self.counts.iter().flatten().sum(), |sets| sets.rows)
    }

    /// Rows of a true label.
    pub fn support(&self, label: usize) -> f64 {
        self.sets.as_ref().map_or_else(|| self.counts[label].iter().sum(), |sets| sets.cells[label].true_positive + sets.cells[label].false_negative)
    }

    /// Rows with a predicted label.
    pub fn predicted(&self, label: usize) -> f64 {
        self.counts.iter().map(|row| row[label]).sum()
    }

    pub fn cells(&self, label: usize) -> Cells {
        if let Some(sets) = &self.sets {
            return sets.cells[label];
        }
        let true_positive = self.counts[label][label];
        let (support, predicted) = (self.support(label), self.predicted(label));
        let (false_negative, false_positive) = (support - true_positive, predicted - true_positive);
        Cells { true_positive, false_positive, false_negative, true_negative: self.total() - support - false_positive }
    }

    pub fn right(&self) -> f64 {
        self.sets.as_ref().map_or_else(|| (0..self.labels.len()).map(|label| self.counts[label][label]).sum(), |sets| sets.exact)
    }

    /// What labels that are guessed with the shares of the true ones come to on average.
    pub fn guessed(&self) -> Matrix {
        let total = self.total();
        if let Some(sets) = &self.sets {
            // Each label by itself, as often as it is true.
            let guess = |cells: &Cells| {
                let share = (cells.true_positive + cells.false_negative) / total;
                let [hit, miss, neither] = [share * share, share * (1.0 - share), (1.0 - share) * (1.0 - share)].map(|p| p * total);
                Cells { true_positive: hit, false_positive: miss, false_negative: miss, true_negative: neither }
            };
            let cells: Vec<Cells> = sets.cells.iter().map(guess).collect();
            let exact = cells.iter().map(|c| (c.true_positive + c.true_negative) / total).product::<f64>() * total;
            return Matrix { labels: self.labels.clone(), note: None, counts: Vec::new(), sets: Some(Sets { rows: total, exact, cells }) };
        }
        let support: Vec<f64> = (0..self.labels.len()).map(|label| self.support(label)).collect();
        let counts = support.iter().map(|n| support.iter().map(|m| n * m / total).collect()).collect();
        Matrix { labels: self.labels.clone(), note: None, counts, sets: None }
    }
}

/// The matrix of one side; without a row that has both labels there is none.
fn matrix(handle: &Handle<Confusion>, profile: &Profile) -> Result<Matrix, Undefined> {
    let found = profile.read(handle)?;
    let counts: Vec<Vec<f64>> = found.counts.iter().map(|row| row.iter().map(|n| *n as f64).collect()).collect();
    let matrix = Matrix { labels: found.labels.clone(), note: None, counts, sets: None };
    if matrix.total() == 0.0 {
        return Err(none_labelled(found.unlabelled));
    }
    if let Some(positive) = &found.positive
        && !matrix.labels.iter().enumerate().any(|(i, label)| label == positive && matrix.support(i) > 0.0)
    {
        return Err(no_positive(positive, &found.others));
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
    pub confusion: Answers,
    /// None where the metric is not defined, for the reason given.
    pub of: fn(&Matrix) -> Option<f64>,
    pub undefined: &'static str,
}

impl OfMatrix {
    fn reading(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let matrix = self.confusion.matrix(profile)?;
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
        vec![self.confusion.request()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides.current))
    }
}
