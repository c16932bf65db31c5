//! Central moments up to the fourth as a state that merges.
//!
//! Paper: Pébay, SAND2008-6212, eq. 2.8 and 2.9 for the third and fourth. Reference implementations: `scipy.stats.skew`, `kurtosis`.

use super::dd::{Dd, two_prod};
use super::moments::Moments;
use serde::{Deserialize, Serialize};

/// Count, mean and `m_k = sum (x - mean)^k` of finite numbers, in double-double. Laws as [`Moments`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShapeMoments {
    pub count: u64,
    pub mean: Dd,
    pub m2: Dd,
    pub m3: Dd,
    pub m4: Dd,
}

impl ShapeMoments {
    /// Two passes about the block's own mean.
    pub fn from_block(values: &[f64]) -> ShapeMoments {
        let Moments { count, mean, .. } = Moments::from_block(values);
        let mut found = ShapeMoments { count, mean, ..ShapeMoments::default() };
        for value in values {
            let deviation = (Dd::from(*value) - mean).to_f64();
            let square = two_prod(deviation, deviation);
            found.m2 = found.m2 + square;
            found.m3 = found.m3 + square * deviation;
            found.m4 = found.m4 + square * square;
        }
        found
    }

    /// The moments of both sets together.
    #[must_use]
    pub fn merge(&self, other: &ShapeMoments) -> ShapeMoments {
        if self.count == 0 {
            return *other;
        }
        if other.count == 0 {
            return *self;
        }
        let (a, b) = (Dd::from_u64(self.count), Dd::from_u64(other.count));
        let n = a + b;
        let delta = other.mean - self.mean;
        let (d2, share_a, share_b) = (delta * delta, a / n, b / n);
        let between = a * share_b;
        let m3 = delta * d2 * between * (share_a - share_b)
            + delta * (share_a * other.m2 - share_b * self.m2) * 3.0;
        let m4 = d2 * d2 * between * (share_a * share_a - share_a * share_b + share_b * share_b)
            + d2 * (share_a * share_a * other.m2 + share_b * share_b * self.m2) * 6.0
            + delta * (share_a * other.m3 - share_b * self.m3) * 4.0;
        ShapeMoments {
            count: self.count + other.count,
            mean: self.mean + delta * share_b,
            m2: self.m2 + other.m2 + d2 * between,
            m3: self.m3 + other.m3 + m3,
            m4: self.m4 + other.m4 + m4,
        }
    }

    /// Fisher and Pearson's skewness `sqrt(n) m3 / m2^(3/2)`; with `unbiased` multiplied by `sqrt(n (n-1)) / (n-2)`. None for
    /// values that do not vary or are too few.
    pub fn skewness(&self, unbiased: bool) -> Option<f64> {
        let n = self.count as f64;
        let (m2, m3) = (self.m2.to_f64() / n, self.m3.to_f64() / n);
        let biased = m3 / m2.powf(1.5);
        let factor = if unbiased { (self.count > 2).then(|| (n * (n - 1.0)).sqrt() / (n - 2.0))? } else { 1.0 };
        (m2 > 0.0 && biased.is_finite()).then_some(biased * factor)
    }

    /// Excess kurtosis `n m4 / m2^2 - 3`, 0 for a normal distribution; with `unbiased`
    /// `(n-1) / ((n-2) (n-3)) ((n+1) excess + 6)`. None for values that do not vary or are too few.
    pub fn excess_kurtosis(&self, unbiased: bool) -> Option<f64> {
        let n = self.count as f64;
        let (m2, m4) = (self.m2.to_f64() / n, self.m4.to_f64() / n);
        let excess = m4 / (m2 * m2) - 3.0;
        if !(m2 > 0.0 && excess.is_finite()) {
            return None;
        }
        match unbiased {
            true => (self.count > 3).then(|| (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * excess + 6.0)),
            false => Some(excess),
        }
    }
}
