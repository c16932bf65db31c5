//! How errors of predicted numbers are distributed.

use super::super::shape::plain;
use super::errors::{measure, of_rows};
use crate::accumulators::{ColumnMoments, Error, SortedValues, moments, values};
use crate::math::{lerp, linear_quantile_ranks};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "error_distribution",
        aliases: &[],
        summary: "How errors of predicted numbers are distributed: their quantiles, mean and spread.",
        description: "Needs `target` and `prediction` under [columns], both numbers. Negative errors are predictions that are too low. Rows that lack either are left out, and never taken for wrong. Without a row that has both the result is `no_data`; infinite errors are an error.",
        formula: "quantiles of prediction - target, between neighbours on a straight line",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"error_distribution\"\nfail = \"percentile_95 > 10 or percentile_5 < -10\"",
        reference: "numpy.quantile; Evidently's RegressionErrorDistribution, which draws it",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 9] = [
    Field::new("median", "", "the middle error"),
    Field::new("min", "", "the error furthest below"),
    Field::new("percentile_5", "", "one error in twenty lies below"),
    Field::new("percentile_25", "", "one error in four lies below"),
    Field::new("percentile_75", "", "one error in four lies above"),
    Field::new("percentile_95", "", "one error in twenty lies above"),
    Field::new("max", "", "the error furthest above"),
    Field::new("mean", "", "mean error"),
    Field::new("standard_deviation", "", "with n - 1"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    let errors = measure("error_distribution", binding, Error::Signed, &span, diagnostics)?;
    Some(plain(ErrorDistribution { moments: moments(errors.clone()), errors: values(errors) }, &FIELDS))
}

struct ErrorDistribution {
    moments: Handle<ColumnMoments>,
    errors: Handle<SortedValues>,
}

impl ErrorDistribution {
    fn read(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let found = profile.read(&self.moments)?;
        let moments = of_rows(&found)?;
        let errors = profile.read(&self.errors)?;
        let none = || Undefined::no_data("no row has both a target and a prediction");
        let levels = [0.5, 0.05, 0.25, 0.75, 0.95];
        let ranks = levels.map(|level| linear_quantile_ranks(errors.len(), level));
        let wanted: Vec<u64> = ranks.iter().flatten().flat_map(|rank| [rank.lower_rank, (rank.lower_rank + 1).min(errors.len() - 1)]).collect();
        let ends = errors.at_ranks(&wanted);
        errors.fault().map_err(Undefined::Error)?;
        let quantile = |i: usize| Some(lerp(*ends.get(2 * i)?, *ends.get(2 * i + 1)?, ranks[i].as_ref()?.fraction));
        let [Some(median), Some(low), Some(lower), Some(upper), Some(high)] = [0, 1, 2, 3, 4].map(quantile) else { return Err(none()) };
        let mut reading = Reading::of([
            ("median", median),
            ("min", moments.min),
            ("percentile_5", low),
            ("percentile_25", lower),
            ("percentile_75", upper),
            ("percentile_95", high),
            ("max", moments.max),
            ("mean", moments.mean.to_f64()),
        ]);
        if let Some(variance) = moments.variance(1) {
            reading.set("standard_deviation", variance.sqrt());
        }
        Ok(Reading { n_current: Some(moments.count), ..reading })
    }
}

impl Metric for ErrorDistribution {
    fn requests(&self) -> Vec<Request> {
        vec![self.moments.request.clone(), self.errors.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides.current))
    }
}
