//! The largest value of a numeric column.

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
        name: "max",
        aliases: &[],
        summary: "The largest value of a numeric column.",
        description: "Missing values are left out; a column without values is `no_data`. A positive infinity is an error that counts it, since no gauge can hold it.",
        formula: "max x",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"max\"\ncolumns = \"tempo\"\nfail = \"abs(value - reference) > 10%\"",
        reference: "numpy.max",
    },
    scope: Scope::Column,
    accepts: &[Kind::Numerical],
    compares: false,
    build,
};

const FIELDS: [Field; 1] = [
    Field::new("value", "", "the largest value of a numeric column"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    let handle = moments(binding.column?.name.as_str());
    Some(plain(Single { handle, read }, &FIELDS))
}

fn read(found: &ColumnMoments) -> Result<Reading, Undefined> {
    if found.positive_infinities > 0 {
        return Err(Undefined::error(format!("the column has {} positive infinities", found.positive_infinities)));
    }
    if found.finite.count == 0 {
        return Err(Undefined::no_data("the column has no finite values"));
    }
    Ok(Reading::of([("value", found.finite.max)]))
}
