//! Normalised discounted cumulative gain: how near the order of the first k items is to the best one.

use super::lists::{OF_USERS, Parameters, share, of_lists};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, MetricEntry, NoParameters, Scope, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "ndcg",
        aliases: &[],
        summary: "Normalised discounted cumulative gain: how near the order of the first k items is to the best one.",
        description: "Needs `user`, `item` and `score` (the highest first) or `rank` (from 1) under [columns], and `target`, which says how relevant an item is to the user: every target above 0 is relevant, or every one from `relevant_from` on. A target is an item's gain, and an item counts the less the later it comes; with `relevant_from` every relevant item gains 1. Of equal scores the order is as if drawn for each user, and the same in every run; an item that is recommended twice counts twice. Rows without a target, a user, an item or a finite order are left out and counted; users without a relevant item have no part in it unless `users = \"all\"`, where they count 0. Of no user with a relevant item the result is `no_data`. Exact up to a million items in all lists (users times k); beyond, of a seeded sample of the users, which the result tells.",
        formula: "mean over users of (sum over the first k of relevance / log2(place + 1)) / (the same of the most relevant items in the best order)",
        direction: Direction::Higher,
        fields: &OF_USERS,
        parameters: schema_of::<Parameters<NoParameters>>,
        example: "[[suite.check]]\nmetric = \"ndcg\"\nk = 5\nfail = \"value < reference - 0.05\"",
        reference: "sklearn.metrics.ndcg_score(k) without ties, over users with a relevant item; Jarvelin, Kekalainen, ACM TOIS 20 (2002)",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    of_lists("ndcg", binding, component, diagnostics, |list, _, _: &NoParameters| {
        let gained = |relevances: &mut dyn Iterator<Item = f64>| relevances.enumerate().map(|(place, relevance)| relevance / (place as f64 + 2.0).log2()).sum::<f64>();
        share(gained(&mut list.top.iter().map(|item| item.relevance)), gained(&mut list.ideal.iter().copied()))
    })
}
