//! How little the first k items of users have in common.

use super::super::shape::plain;
use super::lists::{First, columns, first, note};
use crate::accumulators::{Recommended, recommended};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "personalization",
        aliases: &[],
        summary: "How little the first k items of users have in common.",
        description: "Needs `user`, `item` and `score` (the highest first) or `rank` (from 1) under [columns]. The chance that an item of a user's first k is not among those of another user drawn at random: 0 if all get the same items, 1 if no two share one; an item that a user's list has twice counts once. Of equal scores the order is as if drawn for each user, and the same in every run. Rows without a user, an item or a finite order are left out and counted. Exact up to a million items in all lists (users times k); beyond, of a seeded sample of the users, which the result tells.",
        formula: "1 - (sum over pairs of users of their common items) / ((users - 1) / 2 * sum over users of their items)",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"personalization\"\nk = 5\nfail = \"value < reference - 0.05\"",
        reference: "Evidently's PersonalizationMetric, on lists of k items or more (over = k)",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [Field::new("value", "ratio", "the chance, from 0 to 1"), Field::new("users", "", "users with a recommendation")];

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Parameters {
    #[schemars(flatten)]
    first: First,
    #[schemars(flatten)]
    own: Own,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Own {
    /// How many items a list is taken to have.
    over: Over,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Over {
    /// As many as it has, k at most.
    #[default]
    Shown,
    /// Always k, however short it is.
    K,
}

fn build(binding: &Binding<'_>, mut component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let k = first(&mut component, diagnostics);
    let Own { over } = read_parameters(component, diagnostics)?;
    let (k, columns) = (k?, columns("personalization", binding, &span, diagnostics)?);
    Some(plain(Personalization { lists: recommended(&columns, None, k), over, k }, &FIELDS))
}

struct Personalization {
    lists: Handle<Recommended>,
    over: Over,
    k: usize,
}

impl Personalization {
    fn reading(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let found = sides.current.read(&self.lists)?;
        let users = found.lists.len() as f64;
        if users < 2.0 {
            return Err(Undefined::no_data("there are not two users with recommendations"));
        }
        let mut of_item = FxHashMap::<_, u64>::default();
        found.lists.iter().flat_map(|(_, list)| list.items()).for_each(|item| *of_item.entry(item).or_default() += 1);
        // Each item of n users is common to n (n - 1) ordered pairs of them.
        let squares: u64 = of_item.values().map(|n| n * n).sum();
        let items = match self.over {
            Over::Shown => of_item.values().sum::<u64>() as f64,
            Over::K => self.k as f64 * users,
        };
        let value = 1.0 - (squares as f64 - items) / ((users - 1.0) * items);
        let reading = Reading::of([("value", value), ("users", users)]);
        Ok(Reading { n_current: Some(found.lists.len() as u64), note: note(&found), ..reading })
    }
}

impl Metric for Personalization {
    fn requests(&self) -> Vec<Request> {
        vec![self.lists.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides))
    }
}
