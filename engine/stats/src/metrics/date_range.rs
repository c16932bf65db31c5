//! First and last time of a column of dates or timestamps, and how old the last one is.

use super::shape::plain;
use crate::accumulators::{Times, times};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::{Diagnostic, Diagnostics};
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "date_range",
        aliases: &["freshness"],
        summary: "First and last time of a column, and how old the last one is.",
        description: "Dates and timestamps; a time without a zone is taken as UTC. `age` is defined where `at` is given: a time of RFC 3339, or \"now\" \
for the time of the evaluation, with which two runs over the same data differ. Missing values are left out; a column without values is `no_data`.",
        formula: "first = min; last = max; span = last - first; age = at - last; all in seconds, times since 1970-01-01T00:00:00Z",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"freshness\"\ncolumns = \"at\"\nat = \"now\"\nfail = \"age > 86400\"",
        reference: "Great Expectations' expect_column_max_to_be_between on dates; dbt source freshness",
    },
    scope: Scope::Column,
    accepts: &[Kind::Timestamp],
    compares: false,
    build,
};

const FIELDS: [Field; 4] = [
    Field::new("last", "seconds", "last time, in seconds since 1970-01-01T00:00:00Z"),
    Field::new("first", "seconds", "first time, in seconds since 1970-01-01T00:00:00Z"),
    Field::new("span", "seconds", "from the first to the last"),
    Field::new("age", "seconds", "from the last to `at`, where that is given"),
];

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Until when `age` counts: "now", or a time such as "2026-11-21T00:00:00Z".
    #[schemars(with = "Option<String>")]
    at: Option<Spanned<String>>,
}

/// Until when the age counts.
#[derive(Clone, Copy)]
enum At {
    Now,
    Time(Timestamp),
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let Parameters { at } = read_parameters(component, diagnostics)?;
    let at = match at {
        None => None,
        Some(text) if text.get_ref() == "now" => Some(At::Now),
        Some(text) => match text.get_ref().parse() {
            Ok(time) => Some(At::Time(time)),
            Err(e) => {
                let help = "write \"now\", or a time such as \"2026-11-21T00:00:00Z\"".to_owned();
                diagnostics.push(Diagnostic::at(text.span(), format!("`at` is no time: {e}")).help(help));
                return None;
            }
        },
    };
    let fields: Vec<Field> = FIELDS.iter().filter(|f| f.name != "age" || at.is_some()).copied().collect();
    Some(plain(DateRange { times: times(&binding.column?.name), at }, &fields))
}

struct DateRange {
    times: Handle<Times>,
    at: Option<At>,
}

fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

impl DateRange {
    fn read(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let found = sides.current.read(&self.times)?;
        let (first, last) = found.range.ok_or_else(|| Undefined::no_data("the column has no values"))?;
        let mut reading = Reading::of([("last", seconds(last)), ("first", seconds(first)), ("span", seconds(last.saturating_sub(first)))]);
        if let Some(at) = self.at {
            let at = match at {
                At::Now => Timestamp::now(),
                At::Time(time) => time,
            };
            reading.set("age", seconds(at.as_microsecond().saturating_sub(last)));
        }
        let shown = |micros| Timestamp::from_microsecond(micros).map_or_else(|e| e.to_string(), |time| time.to_string());
        Ok(Reading { note: Some(format!("from {} to {}", shown(first), shown(last))), ..reading })
    }
}

impl Metric for DateRange {
    fn requests(&self) -> Vec<Request> {
        vec![self.times.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides))
    }
}
