//! Columns with at least one missing value.

use super::shape::{Each, names, note, plain, share};
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
        name: "columns_with_missing_values",
        aliases: &[],
        summary: "Columns with at least one missing value.",
        description: "Missing means null, or NaN in a column of floats. The message names the columns. Without rows the result is `no_data`.",
        formula: "count; share = count / columns",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"columns_with_missing_values\"\nfail = \"count > reference\"",
        reference: "pandas.DataFrame.isna().any(axis=0)",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [
    Field::new("count", "", "columns with a missing value"),
    Field::new("share", "ratio", "such columns over all columns"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    let handles = names(binding).into_iter().map(|name| (name.clone(), presence(&name))).collect();
    Some(plain(Each { handles, read }, &FIELDS))
}

fn read(found: &[(&str, Arc<Presence>)]) -> Result<Reading, Undefined> {
    let with: Vec<&str> = found.iter().filter(|(_, p)| p.missing > 0).map(|(name, _)| *name).collect();
    let share = share(with.len() as u64, found.len() as u64)?;
    let reading = Reading::of([("count", with.len() as f64), ("share", share)]);
    Ok(Reading { note: note("missing values in", &with), ..reading })
}
