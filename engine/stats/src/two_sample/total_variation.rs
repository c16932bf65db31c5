//! The distance in total variation.

use super::binning::Binning;
use super::counted::Counted;
use super::shapes::OverCounts;
use super::STATISTIC;
use crate::math;
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, TestEntry, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "total_variation",
        aliases: &[],
        summary: "Share of rows that would have to change category to make the two samples equal.",
        description: "Use it for categories, or for numbers by bins: it is the easiest distance to explain. Numbers are compared by bins that depend on the reference alone, so that distances compare over time. Missing values are left out. The effect \
size is the distance. A side without values is `no_data`.",
        formula: "sum |p - q| / 2",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Binning>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = \"total_variation\"",
        reference: "Levin, Peres, Wilmer, Markov Chains and Mixing Times (2009)",
    },
    accepts: &[Kind::Categorical, Kind::Numerical],
    build,
};

const FIELDS: [Field; 2] = [STATISTIC, Field::new("effect_size", "ratio", "the distance, between 0 and 1")];

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let binning = Binning::read(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: binning.label(),
        drifted: "effect_size > 0.1",
        test: OverCounts::distance(Counted::new(column, binning), math::total_variation_distance),
    })
}
