//! The chi-square test of homogeneity.

use super::binning::Binning;
use super::counted::{Counted, Expected};
use super::{P_VALUE, STATISTIC, params_label};
use crate::math;
use driftline_core::accumulator::Request;
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, TestEntry, read_parameters, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Undefined;
use driftline_core::profile::Profile;
use driftline_core::spec::Component;
use driftline_core::two_sample::{TestResult, TwoSampleTest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "chi_square",
        aliases: &[],
        summary: "Whether two categorical samples have the same shares (contingency table).",
        description: "Use it for categories with some five or more rows each; with fewer the p-value is rough. Not for numbers. \
A category that only one side has counts with 0 on the other; against the reference's shares it is an error, since nothing was to be expected. Missing values are left out. \
The effect size is Cramér's V, between 0 and 1. A side without values, or a single category on both sides, is `no_data`.",
        formula: "sum (observed - expected)^2 / expected over the 2 x k table; p = P(chi-square with k - 1 degrees of freedom >= statistic)",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "metric = \"drift\"\ncolumns = \"genre\"\ntest = \"chi_square\"",
        reference: "Pearson, Phil. Mag. 50 (1900); Cramér (1946); scipy.stats.chi2_contingency",
    },
    accepts: &[Kind::Categorical],
    build,
};

const FIELDS: [Field; 3] = [STATISTIC, P_VALUE, Field::new("effect_size", "ratio", "Cramér's V, between 0 and 1")];

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Yates' continuity correction, for two categories only.
    yates: bool,
    /// What is expected: the pooled shares of both sides, or the reference's shares as if they were exactly known.
    expected: Expected,
}

struct Test {
    counted: Counted,
    parameters: Parameters,
}

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: params_label(&parameters, &Parameters::default()),
        drifted: "effect_size > 0.1 and p_value < 0.01",
        test: Box::new(Test { counted: Counted::new(column, Binning::default()), parameters }),
    })
}

impl TwoSampleTest for Test {
    fn requests(&self) -> Vec<Request> {
        self.counted.requests()
    }

    fn compare(&self, reference: &Profile, current: &Profile) -> Result<TestResult, Undefined> {
        let counts = self.counted.counts(reference, current)?;
        let found = match self.parameters.expected {
            Expected::Contingency => math::chi_square_contingency(&counts.reference, &counts.current, self.parameters.yates),
            Expected::Reference => {
                counts.all_expected()?;
                math::chi_square_against_shares(&counts.reference, &counts.current)
            }
        };
        let found = found.ok_or_else(|| Undefined::no_data("both sides have one and the same category"))?;
        Ok(TestResult {
            statistic: found.statistic,
            p_value: Some(found.p_value),
            effect_size: math::cramers_v(&counts.reference, &counts.current),
            n_reference: counts.n_reference(),
            n_current: counts.n_current(),
            method: counts.method,
            ..TestResult::default()
        })
    }
}
