//! The survival function of the chi-square distribution.
//!
//! Papers: Gil, Segura, Temme, "Efficient and accurate algorithms for the computation and inversion of the incomplete gamma
//! function ratios", SIAM J. Sci. Comput. 34 (2012); Loader (2000) for the density. Reference implementation:
//! `scipy.stats.chi2.sf`.

use std::f64::consts::PI;

use super::special::{log1p_minus_x, stirling_error};

/// `P(X >= x)` for a chi-square variable `X` with `degrees_of_freedom` (a positive real number).
///
/// `Q(a, y)`, the regularised upper incomplete gamma function at `a = degrees_of_freedom / 2`, `y = x / 2`: below `a + 1` one less
/// the power series of `P(a, y)`, above Legendre's continued fraction. Both are multiplied by `y^a e^-y / Gamma(a + 1)` in
/// saddle-point form, so that the relative error stays near 1e-13, tails to 1e-300 included. Time grows as the square root of the
/// degrees of freedom.
///
/// 1 for `x <= 0`; NaN when an argument is NaN or there are no degrees of freedom.
pub fn chi_square_sf(x: f64, degrees_of_freedom: f64) -> f64 {
    if x.is_nan() || !(degrees_of_freedom > 0.0 && degrees_of_freedom.is_finite()) {
        return f64::NAN;
    }
    if x <= 0.0 {
        return 1.0;
    }
    if x == f64::INFINITY {
        return 0.0;
    }
    let (a, y) = (degrees_of_freedom / 2.0, x / 2.0);
    let front = poisson_probability(a, y);
    if y < a + 1.0 {
        (1.0 - front * lower_series(a, y)).clamp(0.0, 1.0)
    } else {
        (front * a * upper_fraction(a, y)).clamp(0.0, 1.0)
    }
}

/// `y^a e^-y / Gamma(a + 1)`.
fn poisson_probability(a: f64, y: f64) -> f64 {
    let deviance = if y < 4.0 * a { -a * log1p_minus_x((y - a) / a) } else { y - a - a * (y / a).ln() };
    (-deviance - stirling_error(a)).exp() / (2.0 * PI * a).sqrt()
}

/// `1 + y/(a+1) + y^2/((a+1)(a+2)) + ...`
fn lower_series(a: f64, y: f64) -> f64 {
    let (mut term, mut sum, mut denominator) = (1.0, 1.0, a);
    while term > 1e-17 * sum {
        denominator += 1.0;
        term *= y / denominator;
        sum += term;
    }
    sum
}

/// `Gamma(a, y) / (y^a e^-y)` for `y >= a + 1` by Steed's form of `1/(y+1-a- 1(1-a)/(y+3-a- 2(2-a)/(y+5-a- ...)))`.
fn upper_fraction(a: f64, y: f64) -> f64 {
    let mut denominator = y + 1.0 - a;
    let mut ratio = 1.0 / denominator;
    let (mut step, mut sum, mut k) = (ratio, ratio, 0.0);
    while step.abs() > 1e-17 * sum && k < 1e7 {
        k += 1.0;
        let numerator = k * (a - k);
        denominator += 2.0;
        ratio = 1.0 / (denominator + numerator * ratio);
        step *= denominator * ratio - 1.0;
        sum += step;
    }
    sum
}
