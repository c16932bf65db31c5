//! The share of the variance of the true values that predictions explain.

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
        name: "r2_score",
        aliases: &[],
        summary: "The share of the variance of the true values that predictions explain.",
        description: "Needs `target` and `prediction` under [columns], both numbers. Rows that lack either are left out, and never taken for wrong. 1 for perfect predictions, 0 for those no better than the mean, negative for worse. True values that do not vary have no variance to explain: the result is `no_data`. Without a row that has both the result is `no_data`; infinite errors are an error.",
        formula: "1 - sum (prediction - target)^2 / sum (target - mean target)^2",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"r2_score\"\nfail = \"value < reference - 0.1\"",
        reference: "sklearn.metrics.r2_score",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [Field::new("value", "", "at most 1"), Field::new("dummy", "", "that of a constant prediction, the mean of the true values: 0")];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    let mut of = |of: Error| measure("r2_score", binding, of, &span, diagnostics);
    let (errors, targets) = (of(Error::Squared)?, of(Error::Target)?);
    Some(plain(R2Score { errors: moments(errors), targets: moments(targets) }, &FIELDS))
}

struct R2Score {
    errors: Handle<ColumnMoments>,
    targets: Handle<ColumnMoments>,
}

impl R2Score {
    fn read(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let (errors, targets) = (profile.read(&self.errors)?, profile.read(&self.targets)?);
        let (errors, targets) = (of_rows(&errors)?, of_rows(&targets)?);
        let variance = targets.variance(0).filter(|variance| *variance > 0.0);
        let variance = variance.ok_or_else(|| Undefined::no_data("the true values do not vary"))?;
        let value = 1.0 - errors.mean.to_f64() / variance;
        Ok(Reading { n_current: Some(errors.count), ..Reading::of([("value", value), ("dummy", 0.0)]) })
    }
}

impl Metric for R2Score {
    fn requests(&self) -> Vec<Request> {
        vec![self.errors.request.clone(), self.targets.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides.current))
    }
}
