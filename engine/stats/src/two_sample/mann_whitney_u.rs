//! The test of Mann and Whitney.

use super::shapes::{ANCHORED, BothRanks, both_ranks, grouped};
use super::{P_VALUE, STATISTIC, params_label};
use crate::accumulators::{Ranks, ranks};
use crate::math::{self, Interval, RankTest};
use driftline_core::accumulator::{Handle, Request};
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
        name: "mann_whitney_u",
        aliases: &[],
        summary: "Whether values of one side tend to be larger than those of the other.",
        description: "Use it for shifts of numbers of any scale; outliers do not move it. It does not see a change of spread alone. Missing values are left out; \
infinities are values like others; ties count half. The effect size is the rank-biserial correlation, from -1 to 1: positive if current tends \
to be larger. A current side that exceeds the memory setting is counted beside up to 65,536 values of the reference (`anchored`): where the \
reference has more different ones, U is the middle of `bounds`, which hold it; ties elsewhere are not seen, and where they could change a verdict, it is undecided. A side without values, or one and the same value everywhere, is `no_data`.",
        formula: "U = pairs in which the reference is larger, plus half of the ties; effect 1 - 2 U / (n m)",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = \"mann_whitney_u\"",
        reference: "Mann, Whitney, Ann. Math. Stat. 18 (1947); scipy.stats.mannwhitneyu",
    },
    accepts: &[Kind::Numerical],
    build,
};

const FIELDS: [Field; 3] = [STATISTIC, P_VALUE, Field::new("effect_size", "", "rank-biserial correlation: positive if current tends to be larger")];

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// How the p-value is computed; "auto" is exact if a side has at most 8 rows and nothing is tied.
    method: Method,
    /// Continuity correction of the asymptotic p-value.
    continuity: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { method: Method::Auto, continuity: true }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Method {
    Auto,
    Asymptotic,
}

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: params_label(&parameters, &Parameters::default()),
        drifted: "abs(effect_size) > 0.1 and p_value < 0.01",
        test: Box::new(Test { ranks: ranks(&column.name), parameters }),
    })
}

struct Test {
    ranks: Handle<Ranks>,
    parameters: Parameters,
}

impl TwoSampleTest for Test {
    fn requests(&self) -> Vec<Request> {
        vec![self.ranks.request.clone()]
    }

    fn compare(&self, reference: &Profile, current: &Profile) -> Result<TestResult, Undefined> {
        let both = both_ranks(&self.ranks, reference, current)?;
        let (n_reference, n_current) = both.sizes();
        let Parameters { method, continuity } = self.parameters;
        let found = match &both {
            BothRanks::Sorted(r, c) => {
                let found = math::mann_whitney_u(grouped(r, c), n_reference, n_current, continuity, method == Method::Auto);
                r.fault().and(c.fault()).map_err(Undefined::Error)?;
                found.map(|found| vec![found])
            }
            BothRanks::Anchored(r, c) => math::mann_whitney_u_anchored(r, &c.anchored, continuity).map(Vec::from),
        };
        let found = found.unwrap_or_default();
        let (found, ends) = found.split_first().ok_or_else(|| Undefined::no_data("all values are equal"))?;
        let at = |found: &RankTest| TestResult {
            statistic: found.statistic,
            p_value: Some(found.p_value),
            effect_size: Some(found.effect_size),
            ..TestResult::default()
        };
        let bounds = if let [low, high] = ends { Interval { low: low.statistic, high: high.statistic }.bounds() } else { None };
        let method = match both {
            BothRanks::Anchored(..) => ANCHORED,
            BothRanks::Sorted(..) => if found.exact { "exact" } else { "asymptotic" },
        };
        Ok(TestResult {
            bounds,
            ends: ends.iter().map(at).collect(),
            n_reference,
            n_current,
            method: method.into(),
            ..at(found)
        })
    }
}
