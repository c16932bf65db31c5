//! The two-sample test of Anderson and Darling.

use super::shapes::{Found, OverValues, grouped};
use super::{P_VALUE, STATISTIC, params_label};
use crate::math;
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, TestEntry, read_parameters, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Undefined;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "anderson_darling",
        aliases: &[],
        summary: "Mean squared difference between the two distribution functions, weighted towards the tails.",
        description: "Use it where the tails matter. Missing values are left out; infinities are values like others. Where the table of Scholz and Stephens reaches (p \
from 0.001 to 0.25) the p-value is SciPy's interpolation; beyond, where SciPy clips, it follows the limiting distribution at the same standardised \
value. The effect size is the root of the weighted mean squared difference. Sides without values, or one and the same value everywhere, are \
`no_data`.",
        formula: "(A^2 - 1) / sd with A^2 = n m / N sum (F_reference - F_current)^2 / (H (1 - H)) dH",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = \"anderson_darling\"",
        reference: "Scholz, Stephens, J. Am. Stat. Assoc. 82 (1987); Anderson, Darling (1952); scipy.stats.anderson_ksamp",
    },
    accepts: &[Kind::Numerical],
    build,
};

const FIELDS: [Field; 3] = [STATISTIC, P_VALUE, Field::new("effect_size", "", "root of the weighted mean squared difference of the distribution functions")];

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// How ties count: averaged ("midrank"), or by the right-continuous distribution function ("right").
    ties: Ties,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Ties {
    #[default]
    Midrank,
    Right,
}

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: params_label(&parameters, &Parameters::default()),
        drifted: "abs(effect_size) > 0.1 and p_value < 0.01",
        test: OverValues::boxed(column, move |r, c| {
            let found = math::anderson_darling(grouped(r, c), r.len(), c.len(), parameters.ties == Ties::Midrank);
            let found = found.ok_or_else(|| Undefined::no_data("all values are equal, or there are fewer than four"))?;
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
