//! Fisher's exact test.

use super::binning::Binning;
use super::counted::{Counted, two_categories};
use super::shapes::{Found, OverCounts};
use super::{P_VALUE, STATISTIC};
use crate::math;
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, NoParameters, TestEntry, read_parameters, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Undefined;
use driftline_core::spec::Component;

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "fisher_exact",
        aliases: &[],
        summary: "Whether two samples of two categories have the same shares, exactly.",
        description: "Use it for two categories and few rows. More than two categories on both sides together are an error. Missing values are left out. The statistic is the \
odds ratio, 0 where it is not defined; the effect size is the difference of the second category's share, current less reference. A side without values, or \
one and the same category, is `no_data`.",
        formula: "p = sum of the hypergeometric probabilities of tables at most as likely",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "metric = \"drift\"\ncolumns = \"@categorical\"\ntest = \"fisher_exact\"",
        reference: "Fisher (1935); scipy.stats.fisher_exact",
    },
    accepts: &[Kind::Categorical],
    build,
};

const FIELDS: [Field; 3] = [STATISTIC, P_VALUE, Field::new("effect_size", "", "difference of the second category's share, current less reference")];

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: None,
        drifted: "abs(effect_size) > 0.1 and p_value < 0.01",
        test: OverCounts::boxed(Counted::new(column, Binning::default()), |counts| {
            let [reference, current] = two_categories(counts)?;
            let found = math::fisher_exact(reference, current).ok_or_else(|| Undefined::no_data("a side has no values"))?;
            let share = |counts: [u64; 2]| counts[1] as f64 / (counts[0] + counts[1]) as f64;
            Ok(Found {
                statistic: found.odds_ratio.unwrap_or(0.0),
                p_value: Some(found.p_value),
                effect_size: Some(share(current) - share(reference)),
                method: "exact".into(),
                ..Found::default()
            })
        }),
    })
}
