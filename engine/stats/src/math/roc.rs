//! Area under the receiver operating characteristic (AUC) of scored items, with its test and its confidence interval.
//!
//! The AUC is the probability that a positive item has a higher score than a negative one, ties counting half: Mann and Whitney's U of the
//! positives over the number of pairs (Hanley, McNeil, Radiology 143, 1982). Variance: DeLong, DeLong, Clarke-Pearson, "Comparing the
//! areas under two or more correlated receiver operating characteristic curves", Biometrics 44 (1988), from ranks as Sun, Xu, IEEE Signal
//! Process. Lett. 21 (2014). Reference implementations: `sklearn.metrics.roc_auc_score`, `scipy.stats.mannwhitneyu` and R's `pROC`.

use super::distributions::normal_sf;
use super::groups::Group;

/// An AUC and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RocAuc {
    /// In [0, 1]; 1/2 where the scores tell nothing.
    pub auc: f64,
    /// One-sided, against AUC = 1/2, small where the AUC is above: the normal limit of U, corrected for ties and continuity. 1 where all
    /// scores are equal.
    pub p_value: f64,
    /// DeLong's variance of the AUC; None with a single item in a class. 0 where all positives are on one side of all negatives.
    pub variance: Option<f64>,
    /// `auc -+ 1.96 sqrt(variance)`, cut to [0, 1]: covers the true AUC with a probability of 95 %.
    pub interval: Option<(f64, f64)>,
}

/// The most items of a class: squares of ranks, summed, fit into 128 bits.
const MOST: u64 = 1 << 31;
/// The 0.975 quantile of the normal distribution.
const NORMAL_975: f64 = 1.959_963_984_540_054;

/// The AUC of items given as (score, negatives, positives) in any order; equal scores are ties. O(k log k) for k items.
///
/// None where a score is NaN, or a class is empty or has more than 2^31 items.
pub fn roc_auc(items: &[(f64, u64, u64)]) -> Option<RocAuc> {
    let groups = groups_of_scores(items)?;
    let last = groups.last()?;
    let (n, m) = (last.reference_before + last.reference, last.current_before + last.current);
    if n == 0 || m == 0 || n > MOST || m > MOST {
        return None;
    }
    let u2: u128 = groups.iter().map(|g| u128::from(g.current) * u128::from(2 * g.reference_before + g.reference)).sum();
    let pairs2 = 2 * u128::from(n) * u128::from(m);
    let auc = u2 as f64 / pairs2 as f64;
    let variance = delong_variance(&groups, n, m);
    let interval = variance.map(|variance| {
        let half = NORMAL_975 * variance.sqrt();
        ((auc - half).max(0.0), (auc + half).min(1.0))
    });
    Some(RocAuc { auc, p_value: p_value_above(&groups, u2, n, m), variance, interval })
}

/// Items by ascending score, those of equal score together: negatives are the reference, positives the current sample.
fn groups_of_scores(items: &[(f64, u64, u64)]) -> Option<Vec<Group>> {
    if items.iter().any(|item| item.0.is_nan()) {
        return None;
    }
    let mut ascending = items.to_vec();
    ascending.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut groups: Vec<Group> = Vec::with_capacity(ascending.len());
    let (mut negatives, mut positives) = (0u64, 0u64);
    // 0 equals -0 here, and they are neighbours in the total order.
    for tied in ascending.chunk_by(|a, b| a.0 == b.0) {
        let mut group = Group { value: tied[0].0, reference: 0, current: 0, reference_before: negatives, current_before: positives };
        for (_, negative, positive) in tied {
            group.reference = group.reference.checked_add(*negative)?;
            group.current = group.current.checked_add(*positive)?;
        }
        negatives = negatives.checked_add(group.reference)?;
        positives = positives.checked_add(group.current)?;
        groups.push(group);
    }
    Some(groups)
}

/// `P(U >= u)` where the classes have the same distribution of scores. [`super::mann_whitney_u`] gives the two-sided value, which does not
/// tell this one where U is below its mean.
fn p_value_above(groups: &[Group], u2: u128, n: u64, m: u64) -> f64 {
    let total = n as f64 + m as f64;
    let ties: u128 = groups.iter().map(|g| u128::from(g.size())).map(|size| size * (size * size).saturating_sub(1)).sum();
    let pairs = n as f64 * m as f64;
    let variance = pairs / 12.0 * (total + 1.0 - ties as f64 / (total * (total - 1.0)));
    // Doubled integers, so that the difference is exact; the last 1 is the correction for continuity.
    let distance2 = u2 as i128 - i128::from(n) * i128::from(m) - 1;
    if variance > 0.0 { normal_sf(distance2 as f64 / 2.0 / variance.sqrt()) } else { 1.0 }
}

/// `s10 / m + s01 / n`: the variances of the placements of the positives among the negatives, and the reverse. A placement is the share of
/// the other class below, ties counting half; the reverse ones may count from either end. Integers up to the division.
fn delong_variance(groups: &[Group], n: u64, m: u64) -> Option<f64> {
    let of_positive = |g: &Group| (g.current, 2 * g.reference_before + g.reference);
    let of_negative = |g: &Group| (g.reference, 2 * g.current_before + g.current);
    Some(variance_of_mean_placement(groups.iter().map(of_positive), m, n)? + variance_of_mean_placement(groups.iter().map(of_negative), n, m)?)
}

/// From (number of items, doubled count of the `others` items below), of `size` items.
fn variance_of_mean_placement(placements: impl Iterator<Item = (u64, u64)>, size: u64, others: u64) -> Option<f64> {
    let (mut first, mut second) = (0u128, 0u128);
    for (number, below2) in placements {
        let (number, below2) = (u128::from(number), u128::from(below2));
        first += number * below2;
        second += number * below2 * below2;
    }
    let spread = u128::from(size).checked_mul(second)?.checked_sub(first.checked_mul(first)?)?;
    let (sizef, scale) = (size as f64, 2.0 * others as f64);
    (size > 1).then(|| spread as f64 / (sizef * sizef * (sizef - 1.0)) / (scale * scale))
}
