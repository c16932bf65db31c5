//! How early the first relevant item comes: one over its place, on average over users.

use super::lists::{OF_USERS, Parameters, share, of_lists};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, MetricEntry, NoParameters, Scope, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "mean_reciprocal_rank",
        aliases: &[],
        summary: "How early the first relevant item comes: one over its place, on average over users.",
        description: "Needs `user`, `item` and `score` (the highest first) or `rank` (from 1) under [columns], and `target`, which says how relevant an item is to the user: every target above 0 is relevant, or every one from `relevant_from` on. A user without a relevant item among the first k counts 0. Of equal scores the order is as if drawn for each user, and the same in every run; an item that is recommended twice counts twice. Rows without a target, a user, an item or a finite order are left out and counted; users without a relevant item have no part in it unless `users = \"all\"`, where they count 0. Of no user with a relevant item the result is `no_data`. Exact up to a million items in all lists (users times k); beyond, of a seeded sample of the users, which the result tells.",
        formula: "mean over users of 1 / place of the first relevant item among the first k",
        direction: Direction::Higher,
        fields: &OF_USERS,
        parameters: schema_of::<Parameters<NoParameters>>,
        example: "[[suite.check]]\nmetric = \"mean_reciprocal_rank\"\nk = 5\nfail = \"value < reference - 0.05\"",
        reference: "Evidently's MRRKMetric; Voorhees, TREC-8 (1999)",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    of_lists("mean_reciprocal_rank", binding, component, diagnostics, |list, _, _: &NoParameters| {
        let first = list.top.iter().position(|item| item.relevance > 0.0);
        first.map_or(0.0, |place| share(1.0, place as f64 + 1.0))
    })
}
