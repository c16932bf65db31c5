//! The two-sample Kolmogorov-Smirnov test.

use super::shapes::{ANCHORED, BothRanks, both_ranks, distances_of};
use super::{EFFECT_HIGH, EFFECT_LOW, P_VALUE, STATISTIC, params_label};
use crate::accumulators::{Ranks, ranks};
use crate::math::{self, Alternative as Tail, Interval};
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
        name: "kolmogorov_smirnov",
        aliases: &["ks"],
        summary: "Largest difference between the two distribution functions of a numeric column.",
        description: "Use it for numbers of any scale: it sees shifts, changes of spread and of shape, and outliers do not move it. \
Not for categories, and not for tails alone, where it is weak. Missing values are left out; infinities are values like others. \
The effect size is D itself, or D+ or D- for a one-sided alternative, between 0 and 1; its interval is Massart's for both sides, which holds for any distribution \
and is wide for few rows. With ties the p-value is conservative. A current side that exceeds the memory setting is counted beside up to 65,536 values of the \
reference (`anchored`); where the reference has more different ones, D is the middle of `bounds`, which hold it. A side without values is `no_data`.",
        formula: "D = sup |F_reference(x) - F_current(x)|; p = P(D >= d) exactly by counting lattice paths, or \
asymptotically kstwo.sf(d, round(n m / (n + m)))",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = { name = \"kolmogorov_smirnov\", method = \"exact\" }",
        reference: "Smirnov, Ann. Math. Stat. 19 (1948); Massart, Ann. Probab. 18 (1990); Simard, L'Ecuyer, J. Stat. Softw. 39 (2011); scipy.stats.ks_2samp",
    },
    accepts: &[Kind::Numerical],
    build,
};

const FIELDS: [Field; 5] = [
    STATISTIC,
    P_VALUE,
    Field::new("effect_size", "ratio", "D, between 0 and 1"),
    Field { unit: "ratio", ..EFFECT_LOW },
    Field { unit: "ratio", ..EFFECT_HIGH },
];

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// How the p-value is computed; "auto" is exact up to 10,000 rows a side.
    method: Method,
    /// What counts as a difference; "less" and "greater" are about the reference's distribution function.
    alternative: Alternative,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Method {
    #[default]
    Auto,
    Exact,
    Asymptotic,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Alternative {
    #[default]
    TwoSided,
    Less,
    Greater,
}

struct Test {
    ranks: Handle<Ranks>,
    parameters: Parameters,
}

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: params_label(&parameters, &Parameters::default()),
        drifted: "effect_size > 0.1 and p_value < 0.01",
        test: Box::new(Test { ranks: ranks(&column.name), parameters }),
    })
}

/// Most lattice steps of an exact p-value: beyond, the asymptotic one has long converged.
const MOST_EXACT_STEPS: u64 = 100_000_000;

impl Test {
    fn method(&self, n: u64, m: u64) -> Result<math::Method, Undefined> {
        let steps = n.saturating_mul(m);
        match self.parameters.method {
            Method::Asymptotic => Ok(math::Method::Asymptotic),
            Method::Auto => Ok(math::Method::Auto),
            Method::Exact if steps <= MOST_EXACT_STEPS => Ok(math::Method::Exact),
            Method::Exact => Err(Undefined::error(format!(
                "method = \"exact\" takes {n} x {m} steps, more than {MOST_EXACT_STEPS}; use \"auto\" or \"asymptotic\""
            ))),
        }
    }

    /// The statistic of the wanted alternative, from `F_reference - F_current` and `F_current - F_reference` at their largest.
    fn side(&self, above: Interval, below: Interval) -> (Interval, Tail) {
        match self.parameters.alternative {
            Alternative::TwoSided => (Interval { low: above.low.max(below.low), high: above.high.max(below.high) }, Tail::TwoSided),
            Alternative::Less => (below, Tail::Less),
            Alternative::Greater => (above, Tail::Greater),
        }
    }

    fn statistic(&self, both: &BothRanks, current: &Profile) -> Result<(Interval, Tail), Undefined> {
        let (above, below) = match both {
            BothRanks::Sorted(r, c) => {
                let found = distances_of(&self.ranks, r, c, current)?.kolmogorov_smirnov;
                let known = |value: f64| Interval { low: value, high: value };
                (known(found.d_plus), known(found.d_minus))
            }
            BothRanks::Anchored(r, c) => {
                let found = math::kolmogorov_smirnov_anchored(r, &c.anchored);
                found.ok_or_else(|| Undefined::error("internal error: sides were counted beside different values"))?
            }
        };
        Ok(self.side(above, below))
    }
}

/// Each distribution function lies within `sqrt(ln(2 / 0.025) / 2n)` of its sample's with a chance of 97.5 %, so both do with 95 %.
fn interval(d: f64, n: u64, m: u64) -> (f64, f64) {
    let within = |n: u64| ((2.0f64 / 0.025).ln() / (2.0 * n as f64)).sqrt();
    let both = within(n) + within(m);
    ((d - both).max(0.0), (d + both).min(1.0))
}

impl TwoSampleTest for Test {
    fn requests(&self) -> Vec<Request> {
        vec![self.ranks.request.clone()]
    }

    fn compare(&self, reference: &Profile, current: &Profile) -> Result<TestResult, Undefined> {
        let both = both_ranks(&self.ranks, reference, current)?;
        let (n, m) = both.sizes();
        let method = self.method(n, m)?;
        let (found, tail) = self.statistic(&both, current)?;
        let statistic = found.midpoint();
        let exact = match method {
            math::Method::Auto => n.max(m) <= 10_000,
            method => method == math::Method::Exact,
        };
        let at = |statistic: f64| TestResult {
            statistic,
            p_value: Some(math::two_sample_p_value(statistic, n, m, tail, method)),
            effect_size: Some(statistic),
            effect_interval: Some(interval(statistic, n, m)),
            ..TestResult::default()
        };
        Ok(TestResult {
            bounds: found.bounds(),
            ends: found.ends().map(at).collect(),
            n_reference: n,
            n_current: m,
            method: match both {
                BothRanks::Anchored(..) => ANCHORED.into(),
                BothRanks::Sorted(..) => if exact { "exact".into() } else { "asymptotic".into() },
            },
            ..at(statistic)
        })
    }
}
