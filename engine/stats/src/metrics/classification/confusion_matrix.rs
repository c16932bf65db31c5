//! How often each label was predicted for each true one.

use super::super::shape::plain;
use super::predicted::{Answers, Threshold, labels};
use driftline_core::accumulator::Request;
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "confusion_matrix",
        aliases: &[],
        summary: "How often each label was predicted for each true one.",
        description: "Needs `target` under [columns] and labels that were predicted: `prediction`, the greatest of `probabilities`, or `score` from 0.5 or `threshold` on. One result for each pair of a true and a predicted label, told apart by the labels `target` and `prediction`; of more than 50 labels the pairs that do not occur are left out. Rows without a true or a predicted label are left out, and never taken for wrong.",
        formula: "count; share = count / rows of the true label",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<Threshold>,
        example: "[[record]]\nmetric = \"confusion_matrix\"",
        reference: "sklearn.metrics.confusion_matrix",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("count", "", "rows with both labels"),
    Field::new("share", "ratio", "such rows over the rows of the true label"),
    Field::new("dummy", "", "such rows on average, if labels were guessed with the shares of the true ones"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let chosen: Threshold = read_parameters(component, diagnostics)?;
    Some(plain(ConfusionMatrix { confusion: labels("confusion_matrix", binding, &chosen, &span, diagnostics)? }, &FIELDS))
}

struct ConfusionMatrix {
    confusion: Answers,
}

/// Of more labels only pairs that occur have a result.
const MOST_WHOLE: usize = 50;

impl ConfusionMatrix {
    fn readings(&self, profile: &Profile) -> Result<Parts, Undefined> {
        let matrix = self.confusion.matrix(profile)?;
        let guessed = matrix.guessed();
        let all = matrix.labels.len() <= MOST_WHOLE;
        let mut readings = Parts::new();
        for (i, target) in matrix.labels.iter().enumerate() {
            for (j, prediction) in matrix.labels.iter().enumerate().filter(|(j, _)| all || matrix.counts[i][*j] > 0.0) {
                let mut reading = Reading::of([("count", matrix.counts[i][j])]);
                if let Some(share) = super::predicted::of(matrix.counts[i][j], matrix.support(i)) {
                    reading.set("share", share);
                }
                reading.set("dummy", guessed.counts[i][j]);
                let labels = vec![("target".into(), target.clone()), ("prediction".into(), prediction.clone())];
                readings.push(Ok(Reading { labels, n_current: Some(matrix.total() as u64), ..reading }));
            }
        }
        Ok(readings)
    }
}

impl Metric for ConfusionMatrix {
    fn requests(&self) -> Vec<Request> {
        vec![self.confusion.request()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        self.readings(sides.current).unwrap_or_else(|undefined| vec![Err(undefined)])
    }
}
