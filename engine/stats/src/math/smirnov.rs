//! The one-sided Kolmogorov-Smirnov distribution of one sample.
//!
//! Papers: Birnbaum, Tingey, "One-sided confidence contours for probability distribution functions", Ann. Math. Stat. 22 (1951);
//! Smirnov (1944) for the expansion; Loader (2000) for the terms. Reference implementation: `scipy.stats.ksone.sf`.

use std::f64::consts::PI;

use super::special::{log1p_minus_x, stirling_error};

/// Up to this `n d` the complement has few terms and mild cancellation.
const SHORT_COMPLEMENT: f64 = 8.0;
/// From this `n d` on, the summand vanishes at both ends to double precision, so the sum is an integral.
const FLAT_ENDS: f64 = 46.0;
/// Up to this size every term may be added.
const DIRECT_SIZE: u64 = 100_000;

/// `P(D+ >= d)` for the one-sided statistic `D+ = sup (F_n - F)` of `n` observations.
///
/// `sum_{j=0}^{floor(n(1-d))} t/(t+j) Binomial(j; n, d + j/n)` with `t = n d` (Birnbaum and Tingey). All terms are positive, so
/// the relative error stays near 1e-13 down to the smallest normal float. The sum is taken term by term, by the trapezoid rule
/// (its error is `exp(-sqrt(2 pi s M))` for `M` nodes and `s = n d^2`), through its short complement, or for small `s` and large
/// `n` by Smirnov's expansion, whose error is of order `1/n^2`.
///
/// 1 for `d <= 0`, 0 for `d >= 1`; NaN when `n` is 0 or `d` is NaN.
pub fn smirnov_sf(d: f64, n: u64) -> f64 {
    if n == 0 || d.is_nan() {
        return f64::NAN;
    }
    if d <= 0.0 {
        return 1.0;
    }
    if d >= 1.0 {
        return 0.0;
    }
    let size = n as f64;
    let (t, s) = (size * d, size * d * d);
    let nodes = (240.0 / s).ceil().max(512.0);
    if n > DIRECT_SIZE && t <= SHORT_COMPLEMENT {
        1.0 - complement(t, size)
    } else if n > DIRECT_SIZE && s < 0.02 {
        expansion(s.sqrt(), size)
    } else if t >= FLAT_ENDS && 2.0 * nodes < size {
        trapezoid(t, d, size, nodes)
    } else {
        trapezoid(t, d, size, size)
    }
    .clamp(0.0, 1.0)
}

/// The sum over `j`, sampled at `nodes` equal steps; with `nodes == n` it is the sum itself.
fn trapezoid(t: f64, d: f64, n: f64, nodes: f64) -> f64 {
    let step = n / nodes;
    let whole = stirling_error(n);
    let mut sum = (n * (-d).ln_1p()).exp();
    let mut k = 1.0;
    while n - k * step > t {
        sum += term(k * step, t, n, whole);
        k += 1.0;
    }
    sum * step
}

/// `t/(t+j)` times the binomial probability of `j` among `n` at `(t+j)/n`, in Loader's saddle-point form.
fn term(j: f64, t: f64, n: f64, stirling_error_of_n: f64) -> f64 {
    let rest = n - j;
    let deviance = -j * log1p_minus_x(t / j) - rest * log1p_minus_x(-t / rest);
    let correction = stirling_error_of_n - stirling_error(j) - stirling_error(rest);
    (correction - deviance).exp() * (n / (2.0 * PI * j * rest)).sqrt() * t / (t + j)
}

/// `P(D+ < d) = t/n sum_{j=0}^{floor(t)} C(n,j) ((j-t)/n)^j (1 + (t-j)/n)^(n-j-1)`, alternating, for small `t = n d`.
fn complement(t: f64, n: f64) -> f64 {
    let (mut sum, mut j, mut falling) = (0.0, 0.0, 1.0);
    while j <= t {
        let gap = j - t;
        sum += falling * gap.powi(j as i32) * ((n - j - 1.0) * (-gap / n).ln_1p()).exp();
        falling *= (n - j) / n / (j + 1.0);
        j += 1.0;
    }
    sum * t / n
}

/// Smirnov's expansion in powers of `1/sqrt(n)` at `z = d sqrt(n)`, up to `n^(-3/2)`.
fn expansion(z: f64, n: f64) -> f64 {
    let (s, root) = (z * z, n.sqrt());
    let first = -2.0 * z / 3.0;
    let second = 2.0 * s / 3.0 * (1.0 - 2.0 * s / 3.0);
    let third = 4.0 * z / 9.0 * (0.2 - 19.0 * s / 15.0 + 2.0 * s * s / 3.0);
    (-2.0 * s).exp() * (1.0 + (first + (second + third / root) / root) / root)
}
