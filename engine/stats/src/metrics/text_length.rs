//! Length of the strings of a column.

use super::shape::{Single, plain};
use crate::accumulators::text_length;
use crate::math::Moments;
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "text_length",
        aliases: &[],
        summary: "Mean, least and greatest length of the strings of a column.",
        description: "Lengths are counted in characters (Unicode scalar values). Missing values are left out; a column without values is `no_data`.",
        formula: "mean of the lengths",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"text_length\"\ncolumns = \"@text\"\nfail = \"max > 1000\"",
        reference: "Evidently's TextLength",
    },
    scope: Scope::Column,
    accepts: &[Kind::Categorical, Kind::Text],
    compares: false,
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("mean", "", "mean length, in characters"),
    Field::new("min", "", "least length"),
    Field::new("max", "", "greatest length"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    Some(plain(Single { handle: text_length(&binding.column?.name), read }, &FIELDS))
}

fn read(found: &Moments) -> Result<Reading, Undefined> {
    match found.count {
        0 => Err(Undefined::no_data("the column has no values")),
        _ => Ok(Reading::of([("mean", found.mean.to_f64()), ("min", found.min), ("max", found.max)])),
    }
}
