//! Mean of the recall at the place of each relevant item among the first k, on average over users.

use super::lists::{First, Judged, OF_USERS, built, first, share};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "mean_average_recall",
        aliases: &[],
        summary: "Mean of the recall at the place of each relevant item among the first k, on average over users.",
        description: "Needs `user`, `item` and `score` (the highest first) or `rank` (from 1) under [columns], and `target`, which says how relevant an item is to the user: every target above 0 is relevant, or every one from `relevant_from` on. Grows with every relevant item among the first k, whatever their order there: for the order see mean_average_precision. Of equal scores the order is as if drawn for each user, and the same in every run; an item that is recommended twice counts twice. Rows without a target, a user, an item or a finite order are left out and counted; users without a relevant item have no part in it unless `users = \"all\"`, where they count 0. Of no user with a relevant item the result is `no_data`. Exact up to a million items in all lists (users times k); beyond, of a seeded sample of the users, which the result tells.",
        formula: "mean over users of (sum over the relevant items among the first k of recall at their place) / min(relevant items, k)",
        direction: Direction::Higher,
        fields: &OF_USERS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"mean_average_recall\"\nk = 5\nfail = \"value < reference - 0.05\"",
        reference: "Evidently's MARKMetric, on sorted rows and full lists (over = relevant)",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Parameters {
    #[schemars(flatten)]
    first: First,
    #[schemars(flatten)]
    judged: Judged,
    #[schemars(flatten)]
    own: Own,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Own {
    /// What a user's sum is divided by.
    over: Over,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Over {
    /// The relevant items, k at most.
    #[default]
    Possible,
    /// All relevant items, also those that have no room among the first k.
    Relevant,
}

fn build(binding: &Binding<'_>, mut component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let (k, own) = (first(&mut component, diagnostics), component.params.take::<Own>(diagnostics));
    let judged: Judged = read_parameters(component, diagnostics)?;
    let (k, Own { over }) = (k?, own?);
    let of = move |list: &crate::accumulators::List| {
        let (mut found, mut sum) = (0.0, 0.0);
        for _ in list.top.iter().filter(|item| item.relevance > 0.0) {
            found += 1.0;
            sum += found / list.relevant as f64;
        }
        let most = if over == Over::Possible { list.relevant.min(k as u64) } else { list.relevant };
        share(sum, most as f64)
    };
    built("mean_average_recall", binding, judged, k, &span, diagnostics, Box::new(of))
}
