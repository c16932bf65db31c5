//! Length of the strings of a column.

use super::shape::{Single, measured, plain};
use crate::accumulators::{TextMeasure, text_measure};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
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
    let handle = text_measure(&binding.column?.name, TextMeasure::Length);
    Some(plain(Single { handle, read: measured }, &FIELDS))
}
