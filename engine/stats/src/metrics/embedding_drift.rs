//! How far the mean of a column of embeddings moved.

use super::shape::{plain, share};
use crate::accumulators::{Centroid, centroid};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "embedding_drift",
        aliases: &[],
        summary: "How far the mean of a column of vectors moved, and in how many of its components.",
        description: "Takes lists of numbers of one length, such as embeddings. A component moved when its mean differs by more than `margin` standard deviations of the reference; \
one that does not vary in the reference moved when its mean differs at all. Missing vectors are left out; those of another length, or with a missing or infinite component, are counted as unusable. Sides without \
vectors are `no_data`; sides whose vectors have other lengths are an error. The cosine distance is undefined where a mean is the zero vector.",
        formula: "distance = |mean_current - mean_reference|; cosine_distance = 1 - cos of the angle between them; component_share = moved components / components",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"embedding_drift\"\ncolumns = \"embedding\"\nfail = \"component_share > 20%\"",
        reference: "Evidently's distance and ratio methods of embedding drift (there by Wasserstein's distance per component)",
    },
    scope: Scope::Column,
    accepts: &[Kind::Nested],
    compares: true,
    build,
};

const FIELDS: [Field; 4] = [
    Field::new("component_share", "ratio", "components whose mean moved over all components"),
    Field::new("distance", "", "Euclidean distance of the two means"),
    Field::new("cosine_distance", "", "from 0 (one direction) to 2 (opposite ones)"),
    Field::new("components", "", "components of a vector"),
];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Standard deviations of the reference by which a component's mean must move.
    #[schemars(range(min = 0.0))]
    margin: f64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { margin: 0.1 }
    }
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.params.span_of("margin");
    let Parameters { margin } = read_parameters(component, diagnostics)?;
    if !(margin.is_finite() && margin >= 0.0) {
        diagnostics.error(&span, format!("`margin` must be a number from 0 on, not {margin}"));
        return None;
    }
    let metric = EmbeddingDrift { centroid: centroid(&binding.column?.name), margin };
    Some(Built { default_fail: Some("component_share > 20%".to_owned()), ..plain(metric, &FIELDS) })
}

struct EmbeddingDrift {
    centroid: Handle<Centroid>,
    margin: f64,
}

impl EmbeddingDrift {
    fn read(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let (reference, current) = (sides.reference()?.read(&self.centroid)?, sides.current.read(&self.centroid)?);
        for (side, found) in [("reference", &reference), ("current", &current)] {
            if found.count() == 0 {
                return Err(Undefined::no_data(format!("the {side} side has no vectors")));
            }
        }
        let n = reference.components.len();
        if n != current.components.len() {
            return Err(Undefined::error(format!("the reference's vectors have {n} components, and those of current {}", current.components.len())));
        }
        let pairs = || reference.components.iter().zip(&current.components);
        let moved = pairs().filter(|(r, c)| {
            let shift = (c.mean - r.mean).to_f64().abs();
            shift > self.margin * r.variance(1).unwrap_or(0.0).max(0.0).sqrt()
        });
        let share = share(moved.count() as u64, n as u64)?;
        let square = |(r, c): (&crate::math::Moments, &crate::math::Moments)| (c.mean - r.mean).to_f64().powi(2);
        let distance = pairs().map(square).sum::<f64>().sqrt();
        let mut reading = Reading::of([("component_share", share), ("distance", distance)]);
        let dot = pairs().map(|(r, c)| r.mean.to_f64() * c.mean.to_f64()).sum::<f64>();
        let length = |side: &Centroid| side.components.iter().map(|m| m.mean.to_f64().powi(2)).sum::<f64>().sqrt();
        let cosine = dot / (length(&reference) * length(&current));
        if cosine.is_finite() {
            reading.set("cosine_distance", 1.0 - cosine.clamp(-1.0, 1.0));
        }
        reading.set("components", n as f64);
        Ok(Reading { n_reference: Some(reference.count()), n_current: Some(current.count()), ..reading })
    }
}

impl Metric for EmbeddingDrift {
    fn requests(&self) -> Vec<Request> {
        vec![self.centroid.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides))
    }
}
