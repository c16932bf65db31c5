//! True positive rate at each false positive rate.

use super::tables::{Parameters, build_table, percent};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Reading;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "roc_table",
        aliases: &[],
        summary: "True positive rate at each false positive rate.",
        description: "Needs `target` under [columns] and `score` with the scores of the positive label (`positive`, else the last label in order), or `probabilities` with a column for each label, which then are told apart by `label`. One result for each of `lines` false positive rates, told apart by `false_positive_rate`, on the straight lines between the points of the ROC curve. Of one label alone the result is `no_data`. Rows without a true label or a score are left out.",
        formula: "true positive rate at the threshold where the false positive rate is reached",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[record]]\nmetric = \"roc_table\"\nlines = 10",
        reference: "sklearn.metrics.roc_curve, numpy.interp; Evidently's ClassificationRocCurve",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("value", "ratio", "true positive rate, the recall"),
    Field::new("threshold", "", "lowest score with a false positive rate that is no higher; missing where no score has one"),
    Field::new("dummy", "ratio", "the rate of scores that tell nothing: the false positive rate itself"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    build_table("roc_table", "false_positive_rate", binding, component, diagnostics, &FIELDS, line_of)
}

fn line_of(scores: &[(f64, u64, u64)], others: u64, own: u64, rate: f64) -> (String, Reading) {
    let wanted = rate * others as f64;
    let (mut wrong, mut right, mut threshold) = (0, 0, f64::NAN);
    let mut reached = own as f64;
    for (score, n, m) in scores.iter().rev() {
        // Upright steps are taken whole.
        if (wrong + n) as f64 > wanted + 1e-9 {
            reached = right as f64 + *m as f64 * (wanted - wrong as f64).max(0.0) / *n as f64;
            break;
        }
        wrong += n;
        right += m;
        threshold = *score;
    }
    let mut reading = Reading::of([("value", reached.min(own as f64) / own as f64), ("dummy", rate)]);
    if threshold.is_finite() {
        reading.set("threshold", threshold);
    }
    (percent(rate), reading)
}
