//! Excess kurtosis of a numeric column.

use super::shape::{Single, plain, varying};
use crate::accumulators::{ColumnShape, shape};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "kurtosis",
        aliases: &[],
        summary: "Excess kurtosis of a numeric column.",
        description: "Missing values are left out; a column without values, or whose values are all equal, is `no_data`; infinite values are an error.",
        formula: "n sum (x - mean)^4 / (sum (x - mean)^2)^2 - 3",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[record]]\nmetric = \"kurtosis\"\ncolumns = \"tempo\"",
        reference: "scipy.stats.kurtosis",
    },
    scope: Scope::Column,
    accepts: &[Kind::Numerical],
    compares: false,
    build,
};

const FIELDS: [Field; 1] = [
    Field::new("value", "", "excess kurtosis: 0 for a normal distribution"),
];

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Corrects the bias of small samples, as `bias=False` in SciPy.
    unbiased: bool,
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let Parameters { unbiased } = read_parameters(component, diagnostics)?;
    let handle = shape(binding.column?.name.as_str());
    let metric = Single { handle, read: if unbiased { read_unbiased } else { read } };
    Some(plain(metric, &FIELDS))
}

fn read(found: &ColumnShape) -> Result<Reading, Undefined> {
    reading(found, false)
}

fn read_unbiased(found: &ColumnShape) -> Result<Reading, Undefined> {
    reading(found, true)
}

fn reading(found: &ColumnShape, unbiased: bool) -> Result<Reading, Undefined> {
    let value = varying(found)?.excess_kurtosis(unbiased).ok_or_else(|| Undefined::no_data("the values are too few, or all equal"))?;
    Ok(Reading::of([("value", value)]))
}
