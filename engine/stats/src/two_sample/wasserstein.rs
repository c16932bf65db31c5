//! The Wasserstein distance of order 1.

use super::STATISTIC;
use super::shapes::{ANCHORED, BothRanks, both_ranks, distances_of, why_undefined};
use crate::accumulators::{ColumnMoments, Ranks, moments, ranks};
use crate::math::{self, Interval};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{
    BuiltTest, Direction, Doc, Field, NoParameters, TestEntry, read_parameters, schema_of,
};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Undefined;
use driftline_core::profile::Profile;
use driftline_core::spec::Component;
use driftline_core::two_sample::{TestResult, TwoSampleTest};

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "wasserstein",
        aliases: &["earth_mover"],
        summary: "How far values must be moved to turn one sample into the other, in the column's unit.",
        description: "Use it to say how large a shift is in the column's own unit. Outliers move it. Not for categories. \
Missing values are left out; infinite values are an error, since nothing is near them. The effect size is the distance in standard \
deviations of the reference (population), undefined when the reference is constant and the current side is not; there is no p-value. \
A current side that exceeds the memory setting is counted beside up to 65,536 values of the reference (`anchored`): the distance is then \
the middle of `bounds`, which hold it. A side without values is `no_data`.",
        formula: "integral |F_reference(x) - F_current(x)| dx; effect size: that, divided by the reference's standard deviation",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "metric = \"drift\"\ncolumns = \"tempo\"\ntest = \"wasserstein\"\nfail = \"effect_size > 0.1\"",
        reference: "Vallender, Theory Probab. Appl. 18 (1974); scipy.stats.wasserstein_distance",
    },
    accepts: &[Kind::Numerical],
    build,
};

const FIELDS: [Field; 2] =
    [STATISTIC, Field::new("effect_size", "", "the distance in standard deviations of the reference")];

struct Test {
    ranks: Handle<Ranks>,
    moments: Handle<ColumnMoments>,
}

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: None,
        drifted: "effect_size > 0.1",
        test: Box::new(Test { ranks: ranks(&column.name), moments: moments(column.name.as_str()) }),
    })
}

impl TwoSampleTest for Test {
    fn requests(&self) -> Vec<Request> {
        vec![self.ranks.request.clone(), self.moments.request.clone()]
    }

    fn compare(&self, reference: &Profile, current: &Profile) -> Result<TestResult, Undefined> {
        let both = both_ranks(&self.ranks, reference, current)?;
        let (n_reference, n_current) = both.sizes();
        let (found, method) = match &both {
            BothRanks::Sorted(r, c) => {
                let distance = distances_of(&self.ranks, r, c, current)?.wasserstein;
                let distance = distance.ok_or_else(|| Undefined::error(why_undefined(r, c)))?;
                (Interval { low: distance, high: distance }, "exact")
            }
            BothRanks::Anchored(r, c) => {
                let found = math::wasserstein_anchored(r, &c.anchored);
                (found.ok_or_else(|| Undefined::error("the column has infinite values, or values too far apart"))?, ANCHORED)
            }
        };
        let deviation = reference.read(&self.moments)?.finite.variance(0).map(f64::sqrt);
        let effect_size = |statistic: f64| match deviation {
            _ if statistic == 0.0 => Some(0.0),
            Some(deviation) if deviation > 0.0 => Some(statistic / deviation),
            _ => None,
        };
        let at = |statistic: f64| TestResult { statistic, effect_size: effect_size(statistic), ..TestResult::default() };
        Ok(TestResult {
            bounds: found.bounds(),
            ends: found.ends().map(at).collect(),
            n_reference,
            n_current,
            method: method.into(),
            ..at(found.midpoint())
        })
    }
}
