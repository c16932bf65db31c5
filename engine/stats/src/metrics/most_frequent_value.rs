//! Most frequent value of a column.

use super::shape::{note, of_values, plain};
use crate::accumulators::{CategoryCounts, SortedValues, categories, values};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "most_frequent_value",
        aliases: &[],
        summary: "Share of the most frequent value of a column.",
        description: "Missing values are left out unless `missing` is true; of equally frequent values the first in order is named. A column without values is `no_data`.",
        formula: "max over the categories of count / values",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"most_frequent_value\"\ncolumns = \"genre\"\nfail = \"share > 90%\"",
        reference: "pandas.Series.mode; Evidently's TestMostCommonValueShare",
    },
    scope: Scope::Column,
    accepts: &[Kind::Categorical, Kind::Numerical],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [
    Field::new("share", "ratio", "rows with the most frequent value over rows with a value, or over all rows with `missing`"),
    Field::new("count", "", "rows with the most frequent value"),
];

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Whether missing counts as a value like others, rather than being left out.
    missing: bool,
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let Parameters { missing } = read_parameters(component, diagnostics)?;
    let column = binding.column?;
    let source = match column.kind {
        Kind::Numerical => Source::Numbers(values(column.name.as_str())),
        _ => Source::Categories(categories(&column.name)),
    };
    Some(plain(MostFrequentValue { source, missing }, &FIELDS))
}

enum Source {
    Categories(Handle<CategoryCounts>),
    Numbers(Handle<SortedValues>),
}

struct MostFrequentValue {
    source: Source,
    missing: bool,
}

/// A value with its number of rows.
type Counted = Option<(String, u64)>;

/// The most frequent of ascending values; of equally frequent ones the first.
fn longest_run(values: &SortedValues) -> Counted {
    let mut best: Option<(f64, u64)> = None;
    let mut run: Option<(f64, u64)> = None;
    for value in values.iter() {
        run = match run {
            Some((same, n)) if same == value => Some((same, n + 1)),
            _ => Some((value, 1)),
        };
        if run.map(|(_, n)| n) > best.map(|(_, n)| n) {
            best = run;
        }
    }
    best.map(|(value, n)| (value.to_string(), n))
}

impl MostFrequentValue {
    /// The most frequent value, rows with a value, rows without.
    fn read(&self, profile: &Profile) -> Result<(Counted, u64, u64), Undefined> {
        match &self.source {
            Source::Categories(handle) => {
                let found = profile.read(handle)?;
                // Counts are in the order of their names: the first of the largest is kept.
                let most = found.counts.iter().rev().max_by_key(|(_, n)| *n);
                Ok((most.cloned(), found.total(), found.missing))
            }
            Source::Numbers(handle) => {
                let found = profile.read(handle)?;
                let most = longest_run(&found);
                found.fault().map_err(Undefined::Error)?;
                Ok((most, found.len(), found.missing()))
            }
        }
    }

    fn reading(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let (most, values, missing) = self.read(profile)?;
        let counted = match self.missing {
            true => [("missing".to_owned(), missing)].into_iter().filter(|(_, n)| *n > 0).chain(most).max_by_key(|(_, n)| *n),
            false => most,
        };
        let (name, count) = counted.ok_or_else(|| Undefined::no_data("the column has no values"))?;
        let whole = if self.missing { values + missing } else { values };
        let reading = Reading::of([("share", of_values(count, whole)?), ("count", count as f64)]);
        Ok(Reading { note: note("most frequent", &[&name]), ..reading })
    }
}

impl Metric for MostFrequentValue {
    fn requests(&self) -> Vec<Request> {
        match &self.source {
            Source::Categories(handle) => vec![handle.request.clone()],
            Source::Numbers(handle) => vec![handle.request.clone()],
        }
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides.current))
    }
}
