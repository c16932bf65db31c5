//! Mean of the recall at the place of each relevant item among the first k, on average over users.

use super::averages::{Averaged, average};
use super::lists::{OF_USERS, Parameters, of_lists};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, MetricEntry, Scope, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "mean_average_recall",
        aliases: &[],
        summary: "Mean of the recall at the place of each relevant item among the first k, on average over users.",
        description: "Needs `user`, `item` and `score` (the highest first) or `rank` (from 1) under [columns], and `target`, which says how relevant an item is to the user: every target above 0 is relevant, or every one from `relevant_from` on. Grows with every relevant item among the first k, whatever their order there: for the order see mean_average_precision. Of equal scores the order is as if drawn for each user, and the same in every run; an item that is recommended twice counts twice. Rows without a target, a user, an item or a finite order are left out and counted; users without a relevant item have no part in it unless `users = \"all\"`, where they count 0. Of no user with a relevant item the result is `no_data`. Exact up to a million items in all lists (users times k); beyond, of a seeded sample of the users, which the result tells.",
        formula: "mean over users of (sum over the relevant items among the first k of recall at their place) / min(relevant items, k)",
        direction: Direction::Higher,
        fields: &OF_USERS,
        parameters: schema_of::<Parameters<Averaged>>,
        example: "[[suite.check]]\nmetric = \"mean_average_recall\"\nk = 5\nfail = \"value < reference - 0.05\"",
        reference: "Evidently's MARKMetric, on sorted rows and full lists (over = relevant)",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    of_lists("mean_average_recall", binding, component, diagnostics, |list, k, averaged: &Averaged| average(list, k, averaged, |found, _| found / list.relevant as f64))
}
