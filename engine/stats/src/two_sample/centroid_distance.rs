//! The distance between the means of two samples of vectors.

use super::{STATISTIC, params_label};
use crate::accumulators::{Centroid, centroid};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, TestEntry, read_parameters, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Undefined;
use driftline_core::profile::Profile;
use driftline_core::spec::Component;
use driftline_core::two_sample::{TestResult, TwoSampleTest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "centroid_distance",
        aliases: &[],
        summary: "How far the mean of a column of vectors moved.",
        description: "Takes lists of numbers of one length, such as embeddings. Looks at all rows, and sees nothing that leaves the mean where it is. Missing vectors are left out; those of another length, or with a missing or infinite component, are \
counted as unusable. The effect size is the Euclidean distance beyond what chance gives between so many rows, over the root of the reference's total variance, whatever `distance` is; it is undefined where the reference does not vary. Sides without vectors are `no_data`; sides whose vectors have other \
lengths, or a cosine of the zero vector, are an error.",
        formula: "d(mean_reference, mean_current); effect size: sqrt(max(0, |mean_current - mean_reference|^2 - V_reference / n - V_current / m)) / sqrt(V_reference), V the sum of the components' variances",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "metric = \"drift\"\ncolumns = \"embedding\"\ntest = { name = \"centroid_distance\", distance = \"cosine\" }\nfail = \"statistic > 0.05\"",
        reference: "Evidently's embedding drift method `distance`",
    },
    accepts: &[Kind::Nested],
    build,
};

const FIELDS: [Field; 3] =
    [STATISTIC, Field::new("effect_size", "", "Euclidean distance beyond chance, over the root of the reference's total variance"), Field::new("components", "", "components of a vector")];

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Between the two means.
    distance: Distance,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Distance {
    #[default]
    Euclidean,
    /// 1 - cosine of the angle, from 0 to 2.
    Cosine,
    /// Sum of the components' absolute differences.
    Cityblock,
    /// Largest absolute difference of a component.
    Chebyshev,
}

impl Distance {
    /// None for the cosine of a zero vector.
    fn between(self, x: &[f64], y: &[f64]) -> Option<f64> {
        let differences = || x.iter().zip(y).map(|(x, y)| (x - y).abs());
        let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        match self {
            Distance::Euclidean => Some(differences().map(|d| d * d).sum::<f64>().sqrt()),
            Distance::Cityblock => Some(differences().sum()),
            Distance::Chebyshev => Some(differences().fold(0.0, f64::max)),
            Distance::Cosine => {
                let cosine = x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>() / (norm(x) * norm(y));
                cosine.is_finite().then(|| 1.0 - cosine.clamp(-1.0, 1.0))
            }
        }
    }
}

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: params_label(&parameters, &Parameters::default()),
        drifted: "effect_size > 0.2",
        test: Box::new(Test { centroid: centroid(&column.name), distance: parameters.distance }),
    })
}

struct Test {
    centroid: Handle<Centroid>,
    distance: Distance,
}

impl TwoSampleTest for Test {
    fn requests(&self) -> Vec<Request> {
        vec![self.centroid.request.clone()]
    }

    fn compare(&self, reference: &Profile, current: &Profile) -> Result<TestResult, Undefined> {
        let (r, c) = (reference.read(&self.centroid)?, current.read(&self.centroid)?);
        for (side, found) in [("reference", &r), ("current", &c)] {
            if found.count() == 0 {
                return Err(Undefined::no_data(format!("the {side} side has no vectors")));
            }
        }
        let n = r.components.len();
        if n != c.components.len() {
            return Err(Undefined::error(format!("the reference's vectors have {n} components, and those of current {}", c.components.len())));
        }
        let means = |side: &Centroid| side.components.iter().map(|m| m.mean.to_f64()).collect::<Vec<f64>>();
        let (x, y) = (means(&r), means(&c));
        let statistic = self.distance.between(&x, &y).ok_or_else(|| Undefined::error("a mean is the zero vector, which has no direction"))?;
        if !statistic.is_finite() {
            return Err(Undefined::error("the components are so large that their squares exceed the largest number"));
        }
        let variance = |side: &Centroid| side.components.iter().filter_map(|m| m.variance(1)).sum::<f64>();
        let (of_reference, of_current) = (variance(&r), variance(&c));
        // Chance moves the means by so much, squared, on average.
        let chance = of_reference / r.count() as f64 + of_current / c.count() as f64;
        let moved = Distance::Euclidean.between(&x, &y).map(|d| {
            let beyond = d * d - chance;
            // Less is rounding.
            if beyond > 1e-9 * d * d { beyond.sqrt() } else { 0.0 }
        });
        Ok(TestResult {
            statistic,
            effect_size: moved.map(|d| if d == 0.0 { 0.0 } else { d / of_reference.sqrt() }).filter(|e| e.is_finite()),
            more: vec![("components", n as f64)],
            n_reference: r.count(),
            n_current: c.count(),
            method: "of the means of all rows".into(),
            ..TestResult::default()
        })
    }
}
