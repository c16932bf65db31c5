//! Weighted harmonic mean of precision and recall among the first k items.

use super::super::shape::plain;
use super::lists::{Judged, Parameters, counting, first, hits, judged, note, share};
use super::precision_at_k::Over;
use crate::accumulators::{List, Recommended};
use crate::math::Moments;
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "f_beta_at_k",
        aliases: &[],
        summary: "Weighted harmonic mean of precision and recall among the first k items.",
        description: "Needs `user`, `item` and `score` (the highest first) or `rank` (from 1) under [columns], and `target`, which says how relevant an item is to the user: every target above 0 is relevant, or every one from `relevant_from` on. Of the means over users of precision_at_k and recall_at_k. Of equal scores the order is as if drawn for each user, and the same in every run; an item that is recommended twice counts twice. Rows without a target, a user, an item or a finite order are left out and counted. Exact up to a million items in all lists (users times k); beyond, of a seeded sample of the users, which the result tells.",
        formula: "(1 + beta^2) precision recall / (beta^2 precision + recall)",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<Parameters<Own>>,
        example: "[[suite.check]]\nmetric = \"f_beta_at_k\"\nk = 5\nfail = \"value < reference - 0.05\"",
        reference: "Evidently's FBetaTopKMetric (over = shown)",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 4] = [
    Field::new("value", "ratio", "the harmonic mean"),
    Field::new("precision", "ratio", "mean over users of the relevant share of the first k items"),
    Field::new("recall", "ratio", "mean over users of the share of relevant items that are among the first k"),
    Field::new("users", "", "users whose lists count"),
];

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(default)]
struct Own {
    /// How many times as important recall is as precision.
    #[schemars(range(min = 0.0))]
    beta: f64,
    /// What precision is a share of: `k`, or of as many as the list has, k at most.
    over: Over,
}

impl Default for Own {
    fn default() -> Self {
        Self { beta: 1.0, over: Over::K }
    }
}

fn build(binding: &Binding<'_>, mut component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let (span, at) = (component.kind_span.clone(), component.params.span_of("beta"));
    let (k, own) = (first(&mut component, diagnostics), component.params.take::<Own>(diagnostics));
    let asked: Judged = read_parameters(component, diagnostics)?;
    let (k, own) = (k?, own?);
    if !(own.beta > 0.0 && own.beta <= 1e6) {
        diagnostics.error(&at, format!("`beta` must be a number above 0 and up to 1,000,000, not {}", own.beta));
        return None;
    }
    let handle = judged("f_beta_at_k", binding, asked, k, &span, diagnostics)?;
    Some(plain(FBeta { handle, asked, own, k }, &FIELDS))
}

struct FBeta {
    handle: Handle<Recommended>,
    asked: Judged,
    own: Own,
    k: usize,
}

impl FBeta {
    fn reading(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let found = sides.current.read(&self.handle)?;
        let lists = counting(&found, self.asked.users)?;
        let mean = |of: &dyn Fn(&List) -> f64| Moments::from_block(&lists.iter().map(|list| of(list)).collect::<Vec<f64>>()).mean.to_f64();
        let precision = mean(&|list| hits(list) / if self.own.over == Over::K { self.k } else { list.top.len() } as f64);
        let recall = mean(&|list| share(hits(list), list.relevant as f64));
        let square = self.own.beta * self.own.beta;
        let value = share((1.0 + square) * precision * recall, square * precision + recall);
        let reading = Reading::of([("value", value), ("precision", precision), ("recall", recall), ("users", lists.len() as f64)]);
        Ok(Reading { n_current: Some(lists.len() as u64), note: note(&found), ..reading })
    }
}

impl Metric for FBeta {
    fn requests(&self) -> Vec<Request> {
        vec![self.handle.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides))
    }
}
