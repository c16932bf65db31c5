//! Rows without any value.

use super::shape::{Single, names, plain, share};
use crate::accumulators::{RowMissing, row_missing};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "empty_rows",
        aliases: &[],
        summary: "Rows without any value.",
        description: "Rows in which every column but ignored ones, or every one of `columns`, is null, or NaN in a column of floats. Empty strings are values. Without rows the result is `no_data`.",
        formula: "rows whose columns are all missing; share = count / rows",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"empty_rows\"\nfail = \"count > 0\"",
        reference: "pandas.DataFrame.isna().all(axis=1); Evidently's TestNumberOfEmptyRows",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] =
    [Field::new("count", "", "rows without any value"), Field::new("share", "ratio", "such rows over all rows")];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    Some(plain(Single { handle: row_missing(&names(binding), &[]), read }, &FIELDS))
}

fn read(found: &RowMissing) -> Result<Reading, Undefined> {
    Ok(Reading::of([("count", found.empty as f64), ("share", share(found.empty, found.rows)?)]))
}
