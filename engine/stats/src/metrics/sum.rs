//! Sum of a numeric column.

use super::shape::{Single, finite, plain};
use crate::accumulators::{ColumnMoments, moments};
use crate::math::Dd;
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "sum",
        aliases: &[],
        summary: "Sum of a numeric column.",
        description: "Missing values are left out; a column without values is `no_data`, one with infinite values an error that counts them.",
        formula: "sum x",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"sum\"\ncolumns = \"tempo\"\nfail = \"abs(value - reference) > 1\"",
        reference: "numpy.sum",
    },
    scope: Scope::Column,
    accepts: &[Kind::Numerical],
    compares: false,
    build,
};

const FIELDS: [Field; 1] = [
    Field::new("value", "", "sum of the values"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    Some(plain(Single { handle: moments(binding.column?.name.as_str()), read }, &FIELDS))
}

fn read(found: &ColumnMoments) -> Result<Reading, Undefined> {
    let found = finite(found)?;
    let sum = (found.mean * Dd::from_u64(found.count)).to_f64();
    Ok(Reading::of([("value", sum)]))
}
