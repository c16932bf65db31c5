//! Values that stand for a missing one, as metrics take them.

use crate::accumulators::Value;
use driftline_core::catalogue::read_parameters;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A string or a number.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a string or a number")]
pub(super) enum Marker {
    Text(String),
    Integer(i64),
    Number(f64),
}

impl From<Marker> for Value {
    fn from(marker: Marker) -> Value {
        match marker {
            Marker::Text(text) => Value::Text(text),
            Marker::Integer(integer) => Value::Integer(integer),
            Marker::Number(number) => Value::Number(number),
        }
    }
}

/// The parameters of metrics that count missing values.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct AlsoMissing {
    /// Values that count as missing beside nulls and NaN, such as "" or -999: strings are found in columns of strings, numbers in both.
    markers: Vec<Marker>,
}

impl AlsoMissing {
    /// The values of a component without other parameters.
    pub fn read(component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Vec<Value>> {
        let span = component.params.span_of("markers");
        let Self { markers } = read_parameters(component, diagnostics)?;
        distinct(markers, &span, diagnostics)
    }
}

/// Markers as values; one that is there twice is an error.
pub(super) fn distinct(markers: Vec<Marker>, span: &driftline_core::diagnostic::Span, diagnostics: &mut Diagnostics) -> Option<Vec<Value>> {
    let values: Vec<Value> = markers.into_iter().map(Value::from).collect();
    let texts: Vec<String> = values.iter().map(Value::to_string).collect();
    if let Some((_, twice)) = texts.iter().enumerate().find(|(i, text)| texts[..*i].contains(text)) {
        diagnostics.error(span, format!("`markers` has {twice:?} twice"));
        return None;
    }
    Some(values)
}
