//! Shares of a column's categories.

use super::shape::{of_values, plain};
use crate::accumulators::{CategoryCounts, categories};
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
use std::collections::BTreeSet;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "category_share",
        aliases: &[],
        summary: "Share of each category of a column, or of one.",
        description: "Gives one result for each category of either side, told apart by the label `category`; `category` selects one. \
Missing values are left out. A category that the side does not have has share 0. Beyond the `most` most frequent categories (by the \
reference, then the current side) the rest is summed up as `(other)`. A column without values is `no_data`.",
        formula: "share = rows with the category / rows with a value",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[record]]\nmetric = \"category_share\"\ncolumns = \"predicted_genre\"",
        reference: "pandas.Series.value_counts(normalize=True)",
    },
    scope: Scope::Column,
    accepts: &[Kind::Categorical],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [
    Field::new("share", "ratio", "rows with the category over rows with a value"),
    Field::new("count", "", "rows with the category"),
];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// The only category to look at.
    category: Option<String>,
    /// Most categories that get a series of their own.
    most: usize,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { category: None, most: 50 }
    }
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let Parameters { category, most } = read_parameters(component, diagnostics)?;
    let counts = categories(&binding.column?.name);
    Some(Built { labelled: &["category"], ..plain(CategoryShare { counts, category, most }, &FIELDS) })
}

struct CategoryShare {
    counts: Handle<CategoryCounts>,
    category: Option<String>,
    most: usize,
}

const OTHER: &str = "(other)";

fn reading(category: &str, count: u64, total: u64) -> Result<Reading, Undefined> {
    let reading = Reading::of([("share", of_values(count, total)?), ("count", count as f64)]);
    Ok(Reading { labels: vec![("category".into(), category.into())], ..reading })
}

impl CategoryShare {
    /// The categories that get a result: of both sides, the most frequent ones where they are many.
    fn shown<'a>(&'a self, current: &'a CategoryCounts, reference: Option<&'a CategoryCounts>) -> BTreeSet<&'a str> {
        if let Some(only) = &self.category {
            return BTreeSet::from([only.as_str()]);
        }
        let mut shown = BTreeSet::new();
        for side in reference.into_iter().chain([current]) {
            let mut by_count: Vec<&(String, u64)> = side.counts.iter().collect();
            by_count.sort_by_key(|(name, n)| (std::cmp::Reverse(*n), name.clone()));
            for (name, _) in by_count {
                if shown.len() < self.most {
                    shown.insert(name.as_str());
                }
            }
        }
        shown
    }

    fn readings(&self, sides: Sides<'_>) -> Result<Vec<Reading>, Undefined> {
        let current = sides.current.read(&self.counts)?;
        let reference = sides.reference.and_then(|r| r.read(&self.counts).ok());
        let total = current.total();
        if total == 0 {
            return Err(Undefined::no_data("the column has no values"));
        }
        let shown = self.shown(&current, reference.as_deref());
        let mut readings: Vec<Reading> =
            shown.iter().map(|name| reading(name, current.count(name), total)).collect::<Result<_, _>>()?;
        let rest = total - shown.iter().map(|name| current.count(name)).sum::<u64>();
        if rest > 0 && self.category.is_none() {
            readings.push(reading(OTHER, rest, total)?);
        }
        Ok(readings)
    }
}

impl Metric for CategoryShare {
    fn requests(&self) -> Vec<Request> {
        vec![self.counts.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        match self.readings(sides) {
            Ok(readings) => readings.into_iter().map(Ok).collect(),
            Err(undefined) => vec![Err(undefined)],
        }
    }
}
