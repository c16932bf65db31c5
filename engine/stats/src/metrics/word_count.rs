//! Words in the strings of a column.

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
        name: "word_count",
        aliases: &[],
        summary: "Mean, least and greatest number of words in the strings of a column.",
        description: "Words are those of Unicode Standard Annex 29 that have a letter or a digit. Missing values are left out; a column without values is `no_data`.",
        formula: "mean of the numbers of words",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"word_count\"\ncolumns = \"@text\"\nfail = \"mean < 50% * reference\"",
        reference: "Unicode Standard Annex 29; Evidently's WordCount",
    },
    scope: Scope::Column,
    accepts: &[Kind::Categorical, Kind::Text],
    compares: false,
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("mean", "", "mean number of words"),
    Field::new("min", "", "least number of words"),
    Field::new("max", "", "greatest number of words"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    let handle = text_measure(&binding.column?.name, TextMeasure::Words);
    Some(plain(Single { handle, read: measured }, &FIELDS))
}
