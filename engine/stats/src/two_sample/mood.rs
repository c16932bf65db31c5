//! Mood's test of scale.

use super::shapes::{OverValues, grouped};
use super::{P_VALUE, STATISTIC};
use crate::math;
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, NoParameters, TestEntry, read_parameters, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "mood",
        aliases: &[],
        summary: "Whether one side varies more than the other, by squared distances of the ranks.",
        description: "Use it for a change of spread where both sides have about the same middle; a shift disturbs it. Missing values are left out; infinities are \
values like others; ties are averaged. The effect size is the normal score over sqrt(n + m): positive if the reference varies more. Sides \
without values, or one and the same value everywhere, are `no_data`.",
        formula: "M = sum over the reference of (rank - (N + 1) / 2)^2, standardised",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = \"mood\"",
        reference: "Mood, Ann. Math. Stat. 25 (1954); Mielke, Technometrics 9 (1967); scipy.stats.mood",
    },
    accepts: &[Kind::Numerical],
    build,
};

const FIELDS: [Field; 3] = [STATISTIC, P_VALUE, Field::new("effect_size", "", "normal score over sqrt(n + m): positive if the reference varies more")];

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: None,
        drifted: "abs(effect_size) > 0.1 and p_value < 0.01",
        test: OverValues::ranked(column, "all values are equal, or there are fewer than three", |r, c| math::mood(grouped(r, c), r.len(), c.len())),
    })
}
