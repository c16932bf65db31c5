//! Where the time of an evaluation went.

use driftline_core::outcome::WORK;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Seconds of work by what was done, on all threads together: work on two threads counts twice.
#[derive(Debug, Clone, Default)]
pub struct Times {
    seconds: BTreeMap<String, f64>,
    /// Bytes that went to disk meanwhile.
    spilled: u64,
}

impl Times {
    pub fn add(&mut self, what: impl Into<String>, time: Duration) {
        *self.seconds.entry(what.into()).or_default() += time.as_secs_f64();
    }

    pub fn add_spilled(&mut self, bytes: u64) {
        self.spilled += bytes;
    }

    /// Does the work and adds its time.
    pub fn timed<T>(&mut self, what: &str, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = work();
        self.add(what, started.elapsed());
        result
    }

    pub fn add_all(&mut self, other: Times) {
        self.spilled += other.spilled;
        other.seconds.into_iter().for_each(|(what, seconds)| *self.seconds.entry(what).or_default() += seconds);
    }

    /// Adds what was done for something, such as a side.
    pub fn add_of(&mut self, of: &str, other: &Times) {
        if other.spilled > 0 {
            tracing::info!("{of}: {} MB went to disk; more `memory` under [run] keeps them in memory", other.spilled.div_ceil(1_000_000));
        }
        self.spilled += other.spilled;
        other.seconds.iter().for_each(|(what, seconds)| *self.seconds.entry(format!("{of}.{what}")).or_default() += seconds);
    }

    /// As they stand under an outcome's timings.
    pub fn into_timings(self) -> impl Iterator<Item = (String, f64)> {
        let spilled = ("spilled_bytes".to_owned(), self.spilled as f64);
        self.seconds.into_iter().map(|(what, seconds)| (format!("{WORK}{what}"), seconds)).chain([spilled])
    }
}
