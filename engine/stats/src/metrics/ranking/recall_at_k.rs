//! Share of a user's relevant items that are among the first k, on average over users.

use super::lists::{OF_USERS, Parameters, hits, share, of_lists};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, MetricEntry, NoParameters, Scope, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "recall_at_k",
        aliases: &[],
        summary: "Share of a user's relevant items that are among the first k, on average over users.",
        description: "Needs `user`, `item` and `score` (the highest first) or `rank` (from 1) under [columns], and `target`, which says how relevant an item is to the user: every target above 0 is relevant, or every one from `relevant_from` on. How much of what is relevant a user gets to see. Of equal scores the order is as if drawn for each user, and the same in every run; an item that is recommended twice counts twice. Rows without a target, a user, an item or a finite order are left out and counted; users without a relevant item have no part in it unless `users = \"all\"`, where they count 0. Of no user with a relevant item the result is `no_data`. Exact up to a million items in all lists (users times k); beyond, of a seeded sample of the users, which the result tells.",
        formula: "mean over users of (relevant items among the first k / relevant items)",
        direction: Direction::Higher,
        fields: &OF_USERS,
        parameters: schema_of::<Parameters<NoParameters>>,
        example: "[[suite.check]]\nmetric = \"recall_at_k\"\nk = 5\nfail = \"value < reference - 0.05\"",
        reference: "Evidently's RecallTopKMetric; Recall@k of trec_eval",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    of_lists("recall_at_k", binding, component, diagnostics, |list, _, _: &NoParameters| share(hits(list), list.relevant as f64))
}
