//! What the engine knows of plugins, without knowing how they run.

use crate::accumulator::Handle;
use crate::block::Block;
use crate::diagnostic::Diagnostics;
use crate::spec::PluginSpec;
use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Schema};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

/// What a plugin is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginKind {
    Transform,
    Metric,
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
}

/// A sample of a plugin's metric.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginSample {
    pub name: String,
    pub labels: Vec<(String, String)>,
    pub value: f64,
}

/// What a plugin's metric came to on one side.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginResult {
    pub samples: Vec<PluginSample>,
    /// The plugin's own state, for the accumulators of the other side.
    pub state: Vec<u8>,
}

/// The reasons that failures are counted by.
pub const FAILURE_REASONS: [&str; 6] = ["time", "memory", "output", "stack", "trap", "error"];

/// How often a plugin broke its contract or one of its limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PluginFailure {
    pub plugin: String,
    /// One of [`FAILURE_REASONS`].
    pub reason: String,
    pub count: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SampleInfo {
    pub name: String,
    pub summary: String,
    pub unit: String,
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
    fn transform(&self, bindings: &Bindings, schema: &Schema) -> Result<Box<dyn Transform>, String>;
    fn samples(&self, bindings: &Bindings, schema: &Schema) -> Handle<PluginResult>;
    /// Checks the spec's config against the plugin's JSON Schema. `Err` if that schema is wrong: the plugin is unusable.
    fn check_config(&self, spec: &PluginSpec, diagnostics: &mut Diagnostics) -> Result<(), String>;
}

/// Loads plugins.
pub trait PluginHost: Send + Sync {
    /// The error is a reason for the user: it makes the plugin's checks `error` and nothing else.
    fn load(&self, spec: &PluginSpec, folder: &Path) -> Result<Arc<dyn Plugin>, String>;
    /// The failures since it was last asked, by plugin and reason.
    fn take_failures(&self) -> Vec<PluginFailure>;
}
