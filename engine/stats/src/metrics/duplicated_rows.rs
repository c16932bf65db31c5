//! Rows that repeat an earlier row.

use super::shape::{Single, plain, share};
use crate::accumulators::{Distinct, row_distinct};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "duplicated_rows",
        aliases: &[],
        summary: "Rows that repeat an earlier row.",
        description: "Rows minus distinct rows over all columns but the id and ignored ones, or over `columns`. Missing values equal each other. Exact but for collisions of seeded 128-bit fingerprints, whose chance is below n^2 / 2^126; memory is bounded, the rest goes to disk. Without rows the result is `no_data`.",
        formula: "count = rows - distinct rows; share = count / rows",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"duplicated_rows\"\nfail = \"share > 1%\"",
        reference: "pandas.DataFrame.duplicated",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [
    Field::new("count", "", "rows that repeat an earlier one"),
    Field::new("share", "ratio", "such rows over all rows"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    let id = binding.roles.id.as_ref();
    let columns: Vec<String> = binding.columns.iter().map(|c| c.name.clone()).filter(|name| Some(name) != id).collect();
    Some(plain(Single { handle: row_distinct(&columns), read }, &FIELDS))
}

fn read(found: &Distinct) -> Result<Reading, Undefined> {
    let count = found.rows - found.distinct;
    Ok(Reading::of([("count", count as f64), ("share", share(count, found.rows)?)]))
}
