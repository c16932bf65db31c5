//! A plugin's samples as a metric like any other.

use driftline_core::accumulator::{Handle, Request};
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined};
use driftline_core::plugin::{PluginResult, PluginSample};
use std::borrow::Cow;

/// The samples of one accumulator of a plugin, each a reading of its own family.
pub struct PluginMetric {
    pub plugin: String,
    pub samples: Handle<PluginResult>,
}

/// The family of a plugin's sample.
pub fn family(plugin: &str, sample: &str) -> String {
    // As of native metrics: `_count` belongs to histograms.
    if sample == "count" { format!("plugin_{plugin}") } else { format!("plugin_{plugin}_{sample}") }
}

impl PluginMetric {
    fn reading(&self, sample: &PluginSample) -> Reading {
        Reading {
            family: Some(family(&self.plugin, &sample.name)),
            labels: sample.labels.clone(),
            fields: vec![(Cow::Borrowed("value"), sample.value)],
            ..Reading::default()
        }
    }
}

impl Metric for PluginMetric {
    fn requests(&self) -> Vec<Request> {
        vec![self.samples.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        match sides.current.read(&self.samples) {
            Ok(result) if result.samples.is_empty() => vec![Err(Undefined::no_data("the plugin gave no sample"))],
            Ok(result) => result.samples.iter().map(|s| Ok(self.reading(s))).collect(),
            Err(undefined) => vec![Err(undefined)],
        }
    }
}
