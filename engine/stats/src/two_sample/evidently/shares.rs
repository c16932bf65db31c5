//! Evidently's scores of counts: by category, by distinct value, or by bins of equal width over both sides.

use super::{Method, undefined};
use crate::accumulators::{CategoryCounts, MOST_CATEGORIES, SortedValues};
use crate::math::{self, Group, SplitMix};
use driftline_core::metric::Undefined;
use std::collections::BTreeSet;

/// Counts of reference and current, in ascending order of what they count.
pub(super) struct Pairs {
    pub counts: Vec<(u64, u64)>,
}

impl Pairs {
    pub fn of_categories(reference: &CategoryCounts, current: &CategoryCounts, numeric: bool) -> Result<Self, Undefined> {
        for (side, counts) in [("reference", reference), ("current", current)] {
            if counts.total() == 0 {
                return Err(Undefined::no_data(format!("the {side} side has no values")));
            }
        }
        let names: BTreeSet<&str> = reference.counts.iter().chain(&current.counts).map(|(n, _)| n.as_str()).collect();
        let mut names: Vec<&str> = names.into_iter().collect();
        // The least category plays a part of its own in the z test.
        if numeric {
            let number = |name: &str| name.parse::<f64>().unwrap_or(f64::NAN);
            names.sort_by(|a, b| number(a).total_cmp(&number(b)));
        }
        Ok(Self { counts: names.iter().map(|name| (reference.count(name), current.count(name))).collect() })
    }

    pub fn of_values(groups: impl Iterator<Item = Group>) -> Result<Self, Undefined> {
        let counts: Vec<(u64, u64)> = groups.take(MOST_CATEGORIES + 1).map(|g| (g.reference, g.current)).collect();
        match counts.len() > MOST_CATEGORIES {
            true => Err(Undefined::error(format!("the sides have more than {MOST_CATEGORIES} distinct values, and the reference too few for bins"))),
            false => Ok(Self { counts }),
        }
    }

    /// Bins take their lower edge, the last one its upper edge too.
    pub fn of_bins(reference: &SortedValues, current: &SortedValues, edges: &[f64]) -> Result<Self, Undefined> {
        let inner = edges.get(1..edges.len().saturating_sub(1)).unwrap_or_default();
        let count = |values: &SortedValues| {
            let mut counts = vec![0u64; inner.len() + 1];
            let mut bin = 0;
            for value in values.iter() {
                while inner.get(bin).is_some_and(|edge| value >= *edge) {
                    bin += 1;
                }
                counts[bin] += 1;
            }
            counts
        };
        Ok(Self { counts: count(reference).into_iter().zip(count(current)).collect() })
    }

    pub fn len(&self) -> usize {
        self.counts.len()
    }

    pub fn sizes(&self) -> (u64, u64) {
        self.counts.iter().fold((0, 0), |(n, m), (r, c)| (n + r, m + c))
    }

    fn sides(&self) -> (Vec<u64>, Vec<u64>) {
        self.counts.iter().copied().unzip()
    }

    fn shares(&self) -> (Vec<f64>, Vec<f64>) {
        let (n, m) = self.sizes();
        self.counts.iter().map(|(r, c)| (*r as f64 / n as f64, *c as f64 / m as f64)).unzip()
    }

    pub fn score(&self, method: Method) -> Result<f64, Undefined> {
        match method {
            Method::Psi => {
                let (r, c) = self.filled();
                Ok(r.iter().zip(&c).map(|(r, c)| (r - c) * (r / c).ln()).sum())
            }
            Method::KlDiv => {
                let (r, c) = self.filled();
                Ok(relative_entropy(&normalised(&r), &normalised(&c)))
            }
            Method::Jensenshannon => {
                let (r, c) = self.shares();
                let middle: Vec<f64> = r.iter().zip(&c).map(|(r, c)| (r + c) / 2.0).collect();
                Ok(((relative_entropy(&r, &middle) + relative_entropy(&c, &middle)) / 2.0).sqrt())
            }
            Method::Hellinger => {
                let (r, c) = self.shares();
                let overlap: f64 = r.iter().zip(&c).map(|(r, c)| (r * c).sqrt()).sum();
                Ok((1.0 - overlap.clamp(0.0, 1.0)).sqrt())
            }
            Method::Chisquare => self.against_reference(math::chi_square_against_shares),
            Method::Z => self.z(),
            Method::GTest => {
                let (n, m) = self.sizes();
                match n == m {
                    true => self.against_reference(math::g_test_against_shares),
                    false => Err(undefined("the sides have different numbers of rows; use Driftline's `g_test`")),
                }
            }
            Method::FisherExact => self.fisher_exact(),
            Method::Tvd => Ok(self.total_variation_p_value()),
            // `Method::takes` lets no other method come here.
            _ => Err(undefined("the method takes no categories")),
        }
    }

    /// Shares in which zeros are replaced, without making the others smaller.
    fn filled(&self) -> (Vec<f64>, Vec<f64>) {
        let fill = |mut shares: Vec<f64>| {
            let least = shares.iter().copied().filter(|s| *s > 0.0).fold(f64::INFINITY, f64::min);
            let stands = if least <= 0.0001 { least / 1e6 } else { 0.0001 };
            shares.iter_mut().filter(|s| **s == 0.0).for_each(|s| *s = stands);
            shares
        };
        let (r, c) = self.shares();
        (fill(r), fill(c))
    }

    /// A p-value against the reference's counts as if they were exact; a category that the reference lacks is impossible, p = 0.
    fn against_reference(&self, test: fn(&[u64], &[u64]) -> Option<math::ChiSquare>) -> Result<f64, Undefined> {
        if self.counts.iter().any(|(r, c)| *r == 0 && *c > 0) {
            return Ok(0.0);
        }
        let (r, c) = self.sides();
        Ok(test(&r, &c).ok_or_else(|| undefined("there is one category"))?.p_value)
    }

    /// Of the share of values other than the least one.
    fn z(&self) -> Result<f64, Undefined> {
        let [first, rest @ ..] = &self.counts[..] else { return Err(Undefined::no_data("there are no values")) };
        if rest.is_empty() {
            return Ok(1.0);
        }
        let (n, m) = self.sizes();
        let (n, m, r, c) = (n as f64, m as f64, (n - first.0) as f64, (m - first.1) as f64);
        let pooled = (r + c) / (n + m);
        let z = (r / n - c / m) / (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
        // The complement loses the digits that Evidently loses.
        Ok(2.0 * (1.0 - (1.0 - math::normal_sf(z.abs()))))
    }

    fn fisher_exact(&self) -> Result<f64, Undefined> {
        let (n, m) = self.sizes();
        match &self.counts[..] {
            _ if n != m => Err(undefined("the sides have different numbers of rows; use Driftline's `fisher_exact`")),
            [_] => Ok(1.0),
            [a, b] => {
                let found = math::fisher_exact([a.0, b.0], [a.1, b.1]);
                Ok(found.ok_or_else(|| undefined("the counts are too large"))?.p_value)
            }
            many => Err(undefined(&format!("there are {} categories, and the test takes two", many.len()))),
        }
    }

    /// Share of seeded divisions of all rows whose distance reaches the observed one.
    fn total_variation_p_value(&self) -> f64 {
        const DIVISIONS: usize = 1_000;
        let (n, m) = self.sizes();
        let distance = |counts: &mut dyn Iterator<Item = (u64, u64)>| -> f64 {
            counts.map(|(r, c)| (r as f64 / n as f64 - c as f64 / m as f64).abs()).sum::<f64>() / 2.0
        };
        let observed = distance(&mut self.counts.iter().copied());
        let mut random = SplitMix::new(0);
        let reaches = (0..DIVISIONS).filter(|_| {
            let (mut left, mut drawn) = (n + m, n);
            let mut deal = self.counts.iter().map(|(r, c)| {
                let size = r + c;
                let of_reference = random.hypergeometric(size, left - size, drawn);
                (left, drawn) = (left - size, drawn - of_reference);
                (of_reference, size - of_reference)
            });
            // What is equal but for rounding counts as reached.
            distance(&mut deal) >= observed * (1.0 - 1e-12)
        });
        reaches.count() as f64 / DIVISIONS as f64
    }
}

fn normalised(shares: &[f64]) -> Vec<f64> {
    let sum: f64 = shares.iter().sum();
    shares.iter().map(|s| s / sum).collect()
}

/// `sum p ln(p / q)` of shares with equal sums; zero where p is. The terms `p ln(p / q) - p + q` are positive and sum to the same.
fn relative_entropy(p: &[f64], q: &[f64]) -> f64 {
    let term = |(p, q): (&f64, &f64)| if *p > 0.0 { -p * math::log1p_minus_x((q - p) / p) } else { *q };
    p.iter().zip(q).map(term).sum()
}

/// numpy's edges by Sturges' rule for `count` values between two numbers. None where they are too far apart.
pub(super) fn joint_edges(low: f64, high: f64, count: u64, integers: bool) -> Option<Vec<f64>> {
    // Equal values get one bin around them.
    if low == high {
        return Some(vec![low - 0.5, high + 0.5]);
    }
    let width = (high - low) / ((count as f64).log2() + 1.0);
    // Bins of integers are no narrower than 1.
    let width = if integers { width.max(1.0) } else { width };
    let bins = ((high - low) / width).ceil();
    if !(bins.is_finite() && (1.0..=1e6).contains(&bins)) {
        return None;
    }
    let step = (high - low) / bins;
    let mut edges: Vec<f64> = (0..=bins as u32).map(|i| f64::from(i) * step + low).collect();
    *edges.last_mut()? = high;
    Some(edges)
}
