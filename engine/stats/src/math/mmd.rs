//! Maximum mean discrepancy of two samples of numbers, with a Gaussian kernel.
//!
//! Paper: Gretton, Borgwardt, Rasch, Schölkopf, Smola, "A kernel two-sample test", JMLR 13 (2012): lemma 6 (unbiased estimate), section 6
//! (estimate in linear time), section 8 (bandwidth by the median).

use super::dd::Dd;
use super::distributions::normal_sf;
use super::random::SplitMix;

/// Of two items so far apart.
fn kernel(distance: f64, bandwidth: f64) -> f64 {
    let d = distance / bandwidth;
    (-0.5 * d * d).exp()
}

/// Median of the distances between different values of a sample; of all pairs of up to 1,000 values spread over the ascending sample. None
/// where it is 0 or not finite.
pub fn median_distance(ascending: &[f64]) -> Option<f64> {
    let step = ascending.len().div_ceil(1_000).max(1);
    let values: Vec<f64> = ascending.iter().copied().step_by(step).collect();
    median_of_pairs(values.len(), |i, j| values[j] - values[i])
}

/// Median of the distances between so many items. None where it is 0 or not finite.
pub fn median_of_pairs(items: usize, distance: impl Fn(usize, usize) -> f64) -> Option<f64> {
    let mut distances: Vec<f64> = (0..items).flat_map(|i| (i + 1..items).map(move |j| (i, j))).map(|(i, j)| distance(i, j)).collect();
    if distances.is_empty() {
        return None;
    }
    let middle = distances.len() / 2;
    let (_, median, _) = distances.select_nth_unstable_by(middle, f64::total_cmp);
    Some(*median).filter(|m| *m > 0.0 && m.is_finite())
}

/// The unbiased estimate of the squared discrepancy with all kernel values, so that the values can be dealt out anew.
pub struct Quadratic {
    /// Kernel values of all pairs, without those of a value with itself.
    kernels: Vec<f32>,
    /// Of each value with all others.
    sums: Vec<f64>,
    n: usize,
    m: usize,
    pub statistic: f64,
}

impl Quadratic {
    /// Of numbers. None for fewer than two values on a side.
    pub fn new(x: &[f64], y: &[f64], bandwidth: f64) -> Option<Self> {
        let all: Vec<f64> = x.iter().chain(y).copied().collect();
        Self::of(x.len(), y.len(), bandwidth, |i, j| (all[i] - all[j]).abs())
    }

    /// Of anything that has distances: the first `n` items are of one side, the next `m` of the other. None for fewer than two on a side.
    pub fn of(n: usize, m: usize, bandwidth: f64, distance: impl Fn(usize, usize) -> f64) -> Option<Self> {
        if n < 2 || m < 2 || bandwidth.is_nan() || bandwidth <= 0.0 {
            return None;
        }
        let size = n + m;
        let (mut within_x, mut within_y, mut across) = (Dd::ZERO, Dd::ZERO, Dd::ZERO);
        let mut kernels = vec![0f32; size * size];
        let mut sums = vec![0.0; size];
        for i in 0..size {
            for j in i + 1..size {
                let k = kernel(distance(i, j), bandwidth);
                match (i < n, j < n) {
                    (true, true) => within_x = within_x + k,
                    (false, false) => within_y = within_y + k,
                    _ => across = across + k,
                }
                (kernels[i * size + j], kernels[j * size + i]) = (k as f32, k as f32);
                sums[i] += k;
                sums[j] += k;
            }
        }
        let statistic = estimate(within_x.to_f64(), within_y.to_f64(), across.to_f64(), n, m);
        statistic.is_finite().then_some(Self { kernels, sums, n, m, statistic })
    }

    /// Share of random divisions, this one included, whose discrepancy is at least as large.
    pub fn p_value(&self, permutations: u32, random: &mut SplitMix) -> f64 {
        let size = self.n + self.m;
        let total: f64 = self.sums.iter().sum::<f64>() / 2.0;
        let mut order: Vec<usize> = (0..size).collect();
        let mut as_large = 1u32;
        for _ in 0..permutations {
            random.shuffle(&mut order);
            let (x, _) = order.split_at(self.n);
            // Sums of what x has with itself and with all give the rest.
            let mut twice_within = 0.0;
            let mut with_all = 0.0;
            for i in x {
                let row = &self.kernels[i * size..(i + 1) * size];
                twice_within += x.iter().map(|j| f64::from(row[*j])).sum::<f64>();
                with_all += self.sums[*i];
            }
            let within_x = twice_within / 2.0;
            let across = with_all - twice_within;
            let found = estimate(within_x, total - within_x - across, across, self.n, self.m);
            // Kernel values are kept as float32: equal divisions differ by their rounding.
            as_large += u32::from(found >= self.statistic - 1e-7);
        }
        f64::from(as_large) / f64::from(permutations + 1)
    }
}

/// From the sums over pairs within x, within y, and across.
fn estimate(within_x: f64, within_y: f64, across: f64, n: usize, m: usize) -> f64 {
    let (n, m) = (n as f64, m as f64);
    2.0 * within_x / (n * (n - 1.0)) + 2.0 * within_y / (m * (m - 1.0)) - 2.0 * across / (n * m)
}

/// The estimate in linear time and memory, from values in random order, with its one-sided p-value by the normal limit: more than 0 speaks
/// for different distributions. None for fewer than eight values on a side.
pub fn mmd_linear(x: &[f64], y: &[f64], bandwidth: f64) -> Option<(f64, f64)> {
    let pairs = x.len().min(y.len()) / 2;
    if pairs < 4 || bandwidth.is_nan() || bandwidth <= 0.0 {
        return None;
    }
    let term = |i: usize| {
        let (a, b, c, d) = (x[2 * i], x[2 * i + 1], y[2 * i], y[2 * i + 1]);
        let k = |x: f64, y: f64| kernel(x - y, bandwidth);
        k(a, b) + k(c, d) - k(a, d) - k(b, c)
    };
    let terms: Vec<f64> = (0..pairs).map(term).collect();
    let moments = super::Moments::from_block(&terms);
    let (mean, variance) = (moments.mean.to_f64(), moments.variance(1)?);
    let z = mean / (variance / pairs as f64).sqrt();
    mean.is_finite().then(|| (mean, if variance > 0.0 { normal_sf(z) } else { 1.0 }))
}
