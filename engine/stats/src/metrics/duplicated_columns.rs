//! Columns that hold the same as another one, or almost.

use super::shape::{names, note, plain, share};
use crate::accumulators::{ColumnPairs, column_pairs};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of,
};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "duplicated_columns",
        aliases: &[],
        summary: "Columns that hold the same as an earlier one in every row, or in most.",
        description: "Compares all pairs of columns of one type, up to 200 columns. `share` below 1 finds those that are almost equal. Missing values \
equal each other. Exact but for collisions of seeded 128-bit fingerprints. The message names the columns. Without rows the result is `no_data`.",
        formula: "columns b for which a column a before it has rows with a = b >= share x rows; share = count / columns",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nname = \"almost_duplicated_columns\"\nmetric = \"duplicated_columns\"\nshare = 0.95\nfail = \"count > reference\"",
        reference: "Evidently's TestNumberOfDuplicatedColumns and its number of almost duplicated columns",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] =
    [Field::new("count", "", "columns that repeat an earlier one"), Field::new("share", "ratio", "such columns over all columns")];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Share of rows in which two columns must be equal.
    #[schemars(range(min = 0.0, max = 1.0))]
    share: f64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { share: 1.0 }
    }
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.params.span_of("share");
    let Parameters { share } = read_parameters(component, diagnostics)?;
    let columns = names(binding);
    if !(0.0..=1.0).contains(&share) {
        diagnostics.error(&span, format!("`share` must lie between 0 and 1, not {share}"));
        return None;
    }
    Some(plain(DuplicatedColumns { pairs: column_pairs(&columns), columns: columns.len() as u64, least: share }, &FIELDS))
}

struct DuplicatedColumns {
    pairs: Handle<ColumnPairs>,
    columns: u64,
    least: f64,
}

impl DuplicatedColumns {
    fn read(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let found = sides.current.read(&self.pairs)?;
        if found.rows == 0 {
            return Err(Undefined::no_data("there are no rows"));
        }
        let enough = |equal: u64| equal as f64 / found.rows as f64 >= self.least;
        let repeated: BTreeSet<&str> = found.equal.iter().filter(|(_, _, n)| enough(*n)).map(|(_, b, _)| b.as_str()).collect();
        let repeated: Vec<&str> = repeated.into_iter().collect();
        let count = repeated.len() as u64;
        let reading = Reading::of([("count", count as f64), ("share", share(count, self.columns)?)]);
        Ok(Reading { note: note("repeated", &repeated), ..reading })
    }
}

impl Metric for DuplicatedColumns {
    fn requests(&self) -> Vec<Request> {
        vec![self.pairs.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides))
    }
}
