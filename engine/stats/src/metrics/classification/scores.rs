//! Metrics of scores: where the scores come from, and one label's scores against all others.

use super::super::shape::plain;
use super::predicted::{left_out, no_positive, tell};
use crate::accumulators::{LabelLosses, Losses, Scored, Scores, losses, ordered, scored};
use crate::math::Moments;
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Field, read_parameters};
use driftline_core::diagnostic::{Diagnostics, Span};
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

/// The parameters of metrics of scores.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Parameters {
    /// How the labels' values become one number, where each label has a score.
    pub average: Average,
    /// The only label to look at, against all others.
    pub label: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Average {
    /// Mean over the labels, each counting alike.
    #[default]
    Macro,
    /// Mean over the labels, each counting as often as it is true.
    Weighted,
    /// One result for each label.
    ByLabel,
}

/// The target and what the spec says of scores.
fn of_spec(metric: &str, binding: &Binding<'_>, span: &Span, diagnostics: &mut Diagnostics) -> Option<(String, Scores)> {
    let roles = binding.roles;
    let Some(target) = &roles.target else { return tell(diagnostics, span, metric, "a target", "target = \"…\"") };
    let scores = match (&roles.score, roles.probabilities.is_empty()) {
        (Some(score), _) => Scores::Positive { score: score.clone(), positive: roles.positive.clone() },
        (None, false) => Scores::Each(roles.probabilities.clone().into_iter().collect()),
        (None, true) => return tell(diagnostics, span, metric, "scores", "score = \"…\"          # of the positive label, or of each label:\nprobabilities = { yes = \"p_yes\", no = \"p_no\" }"),
    };
    if let Scores::Each(columns) = &scores
        && columns.len() < 2
    {
        return tell(diagnostics, span, metric, "probabilities of two labels or more", "probabilities = { yes = \"p_yes\", no = \"p_no\" }");
    }
    Some((target.clone(), scores))
}

pub(super) fn scores(metric: &str, binding: &Binding<'_>, span: &Span, diagnostics: &mut Diagnostics) -> Option<Handle<Scored>> {
    let (target, scores) = of_spec(metric, binding, span, diagnostics)?;
    Some(scored(&target, &scores))
}

pub(super) fn probabilities(metric: &str, binding: &Binding<'_>, bins: usize, span: &Span, diagnostics: &mut Diagnostics) -> Option<(Handle<Losses>, Option<String>)> {
    let (target, scores) = of_spec(metric, binding, span, diagnostics)?;
    let positive = if let Scores::Positive { positive, .. } = &scores { positive.clone() } else { None };
    Some((losses(&target, &scores, bins), positive))
}

/// The losses of one side, where all scores are probabilities and some row has one.
pub(super) fn read_losses(handle: &Handle<Losses>, profile: &Profile) -> Result<std::sync::Arc<Losses>, Undefined> {
    let found = profile.read(handle)?;
    if found.outside > 0 {
        return Err(Undefined::error(format!("{} rows have a score outside of 0 to 1, which is no probability", found.outside)));
    }
    if found.foreign > 0 {
        return Err(Undefined::error(format!("{} rows have a true label that [columns] probabilities has no column for", found.foreign)));
    }
    if found.labels.values().all(|label| label.log.count == 0) {
        return Err(Undefined::no_data(format!("no row has both a true label and a score; {} have no label", found.unlabelled)));
    }
    Ok(found)
}

/// The label that scores are of, if not each label has its own: the given one, or the last of two or more in order.
pub(super) fn positive_of(given: &Option<String>, found: &Losses) -> Result<String, Undefined> {
    let labels = ordered(found.labels.keys().cloned());
    match given {
        Some(positive) if labels.contains(positive) => Ok(positive.clone()),
        Some(positive) => Err(no_positive(positive, &labels)),
        None if labels.len() < 2 => Err(Undefined::no_data(format!("there is the one label `{}`; name `positive` under [columns]", labels.concat()))),
        None => Ok(labels.last().cloned().unwrap_or_default()),
    }
}

/// What the scores of a label come to, by ascending score: (score, rows of others, rows of the label).
///
/// Also whether scores share bins.
pub(super) type OfLabel = Box<dyn Fn(&[(f64, u64, u64)], bool) -> Result<Reading, Undefined> + Send + Sync>;

pub(super) fn built(
    name: &'static str,
    binding: &Binding<'_>,
    Parameters { average, label }: Parameters,
    span: &Span,
    diagnostics: &mut Diagnostics,
    fields: &[Field],
    of: OfLabel,
) -> Option<Built> {
    if label.is_some() && average != Average::Macro {
        diagnostics.error(span, "`label` chooses one label, and `average` is over all; remove one of them");
        return None;
    }
    let positive = binding.roles.positive.clone().filter(|_| binding.roles.score.is_some());
    let metric = OfScores { scored: scores(name, binding, span, diagnostics)?, positive, average, label, of };
    Some(plain(metric, fields))
}

struct OfScores {
    scored: Handle<Scored>,
    /// Where the scores are of it.
    positive: Option<String>,
    average: Average,
    label: Option<String>,
    of: OfLabel,
}

impl OfScores {
    fn readings(&self, profile: &Profile) -> Result<Vec<Result<Reading, Undefined>>, Undefined> {
        let found = profile.read(&self.scored)?;
        let rows: u64 = found.targets.iter().map(|(_, n)| n).sum();
        if rows == 0 {
            return Err(Undefined::no_data(format!("no row has both a true label and a score; {} have no label", found.unlabelled)));
        }
        let method = found.binned.then(|| "scores in bins of a relative width of 0.1 %".to_owned());
        if let (Some(positive), [_, _, ..]) = (&self.positive, &found.targets[..])
            && !found.targets.iter().any(|(label, _)| label == positive)
        {
            return Err(no_positive(positive, &found.targets.iter().map(|(label, _)| label.clone()).collect::<Vec<_>>()));
        }
        let note = left_out(found.unlabelled, found.unscored, "finite score");
        let told = |reading: Reading| Reading { n_current: Some(rows), method: method.clone(), note: note.clone(), ..reading };
        let of = |label: &str| found.labels.iter().find(|(name, _)| name == label).map(|(_, scores)| (self.of)(scores, found.binned));
        if let Some(label) = &self.label {
            let reading = of(label).ok_or_else(|| Undefined::error(format!("no column has scores of the label `{label}`; name it under [columns] probabilities")))?;
            return Ok(vec![reading.map(told)]);
        }
        let each: Vec<(&String, Result<Reading, Undefined>)> = found.labels.iter().map(|(label, scores)| (label, (self.of)(scores, found.binned))).collect();
        if self.average == Average::ByLabel {
            let named = |(label, reading): (&String, Result<Reading, Undefined>)| reading.map(|reading| told(Reading { labels: vec![("label".into(), label.clone())], ..reading }));
            return Ok(each.into_iter().map(named).collect());
        }
        if each.len() == 1 {
            return Ok(each.into_iter().map(|(_, reading)| reading.map(told)).collect());
        }
        let support = |label: &String| found.targets.iter().find(|(name, _)| name == label).map_or(0, |(_, n)| *n) as f64;
        let weight = |label: &String| if self.average == Average::Weighted { support(label) } else { 1.0 };
        let (mut sum, mut dummies, mut weights, mut bounds) = (0.0, 0.0, 0.0, (0.0, 0.0));
        for (label, reading) in &each {
            // A label that is never true, or always, has no part in the mean.
            let Ok(reading) = reading else { continue };
            sum += reading.field("value").unwrap_or(0.0) * weight(label);
            dummies += reading.field("dummy").unwrap_or(0.0) * weight(label);
            let (low, high) = reading.bounds.unwrap_or_default();
            bounds = (bounds.0 + low * weight(label), bounds.1 + high * weight(label));
            weights += weight(label);
        }
        if weights == 0.0 {
            return Err(Undefined::no_data("of no label there are both rows that have it and rows that do not"));
        }
        let bounds = found.binned.then_some((bounds.0 / weights, bounds.1 / weights));
        Ok(vec![Ok(told(Reading { bounds, ..Reading::of([("value", sum / weights), ("dummy", dummies / weights)]) }))])
    }
}

impl Metric for OfScores {
    fn requests(&self) -> Vec<Request> {
        vec![self.scored.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        self.readings(sides.current).unwrap_or_else(|undefined| vec![Err(undefined)])
    }
}

/// Rows of others and of the label, both of which there are.
pub(super) fn sizes(scores: &[(f64, u64, u64)]) -> Result<(u64, u64), Undefined> {
    let (others, own) = scores.iter().fold((0, 0), |(n, m), (_, others, own)| (n + others, m + own));
    match (others, own) {
        (0, _) => Err(Undefined::no_data("all rows have the label")),
        (_, 0) => Err(Undefined::no_data("no row has the label")),
        both => Ok(both),
    }
}

/// Rows of the label among the `top` rows with the highest scores: of rows that tie at the edge the part that fits, the fewest that may be, and the most.
fn found_in_top(scores: &[(f64, u64, u64)], top: f64) -> [f64; 3] {
    let (mut left, mut found) = (top, 0.0);
    for (_, n, m) in scores.iter().rev() {
        let rows = (n + m) as f64;
        if left <= rows {
            return [found + *m as f64 * left / rows, found + (left - *n as f64).max(0.0), found + left.min(*m as f64)];
        }
        found += *m as f64;
        left -= rows;
    }
    [found; 3]
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Top {
    /// Share of the rows that are taken, those of the highest scores.
    #[schemars(range(min = 0.0, max = 1.0))]
    share: f64,
}

impl Default for Top {
    fn default() -> Self {
        Self { share: 0.1 }
    }
}

/// The parameters of metrics of the rows with the highest scores, for the documentation.
#[derive(JsonSchema)]
#[allow(dead_code)]
pub(super) struct OfTop {
    #[schemars(flatten)]
    scores: Parameters,
    #[schemars(flatten)]
    own: Top,
}

/// A metric of the share of a label's rows that are found among the rows with the highest scores: its value and its dummy, from that and the share that is taken.
pub(super) fn of_top(
    name: &'static str,
    binding: &Binding<'_>,
    mut component: Component<'_>,
    diagnostics: &mut Diagnostics,
    fields: &[Field],
    value: fn(f64, f64) -> (f64, f64),
) -> Option<Built> {
    let (span, at) = (component.kind_span.clone(), component.params.span_of("share"));
    let top = component.params.take::<Top>(diagnostics);
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    let Top { share } = top?;
    if !(share > 0.0 && share <= 1.0) {
        diagnostics.error(&at, format!("`share` must lie above 0 and up to 1, not {share}"));
        return None;
    }
    let of = move |scores: &[(f64, u64, u64)], binned: bool| {
        let (others, own) = sizes(scores)?;
        let [(found, dummy), (low, _), (high, _)] = found_in_top(scores, share * (others + own) as f64).map(|found| value(found / own as f64, share));
        Ok(Reading { bounds: binned.then_some((low, high)), ..Reading::of([("value", found), ("dummy", dummy)]) })
    };
    built(name, binding, parameters, &span, diagnostics, fields, Box::new(of))
}

/// The mean loss of all rows.
pub(super) struct OfLosses {
    pub losses: Handle<Losses>,
    pub positive: Option<String>,
    /// Whether each label has a score.
    pub of_each: bool,
    /// Of a row whose label the score is of, and of another.
    pub own: fn(&LabelLosses) -> &Moments,
    pub other: fn(&LabelLosses) -> &Moments,
    /// What the labels' own shares come to as probabilities, and whether they are of each label.
    pub dummy: fn(&[f64], bool) -> f64,
}

impl OfLosses {
    fn reading(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let found = read_losses(&self.losses, profile)?;
        let positive = if self.of_each { String::new() } else { positive_of(&self.positive, &found)? };
        let (mut all, mut of_positive, mut counts) = (Moments::default(), 0, Vec::new());
        for (label, losses) in &found.labels {
            let is_own = self.of_each || positive == *label;
            let losses = if is_own { (self.own)(losses) } else { (self.other)(losses) };
            all = all.merge(losses);
            of_positive += if is_own { losses.count } else { 0 };
            counts.push(losses.count);
        }
        // Of a score of one label all others are one.
        let counts = if self.of_each { counts } else { vec![of_positive, all.count - of_positive] };
        let shares: Vec<f64> = counts.into_iter().filter(|n| *n > 0).map(|n| n as f64 / all.count as f64).collect();
        let reading = Reading::of([("value", all.mean.to_f64()), ("dummy", (self.dummy)(&shares, self.of_each))]);
        Ok(Reading { n_current: Some(all.count), note: left_out(found.unlabelled, found.unscored, "score"), ..reading })
    }
}

impl Metric for OfLosses {
    fn requests(&self) -> Vec<Request> {
        vec![self.losses.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides.current))
    }
}
