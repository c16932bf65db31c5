//! Characters that are no letters in the strings of a column.

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
        name: "non_letter_share",
        aliases: &[],
        summary: "Mean, least and greatest share of characters that are neither letters nor white space.",
        description: "Letters are those of Unicode, in any script. An empty string has share 0. Missing values are left out; a column without values is `no_data`.",
        formula: "mean over the strings of characters that are neither letters nor white space / characters",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"non_letter_share\"\ncolumns = \"@text\"\nfail = \"mean > reference + 10%\"",
        reference: "Evidently's NonLetterCharacterPercentage, as a share",
    },
    scope: Scope::Column,
    accepts: &[Kind::Categorical, Kind::Text],
    compares: false,
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("mean", "ratio", "mean share"),
    Field::new("min", "ratio", "least share"),
    Field::new("max", "ratio", "greatest share"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    let handle = text_measure(&binding.column?.name, TextMeasure::NonLetterShare);
    Some(plain(Single { handle, read: measured }, &FIELDS))
}
