//! Statistics over Arrow arrays: [`math`] (pure functions), [`accumulators`] (mergeable states),
//! [`two_sample`] (tests) and [`metrics`]. The last two are catalogue tables, one file an entry.

pub mod accumulators;
pub mod compatibility;
pub mod math;
pub mod metrics;
pub mod presets;
pub mod two_sample;
