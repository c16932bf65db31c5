//! The spec's JSON Schema, from the frames and the catalogue's parameters.

use driftline_core::catalogue::{Catalogue, Entry};
use driftline_core::spec::{
    CheckFrame, ColumnsFrame, LabelsFrame, MetricFrame, MonitorFrame, PluginFrame, RunFrame, ScheduleFrame, SourceFrame, SuiteFrame,
};
use schemars::{JsonSchema, schema_for};
use serde_json::{Map, Value, json};

/// JSON Schema of a spec. Parameters of metrics stand beside the keys that all checks have.
pub fn schema(catalogue: &Catalogue) -> Value {
    let mut definitions = Map::new();
    let mut frame = |value: Value| {
        let mut value = value;
        if let Some(inner) = value.as_object_mut().and_then(|o| o.remove("$defs")) {
            definitions.extend(inner.as_object().cloned().unwrap_or_default());
        }
        value
    };
    let check = frame(of::<CheckFrame>());
    let metric = frame(of::<MetricFrame>());
    let suite = frame(of::<SuiteFrame>());
    let plugin = frame(of::<PluginFrame>());
    let source = frame(of::<SourceFrame>());
    let (monitor, columns) = (frame(of::<MonitorFrame>()), frame(of::<ColumnsFrame>()));
    let (run, schedule) = (frame(of::<RunFrame>()), frame(of::<ScheduleFrame>()));
    let metrics = choices("metric", &catalogue.metrics, &mut frame);
    let sources = choices("kind", &catalogue.sources, &mut frame);
    let source = json!({ "allOf": [source, { "anyOf": sources }] });
    let labels = json!({ "allOf": [frame(of::<LabelsFrame>()), source.clone()] });
    let check = json!({ "allOf": [check, metric.clone(), { "type": "object", "properties": { "metric": { "type": "string" } }, "required": ["metric"] }], "anyOf": metrics });
    let record = json!({ "allOf": [metric, { "type": "object", "properties": { "metric": { "type": "string" } }, "required": ["metric"] }] });
    let preset = json!({ "type": "object", "properties": { "preset": { "type": "string" } }, "required": ["preset"], "additionalProperties": false });
    let record = json!({ "anyOf": [record, preset] });
    let suite = json!({ "allOf": [suite, { "type": "object", "properties": { "check": { "type": "array", "items": check } } }] });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Driftline spec",
        "type": "object",
        "required": ["monitor", "source"],
        "additionalProperties": false,
        "properties": {
            "monitor": monitor,
            "source": { "type": "object", "required": ["current"], "additionalProperties": false,
                        "properties": { "reference": source.clone(), "current": source.clone(), "training": source, "labels": labels } },
            "columns": columns,
            "derived": { "type": "object", "additionalProperties": { "type": "string" },
                         "description": "Columns computed by SQL expressions, before anything else; each may use those before it." },
            "plugin": { "type": "object", "additionalProperties": plugin },
            "suite": { "type": "array", "items": suite },
            "record": { "type": "array", "items": record },
            "export": { "type": "object", "additionalProperties": { "type": "object" } },
            "schedule": schedule,
            "run": run,
        },
        "$defs": definitions,
    })
}

fn of<T: JsonSchema>() -> Value {
    schema_for!(T).to_value()
}

/// One alternative for each entry: its name and its parameters. Plugins' names are open, so anything else is one too.
fn choices<E: Entry>(key: &str, entries: &[E], frame: &mut impl FnMut(Value) -> Value) -> Vec<Value> {
    let one = |entry: &E| {
        let doc = entry.doc();
        let mut parameters = frame((doc.parameters)().to_value());
        if let Some(object) = parameters.as_object_mut() {
            object.insert("description".into(), json!(doc.summary));
            let names: Vec<&str> = std::iter::once(doc.name).chain(doc.aliases.iter().copied()).collect();
            let properties = object.entry("properties").or_insert_with(|| json!({}));
            properties[key] = json!({ "enum": names });
        }
        parameters
    };
    let mut all: Vec<Value> = entries.iter().map(one).collect();
    if key == "metric" {
        let names: Vec<&str> = entries.iter().map(|e| e.doc().name).collect();
        all.push(json!({ "description": "a plugin's metric", "properties": { key: { "not": { "enum": names } } } }));
    }
    all
}
