//! How unlike each other the first k items of a user are, on average over users.

use super::super::shape::plain;
use super::lists::{First, and, columns, first, mean_of, of_users, sampled};
use super::vectors::{Features, Vectors, cosine, vectors};
use crate::accumulators::{Attributes, Recommended, recommended};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "diversity",
        aliases: &[],
        summary: "How unlike each other the first k items of a user are, on average over users.",
        description: "Needs `user`, `item` and `score` (the highest first) or `rank` (from 1) under [columns]. An item's vector are the columns `features` (numbers); an item that lacks one of them, or whose numbers are all 0, is left out. The cosine distance of each two of a user's items, from 0 (alike) to 2; users of fewer than two items with vectors are left out. Of equal scores the order is as if drawn for each user, and the same in every run; an item that is recommended twice counts twice. Rows without a user, an item or a finite order are left out and counted. Exact up to a million items in all lists (users times k); beyond, of a seeded sample of the users, which the result tells.",
        formula: "mean over users of the mean over pairs of (1 - cosine of their vectors)",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"diversity\"\nfeatures = [\"price\", \"weight\"]\nfail = \"value < reference - 10%\"",
        reference: "Evidently's DiversityMetric (over = items)",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 4] = of_users("");

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Parameters {
    #[schemars(flatten)]
    first: First,
    #[schemars(flatten)]
    features: Features,
    #[schemars(flatten)]
    own: Own,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Own {
    /// What the sum of a user's distances is divided by.
    over: Over,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Over {
    /// The pairs: the result does not grow with the length of the list.
    #[default]
    Pairs,
    /// The items, so that a user of one item counts 0.
    Items,
}

fn build(binding: &Binding<'_>, mut component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let (span, at) = (component.kind_span.clone(), component.params.span_of("features"));
    let (k, own) = (first(&mut component, diagnostics), component.params.take::<Own>(diagnostics));
    let features: Features = read_parameters(component, diagnostics)?;
    let (k, Own { over }) = (k?, own?);
    let columns = columns("diversity", binding, &span, diagnostics)?;
    let vectors = vectors(&columns.item, &features, binding, &at, diagnostics)?;
    Some(plain(Diversity { lists: recommended(&columns, None, k), vectors, over }, &FIELDS))
}

struct Diversity {
    lists: Handle<Recommended>,
    vectors: Handle<Attributes>,
    over: Over,
}

impl Diversity {
    fn reading(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let found = sides.current.read(&self.lists)?;
        let items = sides.current.read(&self.vectors)?;
        let vectors = Vectors::of(&[&*items]);
        let of_list = |items: &[crate::accumulators::Recommendation]| {
            let known: Vec<&[f64]> = items.iter().filter_map(|item| vectors.get(item.item)).collect();
            let distances = (0..known.len()).flat_map(|i| known[..i].iter().map({ let known = &known; move |other| 1.0 - cosine(known[i], other) }));
            let (sum, n) = (distances.sum::<f64>(), known.len() as f64);
            match self.over {
                Over::Pairs => (n > 1.0).then(|| sum / (n * (n - 1.0) / 2.0)),
                Over::Items => (n > 0.0).then(|| sum / n),
            }
        };
        let values: Vec<f64> = found.lists.iter().filter_map(|(_, list)| of_list(&list.top)).collect();
        if values.is_empty() {
            return Err(Undefined::no_data("no user has two items whose features are known"));
        }
        Ok(and(mean_of(values.into_iter(), &found), sampled(items.of.len(), items.kept, "items")))
    }
}

impl Metric for Diversity {
    fn requests(&self) -> Vec<Request> {
        vec![self.lists.request.clone(), self.vectors.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides))
    }
}
