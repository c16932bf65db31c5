//! Share of the first k items that are relevant, on average over users.

use super::lists::{OF_USERS, Parameters, hits, of_lists};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, MetricEntry, Scope, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "precision_at_k",
        aliases: &[],
        summary: "Share of the first k items that are relevant, on average over users.",
        description: "Needs `user`, `item` and `score` (the highest first) or `rank` (from 1) under [columns], and `target`, which says how relevant an item is to the user: every target above 0 is relevant, or every one from `relevant_from` on. A list of fewer than k items has that many irrelevant ones the more, unless `over = \"shown\"`. Of equal scores the order is as if drawn for each user, and the same in every run; an item that is recommended twice counts twice. Rows without a target, a user, an item or a finite order are left out and counted; users without a relevant item have no part in it unless `users = \"all\"`, where they count 0. Of no user with a relevant item the result is `no_data`. Exact up to a million items in all lists (users times k); beyond, of a seeded sample of the users, which the result tells.",
        formula: "mean over users of (relevant items among the first k / k)",
        direction: Direction::Higher,
        fields: &OF_USERS,
        parameters: schema_of::<Parameters<Own>>,
        example: "[[suite.check]]\nmetric = \"precision_at_k\"\nk = 5\nfail = \"value < reference - 0.05\"",
        reference: "Evidently's PrecisionTopKMetric (over = shown); P@k of trec_eval",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Own {
    /// What the relevant items are a share of.
    over: Over,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Over {
    /// Of k: what is missing from a short list is not relevant.
    #[default]
    K,
    /// Of as many as the list has, k at most.
    Shown,
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    of_lists("precision_at_k", binding, component, diagnostics, |list, k, own: &Own| hits(list) / if own.over == Over::K { k } else { list.top.len() } as f64)
}
