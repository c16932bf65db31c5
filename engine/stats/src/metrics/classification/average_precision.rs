//! Mean precision over the rows of a label, from the highest score down.

use super::scores::{self, Parameters, sizes};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Reading;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "average_precision",
        aliases: &[],
        summary: "Mean precision over the rows of a label, from the highest score down.",
        description: "Needs `target` under [columns] and `score` with the scores of the positive label (`positive`, else the last label in order), or `probabilities` with a column for each label. For rare labels, where the area under the ROC curve looks good easily. Tied rows are taken together. Where each label has a score: of each against all others, averaged as `average` says. Of one label alone the result is `no_data`. Rows without a true label or a score, or with an infinite one, are left out.",
        formula: "sum over thresholds of (recall - recall before) x precision",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"average_precision\"\nfail = \"value < reference - 5%\"",
        reference: "sklearn.metrics.average_precision_score",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [Field::new("value", "ratio", "the metric"), Field::new("dummy", "ratio", "that of scores that tell nothing: the share of the label")];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    let of = |scores: &[(f64, u64, u64)], binned: bool| {
        let (others, own) = sizes(scores)?;
        let (mut above, mut found, mut sum) = (0u64, 0u64, 0.0);
        for (_, n, m) in scores.iter().rev() {
            above += n + m;
            found += m;
            sum += *m as f64 * (found as f64 / above as f64);
        }
        let reading = Reading::of([("value", sum / own as f64), ("dummy", own as f64 / (others + own) as f64)]);
        Ok(Reading { bounds: binned.then(|| (extreme(scores, own, false), extreme(scores, own, true))), ..reading })
    };
    scores::built("average_precision", binding, parameters, &span, diagnostics, &FIELDS, Box::new(of))
}

/// Where the rows of each bin are in the best order, or in the worst.
fn extreme(scores: &[(f64, u64, u64)], own: u64, best: bool) -> f64 {
    let (mut above, mut found, mut sum) = (0u64, 0u64, 0.0);
    for (_, n, m) in scores.iter().rev() {
        let first = above + if best { 0 } else { *n };
        sum += (1..=*m).map(|i| (found + i) as f64 / (first + i) as f64).sum::<f64>();
        above += n + m;
        found += m;
    }
    sum / own as f64
}
