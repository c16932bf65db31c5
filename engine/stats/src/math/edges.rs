//! Histograms over bins that a reference gives: by its quantiles, or of equal width.
//!
//! Reference implementation: `numpy.histogram` over `numpy.unique(numpy.quantile(x, numpy.linspace(0, 1, bins + 1)))`, the outer
//! edges replaced by infinities.

use super::quantile::{lerp, linear_quantile_ranks};
use super::shape_moments::ShapeMoments;

/// Edges of at most `bins` bins of about equal shares of the reference, ascending, from `-inf` to `inf`.
///
/// `order_statistic` returns the value of a rank (from 0) among the `n` sorted values, none of them NaN; it is asked in ascending
/// order. Equal quantiles become one edge. None when fewer than two bins remain, or a value is missing or NaN.
pub fn quantile_edges(n: u64, bins: u32, mut order_statistic: impl FnMut(u64) -> Option<f64>) -> Option<Vec<f64>> {
    let mut edges: Vec<f64> = Vec::new();
    for index in 0..=bins {
        let place = linear_quantile_ranks(n, level(index, bins))?;
        let lower = order_statistic(place.lower_rank)?;
        let upper = if place.lower_rank + 1 < n { order_statistic(place.lower_rank + 1)? } else { lower };
        let edge = lerp(lower, upper, place.fraction);
        if edge.is_nan() {
            return None;
        }
        if edges.last().is_none_or(|last| edge > *last) {
            edges.push(edge);
        }
    }
    open_ends(edges)
}

/// Edges of bins of equal width from `low` to `high`, whose outer ends are open. None unless `low < high` are finite and their
/// distance too.
///
/// Reference implementation: `numpy.linspace(low, high, bins + 1)`.
pub fn equal_width_edges(low: f64, high: f64, bins: u32) -> Option<Vec<f64>> {
    let step = (high - low) / f64::from(bins);
    if !(step.is_finite() && step > 0.0) {
        return None;
    }
    let mut edges: Vec<f64> = (0..=bins).map(|i| low + f64::from(i) * step).collect();
    // Where the values are as close as floats can be, neighbouring edges are one.
    edges.dedup();
    open_ends(edges)
}

/// Sturges' number of bins, `ceil(log2 n + 1)` (J. Am. Stat. Assoc. 21, 1926); `numpy.histogram_bin_edges(bins="sturges")`.
pub fn sturges_bins(n: u64) -> u32 {
    ((n.max(1) as f64).log2() + 1.0).ceil() as u32
}

/// Doane's number of bins (Am. Stat. 30, 1976); `numpy.histogram_bin_edges(bins="doane")`. None for fewer than three values, or where
/// all are equal.
pub fn doane_bins(values: &ShapeMoments) -> Option<u32> {
    let n = values.count as f64;
    let skewness = values.skewness(false).filter(|_| values.count > 2)?;
    let error = (6.0 * (n - 2.0) / ((n + 1.0) * (n + 3.0))).sqrt();
    Some((1.0 + n.log2() + (1.0 + skewness.abs() / error).log2()).ceil() as u32)
}

/// Freedman and Diaconis' number of bins, of width `2 iqr / cbrt(n)` (Z. Wahrscheinlichkeitstheorie 57, 1981);
/// `numpy.histogram_bin_edges(bins="fd")`. None where the interquartile range is 0 or not finite.
pub fn freedman_diaconis_bins(n: u64, iqr: f64, range: f64) -> Option<u32> {
    let width = 2.0 * iqr * (n as f64).powf(-1.0 / 3.0);
    let bins = (range / width).ceil();
    (width > 0.0 && bins.is_finite()).then_some(bins.min(f64::from(u32::MAX)) as u32)
}

/// `index / bins` with the rounding of `numpy.linspace(0, 1, bins + 1)`.
fn level(index: u32, bins: u32) -> f64 {
    if index == bins { 1.0 } else { f64::from(index) * (1.0 / f64::from(bins)) }
}

fn open_ends(mut edges: Vec<f64>) -> Option<Vec<f64>> {
    if edges.len() < 3 {
        return None;
    }
    *edges.first_mut()? = f64::NEG_INFINITY;
    *edges.last_mut()? = f64::INFINITY;
    Some(edges)
}

/// Counts of values between edges: a bin holds its lower edge, the last bin both of its edges. Histograms over the same edges add.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    edges: Vec<f64>,
    counts: Vec<u64>,
}

impl Histogram {
    /// An empty histogram; None unless there are at least two edges, strictly ascending and not NaN.
    pub fn new(edges: Vec<f64>) -> Option<Histogram> {
        let ascending = edges.windows(2).all(|pair| pair[0] < pair[1]);
        let counts = vec![0; edges.len().checked_sub(1)?];
        (ascending && !counts.is_empty()).then_some(Histogram { edges, counts })
    }

    /// Counts values; those outside the edges and NaN are left out, as NumPy does.
    pub fn observe(&mut self, values: &[f64]) {
        let (bins, last) = (self.counts.len(), self.edges[self.counts.len()]);
        for value in values {
            let at_or_below = self.edges.partition_point(|edge| edge <= value);
            if at_or_below > 0 && *value <= last {
                self.counts[(at_or_below - 1).min(bins - 1)] += 1;
            }
        }
    }

    /// Adds the counts of another part of the same data; false, and nothing is added, when the edges differ.
    #[must_use]
    pub fn merge(&mut self, other: &Histogram) -> bool {
        let same = self.edges == other.edges;
        if same {
            self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count = count.saturating_add(*more));
        }
        same
    }

    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    pub fn counts(&self) -> &[u64] {
        &self.counts
    }
}
