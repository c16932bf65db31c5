//! Counts of both sides over the same categories, or over bins that the reference gives.

use super::binning::Binning;
use super::shapes::both;
use crate::accumulators::{CategoryCounts, SortedValues, categories, values};
use crate::math::Histogram;
use driftline_core::accumulator::{Handle, Request};
use driftline_core::column::{Column, Kind};
use driftline_core::metric::Undefined;
use driftline_core::profile::Profile;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Where the counts of a column come from.
pub(super) enum Counted {
    Categories(Handle<CategoryCounts>),
    Binned { values: Handle<SortedValues>, binning: Binning },
}

/// Counts of the two sides, in the same order.
pub(super) struct Counts {
    pub reference: Vec<u64>,
    pub current: Vec<u64>,
    pub method: String,
}

/// What a test of counts takes as expected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Expected {
    /// The pooled shares of both sides.
    #[default]
    Contingency,
    /// The reference's shares, as if they were exactly known.
    Reference,
}

/// The counts of exactly two categories.
pub(super) fn two_categories(counts: &Counts) -> Result<[[u64; 2]; 2], Undefined> {
    match (&counts.reference[..], &counts.current[..]) {
        ([a, b], [c, d]) => Ok([[*a, *b], [*c, *d]]),
        ([_], _) => Err(Undefined::no_data("both sides have one and the same category")),
        (many, _) => Err(Undefined::error(format!("the column has {} categories, and the test takes two", many.len()))),
    }
}

impl Counts {
    /// Against the reference's shares, each category of current must be one of the reference's.
    pub fn all_expected(&self) -> Result<(), Undefined> {
        let unseen: u64 = self.reference.iter().zip(&self.current).filter(|(r, _)| **r == 0).map(|(_, c)| c).sum();
        match unseen {
            0 => Ok(()),
            n => Err(Undefined::error(format!("{n} rows of current have categories that the reference lacks, so none was expected"))),
        }
    }

    pub fn n_reference(&self) -> u64 {
        self.reference.iter().sum()
    }

    pub fn n_current(&self) -> u64 {
        self.current.iter().sum()
    }
}

impl Counted {
    pub fn new(column: &Column, binning: Binning) -> Self {
        match column.kind {
            Kind::Numerical => Counted::Binned { values: values(column.name.as_str()), binning },
            _ => Counted::Categories(categories(&column.name)),
        }
    }

    pub fn requests(&self) -> Vec<Request> {
        match self {
            Counted::Categories(handle) => vec![handle.request.clone()],
            Counted::Binned { values, .. } => vec![values.request.clone()],
        }
    }

    pub fn counts(&self, reference: &Profile, current: &Profile) -> Result<Counts, Undefined> {
        match self {
            Counted::Categories(handle) => by_category(&*reference.read(handle)?, &*current.read(handle)?),
            Counted::Binned { values, binning } => {
                let (r, c) = both(values, reference, current)?;
                binned(&r, &c, binning)
            }
        }
    }
}

fn by_category(reference: &CategoryCounts, current: &CategoryCounts) -> Result<Counts, Undefined> {
    for (side, counts) in [("reference", reference), ("current", current)] {
        if counts.total() == 0 {
            return Err(Undefined::no_data(format!("the {side} side has no values")));
        }
    }
    let names: BTreeSet<&str> = reference.counts.iter().chain(&current.counts).map(|(n, _)| n.as_str()).collect();
    let of = |side: &CategoryCounts| names.iter().map(|n| side.count(n)).collect();
    Ok(Counts { reference: of(reference), current: of(current), method: format!("{} categories", names.len()) })
}

fn binned(reference: &SortedValues, current: &SortedValues, binning: &Binning) -> Result<Counts, Undefined> {
    let edges = binning.edges(reference)?;
    let count = |values: &SortedValues| match &edges {
        Some(edges) => histogram(values, edges),
        None => around(values, reference),
    };
    let (r, c) = (count(reference), count(current));
    reference.fault().and(current.fault()).map_err(Undefined::Error)?;
    let method = binning.method(r.len());
    Ok(Counts { reference: r, current: c, method })
}

fn histogram(values: &SortedValues, edges: &[f64]) -> Vec<u64> {
    // Every binning gives at least two ascending edges.
    let Some(mut histogram) = Histogram::new(edges.to_vec()) else { return Vec::new() };
    let mut chunk = Vec::with_capacity(4096);
    let mut iter = values.iter();
    loop {
        chunk.extend(iter.by_ref().take(4096));
        if chunk.is_empty() {
            return histogram.counts().to_vec();
        }
        histogram.observe(&chunk);
        chunk.clear();
    }
}

/// Counts below, at and above the reference's only quantile.
fn around(values: &SortedValues, reference: &SortedValues) -> Vec<u64> {
    let centre = reference.at_ranks(&[reference.len() / 2]).first().copied().unwrap_or(0.0);
    let mut counts = vec![0; 3];
    for value in values.iter() {
        counts[usize::from(value >= centre) + usize::from(value > centre)] += 1;
    }
    counts
}
