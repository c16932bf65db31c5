//! The normal and Student's t distribution.
//!
//! Paper: Didonato, Morris, "Algorithm 708: significant digit computation of the incomplete beta function ratios", ACM Trans. Math.
//! Softw. 18 (1992), for the continued fraction. Reference implementations: `scipy.stats.norm.sf`, `scipy.stats.t.sf`.

use super::special::{log1p_minus_x, stirling_error};
use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// `P(|Z| >= |z|)` for a standard normal `Z`; relative error about 1e-13, tails to 1e-300 included. NaN for NaN.
pub fn normal_two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() * FRAC_1_SQRT_2)
}

/// `P(|T| >= |t|)` for Student's t with `degrees_of_freedom` (a positive real number): `I_x(df/2, 1/2)` at `x = df / (df + t^2)`.
///
/// Relative error about 1e-13, also near `t = 0`, for a million degrees of freedom, and in tails to 1e-300. 0 for infinite `t`; NaN
/// when an argument is NaN or there are no degrees of freedom.
pub fn student_t_two_sided(t: f64, degrees_of_freedom: f64) -> f64 {
    if t.is_nan() || degrees_of_freedom.is_nan() || degrees_of_freedom <= 0.0 {
        return f64::NAN;
    }
    if t.is_infinite() {
        return 0.0;
    }
    if degrees_of_freedom > 1e15 {
        return normal_two_sided(t);
    }
    let (a, ratio) = (degrees_of_freedom / 2.0, t * t / degrees_of_freedom);
    let (x, y) = (1.0 / (1.0 + ratio), ratio / (1.0 + ratio));
    // x^a y^(1/2) / B(a, 1/2)
    let front = (-a * ratio.ln_1p()).exp() * y.sqrt() * gamma_ratio(a) / PI.sqrt();
    // Where the complement is small, the sum of its series loses nothing.
    if t * t > 2.0 {
        (front * beta_fraction(a, 0.5, x, y)).clamp(0.0, 1.0)
    } else {
        (1.0 - front * 2.0 * complement_series(a, y)).clamp(0.0, 1.0)
    }
}

/// `I_y(1/2, a) B(1/2, a) / (2 y^(1/2) (1-y)^a)`: `sum_k prod (a + 1/2 + i) / (3/2 + i) y^k`, of positive terms.
fn complement_series(a: f64, y: f64) -> f64 {
    let (mut term, mut sum, mut k) = (1.0, 1.0, 0.0);
    while term > 1e-17 * sum && k < 100_000.0 {
        term *= (a + 0.5 + k) / (1.5 + k) * y;
        sum += term;
        k += 1.0;
    }
    sum
}

/// `Gamma(a + 1/2) / Gamma(a)`.
fn gamma_ratio(a: f64) -> f64 {
    if a < 1.0 {
        return a / (a + 0.5) * gamma_ratio(a + 1.0);
    }
    a.sqrt() * (a * log1p_minus_x(-0.5 / a) + stirling_error(a - 0.5) - stirling_error(a)).exp()
}

/// `I_x(a, b) B(a, b) / (x^a y^b)` with `y = 1 - x`, by Didonato and Morris' continued fraction in `(a + b) y - b`, which loses no digits
/// where `x` is near `a / (a + b)`.
fn beta_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let lambda = a * y - b * x;
    let (c, c0, c1) = (1.0 + lambda, b / a, 1.0 + 1.0 / a);
    let (mut p, mut s) = (1.0, a + 1.0);
    let (mut an, mut bn, mut anp1, mut bnp1) = (0.0, 1.0, 1.0, c / c1);
    let mut ratio = c1 / c;
    for n in 1..100_000 {
        let n = f64::from(n);
        let (t, w, e) = (n / a, n * (b - n) * x, a / s);
        let alpha = p * (p + c0) * e * e * (w * x);
        let e = (t + 1.0) / (c1 + t + t);
        let beta = n + w / s + e * (c + n * (y + 1.0));
        (p, s) = (t + 1.0, s + 2.0);
        (an, anp1) = (anp1, alpha * an + beta * anp1);
        (bn, bnp1) = (bnp1, alpha * bn + beta * bnp1);
        let before = ratio;
        ratio = anp1 / bnp1;
        if (ratio - before).abs() <= 1e-16 * ratio {
            break;
        }
        (an, bn, anp1, bnp1) = (an / bnp1, bn / bnp1, ratio, 1.0);
    }
    ratio
}

/// `P(Z >= z)` for a standard normal `Z`. NaN for NaN.
pub fn normal_sf(z: f64) -> f64 {
    libm::erfc(z * FRAC_1_SQRT_2) / 2.0
}
