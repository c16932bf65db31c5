//! Categories that current has and the reference lacks.

use super::shape::{note, of_values, plain};
use crate::accumulators::{CategoryCounts, categories};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "new_categories",
        aliases: &[],
        summary: "Categories that current has and the reference lacks.",
        description: "Missing values are left out; `share` is over the rows of current with a value. A side without values is `no_data`. Without `fail` and `warn` the check fails if there is one.",
        formula: "count = |categories of current minus those of reference|",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"new_categories\"\ncolumns = \"@categorical\"\nfail = \"count > 0\"",
        reference: "Great Expectations' expect_column_distinct_values_to_be_in_set; TFDV's domain anomalies",
    },
    scope: Scope::Column,
    accepts: &[Kind::Categorical],
    compares: true,
    build,
};

const FIELDS: [Field; 2] = [
    Field::new("count", "", "new categories"),
    Field::new("share", "ratio", "rows of current with one of them over its rows with a value"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    let metric = Categories { counts: categories(&binding.column?.name) };
    Some(Built { default_fail: Some("count > 0".to_owned()), ..plain(metric, &FIELDS) })
}

struct Categories {
    counts: Handle<CategoryCounts>,
}

impl Categories {
    fn read(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let (reference, current) = (sides.reference()?.read(&self.counts)?, sides.current.read(&self.counts)?);
        if reference.total() == 0 || current.total() == 0 {
            return Err(Undefined::no_data("a side has no values"));
        }
        let found: Vec<&(String, u64)> = current.counts.iter().filter(|(name, _)| reference.count(name) == 0).collect();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        let share = of_values(found.iter().map(|(_, n)| n).sum(), current.total())?;
        Ok(Reading { note: note("new", &names), ..Reading::of([("count", names.len() as f64), ("share", share)]) })
    }
}

impl Metric for Categories {
    fn requests(&self) -> Vec<Request> {
        vec![self.counts.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides))
    }
}
