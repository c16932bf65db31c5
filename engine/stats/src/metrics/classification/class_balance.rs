//! The share of each label, true and predicted.

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
        name: "class_balance",
        aliases: &[],
        summary: "The share of each label among the true and the predicted ones.",
        description: "Needs `target` under [columns] and labels that were predicted: `prediction`, the greatest of `probabilities`, or `score` from 0.5 or `threshold` on. One result for each label, told apart by `label`. Rows without a true or a predicted label are left out, and never taken for wrong.",
        formula: "target_share = rows of the true label / rows; prediction_share likewise",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<Threshold>,
        example: "[[suite.check]]\nmetric = \"class_balance\"\nwarn = \"abs(prediction_share - target_share) > 10%\"",
        reference: "Evidently's ClassificationClassBalance",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] =
    [Field::new("target_share", "ratio", "rows of the true label over all rows"), Field::new("prediction_share", "ratio", "rows of the predicted label over all rows")];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let chosen: Threshold = read_parameters(component, diagnostics)?;
    Some(plain(ClassBalance { confusion: labels("class_balance", binding, &chosen, &span, diagnostics)? }, &FIELDS))
}

struct ClassBalance {
    confusion: Answers,
}

impl ClassBalance {
    fn readings(&self, profile: &Profile) -> Result<Parts, Undefined> {
        let matrix = self.confusion.matrix(profile)?;
        let total = matrix.total();
        let reading = |(i, label): (usize, &String)| {
            let fields = [("target_share", matrix.support(i) / total), ("prediction_share", matrix.predicted(i) / total)];
            Ok(Reading { labels: vec![("label".into(), label.clone())], n_current: Some(total as u64), ..Reading::of(fields) })
        };
        Ok(matrix.labels.iter().enumerate().map(reading).collect())
    }
}

impl Metric for ClassBalance {
    fn requests(&self) -> Vec<Request> {
        vec![self.confusion.request()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        self.readings(sides.current).unwrap_or_else(|undefined| vec![Err(undefined)])
    }
}
