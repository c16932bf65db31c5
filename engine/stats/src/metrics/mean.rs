//! Arithmetic mean of a numeric column.

use super::shape::{Single, plain};
use crate::accumulators::{ColumnMoments, moments};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "mean",
        aliases: &[],
        summary: "Arithmetic mean of a numeric column.",
        description: "Missing values are left out; a column without values is `no_data`, one with infinite values an error that counts them.",
        formula: "sum x / n",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"mean\"\ncolumns = \"tempo\"\nfail = \"abs(value - reference) > 10%\"",
        reference: "numpy.mean",
    },
    scope: Scope::Column,
    accepts: &[Kind::Numerical],
    compares: false,
    build,
};

const FIELDS: [Field; 1] = [
    Field::new("value", "", "arithmetic mean of a numeric column"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    let handle = moments(binding.column?.name.as_str());
    Some(plain(Single { handle, read }, &FIELDS))
}

fn read(found: &ColumnMoments) -> Result<Reading, Undefined> {
    Ok(Reading::of([("value", super::shape::finite(found)?.mean.to_f64())]))
}
