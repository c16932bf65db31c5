//! Rank tests of location and scale, from groups of equal values.
//!
//! Every function takes the groups of a reference of `n` and a current sample of `m` values, and gives None when a sample is empty or
//! larger than 2^31, or the statistic is not defined (its variance is zero).

use super::anchored::{AnchoredCounts, mann_whitney_anchored};
use super::distributions::{normal_sf, normal_two_sided, student_t_two_sided};
use super::groups::Group;

/// A statistic with its two-sided p-value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankTest {
    pub statistic: f64,
    pub p_value: f64,
    /// On the scale that the function documents.
    pub effect_size: f64,
    /// Whether the p-value is exact.
    pub exact: bool,
}

const MOST: u64 = 1 << 31;

fn sizes(n: u64, m: u64) -> Option<(f64, f64)> {
    (n > 0 && m > 0 && n <= MOST && m <= MOST).then_some((n as f64, m as f64))
}

/// The U statistic of Mann and Whitney (1947) for the reference: pairs in which the reference is larger, ties counting half.
///
/// Exact when the smaller sample has at most 8 values and none is tied, as SciPy's `auto`; else by the normal approximation with
/// correction for ties, and for continuity if asked. The effect size is the rank-biserial correlation `1 - 2 U / (n m)` (Cureton
/// 1956): positive if current tends to be larger. Reference implementation: `scipy.stats.mannwhitneyu`.
pub fn mann_whitney_u(groups: impl Iterator<Item = Group>, n: u64, m: u64, continuity: bool, exact: bool) -> Option<RankTest> {
    let u = U::new(groups, n, m)?;
    let larger2 = u.twice.max(u.mirrored2());
    let (tail, exact) = u.tail(larger2, continuity, exact)?;
    let effect_size = 1.0 - u.twice as f64 / (n as f64 * m as f64);
    Some(RankTest { statistic: u.twice as f64 / 2.0, p_value: (2.0 * tail).min(1.0), effect_size, exact })
}

/// [`mann_whitney_u`] from counts over equal knots, by the normal approximation: in the middle, and at either end, where the
/// p-value is largest and smallest. U lies between those of the ends, and so do the ties: they are seen at knots alone.
pub fn mann_whitney_u_anchored(reference: &AnchoredCounts, current: &AnchoredCounts, continuity: bool) -> Option<[RankTest; 3]> {
    let (n, m) = (reference.len(), current.len());
    sizes(n, m)?;
    let found = mann_whitney_anchored(reference, current)?;
    let test = |twice: u128, ties: u128| {
        let u = U { n, m, twice, ties, tied: true };
        let (tail, exact) = u.tail(u.twice.max(u.mirrored2()), continuity, false)?;
        let effect_size = 1.0 - u.twice as f64 / (n as f64 * m as f64);
        Some(RankTest { statistic: u.twice as f64 / 2.0, p_value: (2.0 * tail).min(1.0), effect_size, exact })
    };
    let [(low, few), (high, many)] = found;
    // The ties of the end that is nearer to no difference are those that make its p-value larger.
    let middle = u128::from(n) * u128::from(m);
    let (low_ties, high_ties) = if low.abs_diff(middle) < high.abs_diff(middle) { (few, many) } else { (many, few) };
    Some([test(low + (high - low) / 2, few)?, test(low, low_ties).or_else(|| test(low, few))?, test(high, high_ties).or_else(|| test(high, few))?])
}

/// The one-sided p-value against the hypothesis that current is not larger, with correction for continuity: small where current tends to be
/// larger. Reference implementation: `scipy.stats.mannwhitneyu(reference, current, alternative="less")`.
pub fn mann_whitney_current_larger(groups: impl Iterator<Item = Group>, n: u64, m: u64) -> Option<f64> {
    let u = U::new(groups, n, m)?;
    Some(u.tail(u.mirrored2(), true, true)?.0)
}

/// Mann and Whitney's U of the reference with what its distribution depends on.
struct U {
    n: u64,
    m: u64,
    /// Twice the statistic.
    twice: u128,
    /// Sum of t^3 - t over groups of t tied values.
    ties: u128,
    tied: bool,
}

impl U {
    fn new(groups: impl Iterator<Item = Group>, n: u64, m: u64) -> Option<U> {
        sizes(n, m)?;
        let (mut ranks2, mut ties, mut tied) = (0u128, 0u128, false);
        for group in groups {
            let size = u128::from(group.size());
            ranks2 += u128::from(group.reference) * u128::from(group.midrank2());
            ties += size * (size * size - 1);
            tied |= size > 1;
        }
        let twice = ranks2.checked_sub(u128::from(n) * u128::from(n + 1))?;
        Some(U { n, m, twice, ties, tied })
    }

    /// Twice the statistic of current.
    fn mirrored2(&self) -> u128 {
        (2 * u128::from(self.n) * u128::from(self.m)).saturating_sub(self.twice)
    }

    /// The chance of half of `u2` or more, and whether it is exact. None where all values are equal.
    fn tail(&self, u2: u128, continuity: bool, exact: bool) -> Option<(f64, bool)> {
        let (n, m) = (self.n, self.m);
        if exact && !self.tied && n.min(m) <= 8 && let Some(tail) = exact_u_sf((u2 / 2) as u64, n, m) {
            return Some((tail, true));
        }
        let (pairs, total) = (n as f64 * m as f64, (n + m) as f64);
        let variance = pairs / 12.0 * (total + 1.0 - self.ties as f64 / (total * (total - 1.0)));
        if variance.is_nan() || variance <= 0.0 {
            return None;
        }
        let distance = u2 as f64 / 2.0 - pairs / 2.0 - if continuity { 0.5 } else { 0.0 };
        Some((normal_sf(distance / variance.sqrt()), false))
    }
}

/// `P(U >= u)`: orders of the pooled sample are counted by the coefficients of the Gaussian binomial, built factor by factor. None
/// where they exceed 128 bits or four million coefficients.
fn exact_u_sf(u: u64, n: u64, m: u64) -> Option<f64> {
    let (few, many) = (n.min(m), n.max(m));
    let length = usize::try_from(few * many + 1).ok().filter(|l| *l <= 4_000_000)?;
    let mut counts = vec![0u128; length];
    counts[0] = 1;
    for i in 1..=few {
        let (up, down) = ((many + i) as usize, i as usize);
        for at in (up..length).rev() {
            counts[at] = counts[at].wrapping_sub(counts[at - up]);
        }
        for at in down..length {
            counts[at] = counts[at].wrapping_add(counts[at - down]);
        }
    }
    // Intermediate values may wrap; the final ones are right if their sum, the number of orders, fits.
    let total = (1..=few).try_fold(1u128, |product, i| Some(product.checked_mul(u128::from(many + i))? / u128::from(i)))?;
    let above: u128 = counts[usize::try_from(u).ok()?.min(length)..].iter().sum();
    Some(above as f64 / total as f64)
}

/// The test of Brunner and Munzel (2000) with Student's t, for samples of unequal variances.
///
/// The placements of a value are the values of the other sample below it, ties counting half. The effect size is
/// `2 P(reference < current) - 1`, ties counting half. Reference implementation: `scipy.stats.brunnermunzel`.
pub fn brunner_munzel(groups: impl Iterator<Item = Group>, n: u64, m: u64) -> Option<RankTest> {
    let (nf, mf) = sizes(n, m)?;
    let (mut first, mut second) = ([0i128; 2], [0i128; 2]);
    for group in groups {
        let (a, b) = (i128::from(group.reference), i128::from(group.current));
        let of_reference = 2 * i128::from(group.current_before) + b;
        let of_current = 2 * i128::from(group.reference_before) + a;
        first[0] += a * of_reference;
        second[0] += a * of_reference * of_reference;
        first[1] += b * of_current;
        second[1] += b * of_current * of_current;
    }
    let variance = |side: usize, size: u64| {
        let size = i128::from(size);
        let sum = size.checked_mul(second[side])?.checked_sub(first[side].checked_mul(first[side])?)?;
        (size > 1).then(|| sum as f64 / (4.0 * size as f64 * (size - 1) as f64))
    };
    let (reference, current) = (nf * variance(0, n)?, mf * variance(1, m)?);
    let above = first[1] as f64 / (2.0 * nf * mf);
    let spread = reference + current;
    if spread.is_nan() || spread <= 0.0 {
        return None;
    }
    // The mean ranks differ by N (P(x < y) + P(x = y)/2 - 1/2).
    let difference = (first[1] - first[0]) as f64 / (4.0 * nf * mf) * (nf + mf);
    let statistic = nf * mf * difference / ((nf + mf) * spread.sqrt());
    let freedom = spread * spread / (reference * reference / (nf - 1.0) + current * current / (mf - 1.0));
    let p_value = student_t_two_sided(statistic, freedom);
    Some(RankTest { statistic, p_value, effect_size: 2.0 * above - 1.0, exact: false })
}

/// Mood's test (1954) of equal scale, with Mielke's (1967) treatment of ties: squared distances of the ranks from their centre.
///
/// The statistic is the normal score. The effect size is the statistic over `sqrt(n + m)`. Reference implementation:
/// `scipy.stats.mood`. None also below three values.
pub fn mood(groups: impl Iterator<Item = Group>, n: u64, m: u64) -> Option<RankTest> {
    let (nf, mf) = sizes(n, m)?;
    let total = nf + mf;
    let (mut score, mut ties) = (0.0, 0.0);
    for group in groups {
        let size = group.size() as f64;
        // The mean of (rank - centre)^2 over the group; doubled ranks are integers.
        let offset = (group.midrank2() as f64 - (total + 1.0)) / 2.0;
        score += group.reference as f64 * (offset * offset + (size * size - 1.0) / 12.0);
        let around = total - (2 * group.before() + group.size()) as f64;
        ties += size * (size * size - 1.0) * (size * size - 4.0 + 15.0 * around * around);
    }
    let mean = nf * (total * total - 1.0) / 12.0;
    let variance = mf * nf * (total + 1.0) * (total * total - 4.0) / 180.0 - mf * nf / (180.0 * total * (total - 1.0)) * ties;
    if variance.is_nan() || variance <= 0.0 {
        return None;
    }
    let statistic = (score - mean) / variance.sqrt();
    Some(RankTest { statistic, p_value: normal_two_sided(statistic), effect_size: statistic / total.sqrt(), exact: false })
}

/// The test of Ansari and Bradley (1960) of equal scale: ranks counted from the nearer end.
///
/// Exact for fewer than 55 values on each side without ties, as SciPy; else by the normal approximation with correction for ties. The
/// effect size is the normal score over `sqrt(n + m)`, positive if the reference varies more. Reference: `scipy.stats.ansari`.
pub fn ansari_bradley(groups: impl Iterator<Item = Group>, n: u64, m: u64) -> Option<RankTest> {
    let (nf, mf) = sizes(n, m)?;
    let total = nf + mf;
    let whole2 = 2 * (n + m + 1);
    let (mut score2, mut squares4, mut tied) = (0u128, 0u128, false);
    for group in groups {
        let near2 = group.midrank2().min(whole2 - group.midrank2());
        score2 += u128::from(group.reference) * u128::from(near2);
        squares4 += u128::from(group.size()) * u128::from(near2) * u128::from(near2);
        tied |= group.size() > 1;
    }
    let statistic = score2 as f64 / 2.0;
    let squares = squares4 as f64 / 4.0;
    let odd = (n + m) % 2 == 1;
    let (mean, variance) = if odd {
        let around = (total + 1.0).powi(4);
        (nf * (total + 1.0).powi(2) / (4.0 * total), nf * mf * (16.0 * total * squares - around) / (16.0 * total * total * (total - 1.0)))
    } else {
        let around = total * (total + 2.0).powi(2);
        (nf * (total + 2.0) / 4.0, nf * mf * (16.0 * squares - around) / (16.0 * total * (total - 1.0)))
    };
    if variance.is_nan() || variance <= 0.0 {
        return None;
    }
    let z = (mean - statistic) / variance.sqrt();
    let exact = !tied && n < 55 && m < 55;
    let p_value = if exact { exact_ansari(score2 as usize / 2, n as usize, m as usize) } else { normal_two_sided(z) };
    Some(RankTest { statistic, p_value, effect_size: z / total.sqrt(), exact })
}

/// Twice the smaller tail of the sum of `n` of the scores `min(i, N + 1 - i)`, all choices being equally likely.
fn exact_ansari(sum: usize, n: usize, m: usize) -> f64 {
    let total = n + m;
    let largest: usize = (1..=total).map(|i| i.min(total + 1 - i)).sum();
    let mut ways = vec![vec![0.0f64; largest + 1]; n + 1];
    ways[0][0] = 1.0;
    for i in 1..=total {
        let score = i.min(total + 1 - i);
        for chosen in (1..=n.min(i)).rev() {
            let (fewer, more) = ways.split_at_mut(chosen);
            for at in score..=largest {
                more[0][at] += fewer[chosen - 1][at - score];
            }
        }
    }
    let all: f64 = ways[n].iter().sum();
    let below: f64 = ways[n][..=sum].iter().sum();
    let above: f64 = ways[n][sum..].iter().sum();
    (2.0 * below.min(above) / all).min(1.0)
}
