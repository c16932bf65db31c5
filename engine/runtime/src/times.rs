//! Where the time of an evaluation went.

use driftline_core::outcome::WORK;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Seconds of work by what was done, on all threads together: work on two threads counts twice.
#[derive(Debug, Clone, Default)]
pub struct Times(BTreeMap<String, f64>);

impl Times {
    pub fn add(&mut self, what: impl Into<String>, time: Duration) {
        *self.0.entry(what.into()).or_default() += time.as_secs_f64();
    }

    /// Does the work and adds its time.
    pub fn timed<T>(&mut self, what: &str, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = work();
        self.add(what, started.elapsed());
        result
    }

    pub fn add_all(&mut self, other: Times) {
        other.0.into_iter().for_each(|(what, seconds)| *self.0.entry(what).or_default() += seconds);
    }

    /// Adds what was done for something, such as a side.
    pub fn add_of(&mut self, of: &str, other: &Times) {
        other.0.iter().for_each(|(what, seconds)| *self.0.entry(format!("{of}.{what}")).or_default() += seconds);
    }

    /// As they stand under an outcome's timings.
    pub fn into_timings(self) -> impl Iterator<Item = (String, f64)> {
        self.0.into_iter().map(|(what, seconds)| (format!("{WORK}{what}"), seconds))
    }
}
