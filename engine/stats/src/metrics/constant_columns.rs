//! Columns with a single distinct value, or none.

use super::shape::{Each, names, note, plain, share};
use crate::accumulators::{Constant, constant};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;
use std::sync::Arc;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "constant_columns",
        aliases: &[],
        summary: "Columns with a single distinct value, or none.",
        description: "Missing values do not count, so a column that is all null is constant. Any type of column. The message names the columns.",
        formula: "columns with at most one distinct value; share = count / columns",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"constant_columns\"\nfail = \"count > reference\"",
        reference: "pandas.DataFrame.nunique() <= 1",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [
    Field::new("count", "", "constant columns"),
    Field::new("share", "ratio", "constant columns over all columns"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    let handles = names(binding).into_iter().map(|name| (name.clone(), constant(&name))).collect();
    Some(plain(Each { handles, read }, &FIELDS))
}

fn read(found: &[(&str, Arc<Constant>)]) -> Result<Reading, Undefined> {
    let constant: Vec<&str> = found.iter().filter(|(_, c)| !c.varies).map(|(name, _)| *name).collect();
    let share = share(constant.len() as u64, found.len() as u64)?;
    let reading = Reading::of([("count", constant.len() as f64), ("share", share)]);
    Ok(Reading { note: note("constant", &constant), ..reading })
}
