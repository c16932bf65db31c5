//! Tests on the distance of two empirical distribution functions, from groups of equal values.
//!
//! Every function takes the groups of a reference of `n` and a current sample of `m` values.

use super::dd::{Dd, two_sum};
use super::groups::Group;
use super::quadratic_form::{anderson_darling_limit_sf, cramer_von_mises_limit_sf};
use std::collections::BTreeMap;
use std::f64::consts::PI;

/// A statistic with its p-value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdfTest {
    pub statistic: f64,
    pub p_value: f64,
    /// Root of the (weighted) mean squared difference of the distribution functions; Kuiper's V itself.
    pub effect_size: f64,
    /// How the p-value was found: "exact", "asymptotic", "interpolated" or "limit".
    pub method: &'static str,
}

/// Largest samples whose sums of integers fit in 128 bits.
const MOST: u64 = 1 << 28;

/// How the p-value of [`cramer_von_mises`] is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CramerVonMisesMethod {
    /// Exact while both samples have at most 20 values.
    Auto,
    Exact,
    Asymptotic,
}

/// The two-sample criterion of Cramér and von Mises (Anderson 1962), `T = U / (n m N) - (4 n m - 1) / (6 N)` with midranks for ties.
///
/// Asymptotic p-value: the limit law at `1/6 + (T - E T) / sqrt(45 var T)`. Exact: all orders of the pooled sample, by the recursion of
/// Xiao, Gordon and Yakovlev (2006). Reference implementation: `scipy.stats.cramervonmises_2samp`, whose asymptotic p-values lose their
/// digits in the tail by subtraction from 1. With many ties T is too large, in SciPy as here, so read it beside the effect size. None when a
/// sample is empty or larger than 2^28, or all values are equal.
pub fn cramer_von_mises(groups: impl Iterator<Item = Group>, n: u64, m: u64, method: CramerVonMisesMethod) -> Option<EdfTest> {
    if n == 0 || m == 0 || n > MOST || m > MOST {
        return None;
    }
    // Four times SciPy's U.
    let (mut of_reference, mut of_current) = (0i128, 0i128);
    let (mut squares, mut distinct) = (0.0, 0);
    for group in groups {
        distinct += 1;
        let height = i128::from(group.reference_before + group.reference) * i128::from(m)
            - i128::from(group.current_before + group.current) * i128::from(n);
        squares += group.size() as f64 * (height as f64).powi(2);
        of_reference += deviations(group.midrank2(), group.reference_before, group.reference);
        of_current += deviations(group.midrank2(), group.current_before, group.current);
    }
    let u4 = i128::from(n) * of_reference + i128::from(m) * of_current;
    let (pairs, total) = (i128::from(n) * i128::from(m), i128::from(n + m));
    let statistic = (6 * u4 - 4 * pairs * (4 * pairs - 1)) as f64 / (24.0 * pairs as f64 * total as f64);
    let exact = match method {
        CramerVonMisesMethod::Auto => n.max(m) <= 20,
        CramerVonMisesMethod::Exact => true,
        CramerVonMisesMethod::Asymptotic => false,
    };
    let (p_value, method) =
        if exact { (exact_p_value(u4, n, m), "exact") } else { (asymptotic_p_value(statistic, n as f64, m as f64), "asymptotic") };
    // Of the distribution functions themselves: unlike T, it is 0 for equal samples full of ties.
    let effect_size = (squares / total as f64).sqrt() / pairs as f64;
    (distinct > 1).then_some(EdfTest { statistic, p_value, effect_size, method })
}

/// `sum (2 R - 2 i)^2` over the `count` ranks `i` that follow `before` within the sample.
fn deviations(midrank2: u64, before: u64, count: u64) -> i128 {
    let (count, first) = (i128::from(count), i128::from(midrank2) - 2 * i128::from(before) - 2);
    count * first * first - 2 * first * count * (count - 1) + 2 * (count - 1) * count * (2 * count - 1) / 3
}

fn asymptotic_p_value(statistic: f64, n: f64, m: f64) -> f64 {
    let (total, pairs) = (n + m, n * m);
    let mean = (1.0 + 1.0 / total) / 6.0;
    let variance =
        (total + 1.0) * (4.0 * pairs * total - 3.0 * (n * n + m * m) - 2.0 * pairs) / (45.0 * total * total * 4.0 * pairs);
    cramer_von_mises_limit_sf(1.0 / 6.0 + (statistic - mean) / (45.0 * variance).sqrt())
}

/// The share of lattice paths whose `sum (a i - b j)^2` reaches the observed one.
fn exact_p_value(u4: i128, n: u64, m: u64) -> f64 {
    let (n, m) = (i128::from(n), i128::from(m));
    let lcm = n / gcd(n, m) * m;
    let (a, b, pairs) = (lcm / n, lcm / m, n * m);
    // 6 U - n m (4 n m - 1), with U = u4 / 4.
    let reached = lcm * lcm * (n + m) * (6 * u4 - 4 * pairs * (4 * pairs - 1));
    let bound = reached.div_euclid(24 * pairs * pairs);
    let mut row: Vec<BTreeMap<i128, f64>> = vec![BTreeMap::new(); m as usize + 1];
    for i in 0..=n {
        let mut left: BTreeMap<i128, f64> = BTreeMap::new();
        for j in 0..=m {
            let step = (a * i - b * j).pow(2);
            let mut here = std::mem::take(&mut row[j as usize]);
            if i == 0 && j == 0 {
                here.insert(0, 1.0);
            }
            for (sum, ways) in left {
                *here.entry(sum).or_default() += ways;
            }
            let moved: BTreeMap<i128, f64> = here.into_iter().map(|(sum, ways)| (sum + step, ways)).collect();
            left = moved.clone();
            row[j as usize] = moved;
        }
    }
    let found = &row[m as usize];
    let all: f64 = found.values().sum();
    found.range(bound..).map(|(_, ways)| ways).sum::<f64>() / all
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The k-sample statistic of Anderson and Darling for two samples (Scholz, Stephens 1987), standardised by its exact mean and variance;
/// `midrank` averages over ties, else the right-continuous version is used.
///
/// Where Scholz and Stephens' table reaches (p from 0.001 to 0.25) the p-value is SciPy's quadratic interpolation of its logarithm.
/// Beyond, where SciPy clips, it is the limit law of Anderson and Darling (1952) at the same standardised value; both agree to a few
/// per cent at the table's ends. Reference implementation: `scipy.stats.anderson_ksamp`. None when a sample is empty or larger
/// than 2^28, all values are equal, or there are fewer than four.
pub fn anderson_darling(groups: impl Iterator<Item = Group>, n: u64, m: u64, midrank: bool) -> Option<EdfTest> {
    let total = n.checked_add(m).filter(|total| n > 0 && m > 0 && *total > 3 && n <= MOST && m <= MOST)?;
    let mut sum = Dd::ZERO;
    let mut distinct = 0;
    for group in groups {
        distinct += 1;
        let term = if midrank { midrank_term(&group, n, total) } else { right_term(&group, n, total) };
        sum = sum + Dd::from(term);
    }
    let pairs = n as f64 * m as f64;
    let shrink = if midrank { (total - 1) as f64 / total as f64 } else { 1.0 };
    let raw = sum.to_f64() / pairs * shrink;
    let statistic = (raw - 1.0) / variance(n, m).sqrt();
    let (p_value, method) = anderson_darling_p_value(statistic);
    let effect_size = (raw * total as f64 / pairs).sqrt();
    (distinct > 1 && statistic.is_finite()).then_some(EdfTest { statistic, p_value, effect_size, method })
}

fn midrank_term(group: &Group, n: u64, total: u64) -> f64 {
    let (size, below2) = (i128::from(group.size()), i128::from(2 * group.before() + group.size()));
    let (n, total) = (i128::from(n), i128::from(total));
    let height = total * i128::from(2 * group.reference_before + group.reference) - n * below2;
    let spread = below2 * (2 * total - below2) - total * size;
    if spread == 0 { 0.0 } else { size as f64 * (height as f64).powi(2) / spread as f64 }
}

fn right_term(group: &Group, n: u64, total: u64) -> f64 {
    let (size, below) = (i128::from(group.size()), i128::from(group.before() + group.size()));
    let (n, total) = (i128::from(n), i128::from(total));
    let height = total * i128::from(group.reference_before + group.reference) - n * below;
    let spread = below * (total - below);
    if spread == 0 { 0.0 } else { size as f64 * (height as f64).powi(2) / spread as f64 }
}

/// The variance of the unstandardised statistic for two samples (Scholz, Stephens, eq. 4).
fn variance(n: u64, m: u64) -> f64 {
    let total = n + m;
    let (mut harmonic, mut g) = (0.0, 0.0);
    for i in 2..total {
        harmonic += 1.0 / (total + 1 - i) as f64;
        g += harmonic / i as f64;
    }
    let h = harmonic + 1.0;
    let (size, inverse, k) = (total as f64, 1.0 / n as f64 + 1.0 / m as f64, 2.0);
    let a = (4.0 * g - 6.0) * (k - 1.0) + (10.0 - 6.0 * g) * inverse;
    let b = (2.0 * g - 4.0) * k * k + 8.0 * h * k + (2.0 * g - 14.0 * h - 4.0) * inverse - 8.0 * h + 4.0 * g - 6.0;
    let c = (6.0 * h + 2.0 * g - 2.0) * k * k + (4.0 * h - 4.0 * g + 6.0) * k + (2.0 * h - 6.0) * inverse + 4.0 * h;
    let d = (2.0 * h + 6.0) * k * k - 4.0 * h * k;
    (((a * size + b) * size + c) * size + d) / ((size - 1.0) * (size - 2.0) * (size - 3.0))
}

fn anderson_darling_p_value(statistic: f64) -> (f64, &'static str) {
    // Table 2 of Scholz and Stephens: coefficients of the critical values and their levels.
    const B0: [f64; 7] = [0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085];
    const B1: [f64; 7] = [-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615];
    const B2: [f64; 7] = [-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154];
    const LEVELS: [f64; 7] = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001];
    let critical: [f64; 7] = std::array::from_fn(|i| B0[i] + B1[i] + B2[i]);
    if (critical[0]..=critical[6]).contains(&statistic) {
        let [c0, c1, c2] = quadratic_fit(&critical, &LEVELS.map(f64::ln));
        return (((c2 * statistic + c1) * statistic + c0).exp(), "interpolated");
    }
    // The variance of the limit is sum 2 / (j (j + 1))^2 = 2 (pi^2 - 9) / 3.
    let limit_deviation = (2.0 * (PI * PI - 9.0) / 3.0).sqrt();
    (anderson_darling_limit_sf(1.0 + statistic * limit_deviation), "limit")
}

/// Least squares of a parabola, by its normal equations in double-double.
fn quadratic_fit(x: &[f64; 7], y: &[f64; 7]) -> [f64; 3] {
    let mut rows = [[Dd::ZERO; 4]; 3];
    for (x, y) in x.iter().zip(y) {
        let powers = [Dd::from(1.0), Dd::from(*x), Dd::from(*x) * *x];
        for (row, left) in rows.iter_mut().zip(powers) {
            for (cell, right) in row.iter_mut().zip(powers.into_iter().chain([Dd::from(*y)])) {
                *cell = *cell + left * right;
            }
        }
    }
    for pivot in 0..3 {
        let own = rows[pivot];
        for (_, row) in rows.iter_mut().enumerate().filter(|(i, _)| *i != pivot) {
            let factor = row[pivot] / own[pivot];
            for (cell, above) in row.iter_mut().zip(own) {
                *cell = *cell - factor * above;
            }
        }
    }
    std::array::from_fn(|i| (rows[i][3] / rows[i][i]).to_f64())
}

/// The energy distance and its share of what it could be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EnergyDistance {
    /// In the square root of the values' unit.
    pub distance: f64,
    /// `distance^2 / (2 E|X - Y|)`, in `[0, 1]`: the energy coefficient of inhomogeneity.
    pub coefficient: f64,
}

/// The energy distance (Székely, Rizzo 2004), `sqrt(2 int (F_ref - F_cur)^2 dx)`; heights are integers and widths exact. Reference
/// implementation: `scipy.stats.energy_distance`. None when a sample is empty, a value is not finite, or the distance overflows.
pub fn energy_distance(groups: impl Iterator<Item = Group>, n: u64, m: u64) -> Option<EnergyDistance> {
    let (mut area, mut apart) = (Dd::ZERO, Dd::ZERO);
    let mut before: Option<f64> = None;
    for group in groups {
        if let Some(before) = before {
            let (a, b) = (u128::from(group.reference_before), u128::from(group.current_before));
            let (width, whole) = (two_sum(group.value, -before), (u128::from(n), u128::from(m)));
            let height = Dd::from_u128((a * whole.1).abs_diff(b * whole.0));
            area = area + width * height * height;
            // F (1 - G) + G (1 - F), over n m.
            apart = apart + width * Dd::from_u128(a * (whole.1 - b) + b * (whole.0 - a));
        }
        before = Some(group.value);
    }
    if n == 0 || m == 0 {
        return None;
    }
    let pairs = Dd::from_u64(n) * Dd::from_u64(m);
    let (area, apart) = ((area / (pairs * pairs)).to_f64(), (apart / pairs).to_f64());
    let coefficient = if area == 0.0 { 0.0 } else { area / apart };
    let found = EnergyDistance { distance: (2.0 * area).sqrt(), coefficient };
    (found.distance.is_finite() && coefficient.is_finite()).then_some(found)
}

/// Kuiper's statistic (1960), the largest `F_ref - F_cur` plus the largest `F_cur - F_ref`, with the p-value of Stephens (1970):
/// `2 sum (4 j^2 l^2 - 1) exp(-2 j^2 l^2)` at `l = (sqrt(e) + 0.155 + 0.24 / sqrt(e)) V`, `e = n m / (n + m)`. The approximation is good
/// to about 1 % from `e = 4` on. None when a sample is empty.
pub fn kuiper(groups: impl Iterator<Item = Group>, n: u64, m: u64) -> Option<EdfTest> {
    if n == 0 || m == 0 {
        return None;
    }
    let (mut most, mut least) = (0i128, 0i128);
    for group in groups {
        let reference = i128::from(group.reference_before + group.reference) * i128::from(m);
        let height = reference - i128::from(group.current_before + group.current) * i128::from(n);
        (most, least) = (most.max(height), least.min(height));
    }
    let (nf, mf) = (n as f64, m as f64);
    let statistic = (most - least) as f64 / (nf * mf);
    let root = (nf * mf / (nf + mf)).sqrt();
    let lambda = (root + 0.155 + 0.24 / root) * statistic;
    Some(EdfTest { statistic, p_value: kuiper_sf(lambda), effect_size: statistic, method: "asymptotic" })
}

fn kuiper_sf(lambda: f64) -> f64 {
    if lambda < 0.4 {
        return 1.0;
    }
    let term = |j: u32| {
        let square = 2.0 * (f64::from(j) * lambda).powi(2);
        2.0 * (2.0 * square - 1.0) * (-square).exp()
    };
    (1..64).map(term).sum::<f64>().clamp(0.0, 1.0)
}
