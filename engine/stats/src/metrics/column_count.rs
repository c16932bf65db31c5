//! Number of columns of the source.

use super::shape::plain;
use driftline_core::accumulator::Request;
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, single};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "column_count",
        aliases: &[],
        summary: "Number of columns of the source.",
        description: "Columns in the source's schema, ignored ones included; columns added by plugins are not counted.",
        formula: "k",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"column_count\"\nfail = \"value != reference\"",
        reference: "-",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 1] = [
    Field::new("value", "", "number of columns"),
];

fn build(_binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    Some(plain(ColumnCount, &FIELDS))
}

struct ColumnCount;

impl Metric for ColumnCount {
    fn requests(&self) -> Vec<Request> {
        Vec::new()
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(Ok(Reading::of([("value", sides.current.schema.fields().len() as f64)])))
    }
}
