//! The share of a vector's components that drifted.

use super::sampled::{self, Most, Pooled};
use super::{STATISTIC, join_labels, params_label};
use crate::accumulators::Sample;
use crate::math::wasserstein_of_counts;
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
        description: "Takes lists of numbers of one length, such as embeddings. A component moved when Wasserstein's distance between the sides is `margin` standard deviations of the reference or more, beyond what chance gives between so many rows (`allowance`); one that does not vary in the \
reference moved when it differs at all. Missing vectors are left out; those of another length, or with a missing or \
infinite component, are counted as unusable. Beyond `rows` distinct vectors of a side a sample is looked at. The effect size is the share. Sides without vectors are `no_data`.",
        formula: "components with W(reference, current) >= (margin + allowance sqrt(1/n + 1/m)) x sd_reference (population), over all components",
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
    /// Standard errors of a mean, `sqrt(1/n + 1/m)` deviations each, that are added to the margin for what chance gives.
    #[schemars(range(min = 0.0))]
    allowance: f64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { margin: 0.1, allowance: 2.0 }
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
    let [at_rows, at_margin, at_allowance] = ["rows", "margin", "allowance"].map(|key| component.params.span_of(key));
    let most = component.params.take::<Most>(diagnostics);
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    let (most, Parameters { margin, allowance }) = (most?, parameters.clone());
    if let Some(message) = most.wrong() {
        diagnostics.error(&at_rows, message);
        return None;
    }
    for (name, value, at) in [("margin", margin, &at_margin), ("allowance", allowance, &at_allowance)] {
        if !(value.is_finite() && value >= 0.0) {
            diagnostics.error(at, format!("`{name}` must be a number from 0 on, not {value}"));
            return None;
        }
    }
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: join_labels([params_label(&parameters, &Parameters::default()), params_label(&most, &Most::default())]),
        drifted: "statistic > 20%",
        test: Box::new(Test { sample: sampled::of(column, most.rows), margin, allowance }),
    })
}

struct Test {
    sample: Handle<Sample>,
    margin: f64,
    allowance: f64,
}

impl TwoSampleTest for Test {
    fn requests(&self) -> Vec<Request> {
        vec![self.sample.request.clone()]
    }

    fn compare(&self, reference: &Profile, current: &Profile) -> Result<TestResult, Undefined> {
        let pooled = Pooled::read(&self.sample, reference, current)?;
        let [r, c]: [Vec<(&[f64], u64)>; 2] = [pooled.vectors(|pair| pair.reference).collect(), pooled.vectors(|pair| pair.current).collect()];
        let [Some((first, _)), Some(_)] = [r.first(), c.first()] else { return Err(Undefined::no_data("a side has no vectors in the sample")) };
        let components = first.len();
        let rows = |side: &[(&[f64], u64)]| side.iter().map(|(_, rows)| *rows as f64).sum::<f64>();
        // What chance gives between two samples of so many rows is about one of these.
        let error = (1.0 / rows(&r) + 1.0 / rows(&c)).sqrt();
        let moved = (0..components).filter(|i| {
            let [x, y] = [&r, &c].map(|side| sorted(side, *i));
            let distance = wasserstein_of_counts(&x, &y);
            let deviation = deviation(&x);
            if deviation > 0.0 { distance >= (self.margin + self.allowance * error) * deviation } else { distance > 0.0 }
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

/// A component's values with their rows, ascending.
fn sorted(vectors: &[(&[f64], u64)], component: usize) -> Vec<(f64, u64)> {
    let mut values: Vec<(f64, u64)> = vectors.iter().map(|(vector, rows)| (vector[component], *rows)).collect();
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    values
}

/// Standard deviation of all rows (population), by their distance from the mean.
fn deviation(values: &[(f64, u64)]) -> f64 {
    let [first, .., last] = values else { return 0.0 };
    if first.0 == last.0 {
        return 0.0;
    }
    let rows: f64 = values.iter().map(|(_, n)| *n as f64).sum();
    // Scaled, so that large values do not overflow.
    let scale = first.0.abs().max(last.0.abs());
    let mean = values.iter().map(|(x, n)| x / scale * *n as f64).sum::<f64>() / rows;
    (values.iter().map(|(x, n)| (x / scale - mean).powi(2) * *n as f64).sum::<f64>() / rows).sqrt() * scale
}
