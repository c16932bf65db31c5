//! Statistics of two sorted samples, read once and in order, so that the samples may come from disk.
//!
//! Values are ascending and never NaN. Sizes are given because the iterators may not know them.

use std::iter::Peekable;

use super::dd::{Dd, two_sum};

/// The Kolmogorov-Smirnov statistics of a reference and a current sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KolmogorovSmirnov {
    /// The largest `|F_ref - F_cur|`, in `[0, 1]`.
    pub d: f64,
    /// The largest `F_ref - F_cur`: SciPy's statistic for `alternative='greater'`.
    pub d_plus: f64,
    /// The largest `F_cur - F_ref`: SciPy's statistic for `alternative='less'`.
    pub d_minus: f64,
    /// The smallest value at which `d` is reached; when both signs reach it, that of `d_plus`.
    pub location: f64,
}

/// The largest differences of the empirical distribution functions (Kolmogorov 1933, Smirnov 1939).
///
/// The differences `i/n - j/m` are compared as integers `i m - j n` and divided once, so the statistics are correctly rounded
/// (sizes below 2^53). Tied values move both functions together; infinite values are ordinary ones. Reference implementation:
/// `scipy.stats.ks_2samp`.
///
/// None when a sample is empty or has another number of values than stated.
pub fn kolmogorov_smirnov(
    reference: impl Iterator<Item = f64>,
    n: u64,
    current: impl Iterator<Item = f64>,
    m: u64,
) -> Option<KolmogorovSmirnov> {
    let mut merged = Merged::new(reference, n, current, m)?;
    let (mut above, mut below) = (Peak::default(), Peak::default());
    while let Some(value) = merged.next_value() {
        let difference = merged.difference();
        above.observe(difference, value);
        below.observe(-difference, value);
    }
    if !merged.complete() {
        return None;
    }
    let peak = if below.height > above.height { below } else { above };
    let share = |peak: Peak| ratio(peak.height.unsigned_abs(), merged.whole);
    Some(KolmogorovSmirnov { d: share(peak), d_plus: share(above), d_minus: share(below), location: peak.location })
}

/// The distance of Wasserstein of order 1, `integral |F_ref(x) - F_cur(x)| dx`, in the unit of the values (Vallender 1974).
///
/// Heights are integers `|i m - j n|` and widths exact differences, summed in double-double, so samples far from zero lose
/// nothing. Reference implementation: `scipy.stats.wasserstein_distance`, which subtracts quantised shares.
///
/// None when a sample is empty, has another number of values than stated or is not finite, or the distance overflows.
pub fn wasserstein(
    reference: impl Iterator<Item = f64>,
    n: u64,
    current: impl Iterator<Item = f64>,
    m: u64,
) -> Option<f64> {
    let mut merged = Merged::new(reference, n, current, m)?;
    let mut before = merged.next_value()?;
    let mut area = Dd::ZERO;
    loop {
        let height = merged.difference().unsigned_abs();
        let Some(value) = merged.next_value() else { break };
        let width = two_sum(value, -before);
        area = area + width * Dd::from_u128(height);
        before = value;
    }
    let distance = (area / Dd::from_u128(merged.whole)).to_f64();
    (merged.complete() && distance.is_finite()).then_some(distance)
}

/// Two sorted samples read as one, with the number of values of each that are at most the value last read.
struct Merged<R: Iterator<Item = f64>, C: Iterator<Item = f64>> {
    reference: Peekable<R>,
    current: Peekable<C>,
    n: u64,
    m: u64,
    i: u64,
    j: u64,
    /// `n m`, the denominator of every difference.
    whole: u128,
}

impl<R: Iterator<Item = f64>, C: Iterator<Item = f64>> Merged<R, C> {
    fn new(reference: R, n: u64, current: C, m: u64) -> Option<Self> {
        let bounded = |size: u64| size > 0 && size < 1 << 62;
        let (reference, current, whole) = (reference.peekable(), current.peekable(), u128::from(n) * u128::from(m));
        (bounded(n) && bounded(m)).then_some(Merged { reference, current, n, m, i: 0, j: 0, whole })
    }

    /// The next distinct value of either sample. A value that is NaN counts with the value before it.
    fn next_value(&mut self) -> Option<f64> {
        let value = match (self.reference.peek(), self.current.peek()) {
            (Some(a), Some(b)) => a.min(*b),
            (Some(a), None) => *a,
            (None, Some(b)) => *b,
            (None, None) => return None,
        };
        let reached = |next: &f64| next.partial_cmp(&value).is_none_or(|order| order.is_le());
        while self.reference.next_if(reached).is_some() {
            self.i += 1;
        }
        while self.current.next_if(reached).is_some() {
            self.j += 1;
        }
        Some(value)
    }

    /// `(F_ref - F_cur) n m`.
    fn difference(&self) -> i128 {
        i128::from(self.i) * i128::from(self.m) - i128::from(self.j) * i128::from(self.n)
    }

    fn complete(&self) -> bool {
        self.i == self.n && self.j == self.m
    }
}

/// The largest difference so far and where it was first reached.
#[derive(Clone, Copy)]
struct Peak {
    height: i128,
    location: f64,
}

impl Default for Peak {
    fn default() -> Peak {
        Peak { height: -1, location: f64::NAN }
    }
}

impl Peak {
    fn observe(&mut self, height: i128, location: f64) {
        if height > self.height {
            *self = Peak { height: height.max(0), location };
        }
    }
}

fn ratio(numerator: u128, denominator: u128) -> f64 {
    (Dd::from_u128(numerator) / Dd::from_u128(denominator)).to_f64()
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
