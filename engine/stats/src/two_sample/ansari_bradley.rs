//! The test of Ansari and Bradley.

use super::shapes::{OverValues, grouped};
use super::{P_VALUE, STATISTIC};
use crate::math;
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, NoParameters, TestEntry, read_parameters, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "ansari_bradley",
        aliases: &[],
        summary: "Whether one side varies more than the other, by ranks from the nearer end.",
        description: "Use it as Mood's test; it is less moved by far values. Exact below 55 rows a side without ties. Missing values are left out; infinities are \
values like others. The effect size is the normal score over sqrt(n + m): positive if the reference varies more. Sides without values, or one \
and the same value everywhere, are `no_data`.",
        formula: "AB = sum over the reference of min(rank, N + 1 - rank)",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = \"ansari_bradley\"",
        reference: "Ansari, Bradley, Ann. Math. Stat. 31 (1960); scipy.stats.ansari",
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
        test: OverValues::ranked(column, "all values are equal", |r, c| math::ansari_bradley(grouped(r, c), r.len(), c.len())),
    })
}
