//! Agreement of true and predicted labels beyond that of chance.

use super::super::shape::plain;
use super::predicted::{Matrix, OfMatrix, Threshold, labels};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "cohen_kappa",
        aliases: &[],
        summary: "Agreement of true and predicted labels beyond that of chance.",
        description: "Needs `target` under [columns] and labels that were predicted: `prediction`, the greatest of `probabilities`, or `score` from 0.5 or `threshold` on. 1 if all agree, 0 if as many as chance gives. Where all rows have one and the same label, true and predicted, it is `no_data`. Rows without a true or a predicted label are left out, and never taken for wrong. Without a row that has both the result is `no_data`.",
        formula: "(p_observed - p_chance) / (1 - p_chance)",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<Threshold>,
        example: "[[suite.check]]\nmetric = \"cohen_kappa\"\nfail = \"value < reference - 0.1\"",
        reference: "sklearn.metrics.cohen_kappa_score",
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
    let confusion = labels("cohen_kappa", binding, &chosen, &span, diagnostics)?;
    let of = |m: &Matrix| {
        let n = m.total();
        let chance = (0..m.labels.len()).map(|k| m.support(k) * m.predicted(k)).sum::<f64>() / (n * n);
        (chance < 1.0).then(|| (m.right() / n - chance) / (1.0 - chance))
    };
    Some(plain(OfMatrix { confusion, of, undefined: "all rows have one and the same label" }, &FIELDS))
}
