//! How unlike the users of training those who get recommendations are in an attribute, such as age or country.

use super::super::shape::plain;
use super::bias::{Shares, distance};
use super::lists::{and, columns, needs_training, sampled};
use crate::accumulators::{Attributes, attributes};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "user_bias",
        aliases: &[],
        summary: "How unlike the users of training those who get recommendations are in an attribute, such as age or country.",
        description: "Needs `user`, `item` and `score` (the highest first) or `rank` (from 1) under [columns], and [source.training] with what the recommender learnt from: a row for each user and item, in columns of the same names. Training has the attribute's column too. The distribution of the attribute over the users of current, each once, against that over the users of training. For a column of numbers the distance is Kolmogorov and Smirnov's statistic, for categories the total variation; the result names the category whose share differs most. Infinite numbers are no values. Users without a value are left out. Exact up to a million users; beyond, of a seeded sample of them.",
        formula: "max |F(x) - G(x)| of numbers; 1/2 sum |p - q| of categories",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"user_bias\"\ncolumns = \"country\"\nfail = \"value > 0.2\"",
        reference: "Evidently's UserBiasMetric, which draws the two distributions",
    },
    scope: Scope::Column,
    accepts: &[Kind::Numerical, Kind::Categorical],
    compares: false,
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("value", "ratio", "distance of the two distributions, from 0 to 1"),
    Field::new("users", "", "users of current who have the attribute"),
    Field::new("training", "", "users of training who have the attribute"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    let of = columns("user_bias", binding, &span, diagnostics)?;
    let column = binding.column?;
    needs_training("user_bias", binding, &[&of.user, &column.name], &span, diagnostics)?;
    Some(plain(UserBias { attributes: attributes(&of.user, std::slice::from_ref(&column.name), column.kind == Kind::Numerical) }, &FIELDS))
}

struct UserBias {
    attributes: Handle<Attributes>,
}

impl Metric for UserBias {
    fn requests(&self) -> Vec<Request> {
        vec![self.attributes.request.clone()]
    }

    fn training_requests(&self) -> Vec<Request> {
        vec![self.attributes.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        let reading = || -> Result<Reading, Undefined> {
            let (current, training) = (sides.current.read(&self.attributes)?, sides.training()?.read(&self.attributes)?);
            let reading = distance("users", &Shares::of(current.of.values()), &Shares::of(training.of.values()))?;
            let parts = [(current.of.len(), current.kept, "users of current"), (training.of.len(), training.kept, "users of training")];
            Ok(and(reading, parts.into_iter().filter_map(|(n, kept, of)| sampled(n, kept, of))))
        };
        single(reading())
    }
}
