//! How unlike a user's items in training the relevant ones among the first k are, on average over users.

use super::super::shape::plain;
use super::lists::{First, Judged, and, columns, first, judged, mean_of, of_users, needs_training, sampled};
use super::vectors::{Features, Vectors, cosine, vectors};
use crate::accumulators::{Attributes, Interactions, Recommended, interactions};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "serendipity",
        aliases: &[],
        summary: "How unlike a user's items in training the relevant ones among the first k are, on average over users.",
        description: "Needs `user`, `item` and `score` (the highest first) or `rank` (from 1) under [columns], and [source.training] with what the recommender learnt from: a row for each user and item, in columns of the same names. And `target`, which says how relevant an item is. An item's vector are the columns `features` (numbers); an item that lacks one of them, or whose numbers are all 0, is left out. The cosine distance of each relevant item to each of the user's items in training: high where a user likes what is unlike the past. Users without items in training or without a relevant item among the first k are left out. Of equal scores the order is as if drawn for each user, and the same in every run; an item that is recommended twice counts twice. Rows without a target, a user, an item or a finite order are left out and counted. Exact up to a million items in all lists (users times k); beyond, of a seeded sample of the users, which the result tells.",
        formula: "mean over users of the mean over (relevant item, item in training) of (1 - cosine of their vectors)",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"serendipity\"\nfeatures = [\"price\", \"weight\"]\nfail = \"value < reference - 10%\"",
        reference: "Evidently's SerendipityMetric (over = training)",
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
    judged: Judged,
    #[schemars(flatten)]
    features: Features,
    #[schemars(flatten)]
    own: Own,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Own {
    /// What the sum of a user's similarities is divided by.
    over: Over,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Over {
    /// The pairs: the result does not fall with every relevant item more.
    #[default]
    Pairs,
    /// The user's items in training alone.
    Training,
}

fn build(binding: &Binding<'_>, mut component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let (span, at) = (component.kind_span.clone(), component.params.span_of("features"));
    let (k, own) = (first(&mut component, diagnostics), component.params.take::<Own>(diagnostics));
    let asked = component.params.take::<Judged>(diagnostics);
    let features: Features = read_parameters(component, diagnostics)?;
    let (k, Own { over }) = (k?, own?);
    let lists = judged("serendipity", binding, asked?, k, &span, diagnostics)?;
    let columns = columns("serendipity", binding, &span, diagnostics)?;
    let wanted: Vec<&String> = [&columns.user, &columns.item].into_iter().chain(&features.features).collect();
    needs_training("serendipity", binding, &wanted, &span, diagnostics)?;
    let vectors = vectors(&columns.item, &features, binding, &at, diagnostics)?;
    Some(plain(Serendipity { lists, training: interactions(&columns.user, &columns.item), vectors, over }, &FIELDS))
}

struct Serendipity {
    lists: Handle<Recommended>,
    training: Handle<Interactions>,
    vectors: Handle<Attributes>,
    over: Over,
}

impl Serendipity {
    fn reading(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let found = sides.current.read(&self.lists)?;
        let training = sides.training()?.read(&self.training)?;
        let (own, theirs) = (sides.current.read(&self.vectors)?, sides.training()?.read(&self.vectors)?);
        let vectors = Vectors::of(&[&*own, &*theirs]);
        let known = |items: &mut dyn Iterator<Item = crate::accumulators::Key>| items.filter_map(|item| vectors.get(item)).collect::<Vec<_>>();
        let mut values = Vec::new();
        for (user, list) in &found.lists {
            let Ok(at) = training.users.binary_search_by_key(user, |(user, _)| *user) else { continue };
            let before = known(&mut training.users[at].1.iter().copied());
            let liked = known(&mut list.top.iter().filter(|item| item.relevance > 0.0).map(|item| item.item));
            if before.is_empty() || liked.is_empty() {
                continue;
            }
            let alike: f64 = before.iter().flat_map(|a| liked.iter().map(move |b| cosine(a, b))).sum();
            let pairs = before.len() * if self.over == Over::Pairs { liked.len() } else { 1 };
            values.push(1.0 - alike / pairs as f64);
        }
        if values.is_empty() {
            return Err(Undefined::no_data("no user has both items in training and a relevant item among the first, all with known features"));
        }
        let parts = [(training.users.len(), training.kept, "users of training"), (own.of.len(), own.kept, "items of current"), (theirs.of.len(), theirs.kept, "items of training")];
        Ok(and(mean_of(values.into_iter(), &found), parts.into_iter().filter_map(|(n, kept, of)| sampled(n, kept, of))))
    }
}

impl Metric for Serendipity {
    fn requests(&self) -> Vec<Request> {
        vec![self.lists.request.clone(), self.vectors.request.clone()]
    }

    fn training_requests(&self) -> Vec<Request> {
        vec![self.training.request.clone(), self.vectors.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides))
    }
}
