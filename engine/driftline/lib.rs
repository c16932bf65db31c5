//! Driftline watches the data and models of machine learning: native statistics and sandboxed WebAssembly plugins over
//! Arrow batches, judged in test suites.
//!
//! ```no_run
//! use driftline::{Monitor, Status};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let monitor = Monitor::open("monitor.toml")?;
//! let outcome = monitor.run()?;
//! assert_ne!(outcome.status, Status::Fail);
//! # Ok(())
//! # }
//! ```
//!
//! A *spec* (the TOML file) is resolved into a *plan*; *sources* stream the *reference* and the *current* rows in blocks through
//! *accumulators*; *metrics* read the finished *profiles*; *suites* of *checks* judge them into an *outcome*.

pub mod generate;
mod monitor;

pub use driftline_core as core;
pub use driftline_core::outcome::{Outcome, Status};
pub use driftline_outputs as outputs;
pub use driftline_plugin as plugin;
pub use driftline_runtime as runtime;
pub use driftline_sources as sources;
pub use driftline_stats as stats;
pub use monitor::{Monitor, OpenError, catalogue, host};
