//! The outcome: everything that one evaluation found, and the only input of every output.

use crate::plugin::PluginUse;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the outcome's JSON.
pub const SCHEMA: &str = "driftline.outcome/1";

/// What a check, a suite or a whole run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pass,
    NoData,
    Warn,
    Fail,
    Error,
}

impl Status {
    pub const ALL: [Status; 5] = [Status::Pass, Status::NoData, Status::Warn, Status::Fail, Status::Error];

    pub fn name(self) -> &'static str {
        match self {
            Status::Pass => "pass",
            Status::NoData => "no_data",
            Status::Warn => "warn",
            Status::Fail => "fail",
            Status::Error => "error",
        }
    }
}

/// Rows of the two sides.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rows {
    pub reference: Option<u64>,
    pub current: u64,
}

/// The fields of a result by name; `value` repeats the first one.
pub type FieldValues = BTreeMap<String, f64>;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckOutcome {
    /// Stable: the check's name, its column, and the labels of its reading.
    pub id: String,
    pub metric: String,
    pub test: Option<String>,
    pub column: Option<String>,
    pub segment: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub status: Status,
    /// Status in the evaluation before, where a state folder remembers it.
    pub previous_status: Option<Status>,
    pub fields: FieldValues,
    /// The same fields on the reference, for metrics that describe one side.
    pub reference: FieldValues,
    pub bounds: Option<(f64, f64)>,
    pub method: Option<String>,
    pub n_reference: Option<u64>,
    pub n_current: Option<u64>,
    /// The condition that decided.
    pub condition: Option<String>,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuiteOutcome {
    pub name: String,
    pub status: Status,
    pub checks: Vec<CheckOutcome>,
}

/// One number of a series. Its family is `driftline_<name>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
    /// Between which numbers the true value lies, where `value` is the middle or an estimate (of distinct values: with 99.7 %).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<(f64, f64)>,
}

/// A recorded metric that came to nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UndefinedRecord {
    pub metric: String,
    pub column: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub reason: String,
}

/// HELP of a family of samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    pub name: String,
    pub help: String,
}

/// Everything that one evaluation found. Its identity is `(monitor, window, revision)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub schema: String,
    pub monitor: String,
    pub window: String,
    pub revision: u64,
    /// Whether the window is closed.
    #[serde(rename = "final")]
    pub is_final: bool,
    pub spec_digest: String,
    /// SHA-256 of each plugin's component.
    pub plugin_digests: BTreeMap<String, String>,
    pub status: Status,
    pub rows: Rows,
    pub suites: Vec<SuiteOutcome>,
    pub samples: Vec<Sample>,
    /// Recorded metrics without a value. Those of checks stand with the checks.
    pub undefined: Vec<UndefinedRecord>,
    /// What was left out or could not be used, by name.
    pub counters: BTreeMap<String, u64>,
    /// What plugins were asked for, and how they failed.
    pub plugins: BTreeMap<String, PluginUse>,
    /// Wall-clock seconds, peak memory and bytes that went to disk, and nothing else that differs between two equal runs.
    pub timings: BTreeMap<String, f64>,
    /// HELP for the families of `samples`.
    #[serde(skip)]
    pub families: Vec<Family>,
}

/// What the names of timings start with that are work, on all threads together, and no wall-clock time.
pub const WORK: &str = "work_seconds.";

/// The worst of several statuses; a suite without checks passes.
pub fn worst(statuses: impl IntoIterator<Item = Status>) -> Status {
    statuses.into_iter().max().unwrap_or(Status::Pass)
}
