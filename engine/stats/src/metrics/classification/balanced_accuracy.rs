//! Mean over the true labels of the share that is found.

use super::super::shape::plain;
use super::predicted::{Matrix, OfMatrix, Threshold, VALUE_AND_DUMMY, labels, of};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "balanced_accuracy",
        aliases: &[],
        summary: "Mean over the true labels of the share that is found.",
        description: "Needs `target` under [columns] and labels that were predicted: `prediction`, the greatest of `probabilities`, or `score` from 0.5 or `threshold` on. For unbalanced classes. A label that is only predicted has no part in it. Rows without a true or a predicted label are left out, and never taken for wrong. Without a row that has both the result is `no_data`.",
        formula: "mean over the true labels of recall",
        direction: Direction::Higher,
        fields: &VALUE_AND_DUMMY,
        parameters: schema_of::<Threshold>,
        example: "[[suite.check]]\nmetric = \"balanced_accuracy\"\nfail = \"value < reference - 5%\"",
        reference: "sklearn.metrics.balanced_accuracy_score",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let chosen: Threshold = read_parameters(component, diagnostics)?;
    let confusion = labels("balanced_accuracy", binding, &chosen, &span, diagnostics)?;
    let of = |m: &Matrix| {
        let recalls: Vec<f64> = (0..m.labels.len()).filter_map(|label| of(m.counts[label][label], m.support(label))).collect();
        of(recalls.iter().sum(), recalls.len() as f64)
    };
    Some(plain(OfMatrix { confusion, of, undefined: "there are no rows" }, &VALUE_AND_DUMMY))
}
