//! Values that stand for a missing one.

use super::markers::{Marker, distinct};
use super::shape::{plain, share};
use crate::accumulators::{Occurrences, Value, occurrences};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "null_markers",
        aliases: &[],
        summary: "How often values occur that stand for a missing one, such as \"NA\", \"\" or -999.",
        description: "One result for each of `markers`, told apart by the label `marker`. A marker is a string or a number; a number is compared as a number in columns of \
numbers, and as it is written shortest in columns of strings; a string is found in columns of strings alone. Nulls and NaN are `missing_values` and not counted here (`markers` there takes these for missing too). To take a marker for missing in every metric, derive a column: `nullif(age, -999)`. Without rows the result is `no_data`.",
        formula: "count = rows whose value is the marker; share = count / rows",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"null_markers\"\ncolumns = \"age\"\nmarkers = [\"NA\", -999, inf]\nfail = \"count > 0\"",
        reference: "Evidently's DatasetMissingValuesMetric(missing_values=…)",
    },
    scope: Scope::Column,
    accepts: &[Kind::Numerical, Kind::Categorical, Kind::Text],
    compares: false,
    build,
};

const FIELDS: [Field; 2] =
    [Field::new("count", "", "rows with the marker"), Field::new("share", "ratio", "rows with the marker over all rows")];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// The values to look for.
    markers: Vec<Marker>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { markers: ["", "NA", "N/A", "null", "None", "?"].map(|text| Marker::Text(text.into())).to_vec() }
    }
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.params.span_of("markers");
    let Parameters { markers } = read_parameters(component, diagnostics)?;
    let values = distinct(markers, &span, diagnostics)?;
    let markers: Vec<String> = values.iter().map(Value::to_string).collect();
    let found = occurrences(&binding.column?.name, &values);
    let metric = NullMarkers { found, markers };
    Some(Built { labelled: &["markers"], default_fail: Some("count > 0".to_owned()), ..plain(metric, &FIELDS) })
}

struct NullMarkers {
    found: Handle<Occurrences>,
    markers: Vec<String>,
}

impl NullMarkers {
    fn readings(&self, sides: Sides<'_>) -> Result<Vec<Reading>, Undefined> {
        let found = sides.current.read(&self.found)?;
        let reading = |(marker, count): (&String, &u64)| {
            let reading = Reading::of([("count", *count as f64), ("share", share(*count, found.rows)?)]);
            Ok(Reading { labels: vec![("marker".into(), marker.clone())], ..reading })
        };
        self.markers.iter().zip(&found.counts).map(reading).collect()
    }
}

impl Metric for NullMarkers {
    fn requests(&self) -> Vec<Request> {
        vec![self.found.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        match self.readings(sides) {
            Ok(readings) => readings.into_iter().map(Ok).collect(),
            Err(undefined) => vec![Err(undefined)],
        }
    }
}
