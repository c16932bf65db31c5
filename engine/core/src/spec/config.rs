//! A plugin's config: a TOML value as JSON, with the place of each of its parts.

use crate::diagnostic::Span;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::DeValue;

/// A config and where its parts stand, by JSON pointer (RFC 6901).
#[derive(Debug, Clone)]
pub struct Config {
    pub value: Value,
    span: Span,
    parts: BTreeMap<String, Part>,
}

#[derive(Debug, Clone)]
struct Part {
    key: Span,
    value: Span,
}

impl Config {
    /// Stands for an absent config; `span` is the plugin's.
    pub fn empty(span: Span) -> Self {
        Self { value: json!({}), span, parts: BTreeMap::new() }
    }

    pub fn new(value: &Spanned<DeValue<'_>>) -> Self {
        let mut parts = BTreeMap::new();
        let json = read(value.get_ref(), "", &mut parts);
        Self { value: json, span: value.span(), parts }
    }

    /// Where the key of a part stands.
    pub fn key(&self, pointer: &str) -> Span {
        self.parts.get(pointer).map_or_else(|| self.span.clone(), |p| p.key.clone())
    }

    /// Where the value of a part stands.
    pub fn value_at(&self, pointer: &str) -> Span {
        self.parts.get(pointer).map_or_else(|| self.span.clone(), |p| p.value.clone())
    }
}

fn read(value: &DeValue<'_>, pointer: &str, parts: &mut BTreeMap<String, Part>) -> Value {
    match value {
        DeValue::String(s) => json!(s.as_ref()),
        DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix()).map_or(Value::Null, |i| json!(i)),
        // JSON has no infinities.
        DeValue::Float(f) => f.as_str().parse::<f64>().ok().filter(|f| f.is_finite()).map_or_else(|| json!(f.as_str()), |f| json!(f)),
        DeValue::Boolean(b) => json!(b),
        DeValue::Datetime(d) => json!(d.to_string()),
        DeValue::Array(items) => {
            let item = |(i, item): (usize, &Spanned<DeValue<'_>>)| {
                let at = format!("{pointer}/{i}");
                parts.insert(at.clone(), Part { key: item.span(), value: item.span() });
                read(item.get_ref(), &at, parts)
            };
            items.iter().enumerate().map(item).collect()
        }
        DeValue::Table(table) => {
            let entry = |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
                let at = format!("{pointer}/{}", key.get_ref().replace('~', "~0").replace('/', "~1"));
                parts.insert(at.clone(), Part { key: key.span(), value: value.span() });
                (key.get_ref().to_string(), read(value.get_ref(), &at, parts))
            };
            table.iter().map(entry).collect()
        }
    }
}
