//! Distinct values of a column.

use super::shape::{Single, of_values, plain};
use crate::accumulators::{Distinct, value_distinct};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "unique_values",
        aliases: &[],
        summary: "Distinct values of a column.",
        description: "Missing values are left out; a column of any type. Exact but for collisions of seeded 128-bit fingerprints, whose chance is below n^2 / 2^126; floats whose values exceed the memory setting and are compared with a reference are estimated, with `bounds` of three standard errors (2.4 %). A column without values has 0 distinct ones and no share, so it is `no_data`.",
        formula: "count; share = count / rows with a value",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"unique_values\"\ncolumns = \"genre\"\nwarn = \"count != reference\"",
        reference: "pandas.Series.nunique",
    },
    scope: Scope::Column,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("count", "", "distinct values"),
    Field::new("share", "ratio", "distinct values over rows with a value"),
    Field::new("row_share", "ratio", "distinct values over all rows"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    Some(plain(Single { handle: value_distinct(&binding.column?.name), read }, &FIELDS))
}

fn read(found: &Distinct) -> Result<Reading, Undefined> {
    let share_of = |rows| of_values(found.distinct, rows);
    let reading = Reading::of([("count", found.distinct as f64), ("share", share_of(found.rows)?), ("row_share", share_of(found.rows + found.missing)?)]);
    let bounds = found.bounds.map(|(low, high)| (low as f64, high as f64));
    let at = |end: u64| vec![("count".into(), end as f64), ("share".into(), end as f64 / found.rows as f64), ("row_share".into(), end as f64 / (found.rows + found.missing) as f64)];
    let ends = found.bounds.into_iter().flat_map(|(low, high)| [at(low), at(high)]).collect();
    Ok(Reading { bounds, ends, method: bounds.map(|_| "hyperloglog".into()), ..reading })
}
