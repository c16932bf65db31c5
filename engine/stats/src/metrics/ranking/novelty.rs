//! How rarely the first k items of a user were met in training, in bits, on average over users.

use super::super::shape::plain;
use super::lists::{First, and, columns, first, mean_of, needs_training, sampled};
use crate::accumulators::{Interactions, Recommended, interactions, recommended};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "novelty",
        aliases: &[],
        summary: "How rarely the first k items of a user were met in training, in bits, on average over users.",
        description: "Needs `user`, `item` and `score` (the highest first) or `rank` (from 1) under [columns], and [source.training] with what the recommender learnt from: a row for each user and item, in columns of the same names. The self-information of an item: 0 bits if every user in training had it, 1 if half of them. Items that no user in training had are left out, and their share is told. Of training all up to two million pairs of a user and an item; beyond, of a seeded sample of its users, which the result tells: items that few users have may then be unknown. Of equal scores the order is as if drawn for each user, and the same in every run; an item that is recommended twice counts twice. Rows without a user, an item or a finite order are left out and counted. Exact up to a million items in all lists (users times k); beyond, of a seeded sample of the users, which the result tells.",
        formula: "mean over users of the mean over items of -log2(users with the item in training / users in training)",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<First>,
        example: "[[suite.check]]\nmetric = \"novelty\"\nk = 5\nfail = \"value < reference - 10%\"",
        reference: "Evidently's NoveltyMetric; Zhou et al., PNAS 107 (2010)",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 5] = [
    Field::new("value", "bits", "the mean over users"),
    Field::new("low", "bits", "lower end of its 95 % confidence interval, users drawn anew"),
    Field::new("high", "bits", "upper end of its 95 % confidence interval"),
    Field::new("users", "", "users with an item that is known from training"),
    Field::new("unknown", "ratio", "share of the recommended items that training does not know"),
];

fn build(binding: &Binding<'_>, mut component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let k = first(&mut component, diagnostics);
    read_parameters::<NoParameters>(component, diagnostics)?;
    let columns = columns("novelty", binding, &span, diagnostics)?;
    needs_training("novelty", binding, &[&columns.user, &columns.item], &span, diagnostics)?;
    Some(plain(Novelty { lists: recommended(&columns, None, k?), training: interactions(&columns.user, &columns.item) }, &FIELDS))
}

struct Novelty {
    lists: Handle<Recommended>,
    training: Handle<Interactions>,
}

impl Novelty {
    fn reading(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let found = sides.current.read(&self.lists)?;
        let training = sides.training()?.read(&self.training)?;
        let (mut values, mut all, mut known) = (Vec::new(), 0u64, 0u64);
        for (_, list) in &found.lists {
            let bits = list.top.iter().filter_map(|item| training.popularity.get(&item.item)).map(|users| (training.users.len() as f64 / *users as f64).log2());
            let (sum, n) = bits.fold((0.0, 0u64), |(sum, n), bits| (sum + bits, n + 1));
            all += list.top.len() as u64;
            known += n;
            values.extend((n > 0).then(|| sum / n as f64));
        }
        if values.is_empty() {
            return Err(Undefined::no_data("no recommended item is known from training"));
        }
        let mut reading = mean_of(values.into_iter(), &found);
        reading.set("unknown", (all - known) as f64 / all as f64);
        Ok(and(reading, sampled(training.users.len(), training.kept, "users of training")))
    }
}

impl Metric for Novelty {
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
