//! Comparisons of two vectors of counts: the same categories (or bins) in a reference and in a current sample.
//!
//! Differences of shares `a/A - b/B` are computed from the integers `a B - b A`, so equal shares differ by exactly zero and close
//! ones lose no digits. Every function returns None when the slices differ in length, a side is empty, or a side sums to 2^63
//! or more.

use super::chi_square::chi_square_sf;
use super::dd::Dd;

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
