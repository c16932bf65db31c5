//! p-values of the two-sample Kolmogorov-Smirnov statistic.
//!
//! Papers: Hodges, "The significance probability of the Smirnov two-sample test", Ark. Mat. 3 (1958); Schröer, Trenkler, "Exact and
//! randomization distributions of Kolmogorov-Smirnov tests", Comput. Stat. Data Anal. 20 (1995). Reference implementation:
//! `scipy.stats.ks_2samp`.

use super::kolmogorov::kolmogorov_sf;

/// SciPy's limit: with `Method::Auto` the p-value is exact while neither sample is larger.
const AUTO_EXACT_SIZE: u64 = 10_000;

/// Which differences of the distribution functions count as evidence, with SciPy's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alternative {
    /// The statistic is the largest `|F_ref - F_cur|`.
    TwoSided,
    /// The statistic is the largest `F_cur - F_ref`.
    Less,
    /// The statistic is the largest `F_ref - F_cur`.
    Greater,
}

/// How the p-value is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Exact while both samples have at most 10 000 observations, else asymptotic.
    Auto,
    /// Exact: time `O(n m)`, memory `O(min(n, m))`.
    Exact,
    /// The limiting distribution with the effective sample size.
    Asymptotic,
}

/// The p-value of statistic `d` for samples of `n` and `m` observations. NaN when a sample is empty or `d` is NaN.
pub fn two_sample_p_value(d: f64, n: u64, m: u64, alternative: Alternative, method: Method) -> f64 {
    let exact = match method {
        Method::Auto => n.max(m) <= AUTO_EXACT_SIZE,
        Method::Exact => true,
        Method::Asymptotic => false,
    };
    if n == 0 || m == 0 || d.is_nan() {
        f64::NAN
    } else if exact {
        two_sample_exact(lattice_numerator(d, n, m), n, m, alternative)
    } else {
        two_sample_asymptotic(d, n, m, alternative)
    }
}

/// The integer `h` with `d = h / lcm(n, m)`, rounded half to even as SciPy does; 0 when a sample is empty or `d` is not positive.
pub fn lattice_numerator(d: f64, n: u64, m: u64) -> u64 {
    if n == 0 || m == 0 {
        return 0;
    }
    let least_common_multiple = (n / greatest_common_divisor(n, m)) as f64 * m as f64;
    (d * least_common_multiple).round_ties_even() as u64
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// SciPy's asymptotic p-value. Two-sided: [`kolmogorov_sf`] at the effective size `n m / (n + m)` rounded half to even.
/// One-sided: Hodges' expansion `exp(-2 z^2 - 2 z (a + 2 b) / sqrt(a b (a + b)) / 3)`, where `z = d sqrt(a b / (a + b))` and `a`
/// is the larger size. In `[0, 1]`; NaN when a sample is empty.
pub fn two_sample_asymptotic(d: f64, n: u64, m: u64, alternative: Alternative) -> f64 {
    let (larger, smaller) = (n.max(m) as f64, n.min(m) as f64);
    let effective = larger * smaller / (larger + smaller);
    if alternative == Alternative::TwoSided {
        return kolmogorov_sf(d, effective.round_ties_even() as u64);
    }
    let z = effective.sqrt() * d;
    let skew = 2.0 * z * (larger + 2.0 * smaller) / (larger * smaller * (larger + smaller)).sqrt() / 3.0;
    (-2.0 * z * z - skew).exp().clamp(0.0, 1.0)
}

/// `P(D >= h / lcm(n, m))` when both samples come from one continuous distribution: all orders of the pooled sample are equally
/// likely.
///
/// An order is a lattice path from (0, 0) to (n, m). Let `B(i, j)` be the share of the paths to `(i, j)` that have met a point
/// where the statistic reaches the bound: 1 at such points, else `i/(i+j) B(i-1, j) + j/(i+j) B(i, j-1)`. Only positive terms are
/// added and nothing exceeds 1, so the relative error is below `4 (n + m) 2^-53` down to 1e-300 and nothing overflows.
/// Of equal samples in time `O(n)`.
/// Else time `O(n m)`, memory `O(min(n, m))`: the caller bounds the sizes. 1 for `h = 0`; NaN when a sample is empty.
pub fn two_sample_exact(h: u64, n: u64, m: u64, alternative: Alternative) -> f64 {
    if n == 0 || m == 0 {
        return f64::NAN;
    }
    if h == 0 {
        return 1.0;
    }
    if n == m {
        return of_equal_sizes(h, n, alternative == Alternative::TwoSided);
    }
    // Exchanging the samples mirrors the lattice, so `i` may run over the smaller one; by symmetry both one-sided tails agree.
    let strip = Strip::new(h, n.min(m), n.max(m), alternative == Alternative::TwoSided);
    // No path reaches a bound beyond every point.
    if i128::from(h) > strip.columns * strip.row_weight {
        return 0.0;
    }
    strip.share_outside()
}

/// Paths between equal samples by the principle of reflection (Gnedenko, Korolyuk 1951): one-sided `C(2n, n-h) / C(2n, n)`, two-sided
/// `2 sum (-1)^(k-1) C(2n, n-kh) / C(2n, n)`, summed from the last term as `r (1 - r' (1 - ...))` with all in [0, 1]. Time `O(n)`.
fn of_equal_sizes(h: u64, n: u64, two_sided: bool) -> f64 {
    // C(2n, n - (k + 1) h) / C(2n, n - k h)
    let ratio = |k: u64| (0..h).fold(1.0, |product, j| product * (n - k * h - j) as f64 / (n + k * h + j + 1) as f64);
    match two_sided {
        true => (2.0 * (0..n / h).rev().fold(0.0, |rest, k| ratio(k) * (1.0 - rest))).min(1.0),
        false if h > n => 0.0,
        false => ratio(0),
    }
}

/// The inside of the bounds: points `(i, j)` with `i a - j b < h`, and two-sided also `> -h`, where `a = m / gcd`, `b = n / gcd`.
struct Strip {
    h: i128,
    columns: i128,
    rows: i128,
    row_weight: i128,
    column_weight: i128,
    two_sided: bool,
}

/// The inside points of one diagonal `i + j = k`, as the half-open range of their `i`.
struct Span {
    start: usize,
    end: usize,
}

impl Strip {
    fn new(h: u64, columns: u64, rows: u64, two_sided: bool) -> Strip {
        let divisor = greatest_common_divisor(columns, rows);
        Strip {
            h: i128::from(h),
            columns: i128::from(columns),
            rows: i128::from(rows),
            row_weight: i128::from(rows / divisor),
            column_weight: i128::from(columns / divisor),
            two_sided,
        }
    }

    /// `i a - (k - i) b` lies strictly within the bounds, `0 <= i <= n` and `0 <= k - i <= m`.
    fn span(&self, diagonal: i128) -> Span {
        let weight = self.row_weight + self.column_weight;
        let centre = diagonal * self.column_weight;
        let end = (centre + self.h + weight - 1).div_euclid(weight).min(self.columns + 1).min(diagonal + 1);
        let below = if self.two_sided { (centre - self.h).div_euclid(weight) + 1 } else { 0 };
        let start = below.max(diagonal - self.rows).max(0);
        Span { start: start as usize, end: end.max(start) as usize }
    }

    fn share_outside(&self) -> f64 {
        let mut share = vec![1.0; self.columns as usize + 1];
        let mut next = share.clone();
        next[0] = 0.0;
        share[0] = 0.0;
        for diagonal in 1..=self.columns + self.rows {
            let span = self.span(diagonal);
            advance(&share, &mut next, &span, diagonal as f64);
            next[..span.start].fill(1.0);
            std::mem::swap(&mut share, &mut next);
        }
        share[self.columns as usize]
    }
}

/// One diagonal from the one before: `next[i] = (i share[i-1] + (k-i) share[i]) / k`.
fn advance(share: &[f64], next: &mut [f64], span: &Span, diagonal: f64) {
    let Span { mut start, end } = *span;
    if start == 0 && end > 0 {
        next[0] = share[0];
        start = 1;
    }
    if start >= end {
        return;
    }
    let inverse = 1.0 / diagonal;
    let (left, right) = (&share[start - 1..end - 1], &share[start..end]);
    for (offset, ((next, left), right)) in next[start..end].iter_mut().zip(left).zip(right).enumerate() {
        let i = (start + offset) as f64;
        *next = (i * left + (diagonal - i) * right) * inverse;
    }
}
