//! The maximum mean discrepancy.

use super::sampled::{self, Most, Pooled};
use super::shapes::{Found, OverValues};
use super::{P_VALUE, STATISTIC, params_label};
use crate::accumulators::{Sample, SortedValues};
use crate::math::{Quadratic, SplitMix, median_distance, median_of_pairs, mmd_linear};
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
        name: "maximum_mean_discrepancy",
        aliases: &["mmd"],
        summary: "Distance between the mean embeddings of two samples under a Gaussian kernel.",
        description: "Sees differences of any kind that are as wide as the bandwidth or wider. Where a side has no more than `rows` rows, the unbiased estimate over all pairs of so many seeded rows of each is used, with a p-value by \
seeded permutations (the smallest is 1 / (permutations + 1)); where both have more, the estimate in linear time over up to a million seeded rows a side, with a p-value by its normal limit: it needs many rows to \
see what the other sees in few. Vectors (lists of numbers) are always compared by all pairs of `rows` random rows of each side. The bandwidth is the median distance within the reference unless given. Missing values are left out; infinite values are an error; \
sides with fewer than two values, or a reference whose median distance is 0, are `no_data`. The effect size is the square root of the statistic, 0 where that is negative.",
        formula: "mean k(x, x') + mean k(y, y') - 2 mean k(x, y), k(a, b) = exp(-(a - b)^2 / (2 bandwidth^2))",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = { name = \"mmd\", permutations = 999 }",
        reference: "Gretton et al., JMLR 13 (2012)",
    },
    accepts: &[Kind::Numerical, Kind::Nested],
    build,
};

const FIELDS: [Field; 3] = [STATISTIC, P_VALUE, Field::new("effect_size", "", "root of the statistic, from 0 to the root of 2")];

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Most rows of a side for the estimate over all pairs.
    #[schemars(range(min = 2, max = 2_000))]
    rows: u64,
    /// Random divisions for the p-value.
    #[schemars(range(min = 19, max = 100_000))]
    permutations: u32,
    /// In the column's unit; the median distance within the reference if absent.
    bandwidth: Option<f64>,
    /// Multiple of the median distance that is the bandwidth, if that is not given.
    bandwidth_factor: f64,
    /// Seed of the permutations and the sample.
    seed: u64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { rows: 500, permutations: 499, bandwidth: None, bandwidth_factor: 1.0, seed: 0 }
    }
}

/// Most rows of a side for the estimate in linear time.
const MOST_ROWS: u64 = 1_000_000;

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let span = component.params.span.clone();
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    let wrong = match &parameters {
        p if !(2..=2_000).contains(&p.rows) => Some(format!("`rows` must lie between 2 and 2000, not {}", p.rows)),
        p if !(19..=100_000).contains(&p.permutations) => Some(format!("`permutations` must lie between 19 and 100000, not {}", p.permutations)),
        p if !(p.bandwidth_factor > 0.0 && p.bandwidth_factor.is_finite()) => Some("`bandwidth_factor` must be a positive number".to_owned()),
        p if p.bandwidth.is_some_and(|b| !(b > 0.0 && b.is_finite())) => Some("`bandwidth` must be a positive number".to_owned()),
        _ => None,
    };
    if let Some(message) = wrong {
        diagnostics.error(&span, message);
        return None;
    }
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: params_label(&parameters, &Parameters::default()),
        drifted: "effect_size > 0.1 and p_value < 0.01",
        test: {
            // Columns draw by themselves: one unlucky draw must not be that of all.
            let seed = xxhash_rust::xxh3::xxh3_64_with_seed(column.name.as_bytes(), parameters.seed);
            match column.kind {
                Kind::Nested => Box::new(OverVectors { sample: sampled::of(column, Most::default().rows), parameters, seed }),
                _ => OverValues::boxed(column, move |r, c| compare(r, c, &parameters, seed)),
            }
        },
    })
}

/// The estimate over all pairs of a sample of the vectors of each side.
struct OverVectors {
    sample: Handle<Sample>,
    parameters: Parameters,
    seed: u64,
}

impl TwoSampleTest for OverVectors {
    fn requests(&self) -> Vec<Request> {
        vec![self.sample.request.clone()]
    }

    fn compare(&self, reference: &Profile, current: &Profile) -> Result<TestResult, Undefined> {
        let pooled = Pooled::read(&self.sample, reference, current)?;
        let mut random = SplitMix::new(self.seed);
        let mut draw = |side| pooled.draw(side, self.parameters.rows, &mut random);
        let (x, y) = (draw(|pair| pair.reference), draw(|pair| pair.current));
        let all: Vec<&[f64]> = x.iter().chain(&y).copied().collect();
        let distance = |i: usize, j: usize| all[i].iter().zip(all[j]).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        let bandwidth = self.parameters.bandwidth(median_of_pairs(x.len(), distance))?;
        let found = Quadratic::of(x.len(), y.len(), bandwidth, distance).ok_or_else(|| Undefined::no_data("a side has too few vectors"))?;
        let p_value = found.p_value(self.parameters.permutations, &mut random);
        Ok(TestResult {
            statistic: found.statistic,
            p_value: Some(p_value),
            effect_size: Some(found.statistic.max(0.0).sqrt()),
            n_reference: pooled.n_reference,
            n_current: pooled.n_current,
            method: pooled.told(format!("all pairs of {} and {} vectors, {} permutations", x.len(), y.len(), self.parameters.permutations)),
            ..TestResult::default()
        })
    }
}

impl Parameters {
    /// The given one, or by the median distance within the reference.
    fn bandwidth(&self, median: Option<f64>) -> Result<f64, Undefined> {
        let by_median = || median.map(|median| median * self.bandwidth_factor);
        self.bandwidth.or_else(by_median).ok_or_else(no_bandwidth)
    }
}

fn no_bandwidth() -> Undefined {
    Undefined::no_data("the median distance within the reference is 0 or not finite; give a `bandwidth`")
}

/// By so many permutations, with a bandwidth that is made from the median distance within the reference.
pub(super) fn permuted(r: &SortedValues, c: &SortedValues, permutations: u32, bandwidth: fn(Option<f64>) -> f64) -> Result<Found, Undefined> {
    let (seed, default) = (0, Parameters::default());
    let median = median_distance(&sample(r, default.rows, &mut SplitMix::new(seed)));
    compare(r, c, &Parameters { permutations, bandwidth: Some(bandwidth(median)), ..default }, seed)
}

fn compare(r: &SortedValues, c: &SortedValues, parameters: &Parameters, seed: u64) -> Result<Found, Undefined> {
    let mut random = SplitMix::new(seed);
    let all_pairs = r.len().min(c.len()) <= parameters.rows;
    let most = if all_pairs { parameters.rows } else { MOST_ROWS };
    let (mut x, mut y) = (sample(r, most, &mut random), sample(c, most, &mut random));
    if x.iter().chain(&y).any(|v| v.is_infinite()) {
        return Err(Undefined::error("the column has infinite values"));
    }
    let bandwidth = parameters.bandwidth(median_distance(&x))?;
    let few = || Undefined::no_data("a side has too few values");
    let (statistic, p_value, method) = if all_pairs {
        let found = Quadratic::new(&x, &y, bandwidth).ok_or_else(few)?;
        let p_value = found.p_value(parameters.permutations, &mut random);
        (found.statistic, p_value, format!("all pairs of {} and {} rows, {} permutations", x.len(), y.len(), parameters.permutations))
    } else {
        random.shuffle(&mut x);
        random.shuffle(&mut y);
        let (statistic, p_value) = mmd_linear(&x, &y, bandwidth).ok_or_else(few)?;
        (statistic, p_value, format!("linear time, {} pairs", x.len().min(y.len()) / 2))
    };
    Ok(Found { statistic, p_value: Some(p_value), effect_size: Some(statistic.max(0.0).sqrt()), method, ..Found::default() })
}

/// All values, or a random sample of so many, in ascending order.
fn sample(values: &SortedValues, most: u64, random: &mut SplitMix) -> Vec<f64> {
    if values.len() <= most {
        return values.iter().collect();
    }
    // One rank of each of `most` equal parts: as good as random for what is estimated here, and no rank twice.
    let bounds = |i: u64| (u128::from(i) * u128::from(values.len()) / u128::from(most)) as u64;
    let ranks: Vec<u64> = (0..most).map(|i| bounds(i) + random.below((bounds(i + 1) - bounds(i)).max(1))).collect();
    values.at_ranks(&ranks)
}
