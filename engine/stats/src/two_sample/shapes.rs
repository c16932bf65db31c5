//! The three shapes that most tests have: over the sorted values of both sides, over counts, or over moments.

use super::counted::{Counted, Counts};
use crate::accumulators::{Beyond, ColumnMoments, Ranks, SortedValues, moments, values};
use crate::math::{AnchoredCounts, Ascending, Distances, Group, Moments, RankTest, distances, groups};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::column::Column;
use driftline_core::metric::Undefined;
use driftline_core::profile::Profile;
use driftline_core::two_sample::{TestResult, TwoSampleTest};
use statrs::distribution::{ContinuousCDF, Normal};
use std::sync::Arc;

/// What a comparison found, before the sizes of the sides are added.
#[derive(Default)]
pub(super) struct Found {
    pub statistic: f64,
    pub p_value: Option<f64>,
    pub effect_size: Option<f64>,
    pub effect_interval: Option<(f64, f64)>,
    pub method: String,
}

impl Found {
    fn with_sizes(self, n_reference: u64, n_current: u64) -> TestResult {
        let Found { statistic, p_value, effect_size, effect_interval, method } = self;
        TestResult { statistic, p_value, effect_size, effect_interval, n_reference, n_current, method, ..TestResult::default() }
    }
}

/// An interval of 95 % around an estimate whose standard error is known.
pub(super) fn interval(estimate: f64, error: f64) -> Option<(f64, f64)> {
    let half = Normal::standard().inverse_cdf(0.975) * error;
    half.is_finite().then_some((estimate - half, estimate + half))
}

/// Both sides' values; a side without any is `no_data`.
pub(super) fn both(
    handle: &Handle<SortedValues>,
    reference: &Profile,
    current: &Profile,
) -> Result<(Arc<SortedValues>, Arc<SortedValues>), Undefined> {
    let (r, c) = (reference.read(handle)?, current.read(handle)?);
    for (side, values) in [("reference", &r), ("current", &c)] {
        if values.is_empty() {
            return Err(Undefined::no_data(format!("the {side} side has no values")));
        }
    }
    Ok((r, c))
}

/// Both sides' distributions; a side without values is `no_data`.
pub(super) fn both_ranks(handle: &Handle<Ranks>, reference: &Profile, current: &Profile) -> Result<BothRanks, Undefined> {
    let (r, c) = (reference.read(handle)?, current.read(handle)?);
    for (side, ranks) in [("reference", &r), ("current", &c)] {
        if ranks.is_empty() {
            return Err(Undefined::no_data(format!("the {side} side has no values")));
        }
    }
    match (r.as_ref(), c.as_ref()) {
        (Ranks::Sorted(r), Ranks::Sorted(c)) => Ok(BothRanks::Sorted(r.clone(), c.clone())),
        (Ranks::Sorted(r), Ranks::Beyond(c)) => {
            let mut reference = c.anchored.like();
            let mut chunks = r.chunks();
            loop {
                let chunk = chunks.next_chunk();
                if chunk.is_empty() {
                    break;
                }
                reference.add_sorted(chunk);
            }
            r.fault().map_err(Undefined::Error)?;
            Ok(BothRanks::Anchored(reference, c.clone()))
        }
        (Ranks::Beyond(_), _) => Err(Undefined::error("internal error: a reference is kept in full")),
    }
}

/// Distributions that are compared: value by value, or by counts beside the reference's.
pub(super) enum BothRanks {
    Sorted(SortedValues, SortedValues),
    Anchored(AnchoredCounts, Arc<Beyond>),
}

impl BothRanks {
    /// Values of the reference and of current.
    pub fn sizes(&self) -> (u64, u64) {
        match self {
            BothRanks::Sorted(r, c) => (r.len(), c.len()),
            BothRanks::Anchored(r, c) => (r.len(), c.anchored.len()),
        }
    }
}

/// The distances of both sides' distribution functions; several tests of a column compute them once.
pub(super) fn distances_of(handle: &Handle<Ranks>, r: &SortedValues, c: &SortedValues, current: &Profile) -> Result<Distances, Undefined> {
    let name = vec!["distances".to_owned(), handle.request.key.clone()];
    let found = current.compared(&name, || {
        let found = distances(r.chunks(), r.len(), c.chunks(), c.len());
        r.fault().and(c.fault()).map_err(Undefined::Error)?;
        found.ok_or_else(|| Undefined::error("the values changed while they were read"))
    })?;
    Ok(*found)
}

/// How a statistic from counts beside the reference is called.
pub(super) const ANCHORED: &str = "anchored";

/// The groups of equal values of both sides.
pub(super) fn grouped<'a>(reference: &'a SortedValues, current: &'a SortedValues) -> impl Iterator<Item = Group> + 'a {
    groups(reference.iter(), current.iter())
}

type CompareValues = dyn Fn(&SortedValues, &SortedValues) -> Result<Found, Undefined> + Send + Sync;

/// A test that reads the sorted values of both sides, each of which has some.
pub(super) struct OverValues {
    values: Handle<SortedValues>,
    compare: Box<CompareValues>,
}

impl OverValues {
    pub fn boxed(
        column: &Column,
        compare: impl Fn(&SortedValues, &SortedValues) -> Result<Found, Undefined> + Send + Sync + 'static,
    ) -> Box<dyn TwoSampleTest> {
        Box::new(Self { values: values(column.name.as_str()), compare: Box::new(compare) })
    }
}

impl OverValues {
    /// A test by ranks; `undefined` tells why there is no result.
    pub fn ranked(
        column: &Column,
        undefined: &'static str,
        test: impl Fn(&SortedValues, &SortedValues) -> Option<RankTest> + Send + Sync + 'static,
    ) -> Box<dyn TwoSampleTest> {
        Self::boxed(column, move |r, c| {
            let RankTest { statistic, p_value, effect_size, exact } = test(r, c).ok_or_else(|| Undefined::no_data(undefined))?;
            let method = if exact { "exact" } else { "asymptotic" }.to_owned();
            Ok(Found { statistic, p_value: Some(p_value), effect_size: Some(effect_size), method, ..Found::default() })
        })
    }
}

impl TwoSampleTest for OverValues {
    fn requests(&self) -> Vec<Request> {
        vec![self.values.request.clone()]
    }

    fn compare(&self, reference: &Profile, current: &Profile) -> Result<TestResult, Undefined> {
        let (r, c) = both(&self.values, reference, current)?;
        let found = (self.compare)(&r, &c);
        r.fault().and(c.fault()).map_err(Undefined::Error)?;
        Ok(found?.with_sizes(r.len(), c.len()))
    }
}

type CompareCounts = dyn Fn(&Counts) -> Result<Found, Undefined> + Send + Sync;

/// A test that reads the counts of both sides, each of which has some; how they were made is its method.
pub(super) struct OverCounts {
    counted: Counted,
    compare: Box<CompareCounts>,
}

impl OverCounts {
    pub fn boxed(
        counted: Counted,
        compare: impl Fn(&Counts) -> Result<Found, Undefined> + Send + Sync + 'static,
    ) -> Box<dyn TwoSampleTest> {
        Box::new(Self { counted, compare: Box::new(compare) })
    }
}

impl OverCounts {
    /// A distance of the two sides' counts, which is its own effect size.
    pub fn distance(counted: Counted, distance: impl Fn(&[u64], &[u64]) -> Option<f64> + Send + Sync + 'static) -> Box<dyn TwoSampleTest> {
        Self::boxed(counted, move |counts| {
            let found = distance(&counts.reference, &counts.current).ok_or_else(|| Undefined::no_data("a side has no values"))?;
            Ok(Found { statistic: found, effect_size: Some(found), ..Found::default() })
        })
    }
}

impl TwoSampleTest for OverCounts {
    fn requests(&self) -> Vec<Request> {
        self.counted.requests()
    }

    fn compare(&self, reference: &Profile, current: &Profile) -> Result<TestResult, Undefined> {
        let counts = self.counted.counts(reference, current)?;
        let found = (self.compare)(&counts)?;
        let method = if found.method.is_empty() { counts.method.clone() } else { found.method.clone() };
        Ok(Found { method, ..found }.with_sizes(counts.n_reference(), counts.n_current()))
    }
}

type CompareMoments = dyn Fn(&Moments, &Moments) -> Result<Found, Undefined> + Send + Sync;

/// A test that reads the moments of both sides, each of which has values, all of them finite.
pub(super) struct OverMoments {
    moments: Handle<ColumnMoments>,
    compare: Box<CompareMoments>,
}

impl OverMoments {
    pub fn boxed(
        column: &Column,
        compare: impl Fn(&Moments, &Moments) -> Result<Found, Undefined> + Send + Sync + 'static,
    ) -> Box<dyn TwoSampleTest> {
        Box::new(Self { moments: moments(column.name.as_str()), compare: Box::new(compare) })
    }
}

impl TwoSampleTest for OverMoments {
    fn requests(&self) -> Vec<Request> {
        vec![self.moments.request.clone()]
    }

    fn compare(&self, reference: &Profile, current: &Profile) -> Result<TestResult, Undefined> {
        let (r, c) = (reference.read(&self.moments)?, current.read(&self.moments)?);
        for (side, found) in [("reference", &r), ("current", &c)] {
            match (found.infinities(), found.finite.count) {
                (0, 0) => return Err(Undefined::no_data(format!("the {side} side has no values"))),
                (0, _) => {}
                (n, _) => return Err(Undefined::error(format!("the {side} side has {n} infinite values"))),
            }
        }
        let found = (self.compare)(&r.finite, &c.finite)?;
        Ok(found.with_sizes(r.finite.count, c.finite.count))
    }
}

/// Why a distance in the values' unit does not exist.
pub(super) fn why_undefined(reference: &SortedValues, current: &SortedValues) -> &'static str {
    let infinite = |values: &SortedValues| values.at_ranks(&[0, values.len().saturating_sub(1)]).iter().any(|v| v.is_infinite());
    match infinite(reference) || infinite(current) {
        true => "the column has infinite values",
        false => "the values lie so far apart that the distance exceeds the largest number",
    }
}
