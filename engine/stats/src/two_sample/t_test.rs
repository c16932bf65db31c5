//! The t test of equal means, Welch's or Student's.

use super::shapes::{Found, OverMoments, interval};
use super::{EFFECT_HIGH, EFFECT_LOW, P_VALUE, STATISTIC, params_label};
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
        name: "t_test",
        aliases: &[],
        summary: "Whether the two sides have the same mean.",
        description: "Use it for a shift of the mean of numbers without far outliers, on samples of some thirty rows and more. Missing values are left out; infinite \
values are an error. Means are subtracted in double-double, so numbers far from zero lose nothing. The effect size is Cohen's d: positive if \
current is larger. Sides with fewer than two values, or that do not vary, are `no_data`.",
        formula: "t = (mean_reference - mean_current) / se",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = \"t_test\"",
        reference: "Student (1908); Welch, Biometrika 34 (1947); Cohen (1988); Hedges, Olkin (1985) for the interval; scipy.stats.ttest_ind",
    },
    accepts: &[Kind::Numerical],
    build,
};

const FIELDS: [Field; 5] = [STATISTIC, P_VALUE, Field::new("effect_size", "", "Cohen's d: positive if current is larger"), EFFECT_LOW, EFFECT_HIGH];

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Student's test with a pooled variance, instead of Welch's.
    equal_variances: bool,
}

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: params_label(&parameters, &Parameters::default()),
        drifted: "abs(effect_size) > 0.1 and p_value < 0.01",
        test: OverMoments::boxed(column, move |r, c| {
            let found = math::t_test(r, c, parameters.equal_variances);
            let found = found.ok_or_else(|| Undefined::no_data("a side has fewer than two values, or neither varies"))?;
            let (n, m, d) = (r.count as f64, c.count as f64, found.effect_size);
            Ok(Found {
                statistic: found.statistic,
                p_value: Some(found.p_value),
                effect_size: Some(d),
                effect_interval: interval(d, ((n + m) / (n * m) + d * d / (2.0 * (n + m))).sqrt()),
                method: format!("t with {:.1} degrees of freedom", found.degrees_of_freedom),
            })
        }),
    })
}
