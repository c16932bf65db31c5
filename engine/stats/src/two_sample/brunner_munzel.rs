//! The test of Brunner and Munzel.

use super::shapes::{OverValues, grouped};
use super::{P_VALUE, STATISTIC};
use crate::math;
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, NoParameters, TestEntry, read_parameters, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "brunner_munzel",
        aliases: &[],
        summary: "Whether values of one side tend to be larger, without assuming equal spreads.",
        description: "Use it as Mann and Whitney's test where the two sides vary differently. Missing values are left out; infinities are values like others; ties \
count half. The effect size is 2 P(reference < current) - 1, from -1 to 1. Sides without values or without any overlap are `no_data`, as the \
statistic is not defined.",
        formula: "W = n m (mean rank of current - mean rank of reference) / (N sqrt(n S_ref + m S_cur)); Student t",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = \"brunner_munzel\"",
        reference: "Brunner, Munzel, Biometrical J. 42 (2000); scipy.stats.brunnermunzel",
    },
    accepts: &[Kind::Numerical],
    build,
};

const FIELDS: [Field; 3] = [STATISTIC, P_VALUE, Field::new("effect_size", "", "2 P(reference < current) - 1, ties counting half")];

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: None,
        drifted: "abs(effect_size) > 0.1 and p_value < 0.01",
        test: OverValues::ranked(column, "the sides do not overlap, or have fewer than two values", |r, c| math::brunner_munzel(grouped(r, c), r.len(), c.len())),
    })
}
