//! Whether errors of predicted numbers are normally distributed.

use super::super::shape::{plain, varying};
use super::errors::measure;
use crate::accumulators::{ColumnShape, Error, shape};
use crate::math::chi_square_sf;
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "error_normality",
        aliases: &[],
        summary: "Whether errors of predicted numbers are normally distributed, by their skewness and kurtosis.",
        description: "Needs `target` and `prediction` under [columns], both numbers. Rows that lack either are left out, and never taken for wrong. The test of Jarque and Bera; not with fewer than some hundred rows, where its p-value is too small or too large. With many rows any small departure is significant: look at skewness and kurtosis. Without a row that has both the result is `no_data`; infinite errors are an error.",
        formula: "n / 6 (skewness^2 + excess kurtosis^2 / 4), chi-square with 2 degrees of freedom",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"error_normality\"\nwarn = \"abs(skewness) > 1\"",
        reference: "Jarque, Bera, Economics Letters 6 (1980); scipy.stats.jarque_bera",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 4] = [
    Field::new("statistic", "", "the test's statistic"),
    Field::new("normality_p_value", "ratio", "probability of a statistic at least as large if errors are normal; no part of a suite's correction"),
    Field::new("skewness", "", "of the errors: positive with a long tail of predictions that are too high"),
    Field::new("kurtosis", "", "excess kurtosis of the errors: positive with long tails"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    let errors = measure("error_normality", binding, Error::Signed, &span, diagnostics)?;
    Some(plain(ErrorNormality { errors: shape(errors) }, &FIELDS))
}

struct ErrorNormality {
    errors: Handle<ColumnShape>,
}

impl ErrorNormality {
    fn read(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let found = profile.read(&self.errors)?;
        let shape = varying(&found)?;
        let constant = || Undefined::no_data("the errors do not vary");
        let (skewness, kurtosis) = (shape.skewness(false).ok_or_else(constant)?, shape.excess_kurtosis(false).ok_or_else(constant)?);
        let statistic = shape.count as f64 / 6.0 * (skewness * skewness + kurtosis * kurtosis / 4.0);
        let fields = [("statistic", statistic), ("normality_p_value", chi_square_sf(statistic, 2.0)), ("skewness", skewness), ("kurtosis", kurtosis)];
        Ok(Reading { n_current: Some(shape.count), ..Reading::of(fields) })
    }
}

impl Metric for ErrorNormality {
    fn requests(&self) -> Vec<Request> {
        vec![self.errors.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides.current))
    }
}
