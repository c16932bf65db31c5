//! Columns with at least one missing value.

use super::markers::AlsoMissing;
use super::missing_values::Missing;
use super::shape::{note, plain, share};
use driftline_core::accumulator::Request;
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "columns_with_missing_values",
        aliases: &[],
        summary: "Columns with at least one missing value.",
        description: "Missing means null, or NaN in a column of floats, or one of `markers`. The message names the columns. Without rows the result is `no_data`.",
        formula: "count; share = count / columns",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<AlsoMissing>,
        example: "[[suite.check]]\nmetric = \"columns_with_missing_values\"\nfail = \"count > reference\"",
        reference: "pandas.DataFrame.isna().any(axis=0)",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [
    Field::new("count", "", "columns with a missing value"),
    Field::new("share", "ratio", "such columns over all columns"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let markers = AlsoMissing::read(component, diagnostics)?;
    let columns = binding.columns.iter().map(|column| Missing::new(&column.name, &markers)).collect();
    Some(plain(ColumnsWithMissingValues { columns }, &FIELDS))
}

struct ColumnsWithMissingValues {
    columns: Vec<Missing>,
}

impl ColumnsWithMissingValues {
    fn reading(&self, profile: &Profile) -> Result<Reading, Undefined> {
        if profile.rows == 0 {
            return Err(Undefined::no_data("there are no rows"));
        }
        let present: Vec<&Missing> = self.columns.iter().filter(|c| profile.schema.column_with_name(&c.column).is_some()).collect();
        let mut with: Vec<&str> = Vec::new();
        for column in &present {
            if column.read(profile)?.1.iter().any(|n| *n > 0) {
                with.push(&column.column);
            }
        }
        let share = share(with.len() as u64, present.len() as u64)?;
        let reading = Reading::of([("count", with.len() as f64), ("share", share)]);
        Ok(Reading { note: note("missing values in", &with), ..reading })
    }
}

impl Metric for ColumnsWithMissingValues {
    fn requests(&self) -> Vec<Request> {
        self.columns.iter().flat_map(Missing::requests).collect()
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides.current))
    }
}
