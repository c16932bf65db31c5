//! Most frequent value of a categorical column.

use super::shape::{Single, note, of_values, plain};
use crate::accumulators::{CategoryCounts, categories};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "most_frequent_value",
        aliases: &[],
        summary: "Share of the most frequent value of a categorical column.",
        description: "Missing values are left out; of equally frequent values the first in order is named. A column without values is `no_data`.",
        formula: "max over the categories of count / values",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"most_frequent_value\"\ncolumns = \"genre\"\nfail = \"share > 90%\"",
        reference: "pandas.Series.mode; Evidently's TestMostCommonValueShare",
    },
    scope: Scope::Column,
    accepts: &[Kind::Categorical],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [
    Field::new("share", "ratio", "rows with the most frequent value over rows with a value"),
    Field::new("count", "", "rows with the most frequent value"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    Some(plain(Single { handle: categories(&binding.column?.name), read }, &FIELDS))
}

fn read(found: &CategoryCounts) -> Result<Reading, Undefined> {
    // Counts are in the order of their names: the first of the largest is kept.
    let most = found.counts.iter().rev().max_by_key(|(_, n)| *n);
    let (name, count) = most.ok_or_else(|| Undefined::no_data("the column has no values"))?;
    let reading = Reading::of([("share", of_values(*count, found.total())?), ("count", *count as f64)]);
    Ok(Reading { note: note("most frequent", &[name]), ..reading })
}
