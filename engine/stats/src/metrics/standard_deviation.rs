//! Sample standard deviation of a numeric column (ddof = 1).

use super::shape::{Single, plain};
use crate::accumulators::{ColumnMoments, moments};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "standard_deviation",
        aliases: &[],
        summary: "Sample standard deviation of a numeric column (ddof = 1).",
        description: "Missing values are left out; a column without values is `no_data`, one with infinite values an error that counts them. A single value is `no_data`.",
        formula: "sqrt(sum (x - mean)^2 / (n - 1))",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"standard_deviation\"\ncolumns = \"tempo\"\nfail = \"abs(value - reference) > 10%\"",
        reference: "Pébay, SAND2008-6212 (2008); numpy.std(ddof=1)",
    },
    scope: Scope::Column,
    accepts: &[Kind::Numerical],
    compares: false,
    build,
};

const FIELDS: [Field; 1] = [
    Field::new("value", "", "sample standard deviation of a numeric column (ddof = 1)"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    let handle = moments(binding.column?.name.as_str());
    Some(plain(Single { handle, read }, &FIELDS))
}

fn read(found: &ColumnMoments) -> Result<Reading, Undefined> {
    let variance = super::shape::finite(found)?.variance(1);
    let variance = variance.ok_or_else(|| Undefined::no_data("a standard deviation takes two values"))?;
    Ok(Reading::of([("value", variance.sqrt())]))
}
