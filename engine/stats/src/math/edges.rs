//! Histograms over bins whose edges are quantiles of a reference.
//!
//! Reference implementation: `numpy.histogram` over `numpy.unique(numpy.quantile(x, numpy.linspace(0, 1, bins + 1)))`, the outer
//! edges replaced by infinities.

use super::quantile::{lerp, linear_quantile_ranks};

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
