//! Special functions shared by the distributions: the pieces of Loader's saddle-point form of binomial and gamma probabilities.
//!
//! Paper: Loader, "Fast and accurate computation of binomial probabilities" (2000). Reference implementation: R's nmath.

/// `ln(1 + x) - x` for `x > -1` without cancellation near zero; NaN below -1.
///
/// With `r = x / (2 + x)`, `ln(1 + x) = 2 artanh(r)` and `2r - x = -x r`, so the difference is
/// `r (2 (r^2/3 + r^4/5 + ...) - x)`. Relative error below 4 units in the last place.
pub fn log1p_minus_x(x: f64) -> f64 {
    if !(-0.5..=0.75).contains(&x) {
        return x.ln_1p() - x;
    }
    let r = x / (2.0 + x);
    r * (2.0 * artanh_ratio_minus_one(r * r) - x)
}

/// `artanh(r) / r - 1 = r^2/3 + r^4/5 + ...` as a function of `r^2`, at most 1/4.
fn artanh_ratio_minus_one(r2: f64) -> f64 {
    let (mut power, mut odd, mut sum) = (r2, 3.0, 0.0);
    while power > odd * 1e-18 * sum && odd < 81.0 {
        sum += power / odd;
        power *= r2;
        odd += 2.0;
    }
    sum
}

/// The error of Stirling's formula, `ln(n!) - (n ln n - n + ln(2 pi n) / 2)`, for real `n > 0`; absolute error about 1e-16.
///
/// Stirling's series from 16 on; below, the recurrence `e(n) = e(n + 1) + (n + 1/2) ln(1 + 1/n) - 1`, whose second part is
/// `artanh(r) / r - 1` with `r = 1 / (2n + 1)`: only positive terms are added.
pub fn stirling_error(n: f64) -> f64 {
    let (mut at, mut sum) = (n, 0.0);
    while at < 16.0 {
        sum += stirling_step(at);
        at += 1.0;
    }
    sum + stirling_series(at)
}

fn stirling_step(n: f64) -> f64 {
    if n < 0.5 {
        return (n + 0.5) * (1.0 / n).ln_1p() - 1.0;
    }
    let r = 1.0 / (2.0 * n + 1.0);
    artanh_ratio_minus_one(r * r)
}

fn stirling_series(n: f64) -> f64 {
    const TERMS: [f64; 5] = [1.0 / 1188.0, -1.0 / 1680.0, 1.0 / 1260.0, -1.0 / 360.0, 1.0 / 12.0];
    let inverse_square = 1.0 / (n * n);
    TERMS.iter().fold(0.0, |sum, term| sum * inverse_square + term) / n
}
