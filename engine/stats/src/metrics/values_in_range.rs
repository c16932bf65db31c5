//! Values of a numeric column inside a range.

use super::shape::{of_values, plain};
use crate::accumulators::{ColumnMoments, InRange, in_range, moments};
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
        name: "values_in_range",
        aliases: &[],
        summary: "How many values lie outside a range: the given one, or the reference's.",
        description: "Missing values are left out; infinities lie outside every finite end. An end that is not given is the reference's least or greatest finite value, or without a reference open. A column without values is `no_data`.",
        formula: "count = values below min or above max; share = count / values",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"values_in_range\"\ncolumns = \"age\"\nmin = 0.0\nmax = 120.0\nfail = \"share > 1%\"",
        reference: "Evidently's TestValueRange, TestNumberOfOutRangeValues; Great Expectations' expect_column_values_to_be_between",
    },
    scope: Scope::Column,
    accepts: &[Kind::Numerical],
    compares: false,
    build,
};

const FIELDS: [Field; 5] = [
    Field::new("count", "", "values outside the range"),
    Field::new("share", "ratio", "values outside the range over all values"),
    Field::new("below", "", "values below the range"),
    Field::new("above", "", "values above the range"),
    Field::new("inside", "", "values inside the range"),
];

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Least value within the range; the reference's if absent.
    min: Option<f64>,
    /// Greatest value within the range; the reference's if absent.
    max: Option<f64>,
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.params.span_of("min");
    let Parameters { min, max } = read_parameters(component, diagnostics)?;
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        diagnostics.error(&span, format!("`min` must not exceed `max`: {min} > {max}"));
        return None;
    }
    let name = &binding.column?.name;
    let of_reference = (min.is_none() || max.is_none()).then(|| moments(name.as_str()));
    let metric = ValuesInRange { found: in_range(name, min, max), of_reference };
    Some(Built { default_fail: Some("count > 0".to_owned()), ..plain(metric, &FIELDS) })
}

struct ValuesInRange {
    found: Handle<InRange>,
    /// Where an end comes from the reference.
    of_reference: Option<Handle<ColumnMoments>>,
}

impl ValuesInRange {
    fn read(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let found = sides.current.read(&self.found)?;
        let count = found.below + found.above;
        let share = of_values(count, found.values)?;
        let fields = [("count", count as f64), ("share", share), ("below", found.below as f64), ("above", found.above as f64), ("inside", (found.values - count) as f64)];
        Ok(Reading::of(fields))
    }
}

impl Metric for ValuesInRange {
    fn requests(&self) -> Vec<Request> {
        let of_reference = self.of_reference.iter().map(|handle| handle.request.clone());
        of_reference.chain([self.found.request.clone()]).collect()
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides))
    }
}
