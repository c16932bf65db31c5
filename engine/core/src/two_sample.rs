//! Two-sample tests: they compare a column on the two sides and judge nothing.

use crate::accumulator::Request;
use crate::metric::{Reading, Undefined};
use crate::profile::Profile;
use std::borrow::Cow;

/// What a test found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestResult {
    pub statistic: f64,
    /// Error of the statistic itself (anchored or sketched), as an interval around the true value.
    pub bounds: Option<(f64, f64)>,
    /// What would have been found at either end of `bounds`.
    pub ends: Vec<TestResult>,
    /// In [0, 1]; `None` for distances.
    pub p_value: Option<f64>,
    /// On the scale that the test documents.
    pub effect_size: Option<f64>,
    /// Confidence interval of the effect size (95 %), where one is known.
    pub effect_interval: Option<(f64, f64)>,
    /// Fields that only this test has.
    pub more: Vec<(&'static str, f64)>,
    /// More to tell the user.
    pub note: Option<String>,
    /// Rows with a value.
    pub n_reference: u64,
    pub n_current: u64,
    /// How it was computed, such as "exact" or "asymptotic".
    pub method: String,
}

impl TestResult {
    /// As a metric's reading.
    pub fn into_reading(self) -> Reading {
        let mut fields = vec![(Cow::Borrowed("statistic"), self.statistic)];
        fields.extend(self.p_value.map(|p| (Cow::Borrowed("p_value"), p)));
        fields.extend(self.effect_size.map(|e| (Cow::Borrowed("effect_size"), e)));
        if let Some((low, high)) = self.effect_interval {
            fields.extend([(Cow::Borrowed("effect_size_low"), low), (Cow::Borrowed("effect_size_high"), high)]);
        }
        fields.extend(self.more.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)));
        Reading {
            fields,
            bounds: self.bounds,
            ends: self.ends.into_iter().map(|end| end.into_reading().fields).collect(),
            note: self.note,
            method: Some(self.method),
            n_reference: Some(self.n_reference),
            n_current: Some(self.n_current),
            ..Reading::default()
        }
    }
}

/// A two-sample test bound to a column.
pub trait TwoSampleTest: Send + Sync {
    /// The accumulators that it needs on both sides.
    fn requests(&self) -> Vec<Request>;
    fn compare(&self, reference: &Profile, current: &Profile) -> Result<TestResult, Undefined>;
}
