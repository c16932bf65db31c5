//! The share of a vector's components that drifted.

use super::sampled::{self, Most, Pooled};
use super::{STATISTIC, join_labels, params_label};
use crate::accumulators::Sample;
use crate::math::{Moments, wasserstein};
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
        name: "drifted_components",
        aliases: &[],
        summary: "In how many of its components a column of vectors moved, by Wasserstein's distance of each.",
        description: "Takes lists of numbers of one length, such as embeddings. A component moved when Wasserstein's distance between the sides is `margin` standard deviations of the reference or more; one that does not vary in the \
reference moved when it differs at all. Not for few rows: between two equal samples of n rows the distance is about 1 / sqrt(n) deviations, so that 100 rows drift by themselves. Missing vectors are left out; those of another length, or with a missing or \
infinite component, are counted as unusable. Beyond `rows` distinct vectors of a side a sample is looked at. The effect size is the share. Sides without vectors are `no_data`.",
        formula: "components with W(reference, current) >= margin x sd_reference (population), over all components",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Schema>,
        example: "metric = \"drift\"\ncolumns = \"embedding\"\ntest = \"drifted_components\"\nfail = \"statistic > 20%\"",
        reference: "Evidently's embedding drift method `ratio`",
    },
    accepts: &[Kind::Nested],
    build,
};

const FIELDS: [Field; 3] = [STATISTIC, Field::new("effect_size", "ratio", "the share"), Field::new("components", "", "components of a vector")];

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Standard deviations of the reference by which a component must move.
    #[schemars(range(min = 0.0))]
    margin: f64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { margin: 0.1 }
    }
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Schema {
    #[schemars(flatten)]
    own: Parameters,
    #[schemars(flatten)]
    most: Most,
}

fn build(column: &Column, mut component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let (at_rows, at_margin) = (component.params.span_of("rows"), component.params.span_of("margin"));
    let most = component.params.take::<Most>(diagnostics);
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    let (most, margin) = (most?, parameters.margin);
    if let Some(message) = most.wrong() {
        diagnostics.error(&at_rows, message);
        return None;
    }
    if !(margin.is_finite() && margin >= 0.0) {
        diagnostics.error(&at_margin, format!("`margin` must be a number from 0 on, not {margin}"));
        return None;
    }
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: join_labels([params_label(&parameters, &Parameters::default()), params_label(&most, &Most::default())]),
        drifted: "statistic > 20%",
        test: Box::new(Test { sample: sampled::of(column, most.rows), margin, most: most.rows }),
    })
}

struct Test {
    sample: Handle<Sample>,
    margin: f64,
    most: usize,
}

impl TwoSampleTest for Test {
    fn requests(&self) -> Vec<Request> {
        vec![self.sample.request.clone()]
    }

    fn compare(&self, reference: &Profile, current: &Profile) -> Result<TestResult, Undefined> {
        let pooled = Pooled::read(&self.sample, reference, current)?;
        let (r, c) = (pooled.vectors(|pair| pair.reference, self.most), pooled.vectors(|pair| pair.current, self.most));
        let [Some(first), Some(_)] = [r.first(), c.first()] else { return Err(Undefined::no_data("a side has no vectors in the sample")) };
        let components = first.len();
        if components == 0 {
            return Err(Undefined::no_data("the vectors have no components"));
        }
        let moved = (0..components).filter(|i| {
            let [x, y] = [&r, &c].map(|side| sorted(side, *i));
            let distance = wasserstein(x.iter().copied(), x.len() as u64, y.iter().copied(), y.len() as u64).unwrap_or(f64::INFINITY);
            let deviation = Moments::from_block(&x).variance(0).map_or(0.0, f64::sqrt);
            if deviation > 0.0 { distance >= self.margin * deviation } else { distance > 0.0 }
        });
        let share = moved.count() as f64 / components as f64;
        Ok(TestResult {
            statistic: share,
            effect_size: Some(share),
            more: vec![("components", components as f64)],
            n_reference: pooled.n_reference,
            n_current: pooled.n_current,
            method: pooled.told("Wasserstein's distance of each component"),
            ..TestResult::default()
        })
    }
}

fn sorted(vectors: &[&[f64]], component: usize) -> Vec<f64> {
    let mut values: Vec<f64> = vectors.iter().map(|vector| vector[component]).collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}
