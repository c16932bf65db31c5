//! How tests of counts cut a numeric column into bins: by the reference alone, so that scores compare over time.

use super::params_label;
use crate::accumulators::SortedValues;
use crate::math::{ShapeMoments, doane_bins, equal_width_edges, freedman_diaconis_bins, lerp, linear_quantile_ranks, quantile_edges, sturges_bins};
use driftline_core::catalogue::read_parameters;
use driftline_core::diagnostic::{Diagnostics, Span};
use driftline_core::metric::Undefined;
use driftline_core::spec::{Component, Table};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The rule that gives a numeric column's bins. Outer bins are open: they take what lies beyond the reference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Rule {
    /// `bins` bins of equal shares of the reference.
    #[default]
    Quantiles,
    /// `bins` bins of equal width between the reference's least and greatest value.
    EqualWidth,
    /// Equal width; as many as log2(n) + 1.
    Sturges,
    /// Equal width; Sturges' number, more for a skewed reference.
    Doane,
    /// Equal width of 2 IQR / cbrt(n); Sturges' number where the interquartile range is 0.
    FreedmanDiaconis,
}

/// Most bins of any rule.
const MOST_BINS: u32 = 10_000;

/// The parameters that tests of counts share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Binning {
    /// Bins of a numeric column, for `quantiles` and `equal_width`.
    #[schemars(range(min = 2, max = 10_000))]
    pub bins: u32,
    /// How bins are made from the reference.
    pub binning: Rule,
    /// Ascending numbers that part the bins, in place of a rule.
    pub edges: Vec<f64>,
}

impl Default for Binning {
    fn default() -> Self {
        Self { bins: 10, binning: Rule::default(), edges: Vec::new() }
    }
}

/// Where the parameters stand in the spec.
struct Spans {
    bins: Span,
    edges: Span,
}

impl Spans {
    fn of(params: &Table<'_>) -> Self {
        Self { bins: params.span_of("bins"), edges: params.span_of("edges") }
    }
}

impl Binning {
    /// Reads a test's parameters, which are these alone.
    pub fn read(component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Self> {
        let spans = Spans::of(&component.params);
        read_parameters::<Self>(component, diagnostics)?.checked(&spans, diagnostics)
    }

    /// Takes these from a test's parameters, which has others too.
    pub fn take(params: &mut Table<'_>, diagnostics: &mut Diagnostics) -> Option<Self> {
        let spans = Spans::of(params);
        params.take::<Self>(diagnostics)?.checked(&spans, diagnostics)
    }

    fn checked(self, Spans { bins, edges }: &Spans, diagnostics: &mut Diagnostics) -> Option<Self> {
        if !(2..=MOST_BINS).contains(&self.bins) {
            diagnostics.error(bins, format!("`bins` must lie between 2 and {MOST_BINS}, not {}", self.bins));
            return None;
        }
        let ascending = self.edges.windows(2).all(|pair| pair[0] < pair[1]) && self.edges.iter().all(|edge| edge.is_finite());
        if !ascending || self.edges.len() >= MOST_BINS as usize {
            diagnostics.error(edges, format!("`edges` must be fewer than {MOST_BINS} finite numbers in ascending order"));
            return None;
        }
        if !self.edges.is_empty() && (self.binning, self.bins) != (Rule::default(), Self::default().bins) {
            diagnostics.error(edges, "`edges` are bins already; remove `bins` and `binning`");
            return None;
        }
        Some(self)
    }

    /// What differs from the defaults, for the series' label.
    pub fn label(&self) -> Option<String> {
        params_label(self, &Self::default())
    }

    /// Edges from minus to plus infinity; `None` for a reference that has a single quantile, or does not vary.
    pub fn edges(&self, reference: &SortedValues) -> Result<Option<Vec<f64>>, Undefined> {
        if !self.edges.is_empty() {
            let inner = self.edges.iter().copied();
            return Ok(Some([f64::NEG_INFINITY].into_iter().chain(inner).chain([f64::INFINITY]).collect()));
        }
        let number = match self.binning {
            Rule::Quantiles => return Ok(by_quantiles(reference, self.bins)),
            Rule::EqualWidth => self.bins,
            Rule::Sturges => sturges_bins(reference.len()),
            Rule::Doane => doane_bins(&shape(reference)).unwrap_or_else(|| sturges_bins(reference.len())),
            Rule::FreedmanDiaconis => freedman_diaconis(reference).unwrap_or_else(|| sturges_bins(reference.len())),
        };
        let [low, high] = reference.at_ranks(&[0, reference.len() - 1])[..] else { return Ok(None) };
        if low == high {
            return Ok(None);
        }
        let edges = equal_width_edges(low, high, number.clamp(2, MOST_BINS));
        edges.map(Some).ok_or_else(|| Undefined::error("the reference's values have no bins of equal width: they are infinite or too far apart"))
    }

    pub fn method(&self, bins: usize) -> String {
        match self.binning {
            _ if !self.edges.is_empty() => format!("{bins} bins by the given edges"),
            Rule::Quantiles => format!("{bins} bins by the reference's quantiles"),
            Rule::EqualWidth => format!("{bins} bins of equal width over the reference"),
            Rule::Sturges => format!("{bins} bins by Sturges' rule over the reference"),
            Rule::Doane => format!("{bins} bins by Doane's rule over the reference"),
            Rule::FreedmanDiaconis => format!("{bins} bins by Freedman and Diaconis' rule over the reference"),
        }
    }
}

/// A first run tells which order statistics are needed, so that values on disk are read once.
fn by_quantiles(reference: &SortedValues, bins: u32) -> Option<Vec<f64>> {
    let mut ranks = BTreeSet::new();
    quantile_edges(reference.len(), bins, |rank| {
        ranks.insert(rank);
        Some(rank as f64)
    });
    let ranks: Vec<u64> = ranks.into_iter().collect();
    let found: BTreeMap<u64, f64> = ranks.iter().copied().zip(reference.at_ranks(&ranks)).collect();
    quantile_edges(reference.len(), bins, |rank| found.get(&rank).copied())
}

fn shape(values: &SortedValues) -> ShapeMoments {
    let (mut shape, mut iter) = (ShapeMoments::default(), values.iter());
    loop {
        let chunk: Vec<f64> = iter.by_ref().take(65_536).collect();
        if chunk.is_empty() {
            return shape;
        }
        shape = shape.merge(&ShapeMoments::from_block(&chunk));
    }
}

fn freedman_diaconis(values: &SortedValues) -> Option<u32> {
    let n = values.len();
    let quartiles = [linear_quantile_ranks(n, 0.25)?, linear_quantile_ranks(n, 0.75)?];
    let ranks: Vec<u64> = [0].into_iter().chain(quartiles.iter().flat_map(|q| [q.lower_rank, (q.lower_rank + 1).min(n - 1)])).chain([n - 1]).collect();
    let [low, a, b, c, d, high] = values.at_ranks(&ranks)[..] else { return None };
    let iqr = lerp(c, d, quartiles[1].fraction) - lerp(a, b, quartiles[0].fraction);
    freedman_diaconis_bins(n, iqr, high - low)
}
