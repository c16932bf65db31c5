//! Evidently's scores of numbers.

use super::super::epps_singleton;
use super::super::maximum_mean_discrepancy as mmd;
use super::super::shapes::grouped;
use super::shares::{Pairs, joint_edges};
use super::{Method, finite, undefined};
use crate::accumulators::{ColumnMoments, SortedValues};
use crate::math::{self, Alternative, CramerVonMisesMethod, Moments};
use driftline_core::metric::Undefined;
use std::sync::Arc;

type Side = (Arc<SortedValues>, Arc<ColumnMoments>);

/// The finite values of both sides.
pub(super) struct Numbers {
    reference: Arc<SortedValues>,
    current: Arc<SortedValues>,
    moments: [Moments; 2],
    /// Whether numpy holds both sides as integers: no type with a fraction, and nothing missing.
    integers: bool,
}

/// Evidently floors the deviation that it divides Wasserstein's distance by.
const LEAST_DEVIATION: f64 = 0.001;

/// A numeric reference with more distinct values than this is cut into bins.
const MOST_DISTINCT: usize = 20;

impl Numbers {
    pub fn new((r, r_moments): Side, (c, c_moments): Side, integer: bool) -> Result<Self, Undefined> {
        let integers = integer && r.missing() + c.missing() == 0;
        let (reference, current) = (finite(r, &r_moments)?, finite(c, &c_moments)?);
        for (side, values) in [("reference", &reference), ("current", &current)] {
            if values.is_empty() {
                return Err(Undefined::no_data(format!("the {side} side has no finite values")));
            }
        }
        Ok(Self { reference, current, moments: [r_moments.finite, c_moments.finite], integers })
    }

    pub fn sizes(&self) -> (u64, u64) {
        (self.reference.len(), self.current.len())
    }

    /// Distinct values of both sides together, counted no further than `most`.
    pub fn distinct_up_to(&self, most: usize) -> usize {
        grouped(&self.reference, &self.current).take(most).count()
    }

    pub fn score(&self, method: Method) -> Result<f64, Undefined> {
        let score = self.computed(method);
        self.reference.fault().and(self.current.fault()).map_err(Undefined::Error)?;
        score
    }

    fn computed(&self, method: Method) -> Result<f64, Undefined> {
        let (r, c) = (&*self.reference, &*self.current);
        let (n, m) = self.sizes();
        let groups = || grouped(r, c);
        match method {
            Method::Ks => {
                let found = math::kolmogorov_smirnov(r.chunks(), n, c.chunks(), m);
                let d = found.ok_or_else(|| Undefined::error("the values changed while they were read"))?.d;
                Ok(math::two_sample_p_value(d, n, m, Alternative::TwoSided, math::Method::Auto))
            }
            Method::Wasserstein => {
                let distance = math::wasserstein(r.chunks(), n, c.chunks(), m).ok_or_else(|| undefined("the values lie too far apart"))?;
                let deviation = self.moments[0].variance(0).map_or(0.0, f64::sqrt);
                Ok(distance / deviation.max(LEAST_DEVIATION))
            }
            Method::TTest => {
                let found = math::t_test(&self.moments[0], &self.moments[1], true);
                Ok(found.ok_or_else(|| undefined("a side has fewer than two values, or neither varies"))?.p_value)
            }
            // Of equal values no side is larger.
            Method::Mannw => Ok(math::mann_whitney_current_larger(groups(), n, m).unwrap_or(1.0)),
            Method::Anderson => {
                let found = math::anderson_darling(groups(), n, m, true);
                // SciPy's table ends there.
                Ok(found.ok_or_else(|| undefined("all values are equal, or there are fewer than four"))?.p_value.clamp(0.001, 0.25))
            }
            Method::CramerVonMises => {
                let found = math::cramer_von_mises(groups(), n, m, CramerVonMisesMethod::Auto);
                Ok(found.ok_or_else(|| undefined("all values are equal"))?.p_value)
            }
            Method::Es => epps_singleton::compare(r, c).map_err(|u| undefined(u.reason()))?.p_value.ok_or_else(|| undefined("there is no p-value")),
            Method::Ed => {
                let found = math::energy_distance(groups(), n, m);
                Ok(found.ok_or_else(|| undefined("the values lie too far apart"))?.distance)
            }
            Method::EmpiricalMmd => mmd::permuted(r, c, PERMUTATIONS, |median| median.unwrap_or(1.0) / std::f64::consts::SQRT_2)?.p_value.ok_or_else(|| undefined("there is no p-value")),
            Method::Hellinger => self.hellinger(),
            _ => self.pairs()?.score(method),
        }
    }

    /// Counts by distinct value, or by bins where the reference has many.
    fn pairs(&self) -> Result<Pairs, Undefined> {
        let mut last = None;
        let distinct = self.reference.iter().filter(|v| last.replace(*v) != Some(*v)).take(MOST_DISTINCT + 1).count();
        match distinct > MOST_DISTINCT {
            true => {
                let (n, m) = self.sizes();
                Pairs::of_bins(&self.reference, &self.current, &self.edges(n + m)?)
            }
            false => Pairs::of_values(grouped(&self.reference, &self.current)),
        }
    }

    /// Sturges' edges for `count` values over both sides.
    fn edges(&self, count: u64) -> Result<Vec<f64>, Undefined> {
        let [r, c] = &self.moments;
        joint_edges(r.min.min(c.min), r.max.max(c.max), count, self.integers).ok_or_else(|| undefined("the values lie too far apart for bins"))
    }

    /// For numbers Evidently takes Sturges' edges over the distinct values, and densities.
    fn hellinger(&self) -> Result<f64, Undefined> {
        let distinct = grouped(&self.reference, &self.current).count() as u64;
        let edges = self.edges(distinct)?;
        let width = (edges[edges.len() - 1] - edges[0]) / (edges.len() - 1) as f64;
        let pairs = Pairs::of_bins(&self.reference, &self.current, &edges)?;
        let (n, m) = pairs.sizes();
        let densities = |(counts, edges): (&(u64, u64), &[f64])| {
            let own = edges[1] - edges[0];
            ((counts.0 as f64 / own / n as f64) * (counts.1 as f64 / own / m as f64)).sqrt() * width
        };
        let overlap: f64 = pairs.counts.iter().zip(edges.windows(2)).map(densities).sum();
        Ok((1.0 - overlap.clamp(0.0, 1.0)).sqrt())
    }
}

/// Evidently permutes 100 times, which leaves its own p-value an error of up to 0.1.
const PERMUTATIONS: u32 = 999;
