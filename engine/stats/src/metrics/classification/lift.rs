//! How many times as many rows of a label there are among the highest scores as among all.

use super::scores::{OfTop, of_top};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "lift",
        aliases: &[],
        summary: "How many times as many rows of a label there are among the highest scores as among all.",
        description: "Needs `target` under [columns] and `score` with the scores of the positive label (`positive`, else the last label in order), or `probabilities` with a column for each label. Takes the share of rows with the highest scores; of rows that tie at its edge each counts in part. Of one label alone the result is `no_data`. Rows without a true label or a score, or with an infinite one, are left out.",
        formula: "recall among the top share / share",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<OfTop>,
        example: "[[suite.check]]\nmetric = \"lift\"\nshare = 0.2\nfail = \"value < 2\"",
        reference: "Evidently's ClassificationLiftTable",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [Field::new("value", "", "the lift, from 0 to 1 / share"), Field::new("dummy", "", "that of scores that tell nothing: 1")];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    of_top("lift", binding, component, diagnostics, &FIELDS, |found, share| (found / share, 1.0))
}
