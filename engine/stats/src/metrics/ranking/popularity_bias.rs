//! How much the first k items of users are those that everybody knows.

use super::super::shape::plain;
use super::lists::{First, and, columns, first, needs_training, note, sampled};
use crate::accumulators::{Interactions, Recommended, interactions, recommended};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use rustc_hash::FxHashMap;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "popularity_bias",
        aliases: &[],
        summary: "How much the first k items of users are those that everybody knows.",
        description: "Needs `user`, `item` and `score` (the highest first) or `rank` (from 1) under [columns], and [source.training] with what the recommender learnt from: a row for each user and item, in columns of the same names. Three views of it: how popular the recommended items were in training, which share of the items of training is recommended to anybody, and how unevenly recommendations fall on items. Items that training does not know have no popularity. Of training all up to two million pairs of a user and an item; beyond, of a seeded sample of its users, which the result tells: `value` is then a little lower, and rare items may be unknown. Of equal scores the order is as if drawn for each user, and the same in every run. Rows without a user, an item or a finite order are left out and counted. Exact up to a million items in all lists (users times k); beyond, of a seeded sample of the users, which the result tells.",
        formula: "mean over users of the mean over items of (users with the item in training / users with the most popular one)",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<First>,
        example: "[[suite.check]]\nmetric = \"popularity_bias\"\nk = 5\nfail = \"gini > reference.gini + 0.05\"",
        reference: "Evidently's PopularityBias; Abdollahpouri et al., FLAIRS 32 (2019)",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 6] = [
    Field::new("value", "ratio", "mean popularity of a user's items, the most popular item's being 1"),
    Field::new("average_popularity", "", "the same as a number of users in training (ARP)"),
    Field::new("coverage", "ratio", "share of the items of training that anybody is recommended"),
    Field::new("gini", "ratio", "Gini index of how often each item of training or of the recommendations is recommended: 0 if all alike, 1 if one alone"),
    Field::new("gini_recommended", "ratio", "the same of the recommended items alone"),
    Field::new("users", "", "users with a recommendation"),
];

fn build(binding: &Binding<'_>, mut component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let k = first(&mut component, diagnostics);
    read_parameters::<NoParameters>(component, diagnostics)?;
    let columns = columns("popularity_bias", binding, &span, diagnostics)?;
    needs_training("popularity_bias", binding, &[&columns.user, &columns.item], &span, diagnostics)?;
    Some(plain(PopularityBias { lists: recommended(&columns, None, k?), training: interactions(&columns.user, &columns.item) }, &FIELDS))
}

struct PopularityBias {
    lists: Handle<Recommended>,
    training: Handle<Interactions>,
}

/// Of the numbers that things have, ascending.
fn gini(numbers: &[u64]) -> f64 {
    let (n, sum) = (numbers.len() as f64, numbers.iter().sum::<u64>() as f64);
    let weighted: f64 = (1..).zip(numbers).map(|(i, number)| (2.0 * f64::from(i) - n - 1.0) * *number as f64).sum();
    if n > 1.0 { weighted / ((n - 1.0) * sum) } else { 0.0 }
}

impl PopularityBias {
    fn reading(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let found = sides.current.read(&self.lists)?;
        let training = sides.training()?.read(&self.training)?;
        let most = training.popularity.values().copied().max().ok_or_else(|| Undefined::no_data("there is nothing in training"))?;
        let mut of_item = FxHashMap::<_, u64>::default();
        let mut means = Vec::new();
        for (_, list) in &found.lists {
            list.items().for_each(|item| *of_item.entry(item).or_default() += 1);
            let known: Vec<u64> = list.top.iter().filter_map(|item| training.popularity.get(&item.item).copied()).collect();
            means.extend((!known.is_empty()).then(|| known.iter().sum::<u64>() as f64 / known.len() as f64));
        }
        if means.is_empty() {
            return Err(Undefined::no_data("no recommended item is known from training"));
        }
        let popularity = means.iter().sum::<f64>() / means.len() as f64;
        let covered = of_item.keys().filter(|item| training.popularity.contains_key(item)).count();
        let mut numbers: Vec<u64> = of_item.values().copied().collect();
        numbers.sort_unstable();
        let recommended = gini(&numbers);
        let mut all = vec![0; training.popularity.len() - covered];
        all.extend(numbers);
        let reading = Reading::of([
            ("value", popularity / most as f64),
            ("average_popularity", popularity / training.kept),
            ("coverage", covered as f64 / training.popularity.len() as f64),
            ("gini", gini(&all)),
            ("gini_recommended", recommended),
            ("users", found.lists.len() as f64),
        ]);
        let reading = Reading { n_current: Some(found.lists.len() as u64), note: note(&found), ..reading };
        Ok(and(reading, sampled(training.users.len(), training.kept, "users of training")))
    }
}

impl Metric for PopularityBias {
    fn requests(&self) -> Vec<Request> {
        vec![self.lists.request.clone()]
    }

    fn training_requests(&self) -> Vec<Request> {
        vec![self.training.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides))
    }
}
