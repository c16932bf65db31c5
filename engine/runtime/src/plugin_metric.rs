//! A plugin's samples as a metric like any other.

use driftline_core::accumulator::{Handle, Request};
use arrow::datatypes::Schema;
use driftline_core::metric::{Hypotheses, Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::plugin::{Bindings, Plugin, PluginResult, PluginSample};
use std::borrow::Cow;
use std::sync::Arc;

/// The samples of one accumulator of a plugin, each a reading of its own family.
pub struct PluginMetric {
    pub samples: Handle<PluginResult>,
}

fn reading(sample: &PluginSample) -> Reading {
    Reading {
        sample: Some(sample.name.clone()),
        labels: sample.labels.clone(),
        fields: vec![(Cow::Borrowed("value"), sample.value)],
        ..Reading::default()
    }
}

impl Metric for PluginMetric {
    fn requests(&self) -> Vec<Request> {
        vec![self.samples.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        match sides.current.read(&self.samples) {
            Ok(result) if result.samples.is_empty() => vec![Err(Undefined::no_data("the plugin gave no sample"))],
            Ok(result) => result.samples.iter().map(|sample| Ok(reading(sample))).collect(),
            Err(undefined) => vec![Err(undefined)],
        }
    }
}

/// A plugin's two-sample test on a column.
pub struct PluginTest {
    pub plugin: Arc<dyn Plugin>,
    pub bindings: Bindings,
    pub schema: Schema,
    pub side: Handle<PluginResult>,
    /// Those of `statistic`, `p_value` and `effect_size` that the plugin describes.
    pub fields: Vec<&'static str>,
    pub hypotheses: Hypotheses,
}

impl PluginTest {
    fn compare(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let reference = sides.reference()?.read(&self.side).map_err(|undefined| undefined.on("reference"))?;
        let current = sides.current.read(&self.side).map_err(|undefined| undefined.on("current"))?;
        let compared = self.plugin.compare(&self.bindings, &self.schema, &reference.state, &current.state).map_err(Undefined::Error)?;
        let reading = compared.into_reading();
        match self.fields.iter().find(|field| reading.field(field).is_none()) {
            Some(field) => Err(Undefined::error(format!("the plugin described a {field}, and gave none"))),
            None => Ok(Reading { fields: reading.fields.into_iter().filter(|(name, _)| self.fields.contains(&name.as_ref())).collect(), ..reading }),
        }
    }
}

impl Metric for PluginTest {
    fn requests(&self) -> Vec<Request> {
        vec![self.side.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.compare(sides))
    }

    fn hypotheses(&self) -> Hypotheses {
        self.hypotheses.clone()
    }
}
