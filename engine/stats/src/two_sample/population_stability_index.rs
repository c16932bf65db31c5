//! The population stability index.

use super::binning::Binning;
use super::counted::Counted;
use super::{STATISTIC, join_labels, params_label};
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
        name: "population_stability_index",
        aliases: &["psi"],
        summary: "How far the shares of a column moved, as credit scoring measures it.",
        description: "Use it where people expect it: below 0.1 stable, above 0.2 shifted, by custom. Not with few rows: two equal samples \
of n rows each over k bins have an index of about 2 (k - 1) / n. Numbers are cut at quantiles of the reference alone, so that indices \
compare over time. Missing values are left out. The effect size is the index itself; there is no p-value. An empty share counts as `empty_share`. \
A reference with a single quantile is cut into below, at and above it. A side without values is `no_data`.",
        formula: "sum (q - p) ln(q / p) over bins or categories, p the reference's shares and q the current ones",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Schema>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = { name = \"psi\", bins = 20 }\nfail = \"statistic > 0.2\"",
        reference: "Siddiqi, Credit Risk Scorecards (2006); Yurdakul, Naranjo, J. Risk Model Valid. 14 (2020)",
    },
    accepts: &[Kind::Categorical, Kind::Numerical],
    build,
};

const FIELDS: [Field; 2] = [STATISTIC, Field::new("effect_size", "", "the index, from 0")];

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Stands for the share of an empty bin or category, between 0 and 1.
    empty_share: f64,
}

/// The parameters with those of the bins, for the documentation.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct Schema {
    #[schemars(flatten)]
    binning: Binning,
    #[schemars(flatten)]
    own: Parameters,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { empty_share: 1e-4 }
    }
}

struct Test {
    counted: Counted,
    empty_share: f64,
}

fn build(column: &Column, mut component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let span = component.params.span_of("empty_share");
    let binning = Binning::take(&mut component.params, diagnostics);
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    let binning = binning?;
    if !(parameters.empty_share > 0.0 && parameters.empty_share < 1.0) {
        diagnostics.error(&span, format!("`empty_share` must lie between 0 and 1, not {}", parameters.empty_share));
        return None;
    }
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: join_labels([binning.label(), params_label(&parameters, &Parameters::default())]),
        drifted: "effect_size > 0.2",
        test: Box::new(Test {
            counted: Counted::new(column, binning),
            empty_share: parameters.empty_share,
        }),
    })
}

impl TwoSampleTest for Test {
    fn requests(&self) -> Vec<Request> {
        self.counted.requests()
    }

    fn compare(&self, reference: &Profile, current: &Profile) -> Result<TestResult, Undefined> {
        let counts = self.counted.counts(reference, current)?;
        let index = math::population_stability_index(&counts.reference, &counts.current, self.empty_share)
            .ok_or_else(|| Undefined::no_data("a side has no values"))?;
        Ok(TestResult {
            statistic: index,
            bounds: None,
            p_value: None,
            effect_size: Some(index),
            effect_interval: None,
            n_reference: counts.n_reference(),
            n_current: counts.n_current(),
            method: counts.method,
        })
    }
}
