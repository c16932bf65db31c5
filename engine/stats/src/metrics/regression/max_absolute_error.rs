//! The largest absolute error of predicted numbers.

use super::errors::built;
use crate::accumulators::Error;
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Reading;
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
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 1] = [Field::new("value", "", "the largest error")];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    built("max_absolute_error", binding, Error::Absolute, None, &FIELDS, |moments, _| Reading::of([("value", moments.max)]), (&span, diagnostics))
}
