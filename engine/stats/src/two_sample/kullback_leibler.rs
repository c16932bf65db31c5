//! The divergence of Kullback and Leibler.

use super::counted::Counted;
use super::shapes::OverCounts;
use super::{STATISTIC, smoothing};
use crate::math;
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, TestEntry, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "kullback_leibler",
        aliases: &["kl"],
        summary: "Information lost if the shares of current are described by those of the reference.",
        description: "It is not symmetric and has no upper end; a share of zero is replaced by `empty_share`, on which the value then depends. Numbers are compared by bins that depend on the reference alone, so that distances compare over time. Missing values are left out. The effect \
size is the distance. A side without values is `no_data`.",
        formula: "sum q ln(q / p), in nats",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<smoothing::Schema>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = \"kullback_leibler\"",
        reference: "Kullback, Leibler, Ann. Math. Stat. 22 (1951); scipy.stats.entropy",
    },
    accepts: &[Kind::Categorical, Kind::Numerical],
    build,
};

const FIELDS: [Field; 2] = [STATISTIC, Field::new("effect_size", "", "the divergence, in nats")];

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let (binning, empty_share, params) = smoothing::read(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params,
        drifted: "effect_size > 0.1",
        test: OverCounts::distance(Counted::new(column, binning), move |r, c| math::kullback_leibler(r, c, empty_share)),
    })
}
