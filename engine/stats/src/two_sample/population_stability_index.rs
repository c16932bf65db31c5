//! The population stability index.

use super::counted::Counted;
use super::shapes::OverCounts;
use super::{STATISTIC, smoothing};
use crate::math;
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, TestEntry, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "population_stability_index",
        aliases: &["psi"],
        summary: "How far the shares of a column moved, as credit scoring measures it.",
        description: "Use it where people expect it: below 0.1 stable, above 0.2 shifted, by custom. Not with few rows: two equal samples \
of n rows each over k bins have an index of about 2 (k - 1) / n. Numbers are cut by the reference alone, at its quantiles unless `binning` says otherwise, so that indices \
compare over time. Missing values are left out. The effect size is the index itself; there is no p-value. An empty share counts as `empty_share`. \
A reference with a single quantile is cut into below, at and above it. A side without values is `no_data`.",
        formula: "sum (q - p) ln(q / p) over bins or categories, p the reference's shares and q the current ones",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<smoothing::Schema>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = { name = \"psi\", bins = 20 }\nfail = \"statistic > 0.2\"",
        reference: "Siddiqi, Credit Risk Scorecards (2006); Yurdakul, Naranjo, J. Risk Model Valid. 14 (2020)",
    },
    accepts: &[Kind::Categorical, Kind::Numerical],
    build,
};

const FIELDS: [Field; 2] = [STATISTIC, Field::new("effect_size", "", "the index, from 0")];

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let (binning, empty_share, params) = smoothing::read(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params,
        drifted: "effect_size > 0.2",
        test: OverCounts::distance(Counted::new(column, binning), move |r, c| math::population_stability_index(r, c, empty_share)),
    })
}
