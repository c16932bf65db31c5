//! The energy distance.

use super::shapes::{Found, OverValues, grouped, why_undefined};
use super::STATISTIC;
use crate::math;
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, NoParameters, TestEntry, read_parameters, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Undefined;
use driftline_core::spec::Component;

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "energy_distance",
        aliases: &[],
        summary: "Distance of two distributions from the mean distances of their values.",
        description: "Use it for the size of a change in all moments at once, in the square root of the column's unit; it has no p-value. Missing values are left out; \
infinite values are an error. The effect size is the energy coefficient of inhomogeneity, between 0 (equal) and 1. A side without values is `no_data`.",
        formula: "sqrt(2 E|X-Y| - E|X-X'| - E|Y-Y'|) = sqrt(2 int (F_reference - F_current)^2 dx)",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = \"energy_distance\"",
        reference: "Székely, Rizzo (2004); scipy.stats.energy_distance",
    },
    accepts: &[Kind::Numerical],
    build,
};

const FIELDS: [Field; 2] = [STATISTIC, Field::new("effect_size", "ratio", "energy coefficient of inhomogeneity, between 0 and 1")];

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: None,
        drifted: "effect_size > 0.05",
        test: OverValues::boxed(column, |r, c| {
            let found = math::energy_distance(grouped(r, c), r.len(), c.len());
            let found = found.ok_or_else(|| Undefined::error(why_undefined(r, c)))?;
            Ok(Found {
                statistic: found.distance,
                effect_size: Some(found.coefficient),
                method: "exact".into(),
                ..Found::default()
            })
        }),
    })
}
