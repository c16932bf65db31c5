//! Metrics: samples computed from the profiles of the two sides.

use crate::accumulator::Request;
use crate::profile::Profile;
use crate::query::Query;
use std::borrow::Cow;

/// Why a metric has no result. Never a NaN: a status with a reason.
#[derive(Debug, Clone, PartialEq)]
pub enum Undefined {
    /// There was nothing to compute it from.
    NoData(String),
    /// It could not be computed.
    Error(String),
}

impl Undefined {
    pub fn error(reason: impl Into<String>) -> Self {
        Undefined::Error(reason.into())
    }

    pub fn no_data(reason: impl Into<String>) -> Self {
        Undefined::NoData(reason.into())
    }

    /// Tells the side that it is of.
    pub fn on(self, side: &str) -> Self {
        match self {
            Undefined::NoData(reason) => Undefined::NoData(format!("on the {side} side {reason}")),
            Undefined::Error(reason) => Undefined::Error(format!("on the {side} side {reason}")),
        }
    }

    pub fn reason(&self) -> &str {
        match self {
            Undefined::NoData(reason) | Undefined::Error(reason) => reason,
        }
    }
}

/// The family of a series: of a metric's field, or of a plugin's sample.
pub fn family(metric: &str, part: &str) -> String {
    // By convention `_count` belongs to histograms: the family of a number of things is called by the things.
    if part == "count" { metric.to_owned() } else { format!("{metric}_{part}") }
}

/// One result of a metric. Most metrics give one; shares by category or a plugin's samples are several, told apart by labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Which sample of a plugin it is.
    pub sample: Option<String>,
    pub labels: Vec<(String, String)>,
    /// The defined fields, in the order of the catalogue entry.
    pub fields: Vec<(Cow<'static, str>, f64)>,
    /// The statistic's own error: the true value lies in between.
    pub bounds: Option<(f64, f64)>,
    /// The fields as they would be at either end of `bounds`.
    pub ends: Vec<Vec<(Cow<'static, str>, f64)>>,
    pub method: Option<String>,
    pub n_reference: Option<u64>,
    pub n_current: Option<u64>,
    /// More to tell the user, such as the names of the columns that were found.
    pub note: Option<String>,
}

impl Reading {
    pub fn of<const N: usize>(fields: [(&'static str, f64); N]) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect();
        Self { fields, ..Self::default() }
    }

    pub fn field(&self, name: &str) -> Option<f64> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, v)| *v)
    }

    pub fn set(&mut self, name: &'static str, value: f64) {
        match self.fields.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => self.fields.push((Cow::Borrowed(name), value)),
        }
    }
}

/// The profiles that a metric is computed from.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    pub current: &'a Profile,
    pub reference: Option<&'a Profile>,
    /// Of what a recommender learnt from.
    pub training: Option<&'a Profile>,
}

impl<'a> Sides<'a> {
    /// The reference's profile, for metrics that compare.
    pub fn reference(&self) -> Result<&'a Profile, Undefined> {
        self.reference.ok_or_else(|| Undefined::error("there is no reference to compare with"))
    }

    /// The training side's profile.
    pub fn training(&self) -> Result<&'a Profile, Undefined> {
        self.training.ok_or_else(|| Undefined::error("there is no [source.training]"))
    }
}

/// The final readings of a metric, or why there are none.
pub type Readings = Result<Vec<Reading>, Undefined>;

/// Readings before p-values are corrected; each may be undefined by itself.
pub type Parts = Vec<Result<Reading, Undefined>>;

/// What a p-value is about: the test, its parameters, the column, the rows. Parts stay apart, so that no name can pass for two.
pub type Hypothesis = Vec<String>;

/// What the p-values of a metric's parts are about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hypotheses {
    /// One for each part, in their order; `None` where the part has no p-value. Equal ones count once.
    pub tests: Vec<Option<Hypothesis>>,
    /// Whether they are corrected among themselves, rather than with those of the suite.
    pub own_family: bool,
}

/// A comparison of the sides that current's profile remembers ([`Profile::compared`]).
pub trait Comparison: Send + Sync {
    /// The accumulators that it needs on both sides.
    fn requests(&self) -> Vec<Request>;

    /// Makes it, unless that was done before.
    fn make(&self, sides: Sides<'_>);
}

/// A metric bound to its columns and parameters.
pub trait Metric: Send + Sync {
    /// The accumulators that it needs, on every side that it reads.
    fn requests(&self) -> Vec<Request>;

    /// The queries that it reads from current's profile.
    fn queries(&self) -> Vec<Query> {
        Vec::new()
    }

    /// The accumulators that it needs of what a recommender learnt from.
    fn training_requests(&self) -> Vec<Request> {
        Vec::new()
    }

    /// The comparisons that its readings are made of, column by column, where it asks for nothing else: each can be made as soon as its own
    /// accumulators are there, and `evaluate` finds it in current's profile.
    fn comparisons(&self) -> Vec<&dyn Comparison> {
        Vec::new()
    }

    /// The readings. Pure: the same profiles give the same readings.
    fn evaluate(&self, sides: Sides<'_>) -> Parts;

    /// The hypotheses that the p-values of `evaluate` belong to: known before any data, so that a correction counts what failed too.
    fn hypotheses(&self) -> Hypotheses {
        Hypotheses::default()
    }

    /// Turns readings whose p-values have been corrected into the final ones.
    fn conclude(&self, parts: Parts) -> Readings {
        parts.into_iter().collect()
    }
}

/// A single reading, or why there is none, as parts.
pub fn single(reading: Result<Reading, Undefined>) -> Parts {
    vec![reading]
}
