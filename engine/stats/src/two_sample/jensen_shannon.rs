//! The Jensen-Shannon distance.

use super::binning::Binning;
use super::counted::Counted;
use super::{P_VALUE, STATISTIC};
use crate::math;
use driftline_core::accumulator::Request;
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, TestEntry, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Undefined;
use driftline_core::profile::Profile;
use driftline_core::spec::Component;
use driftline_core::two_sample::{TestResult, TwoSampleTest};

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "jensen_shannon",
        aliases: &["js"],
        summary: "Distance between the shares of two samples, from 0 (equal) to 1 (nothing in common).",
        description: "Use it for categories, and for numbers by bins that depend on the reference alone, so that distances compare over time. \
The distance of two equal populations grows as samples shrink (about sqrt(k / n)), so for categories the p-value of the chi-square \
test over the same counts stands beside it; for numbers there is none. Missing values are left out. The effect size is the distance. \
A reference with a single quantile is cut into below, at and above it. A side without values is `no_data`.",
        formula: "sqrt((KL(p || m) + KL(q || m)) / 2) with m = (p + q) / 2 and logarithms to base 2",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Binning>,
        example: "metric = \"drift\"\ncolumns = \"@categorical\"\ntest = \"jensen_shannon\"",
        reference: "Lin, IEEE Trans. Inf. Theory 37 (1991); Endres, Schindelin (2003); scipy.spatial.distance.jensenshannon(base=2)",
    },
    accepts: &[Kind::Categorical, Kind::Numerical],
    build,
};

const FIELDS: [Field; 3] = [STATISTIC, P_VALUE, Field::new("effect_size", "ratio", "the distance, between 0 and 1")];

struct Test {
    counted: Counted,
    categorical: bool,
}

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let binning = Binning::read(component, diagnostics)?;
    let categorical = column.kind != Kind::Numerical;
    let has_p_value = "effect_size > 0.1 and p_value < 0.01";
    Some(BuiltTest {
        fields: FIELDS.iter().filter(|f| categorical || f.name != "p_value").copied().collect(),
        params: binning.label(),
        drifted: if categorical { has_p_value } else { "effect_size > 0.1" },
        test: Box::new(Test { counted: Counted::new(column, binning), categorical }),
    })
}

impl TwoSampleTest for Test {
    fn requests(&self) -> Vec<Request> {
        self.counted.requests()
    }

    fn compare(&self, reference: &Profile, current: &Profile) -> Result<TestResult, Undefined> {
        let counts = self.counted.counts(reference, current)?;
        let distance = math::jensen_shannon_distance(&counts.reference, &counts.current)
            .ok_or_else(|| Undefined::no_data("a side has no values"))?;
        // One and the same category on both sides: nothing differs, so the hypothesis is certain.
        let p_value = || {
            math::chi_square_contingency(&counts.reference, &counts.current, false).map_or(1.0, |found| found.p_value)
        };
        Ok(TestResult {
            statistic: distance,
            p_value: self.categorical.then(p_value),
            effect_size: Some(distance),
            n_reference: counts.n_reference(),
            n_current: counts.n_current(),
            method: counts.method,
            ..TestResult::default()
        })
    }
}
