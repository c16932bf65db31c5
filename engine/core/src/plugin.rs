//! What the engine knows of plugins, without knowing how they run.

use crate::accumulator::Handle;
use crate::block::Block;
use crate::spec::PluginSpec;
use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Schema};
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

impl Info {
    /// What is known before the plugin was asked: its digest.
    pub fn empty(digest: String) -> Self {
        let text = String::new;
        let (name, version, summary, config_schema) = (text(), text(), text(), text());
        Self { name, version, summary, state_version: 0, config_schema, inputs: Vec::new(), kind: PluginKind::Metric, digest }
    }
}

/// A sample of a plugin's metric.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginSample {
    pub name: String,
    pub labels: Vec<(String, String)>,
    pub value: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SampleInfo {
    pub name: String,
    pub summary: String,
    pub unit: String,
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
    /// What it gives for these inputs. The error is the plugin's own words.
    fn describe(&self, bindings: &Bindings, schema: &Schema) -> Result<Description, String>;
    fn transform(&self, bindings: &Bindings, schema: &Schema) -> Result<Box<dyn Transform>, String>;
    fn samples(&self, bindings: &Bindings, schema: &Schema) -> Handle<Vec<PluginSample>>;
}

/// Loads plugins.
pub trait PluginHost: Send + Sync {
    /// The error is a reason for the user: it makes the plugin's checks `error` and nothing else.
    fn load(&self, spec: &PluginSpec, folder: &Path) -> Result<Arc<dyn Plugin>, String>;
    /// Failures so far, by plugin and reason.
    fn failures(&self) -> Vec<(String, String, u64)>;
}
