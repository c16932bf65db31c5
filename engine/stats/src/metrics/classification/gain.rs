//! Share of the rows of a label that are found among the highest scores.

use super::scores::{OfTop, of_top};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "gain",
        aliases: &[],
        summary: "Share of the rows of a label that are found among the highest scores.",
        description: "Needs `target` under [columns] and `score` with the scores of the positive label (`positive`, else the last label in order), or `probabilities` with a column for each label. Takes the share of rows with the highest scores; of rows that tie at its edge each counts in part. Of one label alone the result is `no_data`. Rows without a true label or a score, or with an infinite one, are left out.",
        formula: "rows of the label among the top share / rows of the label",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<OfTop>,
        example: "[[suite.check]]\nmetric = \"gain\"\nshare = 0.2\nfail = \"value < 50%\"",
        reference: "Evidently's ClassificationLiftTable (gain)",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [Field::new("value", "ratio", "the gain"), Field::new("dummy", "ratio", "that of scores that tell nothing: the share of rows that are taken")];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    of_top("gain", binding, component, diagnostics, &FIELDS, |found, share| (found, share))
}
