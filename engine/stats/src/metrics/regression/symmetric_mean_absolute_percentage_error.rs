//! Mean absolute error over the mean of the true value and the prediction, from 0 to 2.

use super::errors::{built, mean_and_dummy};
use crate::accumulators::Error;
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "symmetric_mean_absolute_percentage_error",
        aliases: &["smape"],
        summary: "Mean absolute error over the mean of the true value and the prediction, from 0 to 2.",
        description: "Needs `target` and `prediction` under [columns], both numbers. Rows that lack either are left out, and never taken for wrong. Where both are 0 the error is 0. Without a row that has both the result is `no_data`; infinite errors are an error.",
        formula: "mean of 2 |prediction - target| / (|prediction| + |target|)",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"symmetric_mean_absolute_percentage_error\"\nfail = \"value > reference * 120%\"",
        reference: "Makridakis, Int. J. Forecasting 9 (1993)",
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
    built("symmetric_mean_absolute_percentage_error", binding, Error::SymmetricPercentage, Some(0.5), &FIELDS, mean_and_dummy, (&span, diagnostics))
}
