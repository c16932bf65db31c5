//! What the engine knows of plugins, without knowing how they run.

use crate::accumulator::Handle;
use crate::block::Block;
use crate::catalogue::Direction;
use crate::diagnostic::Diagnostics;
use crate::spec::PluginSpec;
use crate::two_sample::TestResult;
use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Schema};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What a plugin is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginKind {
    /// Adds columns.
    Transform,
    /// Gives samples.
    Metric,
    /// Compares a column on the two sides.
    TwoSampleTest,
}

impl PluginKind {
    /// As the nouns of the spec.
    pub fn name(self) -> &'static str {
        match self {
            PluginKind::Transform => "transform",
            PluginKind::Metric => "metric",
            PluginKind::TwoSampleTest => "two_sample_test",
        }
    }
}

/// One input that a plugin asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    pub name: String,
    pub summary: String,
    /// Arrow types, best first.
    pub accepts: Vec<String>,
    pub optional: bool,
}

/// What a plugin says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    pub name: String,
    pub version: String,
    pub summary: String,
    pub state_version: u32,
    pub config_schema: String,
    pub inputs: Vec<Input>,
    pub kind: PluginKind,
    /// SHA-256 of the component.
    pub digest: String,
    /// What it imports beside the log: interfaces of WASI, which give nothing that the spec does not grant.
    pub imports: Vec<String>,
}

/// A sample of a plugin's metric.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginSample {
    pub name: String,
    pub labels: Vec<(String, String)>,
    pub value: f64,
}

/// What a plugin's metric, or its two-sample test, came to on one side. A test has no samples.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginResult {
    pub samples: Vec<PluginSample>,
    /// The plugin's own state, for the accumulators of the other side.
    pub state: Vec<u8>,
}

/// The reasons that failures are counted by: the limits of the spec, a stack overflow, a trap, and what the plugin calls an error itself.
pub const FAILURE_REASONS: [&str; 12] = ["time", "total_time", "memory", "total_memory", "table", "instances", "output", "log", "stack", "trap", "error", "unusable"];

/// What an evaluation asked of a plugin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PluginUse {
    /// Calls into the plugin.
    pub calls: u64,
    /// Rows that it was given.
    pub rows: u64,
    /// How often it broke its contract or one of its limits, by one of [`FAILURE_REASONS`].
    pub failures: BTreeMap<String, u64>,
    /// Whether it was not run for having failed in many evaluations in a row.
    pub quarantined: bool,
    /// Time within its calls, on all threads. With the other times under `timings`.
    #[serde(skip)]
    pub seconds: f64,
    /// Most bytes of linear memory that one of its instances had. It may depend on the number of threads, so it stands under `timings`.
    #[serde(skip)]
    pub peak_memory: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SampleInfo {
    pub name: String,
    pub summary: String,
    pub unit: String,
    /// Which values are the better ones.
    pub direction: Direction,
    /// Names of the labels that tell several samples of this name apart.
    pub labels: Vec<String>,
}

/// What a plugin gives for its config and inputs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Description {
    pub outputs: Vec<(String, DataType)>,
    pub samples: Vec<SampleInfo>,
}

/// The inputs of one use of a plugin: its own name for each, and the column that is read.
pub type Bindings = Vec<(String, String)>;

/// The columns of a transform for one block, in the order of its description.
pub struct Transformed {
    pub columns: Vec<ArrayRef>,
    /// Rows whose inputs were there and whose outputs are null.
    pub unusable: u64,
}

/// A running transform.
pub trait Transform: Send {
    fn apply(&mut self, block: &Block) -> Result<Transformed, String>;
}

/// A loaded plugin.
pub trait Plugin: Send + Sync {
    fn info(&self) -> &Info;
    /// Whether it can read columns of these types; the error says which it cannot.
    fn accepts(&self, bindings: &Bindings, schema: &Schema) -> Result<(), String>;
    /// What it gives for these inputs. The error is the plugin's own words.
    fn describe(&self, bindings: &Bindings, schema: &Schema) -> Result<Description, String>;
    /// A transform that works on as many parts of a block at once.
    fn transform(&self, bindings: &Bindings, schema: &Schema, threads: usize) -> Result<Box<dyn Transform>, String>;
    /// Of a two-sample test: compares the states of both sides.
    fn compare(&self, bindings: &Bindings, schema: &Schema, reference: &[u8], current: &[u8]) -> Result<TestResult, String>;
    /// Of a metric the samples, of a two-sample test the state of a side.
    fn samples(&self, bindings: &Bindings, schema: &Schema) -> Handle<PluginResult>;
    /// Checks the spec's config against the plugin's JSON Schema. `Err` if that schema is wrong: the plugin is unusable.
    fn check_config(&self, spec: &PluginSpec, diagnostics: &mut Diagnostics) -> Result<(), String>;
}

/// Loads plugins.
pub trait PluginHost: Send + Sync {
    /// The error is a reason for the user: it makes the plugin's checks `error` and nothing else.
    fn load(&self, spec: &PluginSpec, folder: &Path) -> Result<Arc<dyn Plugin>, String>;
    /// What was asked of each plugin since this was last called: the end of an evaluation.
    fn take_use(&self) -> BTreeMap<String, PluginUse>;
}
