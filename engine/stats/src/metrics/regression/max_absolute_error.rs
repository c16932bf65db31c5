//! The largest absolute error of predicted numbers.

use super::super::shape::plain;
use super::errors::{from_median, measure, of_rows};
use crate::accumulators::{ColumnMoments, Error, SortedValues, moments, values};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "max_absolute_error",
        aliases: &[],
        summary: "The largest absolute error of predicted numbers.",
        description: "Needs `target` and `prediction` under [columns], both numbers. Rows that lack either are left out, and never taken for wrong. One row decides it. Without a row that has both the result is `no_data`; infinite errors are an error.",
        formula: "max of |prediction - target|",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"max_absolute_error\"\nfail = \"value > reference * 150%\"",
        reference: "sklearn.metrics.max_error",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [Field::new("value", "", "the largest error"), Field::new("dummy", "", "that of a constant prediction, the median of the true values")];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    let errors = measure("max_absolute_error", binding, Error::Absolute, &span, diagnostics)?;
    let targets = measure("max_absolute_error", binding, Error::Target, &span, diagnostics)?;
    Some(plain(MaxAbsoluteError { errors: moments(errors), targets: values(targets) }, &FIELDS))
}

struct MaxAbsoluteError {
    errors: Handle<ColumnMoments>,
    targets: Handle<SortedValues>,
}

impl MaxAbsoluteError {
    fn read(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let found = profile.read(&self.errors)?;
        let errors = of_rows(&found)?;
        let targets = profile.read(&self.targets)?;
        let mut reading = Reading::of([("value", errors.max)]);
        if let Some((dummy, _)) = from_median(&targets).filter(|(dummy, _)| dummy.is_finite()) {
            reading.set("dummy", dummy);
        }
        targets.fault().map_err(Undefined::Error)?;
        Ok(Reading { n_current: Some(errors.count), ..reading })
    }
}

impl Metric for MaxAbsoluteError {
    fn requests(&self) -> Vec<Request> {
        vec![self.errors.request.clone(), self.targets.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides.current))
    }
}
