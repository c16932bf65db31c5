//! The divergence of Kullback and Leibler.

use super::binning::Binning;
use super::counted::Counted;
use super::shapes::{Found, OverCounts};
use super::{STATISTIC, join_labels, params_label};
use crate::math;
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, TestEntry, read_parameters, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Undefined;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
        parameters: schema_of::<Schema>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = \"kullback_leibler\"",
        reference: "Kullback, Leibler, Ann. Math. Stat. 22 (1951); scipy.stats.entropy",
    },
    accepts: &[Kind::Categorical, Kind::Numerical],
    build,
};

const FIELDS: [Field; 2] = [STATISTIC, Field::new("effect_size", "", "the divergence, in nats")];

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Stands for a share of zero.
    empty_share: f64,
}

/// The parameters with those of the bins, for the documentation.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct Schema {
    #[schemars(flatten)]
    binning: Binning,
    #[schemars(flatten)]
    own: Parameters,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { empty_share: 1e-4 }
    }
}

fn build(column: &Column, mut component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let binning = Binning::take(&mut component.params, diagnostics);
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    let binning = binning?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: join_labels([binning.label(), params_label(&parameters, &Parameters::default())]),
        drifted: "effect_size > 0.1",
        test: OverCounts::boxed(Counted::new(column, binning), move |counts| {
            let found = math::kullback_leibler(&counts.reference, &counts.current, parameters.empty_share);
            let distance = found.ok_or_else(|| Undefined::no_data("a side has no values"))?;
            Ok(Found { statistic: distance, effect_size: Some(distance), ..Found::default() })
        }),
    })
}
