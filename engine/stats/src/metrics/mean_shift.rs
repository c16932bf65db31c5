//! Shift of the mean in standard deviations of the reference.

use super::shape::{finite, plain};
use crate::accumulators::{ColumnMoments, moments};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "mean_shift",
        aliases: &[],
        summary: "How far the mean moved from the reference's, in standard deviations of the reference.",
        description: "Missing values are left out; sides without values, or a reference that does not vary, are `no_data`; infinite values are an error. Without `fail` and `warn` the check fails beyond two standard deviations.",
        formula: "(mean_current - mean_reference) / sd_reference, ddof 1",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"mean_shift\"\ncolumns = \"@numerical\"\nfail = \"abs(value) > 2\"",
        reference: "Evidently's TestMeanInNSigmas",
    },
    scope: Scope::Column,
    accepts: &[Kind::Numerical],
    compares: true,
    build,
};

const FIELDS: [Field; 1] = [
    Field::new("value", "", "shift of the mean, in standard deviations of the reference"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    let metric = MeanShift { moments: moments(binding.column?.name.as_str()) };
    Some(Built { default_fail: Some("abs(value) > 2".to_owned()), ..plain(metric, &FIELDS) })
}

struct MeanShift {
    moments: Handle<ColumnMoments>,
}

impl MeanShift {
    fn read(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let (reference, current) = (sides.reference()?.read(&self.moments)?, sides.current.read(&self.moments)?);
        let (reference, current) = (finite(&reference).map_err(|u| u.on("reference"))?, finite(&current).map_err(|u| u.on("current"))?);
        let variance = reference.variance(1).filter(|variance| *variance > 0.0);
        let deviation = variance.ok_or_else(|| Undefined::no_data("the reference does not vary"))?.sqrt();
        Ok(Reading::of([("value", (current.mean - reference.mean).to_f64() / deviation)]))
    }
}

impl Metric for MeanShift {
    fn requests(&self) -> Vec<Request> {
        vec![self.moments.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides))
    }
}
