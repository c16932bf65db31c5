//! How unlike the items of training the recommended ones are in an attribute, such as price or kind.

use super::super::shape::plain;
use super::bias::{Shares, distance};
use super::lists::{First, and, columns, first, needs_training, sampled};
use crate::accumulators::{Attributes, Recommended, attributes, recommended};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "item_bias",
        aliases: &[],
        summary: "How unlike the items of training the recommended ones are in an attribute, such as price or kind.",
        description: "Needs `user`, `item` and `score` (the highest first) or `rank` (from 1) under [columns], and [source.training] with what the recommender learnt from: a row for each user and item, in columns of the same names. Training has the attribute's column too. The distribution of the attribute over the first k items of all users against that over the different items of training. For a column of numbers the distance is Kolmogorov and Smirnov's statistic, for categories the total variation; the result names the category whose share differs most. Infinite numbers are no values. Of equal scores the order is as if drawn for each user, and the same in every run; an item that is recommended twice counts twice. Rows without a user, an item or a finite order are left out and counted. Exact up to a million items in all lists (users times k); beyond, of a seeded sample of the users, which the result tells.",
        formula: "max |F(x) - G(x)| of numbers; 1/2 sum |p - q| of categories",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<First>,
        example: "[[suite.check]]\nmetric = \"item_bias\"\ncolumns = \"price\"\nfail = \"value > 0.2\"",
        reference: "Evidently's ItemBiasMetric, which draws the two distributions",
    },
    scope: Scope::Column,
    accepts: &[Kind::Numerical, Kind::Categorical],
    compares: false,
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("value", "ratio", "distance of the two distributions, from 0 to 1"),
    Field::new("recommended", "", "recommendations whose item has the attribute"),
    Field::new("training", "", "items of training that have the attribute"),
];

fn build(binding: &Binding<'_>, mut component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let k = first(&mut component, diagnostics);
    read_parameters::<NoParameters>(component, diagnostics)?;
    let of = columns("item_bias", binding, &span, diagnostics)?;
    let column = binding.column?;
    needs_training("item_bias", binding, &[&of.item, &column.name], &span, diagnostics)?;
    let attributes = attributes(&of.item, std::slice::from_ref(&column.name), column.kind == Kind::Numerical);
    Some(plain(ItemBias { lists: recommended(&of, None, k?), attributes }, &FIELDS))
}

struct ItemBias {
    lists: Handle<Recommended>,
    attributes: Handle<Attributes>,
}

impl Metric for ItemBias {
    fn requests(&self) -> Vec<Request> {
        vec![self.lists.request.clone(), self.attributes.request.clone()]
    }

    fn training_requests(&self) -> Vec<Request> {
        vec![self.attributes.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        let reading = || -> Result<Reading, Undefined> {
            let (lists, own) = (sides.current.read(&self.lists)?, sides.current.read(&self.attributes)?);
            let recommended = lists.lists.iter().flat_map(|(_, list)| &list.top).filter_map(|item| own.of.get(&item.item));
            let training = sides.training()?.read(&self.attributes)?;
            let reading = distance("recommended", &Shares::of(recommended), &Shares::of(training.of.values()))?;
            let parts = [(lists.lists.len(), lists.kept, "users"), (own.of.len(), own.kept, "items of current"), (training.of.len(), training.kept, "items of training")];
            Ok(and(reading, parts.into_iter().filter_map(|(n, kept, of)| sampled(n, kept, of))))
        };
        single(reading())
    }
}
