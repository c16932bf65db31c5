//! The G test.

use super::binning::Binning;
use super::counted::{Counted, Expected};
use super::shapes::{Found, OverCounts};
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
        name: "g_test",
        aliases: &[],
        summary: "Whether two categorical samples have the same shares, by their likelihood ratio.",
        description: "Use it as the chi-square test; it adds up over nested tables. A category that only one side has counts with 0 on the other; against the reference's shares it is \
an error, since nothing was to be expected. Missing values are left out. The effect size is sqrt(G / N), an analogue of Cramér's V. A side without \
values, or a single category on both sides, is `no_data`.",
        formula: "2 sum observed ln(observed / expected); chi-square with k - 1 degrees of freedom",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "metric = \"drift\"\ncolumns = \"@categorical\"\ntest = \"g_test\"",
        reference: "Wilks, Ann. Math. Stat. 9 (1938); scipy.stats.chi2_contingency(lambda_=\"log-likelihood\")",
    },
    accepts: &[Kind::Categorical],
    build,
};

const FIELDS: [Field; 3] = [STATISTIC, P_VALUE, Field::new("effect_size", "", "sqrt(G / N)")];

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// What is expected: the pooled shares of both sides, or the reference's shares as if they were exactly known.
    expected: Expected,
}

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: params_label(&parameters, &Parameters::default()),
        drifted: "abs(effect_size) > 0.1 and p_value < 0.01",
        test: OverCounts::boxed(Counted::new(column, Binning::default()), move |counts| {
            let (found, rows) = match parameters.expected {
                Expected::Contingency => {
                    let found = math::g_test_contingency(&counts.reference, &counts.current);
                    (found, counts.n_reference() + counts.n_current())
                }
                Expected::Reference => {
                    counts.all_expected()?;
                    (math::g_test_against_shares(&counts.reference, &counts.current), counts.n_current())
                }
            };
            let found = found.ok_or_else(|| Undefined::no_data("both sides have one and the same category"))?;
            Ok(Found {
                statistic: found.statistic,
                p_value: Some(found.p_value),
                effect_size: Some((found.statistic / rows as f64).sqrt()),
                ..Found::default()
            })
        }),
    })
}
