//! The JSON Schema of a table of keys.

use crate::{Key, Kind};
use serde_json::{Map, Value, json};

/// The JSON Schema (draft 2020-12) of a config with these keys and no other.
pub fn schema(keys: &[Key]) -> String {
    let properties: Map<String, Value> = keys.iter().map(|key| (key.name.into(), property(key))).collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    schema.to_string()
}

fn property(key: &Key) -> Value {
    let (mut property, default) = match key.kind {
        Kind::Integer { default, min, max } => {
            (json!({"type": "integer", "minimum": min, "maximum": max}), default.map(Value::from))
        }
        Kind::Number { default, min, max } => {
            (json!({"type": "number", "minimum": min, "maximum": max}), default.map(Value::from))
        }
        Kind::Choice { default, values } => (json!({"type": "string", "enum": values}), default.map(Value::from)),
    };
    property["description"] = key.summary.into();
    if let Some(default) = default {
        property["default"] = default;
    }
    property
}
