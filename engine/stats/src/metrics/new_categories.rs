//! Categories that current has and the reference lacks.

use super::shape::{OneSided, plain};
use crate::accumulators::categories;
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "new_categories",
        aliases: &[],
        summary: "Categories that current has and the reference lacks.",
        description: "Missing values are left out; `share` is over the rows of current with a value. A side without values is `no_data`. Without `fail` and `warn` the check fails if there is one.",
        formula: "count = |categories of current minus those of reference|",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"new_categories\"\ncolumns = \"@categorical\"\nfail = \"count > 0\"",
        reference: "Great Expectations' expect_column_distinct_values_to_be_in_set; TFDV's domain anomalies",
    },
    scope: Scope::Column,
    accepts: &[Kind::Categorical],
    compares: true,
    build,
};

const FIELDS: [Field; 2] = [
    Field::new("count", "", "new categories"),
    Field::new("share", "ratio", "rows of current with one of them over its rows with a value"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    let metric = OneSided { counts: categories(&binding.column?.name), sides: |reference, current| (current, reference), word: "new" };
    Some(Built { default_fail: Some("count > 0".to_owned()), ..plain(metric, &FIELDS) })
}
