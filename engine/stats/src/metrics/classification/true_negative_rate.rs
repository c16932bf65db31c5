//! Share of the rows of other labels that are not taken for the label.

use super::predicted::{VALUE_AND_DUMMY, of};
use super::rates::{self, Parameters};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, MetricEntry, Scope, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "true_negative_rate",
        aliases: &[],
        summary: "Share of the rows of other labels that are not taken for the label.",
        description: "Needs `target` under [columns] and labels that were predicted: `prediction`, the greatest of `probabilities`, or `score` from 0.5 or `threshold` on. Two labels: the rate of the positive one (`positive` under [columns], else the last in order); more: the mean of their rates, unless `average` or `label` says otherwise. Rows without a true or a predicted label are left out, and never taken for wrong. A label of which there is nothing to be a share of has no rate: it has no part in an average, and is `no_data` by itself.",
        formula: "true negatives / (true negatives + false positives)",
        direction: Direction::Higher,
        fields: &VALUE_AND_DUMMY,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"true_negative_rate\"\nfail = \"value < reference - 5%\"",
        reference: "sklearn.metrics.recall_score of the other label; Evidently's TNR",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    rates::build("true_negative_rate", binding, component, diagnostics, |c| of(c.true_negative, c.true_negative + c.false_positive))
}
