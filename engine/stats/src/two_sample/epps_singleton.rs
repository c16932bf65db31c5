//! The test of Epps and Singleton.

use super::shapes::{Found, OverValues, grouped};
use super::{P_VALUE, STATISTIC};
use crate::accumulators::SortedValues;
use crate::math::{self, Components, Dd};
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, NoParameters, TestEntry, read_parameters, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Undefined;
use driftline_core::spec::Component;

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "epps_singleton",
        aliases: &[],
        summary: "Difference of the two empirical characteristic functions at two places.",
        description: "Use it for discrete and continuous numbers alike, where ties weaken the other tests; it asks for finite values and five a side. Missing values are left out; infinite \
values are an error. The effect size is sqrt(W / N), an analogue of Cramér's V. Fewer than five values on a side, or an inter-quartile range of \
zero, are `no_data`.",
        formula: "W = N d' S^- d with the difference d of mean cosines and sines at 0.4 and 0.8 half inter-quartile ranges; chi-square",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = \"epps_singleton\"",
        reference: "Epps, Singleton, J. Stat. Comput. Simul. 26 (1986); Goerg, Kaiser, Stata J. 9 (2009); scipy.stats.epps_singleton_2samp",
    },
    accepts: &[Kind::Numerical],
    build,
};

const FIELDS: [Field; 3] = [STATISTIC, P_VALUE, Field::new("effect_size", "", "sqrt(W / N)")];

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: None,
        drifted: "abs(effect_size) > 0.1 and p_value < 0.01",
        test: OverValues::boxed(column, compare),
    })
}

pub(super) fn compare(r: &SortedValues, c: &SortedValues) -> Result<Found, Undefined> {
    let [lower, middle, upper] = pooled_quartiles(r, c).ok_or_else(|| Undefined::no_data("there are no values"))?;
    let scale = (upper - lower).to_f64() / 2.0;
    if !scale.is_finite() || r.iter().chain(c.iter()).any(f64::is_infinite) {
        return Err(Undefined::error("the column has infinite values"));
    }
    if scale == 0.0 {
        return Err(Undefined::no_data("the inter-quartile range of both sides together is zero"));
    }
    let components = |values: &SortedValues| {
        let mut found = Components::new(middle.to_f64(), scale);
        values.iter().for_each(|value| found.observe(value));
        found
    };
    let found = math::epps_singleton(&components(r), &components(c));
    let found = found.ok_or_else(|| Undefined::no_data("a side has fewer than five values, or neither varies where they differ"))?;
    Ok(Found {
        statistic: found.statistic,
        p_value: Some(found.p_value),
        effect_size: Some((found.statistic / (r.len() + c.len()) as f64).sqrt()),
        method: "asymptotic".into(),
        ..Found::default()
    })
}

/// The quartiles of both sides together, in one pass.
fn pooled_quartiles(r: &SortedValues, c: &SortedValues) -> Option<[Dd; 3]> {
    let total = r.len() + c.len();
    let places = [0.25, 0.5, 0.75].map(|q| math::linear_quantile_ranks(total, q));
    let mut ends = [[None; 2]; 3];
    for group in grouped(r, c) {
        let ranks = group.before()..group.before() + group.size();
        for (place, ends) in places.iter().zip(&mut ends) {
            let lower = place.as_ref()?.lower_rank;
            for (rank, end) in [lower, (lower + 1).min(total - 1)].iter().zip(ends) {
                if ranks.contains(rank) {
                    *end = Some(group.value);
                }
            }
        }
    }
    let quartile = |i: usize| Some(math::lerp_exact(ends[i][0]?, ends[i][1]?, places[i].as_ref()?.fraction));
    Some([quartile(0)?, quartile(1)?, quartile(2)?])
}
