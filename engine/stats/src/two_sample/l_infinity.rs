//! The largest difference of a share.

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
        name: "l_infinity",
        aliases: &[],
        summary: "Largest difference between the shares of one category.",
        description: "Use it to be told of a single category that grew or shrank. Numbers are compared by bins that depend on the reference alone, so that distances compare over time. Missing values are left out. The effect \
size is the distance. A side without values is `no_data`.",
        formula: "max |p - q|",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Binning>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = \"l_infinity\"",
        reference: "Deequ and NannyML use it for categories",
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
        test: OverCounts::distance(Counted::new(column, binning), math::l_infinity_distance),
    })
}
