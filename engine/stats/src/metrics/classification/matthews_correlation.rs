//! Correlation of true and predicted labels, from -1 to 1.

use super::super::shape::plain;
use super::predicted::{Matrix, OfMatrix, Threshold, labels, of};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "matthews_correlation",
        aliases: &[],
        summary: "Correlation of true and predicted labels, from -1 to 1.",
        description: "Needs `target` under [columns] and labels that were predicted: `prediction`, the greatest of `probabilities`, or `score` from 0.5 or `threshold` on. Tells of all cells of the matrix, also where classes are unbalanced. Where all rows have one true label, or all one prediction, it is `no_data`. Rows without a true or a predicted label are left out, and never taken for wrong. Without a row that has both the result is `no_data`.",
        formula: "(right n - sum t p) / sqrt((n^2 - sum p^2)(n^2 - sum t^2)), t and p the rows of each true and predicted label",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<Threshold>,
        example: "[[suite.check]]\nmetric = \"matthews_correlation\"\nfail = \"value < reference - 0.1\"",
        reference: "sklearn.metrics.matthews_corrcoef",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [
    Field::new("value", "", "the metric, at most 1"),
    Field::new("dummy", "", "what labels that are guessed with the shares of the true ones come to on average"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let chosen: Threshold = read_parameters(component, diagnostics)?;
    let confusion = labels("matthews_correlation", binding, &chosen, &span, diagnostics)?;
    let of = |m: &Matrix| {
        let n = m.total();
        let sum = |of: &dyn Fn(usize) -> f64| (0..m.labels.len()).map(of).sum::<f64>();
        let (t, p) = (|k: usize| m.support(k), |k: usize| m.predicted(k));
        let spread = ((n * n - sum(&|k| p(k) * p(k))) * (n * n - sum(&|k| t(k) * t(k)))).sqrt();
        of(1.0, spread).map(|one| (m.right() * n - sum(&|k| t(k) * p(k))) * one)
    };
    Some(plain(OfMatrix { confusion, of, undefined: "all rows have one true label, or one predicted label" }, &FIELDS))
}
