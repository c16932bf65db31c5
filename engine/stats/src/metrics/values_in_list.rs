//! Values of a categorical column that are in a list.

use super::shape::{note, of_values, plain};
use crate::accumulators::{CategoryCounts, categories};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "values_in_list",
        aliases: &[],
        summary: "How many values are not in a list: the given one, or the reference's categories.",
        description: "Missing values are left out; without a list and without a reference it is an error. A column without values is `no_data`.",
        formula: "count = values that are not in the list; share = count / values",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"values_in_list\"\ncolumns = \"genre\"\nlist = [\"rock\", \"jazz\"]\nfail = \"share > 0\"",
        reference: "Evidently's TestNumberOfOutListValues; Great Expectations' expect_column_values_to_be_in_set",
    },
    scope: Scope::Column,
    accepts: &[Kind::Categorical],
    compares: false,
    build,
};

const FIELDS: [Field; 4] = [
    Field::new("count", "", "values that are not in the list"),
    Field::new("share", "ratio", "values that are not in the list over all values"),
    Field::new("categories", "", "distinct values that are not in the list"),
    Field::new("inside", "", "values that are in the list"),
];

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// The values that may occur; the reference's if absent.
    list: Option<Vec<String>>,
    /// Whether missing counts as a value that is not in the list, rather than being left out.
    missing: bool,
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let Parameters { list, missing } = read_parameters(component, diagnostics)?;
    let metric = ValuesInList { counts: categories(&binding.column?.name), list, missing };
    Some(Built { default_fail: Some("count > 0".to_owned()), ..plain(metric, &FIELDS) })
}

struct ValuesInList {
    counts: Handle<CategoryCounts>,
    list: Option<Vec<String>>,
    missing: bool,
}

impl ValuesInList {
    fn read(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let current = sides.current.read(&self.counts)?;
        let reference = sides.reference.map(|r| r.read(&self.counts)).transpose()?;
        let listed = |name: &str| match (&self.list, &reference) {
            (Some(list), _) => list.iter().any(|listed| listed == name),
            (None, Some(reference)) => reference.count(name) > 0,
            // A reference alone is its own list.
            (None, None) => true,
        };
        let others: Vec<&(String, u64)> = current.counts.iter().filter(|(name, n)| *n > 0 && !listed(name)).collect();
        let missing = if self.missing { current.missing } else { 0 };
        let count: u64 = others.iter().map(|(_, n)| n).sum::<u64>() + missing;
        let whole = current.total() + missing;
        let share = of_values(count, whole)?;
        let names: Vec<&str> = others.iter().map(|(name, _)| name.as_str()).collect();
        let inside = whole - count;
        let reading = Reading::of([("count", count as f64), ("share", share), ("categories", names.len() as f64), ("inside", inside as f64)]);
        Ok(Reading { note: note("not in the list", &names), ..reading })
    }
}

impl Metric for ValuesInList {
    fn requests(&self) -> Vec<Request> {
        vec![self.counts.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides))
    }
}
