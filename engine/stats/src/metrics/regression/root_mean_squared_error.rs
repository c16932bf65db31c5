//! Root of the mean squared error of predicted numbers.

use super::super::shape::plain;
use super::errors::{measure, of_rows};
use crate::accumulators::{ColumnMoments, Error, moments};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "root_mean_squared_error",
        aliases: &["rmse"],
        summary: "Root of the mean squared error of predicted numbers.",
        description: "Needs `target` and `prediction` under [columns], both numbers. Rows that lack either are left out, and never taken for wrong. Large errors weigh more than in the mean absolute error. Without a row that has both the result is `no_data`; infinite errors are an error.",
        formula: "sqrt(mean of (prediction - target)^2)",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"root_mean_squared_error\"\nfail = \"value > reference * 120%\"",
        reference: "sklearn.metrics.root_mean_squared_error",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [
    Field::new("value", "", "the root of the mean"),
    Field::new("dummy", "", "that of a constant prediction, the mean of the true values"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    let mut of = |of: Error| measure("root_mean_squared_error", binding, of, &span, diagnostics);
    let (errors, targets) = (of(Error::Squared)?, of(Error::Target)?);
    Some(plain(RootMeanSquaredError { errors: moments(errors), targets: moments(targets) }, &FIELDS))
}

struct RootMeanSquaredError {
    errors: Handle<ColumnMoments>,
    targets: Handle<ColumnMoments>,
}

impl RootMeanSquaredError {
    fn read(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let (errors, targets) = (profile.read(&self.errors)?, profile.read(&self.targets)?);
        let (errors, targets) = (of_rows(&errors)?, of_rows(&targets)?);
        let mut reading = Reading::of([("value", errors.mean.to_f64().sqrt())]);
        if let Some(variance) = targets.variance(0) {
            reading.set("dummy", variance.max(0.0).sqrt());
        }
        Ok(Reading { n_current: Some(errors.count), ..reading })
    }
}

impl Metric for RootMeanSquaredError {
    fn requests(&self) -> Vec<Request> {
        vec![self.errors.request.clone(), self.targets.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides.current))
    }
}
