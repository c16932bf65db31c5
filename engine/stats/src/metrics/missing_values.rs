//! Missing values of a column, or of all cells of the dataset.

use super::shape::{Each, Single, names, plain, share};
use crate::accumulators::{Presence, presence};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;
use std::sync::Arc;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "missing_values",
        aliases: &[],
        summary: "Missing values of a column, or of all cells of the dataset.",
        description: "Missing means null, or NaN in a column of floats; infinities and empty strings are values. Without rows the share is undefined, so the result is `no_data`.",
        formula: "count; share = count / rows (of a column) or count / (rows x columns)",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"missing_values\"\ncolumns = \"@numerical\"\nfail = \"share > reference.share + 5%\"",
        reference: "pandas.DataFrame.isna",
    },
    scope: Scope::Either,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [
    Field::new("count", "", "missing values"),
    Field::new("share", "ratio", "missing values over all values"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    if let Some(column) = binding.column {
        let read = |found: &Presence| reading(found.missing, found.rows);
        return Some(plain(Single { handle: presence(&column.name), read }, &FIELDS));
    }
    let handles = names(binding).into_iter().map(|name| (name.clone(), presence(&name))).collect();
    Some(plain(Each { handles, read }, &FIELDS))
}

fn read(found: &[(&str, Arc<Presence>)]) -> Result<Reading, Undefined> {
    reading(found.iter().map(|(_, p)| p.missing).sum(), found.iter().map(|(_, p)| p.rows).sum())
}

fn reading(missing: u64, cells: u64) -> Result<Reading, Undefined> {
    Ok(Reading::of([("count", missing as f64), ("share", share(missing, cells)?)]))
}
