//! Number of rows.

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
        name: "row_count",
        aliases: &[],
        summary: "Number of rows.",
        description: "Rows that the source's filter let through. An empty source has 0 rows, which is a result and not `no_data`.",
        formula: "n",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"row_count\"\nfail = \"value < 50% * reference\"",
        reference: "-",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 1] = [
    Field::new("value", "", "number of rows"),
];

fn build(_binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    Some(plain(RowCount, &FIELDS))
}

struct RowCount;

impl Metric for RowCount {
    fn requests(&self) -> Vec<Request> {
        Vec::new()
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(Ok(Reading::of([("value", sides.current.rows as f64)])))
    }
}
