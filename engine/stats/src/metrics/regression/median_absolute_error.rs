//! The median absolute error of predicted numbers.

use super::super::shape::plain;
use super::errors::{from_median, measure};
use crate::accumulators::{Error, SortedValues, values};
use crate::math::{lerp, linear_quantile_ranks};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "median_absolute_error",
        aliases: &[],
        summary: "The median absolute error of predicted numbers.",
        description: "Needs `target` and `prediction` under [columns], both numbers. Rows that lack either are left out, and never taken for wrong. A few large errors do not move it. Without a row that has both the result is `no_data`.",
        formula: "median of |prediction - target|",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"median_absolute_error\"\nfail = \"value > reference * 120%\"",
        reference: "sklearn.metrics.median_absolute_error",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [Field::new("value", "", "the median"), Field::new("dummy", "", "that of a constant prediction, the median of the true values")];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    let errors = measure("median_absolute_error", binding, Error::Absolute, &span, diagnostics)?;
    let targets = measure("median_absolute_error", binding, Error::Target, &span, diagnostics)?;
    Some(plain(MedianAbsoluteError { errors: values(errors), targets: values(targets) }, &FIELDS))
}

struct MedianAbsoluteError {
    errors: Handle<SortedValues>,
    targets: Handle<SortedValues>,
}

impl MedianAbsoluteError {
    fn read(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let errors = profile.read(&self.errors)?;
        let none = || Undefined::no_data("no row has both a target and a prediction");
        let rank = linear_quantile_ranks(errors.len(), 0.5).ok_or_else(none)?;
        let ends = errors.at_ranks(&[rank.lower_rank, (rank.lower_rank + 1).min(errors.len() - 1)]);
        errors.fault().map_err(Undefined::Error)?;
        let [low, high] = ends[..] else { return Err(none()) };
        let value = lerp(low, high, rank.fraction);
        if !value.is_finite() {
            return Err(Undefined::error("the median error is infinite"));
        }
        let targets = profile.read(&self.targets)?;
        let mut reading = Reading::of([("value", value)]);
        if let Some((_, dummy)) = from_median(&targets).filter(|(_, dummy)| dummy.is_finite()) {
            reading.set("dummy", dummy);
        }
        targets.fault().map_err(Undefined::Error)?;
        Ok(Reading { n_current: Some(errors.len()), ..reading })
    }
}

impl Metric for MedianAbsoluteError {
    fn requests(&self) -> Vec<Request> {
        vec![self.errors.request.clone(), self.targets.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides.current))
    }
}
