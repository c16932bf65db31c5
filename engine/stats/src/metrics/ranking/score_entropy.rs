//! How evenly the scores of a user's first k items are spread, in nats, on average over users.

use super::super::classification::tell;
use super::super::shape::plain;
use super::lists::{First, columns, first, mean_of, of_users, note};
use crate::accumulators::{Recommended, recommended};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "score_entropy",
        aliases: &[],
        summary: "How evenly the scores of a user's first k items are spread, in nats, on average over users.",
        description: "Needs `user`, `item` and `score` under [columns]. The entropy of the softmax of the scores: 0 if one item has all, log k if all score alike. With `of = \"all\"` the softmax is taken over the first k items of all users together. Of equal scores the order is as if drawn for each user, and the same in every run; an item that is recommended twice counts twice. Rows without a user, an item or a finite order are left out and counted. Exact up to a million items in all lists (users times k); beyond, of a seeded sample of the users, which the result tells.",
        formula: "mean over users of -sum p log p, with p = exp(score) / sum of exp(score)",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"score_entropy\"\nk = 5\nfail = \"abs(value - reference) > 10% * reference\"",
        reference: "Evidently's ScoreDistribution (of = all)",
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
    own: Own,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Own {
    /// Whose scores make one distribution.
    of: Of,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Of {
    /// Those of each user.
    #[default]
    Each,
    /// Those of all users together.
    All,
}

fn build(binding: &Binding<'_>, mut component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let k = first(&mut component, diagnostics);
    let Own { of } = read_parameters(component, diagnostics)?;
    let columns = columns("score_entropy", binding, &span, diagnostics)?;
    if columns.is_rank {
        return tell(diagnostics, &span, "score_entropy", "scores, not ranks,", "score = \"…\"");
    }
    Some(plain(ScoreEntropy { lists: recommended(&columns, None, k?), of }, &FIELDS))
}

struct ScoreEntropy {
    lists: Handle<Recommended>,
    of: Of,
}

fn entropy(scores: &[f64]) -> f64 {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = scores.iter().map(|score| (score - most).exp()).sum();
    scores.iter().map(|score| (score - most).exp() / total).filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum()
}

impl ScoreEntropy {
    fn reading(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let found = sides.current.read(&self.lists)?;
        if found.lists.is_empty() {
            return Err(Undefined::no_data("there are no recommendations"));
        }
        let each = found.lists.iter().map(|(_, list)| list.top.iter().map(|item| item.score).collect::<Vec<f64>>());
        match self.of {
            Of::Each => Ok(mean_of(each.map(|scores| entropy(&scores)), &found)),
            Of::All => {
                let reading = Reading::of([("value", entropy(&each.flatten().collect::<Vec<f64>>())), ("users", found.lists.len() as f64)]);
                Ok(Reading { n_current: Some(found.lists.len() as u64), note: note(&found), ..reading })
            }
        }
    }
}

impl Metric for ScoreEntropy {
    fn requests(&self) -> Vec<Request> {
        vec![self.lists.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides))
    }
}
