//! Columns without any value.

use super::shape::{Each, names, note, plain, share};
use crate::accumulators::{Presence, presence};
use std::sync::Arc;
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "empty_columns",
        aliases: &[],
        summary: "Columns of which every value is missing.",
        description: "A table without rows is `no_data`. Without `fail` and `warn` the check fails if there is one.",
        formula: "count = columns whose values are all null or NaN",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"empty_columns\"\nfail = \"count > 0\"",
        reference: "Evidently's TestNumberOfEmptyColumns",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [
    Field::new("count", "", "columns without a value"),
    Field::new("share", "ratio", "columns without a value over all columns"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    let handles = names(binding).into_iter().map(|name| (name.clone(), presence(&name))).collect();
    Some(Built { default_fail: Some("count > 0".to_owned()), ..plain(Each { handles, read }, &FIELDS) })
}

fn read(found: &[(&str, Arc<Presence>)]) -> Result<Reading, Undefined> {
    let empty: Vec<&str> = found.iter().filter(|(_, p)| p.missing == p.rows).map(|(name, _)| *name).collect();
    let share = share(empty.len() as u64, found.len() as u64)?;
    Ok(Reading { note: note("empty", &empty), ..Reading::of([("count", empty.len() as f64), ("share", share)]) })
}
