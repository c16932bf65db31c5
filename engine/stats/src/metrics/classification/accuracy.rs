//! Share of rows whose prediction is the true label.

use super::super::shape::plain;
use super::predicted::{Matrix, OfMatrix, Threshold, VALUE_AND_DUMMY, answers, of};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "accuracy",
        aliases: &[],
        summary: "Share of rows whose prediction is the true label.",
        description: "Needs `target` under [columns] and labels that were predicted: `prediction`, the greatest of `probabilities`, or `score` from 0.5 or `threshold` on. Rows of several labels, whose target and prediction are lists, are right where both lists have the same labels. Not for unbalanced classes, where guessing the largest class scores high. Rows without a true or a predicted label are left out, and never taken for wrong. Without a row that has both the result is `no_data`.",
        formula: "right predictions / labelled rows",
        direction: Direction::Higher,
        fields: &VALUE_AND_DUMMY,
        parameters: schema_of::<Threshold>,
        example: "[[suite.check]]\nmetric = \"accuracy\"\nfail = \"value < reference - 5%\"",
        reference: "sklearn.metrics.accuracy_score",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let chosen: Threshold = read_parameters(component, diagnostics)?;
    let confusion = answers("accuracy", binding, &chosen, &span, diagnostics)?;
    let of = |m: &Matrix| of(m.right(), m.total());
    Some(plain(OfMatrix { confusion, of, undefined: "there are no rows" }, &VALUE_AND_DUMMY))
}
