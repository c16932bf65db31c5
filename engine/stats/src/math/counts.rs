//! Comparisons of two vectors of counts: the same categories (or bins) in a reference and in a current sample.
//!
//! Differences of shares `a/A - b/B` are computed from the integers `a B - b A`, so equal shares differ by exactly zero and close
//! ones lose no digits. Every function returns None when the slices differ in length, a side is empty, or a side sums to 2^63
//! or more.

use super::chi_square::chi_square_sf;
use super::dd::Dd;
use super::distributions::normal_two_sided;
use super::special::log1p_minus_x;

/// Pearson's chi-square test of a 2 x k table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChiSquare {
    pub statistic: f64,
    pub p_value: f64,
    /// `k - 1`.
    pub degrees_of_freedom: u64,
}

/// Whether reference and current come from one distribution over the categories (Pearson 1900).
///
/// `sum (O - E)^2 / E` over the table, which is `sum_k (a B - b A)^2 / ((a + b) A B)`; categories empty on both sides are dropped.
/// `yates` lowers every `|O - E|` by 1/2, at most to zero, and acts on two categories only (Yates 1934). Reference implementation:
/// `scipy.stats.chi2_contingency`. None also when fewer than two categories remain.
pub fn chi_square_contingency(reference: &[u64], current: &[u64], yates: bool) -> Option<ChiSquare> {
    let table = Table::new(reference, current)?;
    let categories = table.cells().filter(|cell| cell.both > 0).count() as u64;
    let degrees_of_freedom = categories.checked_sub(1).filter(|degrees| *degrees > 0)?;
    let halved = yates && degrees_of_freedom == 1;
    let statistic = table.sum(|cell| table.pearson_term(cell, halved));
    let p_value = chi_square_sf(statistic, degrees_of_freedom as f64);
    Some(ChiSquare { statistic, p_value, degrees_of_freedom })
}

/// Cramér's V of the 2 x k table, in `[0, 1]`: `sqrt(chi^2 / (A + B))`, without correction (Cramér 1946). Reference implementation:
/// `scipy.stats.contingency.association(method="cramer")`.
pub fn cramers_v(reference: &[u64], current: &[u64]) -> Option<f64> {
    let table = Table::new(reference, current)?;
    let statistic = chi_square_contingency(reference, current, false)?.statistic;
    Some((statistic / table.total()).sqrt().min(1.0))
}

/// The population stability index `sum (q - p) ln(q / p)`, in nats, at least 0; `p` are the shares of the reference, `q` of the
/// current. A share of zero is replaced by `empty_share` on either side (a positive number; the other shares stay).
pub fn population_stability_index(reference: &[u64], current: &[u64], empty_share: f64) -> Option<f64> {
    let table = Table::new(reference, current)?;
    let index = table.sum(|cell| table.stability_term(cell, empty_share));
    (empty_share > 0.0 && index.is_finite()).then_some(index)
}

/// The distance of Jensen and Shannon to base 2, the square root of the divergence, in `[0, 1]` (Lin 1991; Endres, Schindelin 2003).
///
/// With `m = (p + q)/2` and `x = (p - q)/(p + q)` the divergence is `sum m ((1+x) ln(1+x) + (1-x) ln(1-x)) / (2 ln 2)`, of which
/// no term is negative. Reference implementation: `scipy.spatial.distance.jensenshannon(base=2)`.
pub fn jensen_shannon_distance(reference: &[u64], current: &[u64]) -> Option<f64> {
    let table = Table::new(reference, current)?;
    let nats = table.sum(|cell| table.divergence_term(cell));
    Some((nats / (2.0 * std::f64::consts::LN_2)).sqrt().min(1.0))
}

/// The G test of the 2 x k table: `2 sum O ln(O / E)`, chi-square with `k - 1` degrees of freedom (Wilks 1938; Sokal, Rohlf). Summed as
/// `2 sum E ((1+x) ln(1+x) - x)` with `x = (O - E) / E`, of which no term is negative. Reference implementation:
/// `scipy.stats.chi2_contingency(lambda_="log-likelihood", correction=False)`. None also when fewer than two categories remain.
pub fn g_test_contingency(reference: &[u64], current: &[u64]) -> Option<ChiSquare> {
    let table = Table::new(reference, current)?;
    let statistic = 2.0
        * table.sum(|cell| {
            let (a, b) = (table.reference_total as f64, table.current_total as f64);
            let both = cell.both as f64;
            let part = |size: f64, difference: f64| {
                let expected = size * both / table.total();
                expected * deviance(difference / (size * both))
            };
            if cell.both == 0 { 0.0 } else { part(a, -cell.difference()) + part(b, cell.difference()) }
        });
    goodness(statistic, table.cells().filter(|cell| cell.both > 0).count())
}

/// Pearson's chi-square of the current counts against the reference's shares, which are taken as exactly known: `sum (O - E)^2 / E`, chi-square
/// with `k - 1` degrees of freedom. Reference implementation: `scipy.stats.chisquare`. None also when the reference lacks a category
/// of current (its expectation is zero) or has fewer than two.
pub fn chi_square_against_shares(reference: &[u64], current: &[u64]) -> Option<ChiSquare> {
    let table = Table::new(reference, current)?;
    let term = |cell: &Cell| {
        let difference = cell.difference();
        if cell.reference == 0 { 0.0 } else { difference / table.denominator() * (difference / cell.reference as f64) }
    };
    against_shares(&table, table.sum(term))
}

/// The G test of the current counts against the reference's shares: `2 sum O ln(O / E)`. Reference implementation:
/// `scipy.stats.power_divergence(lambda_="log-likelihood")`. None as [`chi_square_against_shares`].
pub fn g_test_against_shares(reference: &[u64], current: &[u64]) -> Option<ChiSquare> {
    let table = Table::new(reference, current)?;
    let term = |cell: &Cell| {
        let expected = cell.reference as f64 / table.reference_total as f64 * table.current_total as f64;
        if cell.reference == 0 { 0.0 } else { expected * deviance(cell.difference() / cell.scaled_reference as f64) }
    };
    against_shares(&table, 2.0 * table.sum(term))
}

fn against_shares(table: &Table<'_>, statistic: f64) -> Option<ChiSquare> {
    let unseen = table.cells().any(|cell| cell.reference == 0 && cell.current > 0);
    if unseen { None } else { goodness(statistic, table.cells().filter(|cell| cell.reference > 0).count()) }
}

fn goodness(statistic: f64, categories: usize) -> Option<ChiSquare> {
    let degrees_of_freedom = (categories as u64).checked_sub(1).filter(|degrees| *degrees > 0)?;
    let p_value = chi_square_sf(statistic, degrees_of_freedom as f64);
    Some(ChiSquare { statistic, p_value, degrees_of_freedom })
}

/// `(1+x) ln(1+x) - x` for `x >= -1`.
fn deviance(x: f64) -> f64 {
    if x <= -1.0 { 1.0 } else { (1.0 + x) * log1p_minus_x(x) + x * x }
}

/// The divergence of Kullback and Leibler (1951) of current from reference, `sum q ln(q / p)`, in nats. A share of zero is replaced by
/// `empty_share` on either side (a positive number; the other shares stay).
pub fn kullback_leibler(reference: &[u64], current: &[u64], empty_share: f64) -> Option<f64> {
    let table = Table::new(reference, current)?;
    let term = |cell: &Cell| {
        let share = |count: u64, total: u64| if count == 0 { empty_share } else { count as f64 / total as f64 };
        let p = share(cell.reference, table.reference_total);
        if cell.reference > 0 && cell.current > 0 {
            return p * deviance(cell.difference() / cell.scaled_reference as f64);
        }
        let q = share(cell.current, table.current_total);
        q * (q / p).ln() - q + p
    };
    // The terms are `q ln(q / p) - (q - p)`; the second parts sum to zero but for the replaced shares.
    let empty = |counts: &[u64]| counts.iter().filter(|count| **count == 0).count() as f64 * empty_share;
    let divergence = table.sum(term) + empty(current) - empty(reference);
    (empty_share > 0.0 && divergence.is_finite()).then_some(divergence)
}

/// The distance of Hellinger (1909), `sqrt(sum (sqrt p - sqrt q)^2 / 2)`, in `[0, 1]`.
pub fn hellinger_distance(reference: &[u64], current: &[u64]) -> Option<f64> {
    let table = Table::new(reference, current)?;
    let term = |cell: &Cell| {
        let root = |scaled: u128| (scaled as f64 / table.denominator()).sqrt();
        let sum = root(cell.scaled_reference) + root(cell.scaled_current);
        if cell.both == 0 { 0.0 } else { (cell.difference() / table.denominator() / sum).powi(2) }
    };
    Some((table.sum(term) / 2.0).sqrt().min(1.0))
}

/// The distance in total variation, `sum |p - q| / 2`, in `[0, 1]`.
pub fn total_variation_distance(reference: &[u64], current: &[u64]) -> Option<f64> {
    let table = Table::new(reference, current)?;
    Some(table.sum(|cell| cell.difference().abs()) / table.denominator() / 2.0)
}

/// The largest difference of two shares, `max |p - q|`, in `[0, 1]`.
pub fn l_infinity_distance(reference: &[u64], current: &[u64]) -> Option<f64> {
    let table = Table::new(reference, current)?;
    let most = table.cells().map(|cell| cell.difference().abs()).fold(0.0, f64::max);
    Some(most / table.denominator())
}

/// Fisher's exact test of a 2 x 2 table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FisherExact {
    /// `a d / (b c)`; None where `b c` is zero.
    pub odds_ratio: Option<f64>,
    pub p_value: f64,
}

/// Fisher's exact test (1935), two-sided: the probability of all tables with the same margins that are at most as likely as this one.
/// Tables count as equally likely within 1e-10, beyond the rounding of the products. Reference implementation:
/// `scipy.stats.fisher_exact`. Time grows as the square root of the counts, or the distance from the expected table.
pub fn fisher_exact(reference: [u64; 2], current: [u64; 2]) -> Option<FisherExact> {
    let table = Table::new(&reference, &current)?;
    let ([a, b], [c, d]) = (reference.map(|v| v as f64), current.map(|v| v as f64));
    let (rows, successes, total) = (table.reference_total, reference[0] + current[0], table.total());
    let (least, most) = (successes.saturating_sub(table.current_total), rows.min(successes));
    let mode = (((rows + 1) as f64 * (successes + 1) as f64 / (total + 2.0)) as u64).clamp(least, most);
    // Weight of x + 1 over weight of x.
    let up = |x: u64| {
        let x = x as f64;
        (rows as f64 - x) * (successes as f64 - x) / ((x + 1.0) * (total - rows as f64 - successes as f64 + x + 1.0))
    };
    let observed = reference[0];
    let mut own = 1.0;
    (mode..observed).for_each(|x| own *= up(x));
    (observed..mode).rev().for_each(|x| own /= up(x));
    let (mut all, mut unlikely) = (Dd::ZERO, Dd::ZERO);
    let mut add = |weight: f64| {
        all = all + weight;
        if weight <= own * (1.0 + 1e-10) {
            unlikely = unlikely + weight;
        }
    };
    add(1.0);
    let mut weight = 1.0;
    for x in mode..most {
        weight *= up(x);
        add(weight);
        if weight < own * 1e-20 {
            break;
        }
    }
    weight = 1.0;
    for x in (least..mode).rev() {
        weight /= up(x);
        add(weight);
        if weight < own * 1e-20 {
            break;
        }
    }
    let odds_ratio = (b * c > 0.0).then(|| a * d / (b * c));
    Some(FisherExact { odds_ratio, p_value: (unlikely / all).to_f64().min(1.0) })
}

/// The z test of equal proportions with pooled variance; proportions are `count / total`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProportionsTest {
    /// `(p_ref - p_cur) / se`.
    pub statistic: f64,
    pub p_value: f64,
    /// Cohen's h, `2 asin sqrt p_cur - 2 asin sqrt p_ref`.
    pub effect_size: f64,
}

/// Whether the share of successes is equal on both sides; each side gives its other counts and its successes. None when all or none
/// succeed on both sides. Reference implementation: `statsmodels.stats.proportion.proportions_ztest`.
pub fn proportions_z_test(reference: [u64; 2], current: [u64; 2]) -> Option<ProportionsTest> {
    let table = Table::new(&reference, &current)?;
    let (n, m) = (table.reference_total as f64, table.current_total as f64);
    let success = table.cells().nth(1)?;
    let pool = success.both as f64 / table.total();
    let error = (pool * (1.0 - pool) * (1.0 / n + 1.0 / m)).sqrt();
    let statistic = -success.difference() / table.denominator() / error;
    let angle = |count: u64, size: f64| 2.0 * (count as f64 / size).sqrt().asin();
    let effect_size = angle(current[1], m) - angle(reference[1], n);
    (error > 0.0).then(|| ProportionsTest { statistic, p_value: normal_two_sided(statistic), effect_size })
}

struct Table<'a> {
    reference: &'a [u64],
    current: &'a [u64],
    reference_total: u64,
    current_total: u64,
}

struct Cell {
    reference: u64,
    current: u64,
    /// Observations of the category on both sides.
    both: u128,
    /// `a B` and `b A`: the shares over the common denominator `A B`.
    scaled_reference: u128,
    scaled_current: u128,
}

impl Cell {
    /// `b A - a B` with its sign.
    fn difference(&self) -> f64 {
        let size = Dd::from_u128(self.scaled_current.abs_diff(self.scaled_reference)).to_f64();
        if self.scaled_current < self.scaled_reference { -size } else { size }
    }
}

impl<'a> Table<'a> {
    fn new(reference: &'a [u64], current: &'a [u64]) -> Option<Table<'a>> {
        let (reference_total, current_total) = (total(reference)?, total(current)?);
        (reference.len() == current.len()).then_some(Table { reference, current, reference_total, current_total })
    }

    fn cells(&self) -> impl Iterator<Item = Cell> + '_ {
        self.reference.iter().zip(self.current).map(|(a, b)| Cell {
            reference: *a,
            current: *b,
            both: u128::from(*a) + u128::from(*b),
            scaled_reference: u128::from(*a) * u128::from(self.current_total),
            scaled_current: u128::from(*b) * u128::from(self.reference_total),
        })
    }

    fn total(&self) -> f64 {
        (self.reference_total + self.current_total) as f64
    }

    /// `A B`.
    fn denominator(&self) -> f64 {
        self.reference_total as f64 * self.current_total as f64
    }

    fn sum(&self, term: impl Fn(&Cell) -> f64) -> f64 {
        self.cells().fold(Dd::ZERO, |sum, cell| sum + term(&cell)).to_f64()
    }

    fn pearson_term(&self, cell: &Cell, halved: bool) -> f64 {
        if cell.both == 0 {
            return 0.0;
        }
        let correction = if halved { self.total() / 2.0 } else { 0.0 };
        let difference = (cell.difference().abs() - correction).max(0.0);
        difference / self.denominator() * (difference / cell.both as f64)
    }

    fn stability_term(&self, cell: &Cell, empty_share: f64) -> f64 {
        if cell.reference > 0 && cell.current > 0 {
            let difference = cell.difference();
            return difference / self.denominator() * log_ratio(cell, difference);
        }
        let share = |count: u64, total: u64| if count == 0 { empty_share } else { count as f64 / total as f64 };
        let p = share(cell.reference, self.reference_total);
        let q = share(cell.current, self.current_total);
        (q - p) * (q / p).ln()
    }

    fn divergence_term(&self, cell: &Cell) -> f64 {
        if cell.both == 0 {
            return 0.0;
        }
        let sum = Dd::from_u128(cell.scaled_reference + cell.scaled_current).to_f64();
        sum / (2.0 * self.denominator()) * symmetric_entropy(cell.difference() / sum)
    }
}

/// `ln(q / p)`, accurate when the shares are close.
fn log_ratio(cell: &Cell, difference: f64) -> f64 {
    let relative = difference / cell.scaled_reference as f64;
    if relative.abs() < 0.5 { relative.ln_1p() } else { (cell.scaled_current as f64 / cell.scaled_reference as f64).ln() }
}

/// `(1+x) ln(1+x) + (1-x) ln(1-x)` for `|x| <= 1`: `sum x^(2k) / (k (2k-1))`, from `x^2` near zero to `2 ln 2` at the ends.
fn symmetric_entropy(x: f64) -> f64 {
    if x.abs() >= 1.0 {
        return 2.0 * std::f64::consts::LN_2;
    }
    if x.abs() > 0.3 {
        return (1.0 + x) * x.ln_1p() + (1.0 - x) * (-x).ln_1p();
    }
    let square = x * x;
    (1..=16).rev().map(f64::from).fold(0.0, |sum, k| (sum + 1.0 / (k * (2.0 * k - 1.0))) * square)
}

/// None when empty or too large.
fn total(counts: &[u64]) -> Option<u64> {
    let sum = counts.iter().try_fold(0u64, |sum, count| sum.checked_add(*count))?;
    (sum > 0 && sum < 1 << 63).then_some(sum)
}
