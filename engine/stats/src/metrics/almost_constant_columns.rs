//! Columns in which one value dominates.

use super::shape::{names, note, plain, share};
use crate::accumulators::{MostFrequent, most_frequent};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of,
};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "almost_constant_columns",
        aliases: &[],
        summary: "Columns in which one value makes up almost all.",
        description: "A column counts whose most frequent value makes up at least `share` of its values; constant columns are among them, empty ones \
are not. Missing values are left out unless `missing` is true. Counts are exact up to 8,192 distinct values, and to n / 8,193 beyond. The message names the columns. Without rows \
the result is `no_data`.",
        formula: "columns whose most frequent value occurs at least share x values times; share = count / columns",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"almost_constant_columns\"\nshare = 0.99\nfail = \"count > reference\"",
        reference: "Evidently's number of almost constant columns (0.95)",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] =
    [Field::new("count", "", "columns in which one value dominates"), Field::new("share", "ratio", "such columns over all columns")];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Least share of a column's values that the most frequent one makes up.
    #[schemars(range(min = 0.0, max = 1.0))]
    share: f64,
    /// Whether the share is one of all rows, rather than of those with a value.
    missing: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { share: 0.95, missing: false }
    }
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.params.span_of("share");
    let Parameters { share, missing } = read_parameters(component, diagnostics)?;
    if !(0.0..=1.0).contains(&share) {
        diagnostics.error(&span, format!("`share` must lie between 0 and 1, not {share}"));
        return None;
    }
    let columns = names(binding).into_iter().map(|name| (name.clone(), most_frequent(&name))).collect();
    Some(plain(AlmostConstant { columns, least: share, missing }, &FIELDS))
}

struct AlmostConstant {
    columns: Vec<(String, Handle<MostFrequent>)>,
    least: f64,
    missing: bool,
}

impl AlmostConstant {
    fn read(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        if sides.current.rows == 0 {
            return Err(Undefined::no_data("there are no rows"));
        }
        let (mut dominated, mut columns): (Vec<&str>, u64) = (Vec::new(), 0);
        for (name, handle) in self.columns.iter().filter(|(name, _)| sides.current.schema.column_with_name(name).is_some()) {
            let found = sides.current.read(handle)?;
            columns += 1;
            let whole = if self.missing { sides.current.rows } else { found.values };
            if found.values > 0 && (found.count + found.error / 2) as f64 / whole as f64 >= self.least {
                dominated.push(name);
            }
        }
        let count = dominated.len() as u64;
        let reading = Reading::of([("count", count as f64), ("share", share(count, columns)?)]);
        Ok(Reading { note: note("almost constant", &dominated), ..reading })
    }
}

impl Metric for AlmostConstant {
    fn requests(&self) -> Vec<Request> {
        self.columns.iter().map(|(_, handle)| handle.request.clone()).collect()
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides))
    }
}
