//! Quantiles by linear interpolation of order statistics, bit for bit as NumPy's default method.
//!
//! Paper: Hyndman, Fan, "Sample quantiles in statistical packages", Am. Stat. 50 (1996), type 7. Reference implementation:
//! `numpy.quantile(method="linear")`.

use super::dd::{Dd, two_sum};

/// Where a quantile lies among the order statistics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantileRank {
    /// Rank of the lower neighbour, from 0; the upper is the next, or the same at the end.
    pub lower_rank: u64,
    /// Weight of the upper neighbour, in `[0, 1)`.
    pub fraction: f64,
}

/// The place `(n - 1) q` of quantile `q` among `n` values; None when there are none or `q` is outside `[0, 1]`.
pub fn linear_quantile_ranks(n: u64, q: f64) -> Option<QuantileRank> {
    if n == 0 || !(0.0..=1.0).contains(&q) {
        return None;
    }
    let last = n - 1;
    let place = last as f64 * q;
    let lower = place.floor();
    if lower as u64 >= last {
        return Some(QuantileRank { lower_rank: last, fraction: 0.0 });
    }
    Some(QuantileRank { lower_rank: lower as u64, fraction: place - lower })
}

/// `a + (b - a) t` with NumPy's rounding: from the nearer end. Finite for finite ends, also where their difference overflows.
pub fn lerp(a: f64, b: f64, t: f64) -> f64 {
    let difference = b - a;
    if difference.is_infinite() && a.is_finite() && b.is_finite() {
        return a * (1.0 - t) + b * t;
    }
    if t >= 0.5 { b - difference * (1.0 - t) } else { a + difference * t }
}

/// `a + (b - a) t` in double-double: between close values far from zero, the nearest float would be `a` or `b`.
pub fn lerp_exact(a: f64, b: f64, t: f64) -> Dd {
    two_sum(b, -a) * t + a
}
