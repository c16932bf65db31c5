//! Mean absolute error over the true value.

use super::errors::{built, mean_and_dummy};
use crate::accumulators::Error;
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "mean_absolute_percentage_error",
        aliases: &["mape"],
        summary: "Mean absolute error over the true value.",
        description: "Needs `target` and `prediction` under [columns], both numbers. Rows that lack either are left out, and never taken for wrong. Not where true values come near 0: there the error is divided by 2^-52 at least, as scikit-learn does. Without a row that has both the result is `no_data`; infinite errors are an error.",
        formula: "mean of |prediction - target| / |target|",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"mean_absolute_percentage_error\"\nfail = \"value > reference * 120%\"",
        reference: "sklearn.metrics.mean_absolute_percentage_error",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("value", "", "the mean"),
    Field::new("dummy", "", "that of a constant prediction, the median of the true values"),
    Field::new("standard_deviation", "", "of the rows (ddof = 1)"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    built("mean_absolute_percentage_error", binding, Error::AbsolutePercentage, Some(0.5), &FIELDS, mean_and_dummy, (&span, diagnostics))
}
