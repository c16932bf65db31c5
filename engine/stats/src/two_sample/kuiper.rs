//! Kuiper's test.

use super::shapes::{Found, OverValues, grouped};
use super::{P_VALUE, STATISTIC};
use crate::math;
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, NoParameters, TestEntry, read_parameters, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Undefined;
use driftline_core::spec::Component;

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "kuiper",
        aliases: &[],
        summary: "Largest differences between the two distribution functions in both directions, added.",
        description: "Use it for cyclic quantities (hours, angles) and for changes of spread: it is as sensitive at the ends as in the middle. Missing values are left \
out; infinities are values like others. The p-value is Stephens' approximation, good to about a per cent from ten rows a side on. The effect size \
is V. A side without values is `no_data`.",
        formula: "V = sup (F_reference - F_current) + sup (F_current - F_reference)",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = \"kuiper\"",
        reference: "Kuiper, Proc. K. Ned. Akad. Wet. A 63 (1960); Stephens, J. R. Stat. Soc. B 32 (1970)",
    },
    accepts: &[Kind::Numerical],
    build,
};

const FIELDS: [Field; 3] = [STATISTIC, P_VALUE, Field::new("effect_size", "ratio", "V, between 0 and 1")];

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: None,
        drifted: "abs(effect_size) > 0.1 and p_value < 0.01",
        test: OverValues::boxed(column, move |r, c| {
            let found = math::kuiper(grouped(r, c), r.len(), c.len());
            let found = found.ok_or_else(|| Undefined::no_data("a side has no values"))?;
            Ok(Found {
                statistic: found.statistic,
                p_value: Some(found.p_value),
                effect_size: Some(found.effect_size),
                method: found.method.into(),
                ..Found::default()
            })
        }),
    })
}
