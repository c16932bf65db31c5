//! Statistics of two sorted samples, read once and in order, so that the samples may come from disk.
//!
//! Values are ascending and never NaN. Sizes are given because a sample may not know its own.

use super::dd::{Dd, two_sum};

/// Ascending values, some at a time.
pub trait Ascending {
    /// The next values; none at the end.
    fn next_chunk(&mut self) -> &[f64];
}

impl Ascending for &[f64] {
    fn next_chunk(&mut self) -> &[f64] {
        std::mem::take(self)
    }
}

/// The Kolmogorov-Smirnov statistics of a reference and a current sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KolmogorovSmirnov {
    /// The largest `|F_ref - F_cur|`, in `[0, 1]`.
    pub d: f64,
    /// The largest `F_ref - F_cur`: SciPy's statistic for `alternative='greater'`.
    pub d_plus: f64,
    /// The largest `F_cur - F_ref`: SciPy's statistic for `alternative='less'`.
    pub d_minus: f64,
}

/// The largest differences of the empirical distribution functions (Kolmogorov 1933, Smirnov 1939).
///
/// The differences `i/n - j/m` are compared as integers `i m - j n` and divided once, so the statistics are correctly rounded
/// (sizes below 2^53). Tied values move both functions together; infinite values are ordinary ones. Reference implementation:
/// `scipy.stats.ks_2samp`.
///
/// None when a sample is empty or has another number of values than stated.
pub fn kolmogorov_smirnov(reference: impl Ascending, n: u64, current: impl Ascending, m: u64) -> Option<KolmogorovSmirnov> {
    Some(distances(reference, n, current, m)?.kolmogorov_smirnov)
}

/// The distance of Wasserstein of order 1, `integral |F_ref(x) - F_cur(x)| dx`, in the unit of the values (Vallender 1974).
///
/// Heights are integers `|i m - j n|`; each area has a relative error of some 2^-52, none is negative, and their sum is
/// compensated, so samples far from zero lose nothing. Reference implementation: `scipy.stats.wasserstein_distance`, which
/// subtracts quantised shares.
///
/// None when a sample is empty, has another number of values than stated or is not finite, or the distance overflows.
pub fn wasserstein(reference: impl Ascending, n: u64, current: impl Ascending, m: u64) -> Option<f64> {
    distances(reference, n, current, m)?.wasserstein
}

/// How far two empirical distribution functions are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distances {
    pub kolmogorov_smirnov: KolmogorovSmirnov,
    /// None where it is not finite.
    pub wasserstein: Option<f64>,
}

/// [`kolmogorov_smirnov`] and [`wasserstein`] in one pass, which takes hardly longer than one of them.
pub fn distances(reference: impl Ascending, n: u64, current: impl Ascending, m: u64) -> Option<Distances> {
    let whole = product(n, m)?;
    let (above, below, area) = match i64::try_from(whole) {
        // In registers.
        Ok(_) => sums(reference, n, current, m, |i, j| (i * m) as i64 - (j * n) as i64, |d| d.unsigned_abs() as f64).map(|(a, b, area)| (a.into(), b.into(), area)),
        Err(_) => sums(reference, n, current, m, |i, j| difference(i, m, j, n), |d| d.unsigned_abs() as f64),
    }?;
    let share = |height: i128| ratio(height.unsigned_abs(), whole);
    let (d_plus, d_minus) = (share(above), share(below));
    let wasserstein = (area / Dd::from_u128(whole)).to_f64();
    Some(Distances {
        kolmogorov_smirnov: KolmogorovSmirnov { d: d_plus.max(d_minus), d_plus, d_minus },
        wasserstein: Some(wasserstein).filter(|distance| distance.is_finite()),
    })
}

/// The largest and the smallest difference, 0 included, since both functions start there; and the sum of their sizes by the widths
/// between neighbours.
#[inline]
fn sums<H: Ord + Copy + Default>(
    reference: impl Ascending,
    n: u64,
    current: impl Ascending,
    m: u64,
    difference: impl Fn(u64, u64) -> H,
    size: impl Fn(H) -> f64,
) -> Option<(H, H, Dd)> {
    let (mut above, mut below, mut area) = (H::default(), H::default(), Dd::ZERO);
    let mut before = None;
    let read = walk(reference, current, |value, i, j| {
        let last = before.unwrap_or(value);
        let difference = difference(i, j);
        // Between equal values nothing is to be seen.
        let seen = if value > last { difference } else { H::default() };
        above = above.max(seen);
        below = below.min(seen);
        let next = two_sum(area.hi, size(difference) * (value - last));
        area = Dd { hi: next.hi, lo: area.lo + next.lo };
        before = Some(value);
    });
    (read == (n, m)).then(|| (above, below, two_sum(area.hi, area.lo)))
}

/// `n m`, the denominator of every difference.
fn product(n: u64, m: u64) -> Option<u128> {
    let bounded = |size: u64| size > 0 && size < 1 << 62;
    (bounded(n) && bounded(m)).then(|| u128::from(n) * u128::from(m))
}

/// `(F_ref - F_cur) n m`.
#[inline]
fn difference(i: u64, m: u64, j: u64, n: u64) -> i128 {
    i128::from(i) * i128::from(m) - i128::from(j) * i128::from(n)
}

fn ratio(numerator: u128, denominator: u128) -> f64 {
    (Dd::from_u128(numerator) / Dd::from_u128(denominator)).to_f64()
}

/// Both samples as one: `step` gets each value in turn (one of either side or an equal pair) and how many values of each side came
/// before it. Returns how many values there were.
#[inline]
fn walk(mut reference: impl Ascending, mut current: impl Ascending, mut step: impl FnMut(f64, u64, u64)) -> (u64, u64) {
    let (mut n, mut m) = (0u64, 0u64);
    let (mut a, mut b) = (reference.next_chunk(), current.next_chunk());
    while !a.is_empty() && !b.is_empty() {
        let (mut i, mut j) = (0, 0);
        // Without branches on the values, which cannot be predicted.
        while i < a.len() && j < b.len() {
            let (x, y) = (a[i], b[j]);
            let value = if y < x { y } else { x };
            step(value, n + i as u64, m + j as u64);
            i += usize::from(x <= value);
            j += usize::from(y <= value);
        }
        (n, m) = (n + i as u64, m + j as u64);
        (a, b) = (&a[i..], &b[j..]);
        if a.is_empty() {
            a = reference.next_chunk();
        }
        if b.is_empty() {
            b = current.next_chunk();
        }
    }
    while !a.is_empty() {
        a.iter().zip(n..).for_each(|(value, i)| step(*value, i, m));
        n += a.len() as u64;
        a = reference.next_chunk();
    }
    while !b.is_empty() {
        b.iter().zip(m..).for_each(|(value, j)| step(*value, n, j));
        m += b.len() as u64;
        b = current.next_chunk();
    }
    (n, m)
}

/// [`wasserstein`] of ascending values with the number of rows that have each. 0 where a side has no rows.
pub fn wasserstein_of_counts(x: &[(f64, u64)], y: &[(f64, u64)]) -> f64 {
    let rows = |side: &[(f64, u64)]| side.iter().map(|(_, n)| *n as f64).sum::<f64>();
    let (n, m) = (rows(x), rows(y));
    if n == 0.0 || m == 0.0 {
        return 0.0;
    }
    let (mut i, mut j) = (0, 0);
    let (mut below_x, mut below_y) = (0.0, 0.0);
    let (mut sum, mut last) = (0.0, f64::NAN);
    while i < x.len() || j < y.len() {
        let at = match (x.get(i), y.get(j)) {
            (Some(a), Some(b)) => a.0.min(b.0),
            (Some(a), None) => a.0,
            (None, Some(b)) => b.0,
            (None, None) => break,
        };
        if !last.is_nan() {
            // Each part of the difference is finite, where the whole might not be.
            let share = (below_x / n - below_y / m).abs();
            sum += share * at - share * last;
        }
        while let Some((_, rows)) = x.get(i).filter(|(value, _)| *value == at) {
            below_x += *rows as f64;
            i += 1;
        }
        while let Some((_, rows)) = y.get(j).filter(|(value, _)| *value == at) {
            below_y += *rows as f64;
            j += 1;
        }
        last = at;
    }
    sum
}
