//! A plugin's config: one table of keys gives the checks and the JSON Schema, so the two cannot disagree.
//!
//! ```
//! use plugin_options::{Key, Kind, Options, schema};
//!
//! const KEYS: &[Key] = &[Key {
//!     name: "level",
//!     summary: "Absolute sample value from which a sample counts as clipped.",
//!     kind: Kind::Number { default: Some(0.999), min: 0.0, max: 1.0 },
//! }];
//!
//! let options = Options::parse(r#"{"level": 0.5}"#, KEYS)?;
//! assert_eq!(options.number("level"), Some(0.5));
//! assert!(Options::parse(r#"{"levle": 0.5}"#, KEYS).is_err());
//! assert!(schema(KEYS).contains("\"additionalProperties\":false"));
//! # Ok::<(), String>(())
//! ```

mod schema;

pub use schema::schema;
use serde_json::{Map, Value};

/// One key of a config.
pub struct Key {
    /// The key as the user writes it, lower_snake_case.
    pub name: &'static str,
    /// What it means, with its unit: one sentence for the user.
    pub summary: &'static str,
    /// Its type, default and bounds.
    pub kind: Kind,
}

/// Type, default and bounds (inclusive) of a key. A key without a default may be absent.
pub enum Kind {
    Integer { default: Option<i64>, min: i64, max: i64 },
    Number { default: Option<f64>, min: f64, max: f64 },
    Choice { default: Option<&'static str>, values: &'static [&'static str] },
}

/// A config that has been checked against its keys.
pub struct Options {
    keys: &'static [Key],
    given: Map<String, Value>,
}

impl Options {
    /// Reads a JSON object. The error names the key and the value that are wrong.
    pub fn parse(config: &str, keys: &'static [Key]) -> Result<Options, String> {
        let value: Value = serde_json::from_str(config).map_err(|error| format!("the config is not JSON: {error}"))?;
        let Value::Object(given) = value else {
            return Err(format!("the config must be a JSON object, not {value}"));
        };
        for (name, value) in &given {
            let key = keys.iter().find(|key| key.name == name);
            let key = key.ok_or_else(|| unknown(name, keys))?;
            check(key, value)?;
        }
        Ok(Options { keys, given })
    }

    /// The whole number of `name`: given, else its default.
    pub fn integer(&self, name: &str) -> Option<i64> {
        let default = match self.kind(name)? {
            Kind::Integer { default, .. } => *default,
            _ => None,
        };
        self.given.get(name).and_then(whole).or(default)
    }

    /// The number of `name`: given, else its default.
    pub fn number(&self, name: &str) -> Option<f64> {
        let default = match self.kind(name)? {
            Kind::Number { default, .. } => *default,
            _ => None,
        };
        self.given.get(name).and_then(Value::as_f64).or(default)
    }

    /// The text of `name`: given, else its default.
    pub fn text(&self, name: &str) -> Option<&str> {
        let default = match self.kind(name)? {
            Kind::Choice { default, .. } => *default,
            _ => None,
        };
        self.given.get(name).and_then(Value::as_str).or(default)
    }

    fn kind(&self, name: &str) -> Option<&'static Kind> {
        self.keys.iter().find(|key| key.name == name).map(|key| &key.kind)
    }
}

/// JSON has one kind of number, so 512.0 is as whole as 512.
fn whole(value: &Value) -> Option<i64> {
    // 2^53: beyond it a float no longer tells neighbours apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let float = || value.as_f64().filter(|v| v.trunc() == *v && v.abs() <= EXACT).map(|v| v as i64);
    value.as_i64().or_else(float)
}

fn check(key: &Key, value: &Value) -> Result<(), String> {
    match key.kind {
        Kind::Integer { min, max, .. } => match whole(value) {
            Some(v) if (min..=max).contains(&v) => Ok(()),
            _ => Err(format!("`{}` must be a whole number from {min} to {max}, not {value}", key.name)),
        },
        Kind::Number { min, max, .. } => match value.as_f64() {
            Some(v) if (min..=max).contains(&v) => Ok(()),
            _ => Err(format!("`{}` must be a number from {min} to {max}, not {value}", key.name)),
        },
        Kind::Choice { values, .. } => match value.as_str() {
            Some(v) if values.contains(&v) => Ok(()),
            _ => Err(format!("`{}` must be one of {}, not {value}", key.name, values.join(", "))),
        },
    }
}

fn unknown(name: &str, keys: &[Key]) -> String {
    let known: Vec<&str> = keys.iter().map(|key| key.name).collect();
    format!("unknown key `{name}`; the keys are {}", known.join(", "))
}

#[cfg(test)]
mod tests;
