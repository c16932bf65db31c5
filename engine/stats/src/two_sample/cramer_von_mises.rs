//! The two-sample criterion of Cramér and von Mises.

use super::shapes::{Found, OverValues, grouped};
use super::{P_VALUE, STATISTIC, params_label};
use crate::math::{self, CramerVonMisesMethod};
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, TestEntry, read_parameters, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Undefined;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "cramer_von_mises",
        aliases: &["cvm"],
        summary: "Mean squared difference between the two distribution functions.",
        description: "Use it for numbers of any scale: it weighs the whole range where Kolmogorov and Smirnov look at one place. Missing values are left out; \
infinities are values like others; ties get midranks, with which T and its p-value exaggerate where there are many, as SciPy's do. The effect size, which does not, is the root mean squared difference, from 0 to 0.58. A side without values \
is `no_data`.",
        formula: "T = n m / N^2 sum over all values of (F_reference - F_current)^2",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = \"cramer_von_mises\"",
        reference: "Anderson, Ann. Math. Stat. 33 (1962); scipy.stats.cramervonmises_2samp",
    },
    accepts: &[Kind::Numerical],
    build,
};

const FIELDS: [Field; 3] = [STATISTIC, P_VALUE, Field::new("effect_size", "ratio", "root mean squared difference of the distribution functions")];

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// How the p-value is computed; "auto" is exact up to 20 rows a side.
    method: Method,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Method {
    #[default]
    Auto,
    Exact,
    Asymptotic,
}

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: params_label(&parameters, &Parameters::default()),
        drifted: "effect_size > 0.05 and p_value < 0.01",
        test: OverValues::boxed(column, move |r, c| {
            let found = math::cramer_von_mises(grouped(r, c), r.len(), c.len(), method(parameters.method, r.len(), c.len())?);
            let found = found.ok_or_else(|| Undefined::no_data("all values are equal, or a side has more than 268,435,456 values"))?;
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

/// Most rows a side for which all orders are counted.
const MOST_EXACT: u64 = 30;

fn method(asked: Method, n: u64, m: u64) -> Result<CramerVonMisesMethod, Undefined> {
    match asked {
        Method::Auto => Ok(CramerVonMisesMethod::Auto),
        Method::Asymptotic => Ok(CramerVonMisesMethod::Asymptotic),
        Method::Exact if n.max(m) <= MOST_EXACT => Ok(CramerVonMisesMethod::Exact),
        Method::Exact => Err(Undefined::error(format!(
            "method = \"exact\" counts the orders of at most {MOST_EXACT} rows a side, not {}; use \"auto\"",
            n.max(m)
        ))),
    }
}
