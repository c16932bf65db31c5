//! Area under the ROC curve: how well scores put the rows of a label above the others.

use super::scores::{self, Parameters, sizes};
use crate::math::roc_auc;
use driftline_core::metric::Undefined;
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Reading;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "roc_auc",
        aliases: &[],
        summary: "Area under the ROC curve: how well scores put the rows of a label above the others.",
        description: "Needs `target` under [columns] and `score` with the scores of the positive label (`positive`, else the last label in order), or `probabilities` with a column for each label. 1 if all rows of the label score higher than all others, 0.5 if scores tell nothing. Ties count half. Where each label has a score: of each against all others, averaged as `average` says. Exact up to about a million different scores; beyond, scores share bins, and the bounds say what that can change. Of one label alone the result is `no_data`. Rows without a true label or a score, or with an infinite one, are left out.",
        formula: "P(score of a row of the label > score of another row) + P(equal) / 2",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"roc_auc\"\nfail = \"value < reference - 5%\"",
        reference: "sklearn.metrics.roc_auc_score(multi_class=ovr); DeLong et al., Biometrics 44 (1988)",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 4] = [
    Field::new("value", "ratio", "the area"),
    Field::new("dummy", "ratio", "that of scores that tell nothing: 0.5"),
    Field::new("low", "ratio", "lower end of its 95 % confidence interval (DeLong), where it is of one label"),
    Field::new("high", "ratio", "upper end of its 95 % confidence interval"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    let of = |scores: &[(f64, u64, u64)], binned: bool| {
        let (others, own) = sizes(scores)?;
        let found = roc_auc(scores).ok_or_else(|| Undefined::error("there are too many rows"))?;
        let mut reading = Reading::of([("value", found.auc), ("dummy", 0.5)]);
        // Where no pair is in the wrong order, DeLong's variance is 0, which no sample can tell.
        if let Some((low, high)) = found.interval.filter(|(low, high)| low < high) {
            reading.set("low", low);
            reading.set("high", high);
        }
        // What rows of one bin could be to each other, were their scores known.
        let tied: f64 = scores.iter().map(|(_, n, m)| *n as f64 * *m as f64).sum::<f64>() / 2.0 / (others as f64 * own as f64);
        Ok(Reading { bounds: binned.then(|| ((found.auc - tied).max(0.0), (found.auc + tied).min(1.0))), ..reading })
    };
    scores::built("roc_auc", binding, parameters, &span, diagnostics, &FIELDS, Box::new(of))
}
