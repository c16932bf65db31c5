//! Mean error of predicted numbers: whether they are too high or too low on average.

use super::errors::{built, mean_and_dummy};
use crate::accumulators::Error;
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "mean_error",
        aliases: &[],
        summary: "Mean error of predicted numbers: whether they are too high or too low on average.",
        description: "Needs `target` and `prediction` under [columns], both numbers. Rows that lack either are left out, and never taken for wrong. Positive where predictions are too high. It says nothing of how far they are off: errors of both signs cancel. Without a row that has both the result is `no_data`; infinite errors are an error.",
        formula: "mean of prediction - target",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"mean_error\"\nfail = \"abs(value) > 0.1 * standard_deviation\"",
        reference: "Evidently's MeanError",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [
    Field::new("value", "", "the mean"),
    Field::new("standard_deviation", "", "of the rows (ddof = 1)"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    built("mean_error", binding, Error::Signed, None, &FIELDS, mean_and_dummy, (&span, diagnostics))
}
