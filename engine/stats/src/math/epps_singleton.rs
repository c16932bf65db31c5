//! The test of Epps and Singleton on the empirical characteristic functions.

use super::chi_square::chi_square_sf;
use super::dd::{Dd, two_prod};

/// What the test found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EppsSingleton {
    pub statistic: f64,
    pub p_value: f64,
}

/// Cosine and sine at the two arguments 0.4 and 0.8, in half inter-quartile ranges of the pooled sample.
const ARGUMENTS: [f64; 2] = [0.4, 0.8];
const WIDTH: usize = 4;

/// Sums of the four components and of their products over a sample.
pub struct Components {
    centre: f64,
    scale: f64,
    count: u64,
    sums: [Dd; WIDTH],
    products: [[Dd; WIDTH]; WIDTH],
}

impl Components {
    /// `scale` is half the inter-quartile range of the pooled sample. `centre` may be any value near its middle: a shift rotates the
    /// components of both samples alike, which leaves the statistic as it is, and keeps the digits of samples far from zero.
    pub fn new(centre: f64, scale: f64) -> Self {
        Self { centre, scale, count: 0, sums: [Dd::ZERO; WIDTH], products: [[Dd::ZERO; WIDTH]; WIDTH] }
    }

    pub fn observe(&mut self, value: f64) {
        let [low, high] = ARGUMENTS.map(|t| t / self.scale * (value - self.centre));
        let parts = [low.cos(), high.cos(), low.sin(), high.sin()];
        self.count += 1;
        for i in 0..WIDTH {
            self.sums[i] = self.sums[i] + parts[i];
            for j in 0..=i {
                self.products[i][j] = self.products[i][j] + two_prod(parts[i], parts[j]);
            }
        }
    }

    fn mean(&self, i: usize) -> Dd {
        self.sums[i] / Dd::from_u64(self.count)
    }

    /// Covariance over the count (not one less, as the paper).
    fn covariance(&self, i: usize, j: usize) -> Dd {
        let (i, j) = (i.max(j), i.min(j));
        self.products[i][j] / Dd::from_u64(self.count) - self.mean(i) * self.mean(j)
    }
}

/// `W = N d' S^- d` with the difference `d` of the means of the components and `S = N/n S_ref + N/m S_cur`; chi-square with as many degrees
/// of freedom as `S` has rank: 4, or one less than the distinct values (Epps, Singleton 1986, with Goerg and Kaiser's (2009)
/// correction for fewer than 25 values a side). Reference implementation: `scipy.stats.epps_singleton_2samp`. None below five values
/// a side, or when the sides differ in components that vary on neither.
pub fn epps_singleton(reference: &Components, current: &Components) -> Option<EppsSingleton> {
    let (n, m) = (reference.count, current.count);
    if n < 5 || m < 5 {
        return None;
    }
    let total = Dd::from_u64(n + m);
    let (a, b) = (total / Dd::from_u64(n), total / Dd::from_u64(m));
    let mut rows: [[Dd; WIDTH + 1]; WIDTH] = std::array::from_fn(|i| {
        std::array::from_fn(|j| match j {
            WIDTH => reference.mean(i) - current.mean(i),
            j => reference.covariance(i, j) * a + current.covariance(i, j) * b,
        })
    });
    let difference: [Dd; WIDTH] = std::array::from_fn(|i| rows[i][WIDTH]);
    let (form, rank) = quadratic_form(&mut rows, difference)?;
    let size = (n + m) as f64;
    let power = |v: u64| (v as f64).powf(-1.7);
    let correction = if n.max(m) < 25 { 1.0 / (1.0 + size.powf(-0.45) + 10.1 * (power(n) + power(m))) } else { 1.0 };
    let statistic = ((form * total).to_f64() * correction).max(0.0);
    statistic.is_finite().then(|| EppsSingleton { statistic, p_value: chi_square_sf(statistic, rank as f64) })
}

/// `d' S^- d` and the rank of the positive semidefinite `S` (the first four columns; the last is `d`, in the range of `S`), by elimination
/// with the largest pivots first. None if the rank is 0 or `d` is outside the range.
fn quadratic_form(rows: &mut [[Dd; WIDTH + 1]; WIDTH], difference: [Dd; WIDTH]) -> Option<(Dd, usize)> {
    let largest = (0..WIDTH).map(|i| rows[i][i].hi).fold(0.0, f64::max);
    let mut left: Vec<usize> = (0..WIDTH).collect();
    let mut done: Vec<usize> = Vec::new();
    while let Some(pivot) = left.iter().copied().max_by(|i, j| rows[*i][*i].hi.total_cmp(&rows[*j][*j].hi)) {
        // What is left is the rounding of components that the others determine.
        if rows[pivot][pivot].hi <= largest * 1e-13 {
            break;
        }
        let own = rows[pivot];
        for (_, row) in rows.iter_mut().enumerate().filter(|(i, _)| *i != pivot) {
            let factor = row[pivot] / own[pivot];
            for (cell, above) in row.iter_mut().zip(own) {
                *cell = *cell - factor * above;
            }
        }
        left.retain(|i| *i != pivot);
        done.push(pivot);
    }
    // A difference where nothing varies is certain: no statistic measures it.
    if left.iter().any(|i| rows[*i][WIDTH].hi.abs() > 1e-9) {
        return None;
    }
    let form = done.iter().fold(Dd::ZERO, |sum, i| sum + difference[*i] * (rows[*i][WIDTH] / rows[*i][*i]));
    (!done.is_empty()).then_some((form, done.len()))
}
