//! Errors of predicted numbers: where they come from, and what a constant prediction would come to.

use super::super::shape::{finite, plain};
use crate::accumulators::{ColumnMoments, Error, Measure, SortedValues, moments, values};
use crate::math::{Moments, lerp, linear_quantile_ranks};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Field};
use driftline_core::diagnostic::{Diagnostic, Diagnostics, Span};
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;

/// The columns of the spec as what is measured of them.
pub(super) fn measure(metric: &str, binding: &Binding<'_>, of: Error, span: &Span, diagnostics: &mut Diagnostics) -> Option<Measure> {
    match (&binding.roles.target, &binding.roles.prediction) {
        (Some(target), Some(prediction)) => Some(Measure::Error { target: target.clone(), prediction: prediction.clone(), of }),
        _ => {
            let help = "add under [columns]\ntarget = \"…\"\nprediction = \"…\"".to_owned();
            diagnostics.push(Diagnostic::at(span.clone(), format!("`{metric}` needs a target and a prediction under [columns]")).help(help));
            None
        }
    }
}

/// The quantile of the targets that a constant prediction would be.
type Constant = Option<f64>;

/// A metric that is the mean of a measure of each row's error, or something of its moments.
pub(super) struct OfErrors {
    pub moments: Handle<ColumnMoments>,
    /// True values, for what a constant prediction comes to, by the quantile that is predicted.
    pub targets: Option<(Handle<SortedValues>, Error, f64)>,
    pub reading: fn(&Moments, Constant) -> Reading,
}

/// Builds such a metric; `constant` is the quantile of the true values that stands for a model that knows nothing else.
pub(super) fn built(
    name: &str,
    binding: &Binding<'_>,
    of: Error,
    constant: Option<f64>,
    fields: &[Field],
    reading: fn(&Moments, Constant) -> Reading,
    (span, diagnostics): (&Span, &mut Diagnostics),
) -> Option<Built> {
    let measured = measure(name, binding, of, span, diagnostics)?;
    let targets = measure(name, binding, Error::Target, span, diagnostics)?;
    let targets = constant.map(|quantile| (values(targets), of, quantile));
    Some(plain(OfErrors { moments: moments(measured), targets, reading }, fields))
}

/// The moments of errors that there are, all of them finite.
pub(super) fn of_rows(found: &ColumnMoments) -> Result<&Moments, Undefined> {
    finite(found).map_err(|undefined| match undefined {
        Undefined::NoData(_) => Undefined::no_data("no row has both a target and a prediction"),
        Undefined::Error(reason) => Undefined::error(reason.replace("the column has", "the errors have")),
    })
}

/// The mean of a measure for a constant prediction, the given quantile of the true values.
fn of_constant(targets: &SortedValues, of: Error, quantile: f64) -> Option<f64> {
    let rank = linear_quantile_ranks(targets.len(), quantile)?;
    let ends = targets.at_ranks(&[rank.lower_rank, (rank.lower_rank + 1).min(targets.len() - 1)]);
    let constant = lerp(*ends.first()?, *ends.get(1)?, rank.fraction);
    let mut all = Moments::default();
    let mut iter = targets.iter();
    loop {
        let chunk: Vec<f64> = iter.by_ref().take(65_536).map(|target| of.of(target, constant)).collect();
        if chunk.is_empty() {
            return Some(all.mean.to_f64()).filter(|mean| mean.is_finite());
        }
        all = all.merge(&Moments::from_block(&chunk));
    }
}

impl OfErrors {
    fn read(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let found = profile.read(&self.moments)?;
        let moments = of_rows(&found)?;
        let constant = match &self.targets {
            Some((handle, of, quantile)) => {
                let targets = profile.read(handle)?;
                let constant = of_constant(&targets, *of, *quantile);
                targets.fault().map_err(Undefined::Error)?;
                constant
            }
            None => None,
        };
        Ok(Reading { n_current: Some(moments.count), ..(self.reading)(moments, constant) })
    }
}

impl Metric for OfErrors {
    fn requests(&self) -> Vec<Request> {
        [self.moments.request.clone()].into_iter().chain(self.targets.iter().map(|(handle, ..)| handle.request.clone())).collect()
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides.current))
    }
}

/// A mean with its spread, beside that of a constant prediction.
pub(super) fn mean_and_dummy(moments: &Moments, constant: Constant) -> Reading {
    let mut reading = Reading::of([("value", moments.mean.to_f64())]);
    if let Some(constant) = constant {
        reading.set("dummy", constant);
    }
    if let Some(variance) = moments.variance(1) {
        reading.set("standard_deviation", variance.sqrt());
    }
    reading
}

/// How far sorted values are from their median: the largest distance, and the median one.
pub(super) fn from_median(sorted: &SortedValues) -> Option<(f64, f64)> {
    let n = sorted.len();
    let at = |rank: u64| sorted.at_ranks(&[rank]).first().copied();
    let middle = linear_quantile_ranks(n, 0.5)?;
    let upper = (middle.lower_rank + 1).min(n - 1);
    let median = lerp(at(middle.lower_rank)?, at(upper)?, middle.fraction);
    // The k nearest values are neighbours: the further of the two ends is least where they are.
    let nearest = |k: u64| {
        let (mut low, mut high) = (0, n - k);
        while low < high {
            let first = low + (high - low) / 2;
            if median - at(first)? > at(first + k)? - median { low = first + 1 } else { high = first }
        }
        Some((median - at(low)?).max(at(low + k - 1)? - median))
    };
    let distance = lerp(nearest(middle.lower_rank + 1)?, nearest(upper + 1)?, middle.fraction);
    Some(((median - at(0)?).max(at(n - 1)? - median), distance))
}
