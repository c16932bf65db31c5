//! Rows with a missing value in at least one column.

use super::markers::AlsoMissing;
use super::shape::{Single, names, plain, share};
use crate::accumulators::{RowMissing, row_missing};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "rows_with_missing_values",
        aliases: &[],
        summary: "Rows with a missing value in at least one column.",
        description: "Missing means null, or NaN in a column of floats, or one of `markers`. `columns` restricts which columns count; ignored columns never do. Without rows the result is `no_data`.",
        formula: "count; share = count / rows",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<AlsoMissing>,
        example: "[[suite.check]]\nmetric = \"rows_with_missing_values\"\nfail = \"share > reference.share * 1.1\"",
        reference: "pandas.DataFrame.isna().any(axis=1)",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [
    Field::new("count", "", "rows with a missing value"),
    Field::new("share", "ratio", "such rows over all rows"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let markers = AlsoMissing::read(component, diagnostics)?;
    Some(plain(Single { handle: row_missing(&names(binding), &markers), read }, &FIELDS))
}

fn read(found: &RowMissing) -> Result<Reading, Undefined> {
    let share = share(found.with_missing, found.rows)?;
    Ok(Reading::of([("count", found.with_missing as f64), ("share", share)]))
}
