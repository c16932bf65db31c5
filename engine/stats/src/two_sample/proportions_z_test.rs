//! The z test of equal proportions.

use super::binning::Binning;
use super::counted::{Counted, two_categories};
use super::shapes::{Found, OverCounts, interval};
use super::{EFFECT_HIGH, EFFECT_LOW, P_VALUE, STATISTIC};
use crate::math;
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, NoParameters, TestEntry, read_parameters, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Undefined;
use driftline_core::spec::Component;

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "proportions_z_test",
        aliases: &[],
        summary: "Whether two samples of two categories have the same shares, by the normal approximation.",
        description: "Use it for two categories with some ten rows each. More than two categories on both sides together are an error. Missing values are left out. The \
effect size is Cohen's h: positive if the second category's share grew. A side without values, or one and the same category, is `no_data`.",
        formula: "z = (p_reference - p_current) / sqrt(p (1 - p) (1/n + 1/m)) with the pooled share p",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "metric = \"drift\"\ncolumns = \"@categorical\"\ntest = \"proportions_z_test\"",
        reference: "Cohen (1988) for h; statsmodels.stats.proportion.proportions_ztest",
    },
    accepts: &[Kind::Categorical],
    build,
};

const FIELDS: [Field; 5] = [STATISTIC, P_VALUE, Field::new("effect_size", "", "Cohen's h: positive if the second category's share grew"), EFFECT_LOW, EFFECT_HIGH];

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: None,
        drifted: "abs(effect_size) > 0.1 and p_value < 0.01",
        test: OverCounts::boxed(Counted::new(column, Binning::default()), |counts| {
            let [reference, current] = two_categories(counts)?;
            let found = math::proportions_z_test(reference, current);
            let found = found.ok_or_else(|| Undefined::no_data("both sides have one and the same category"))?;
            let error = (1.0 / counts.n_reference() as f64 + 1.0 / counts.n_current() as f64).sqrt();
            Ok(Found {
                statistic: found.statistic,
                p_value: Some(found.p_value),
                effect_size: Some(found.effect_size),
                effect_interval: interval(found.effect_size, error),
                method: "normal approximation".into(),
            })
        }),
    })
}
