//! Precision and recall at each share of the rows that is predicted positive, the highest scores first.

use super::tables::{Parameters, build_table, percent};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Reading;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "precision_recall_table",
        aliases: &[],
        summary: "Precision and recall at each share of the rows that is predicted positive, the highest scores first.",
        description: "Needs `target` under [columns] and `score` with the scores of the positive label (`positive`, else the last label in order), or `probabilities` with a column for each label, which then are told apart by `label`. One result for each of `lines` shares, told apart by `top`: those rows whose score is at least that of the last row of the share count as predicted. Of one label alone the result is `no_data`. Rows without a true label or a score are left out.",
        formula: "precision and recall of the rows with score >= threshold",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[record]]\nmetric = \"precision_recall_table\"\nlines = 10",
        reference: "sklearn.metrics.precision_recall_curve; Evidently's ClassificationPRTable",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 5] = [
    Field::new("value", "ratio", "precision: the share of the rows predicted positive that are"),
    Field::new("recall", "ratio", "the share of the positive rows that are predicted"),
    Field::new("threshold", "", "score from which on a row is predicted positive"),
    Field::new("rows", "", "rows predicted positive: more than the share where scores tie"),
    Field::new("dummy", "ratio", "precision of scores that tell nothing: the share of the label"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    build_table("precision_recall_table", "top", binding, component, diagnostics, &FIELDS, line_of)
}

fn line_of(scores: &[(f64, u64, u64)], others: u64, own: u64, share: f64) -> (String, Reading) {
    // Of 0.1 * 30 rows there are 3, whatever the rounding.
    let wanted = (share * (others + own) as f64 - 1e-9).ceil().max(1.0) as u64;
    let (mut taken, mut right, mut threshold) = (0, 0, f64::NAN);
    for (score, n, m) in scores.iter().rev() {
        if taken >= wanted {
            break;
        }
        taken += n + m;
        right += m;
        threshold = *score;
    }
    let fields = [("value", right as f64 / taken as f64), ("recall", right as f64 / own as f64), ("threshold", threshold), ("rows", taken as f64), ("dummy", own as f64 / (others + own) as f64)];
    (percent(share), Reading::of(fields))
}
