//! Share of labels that are wrongly given or wrongly missing, where rows have several labels.

use super::super::shape::plain;
use super::predicted::{left_out, sets, tell};
use crate::accumulators::{LabelCells, LabelSets};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "hamming_loss",
        aliases: &[],
        summary: "Share of labels that are wrongly given or wrongly missing, where rows have several labels.",
        description: "Needs `target` and `prediction` under [columns], both lists of labels; an empty list is a row without labels. Of all pairs of a row and a label that is true or predicted anywhere. Rows without a target or a prediction are left out, and never taken for wrong. Without a row that has both the result is `no_data`, as it is where no row has any label.",
        formula: "(labels in one of the two lists alone) / (rows * labels)",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"hamming_loss\"\nfail = \"value > reference + 1%\"",
        reference: "sklearn.metrics.hamming_loss",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [Field::new("value", "ratio", "the share"), Field::new("dummy", "ratio", "that of labels which are guessed as often as they are true")];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    match (&binding.roles.target, &binding.roles.prediction) {
        (Some(target), Some(prediction)) => Some(plain(HammingLoss { sets: sets("hamming_loss", target, prediction, binding, &span, diagnostics)? }, &FIELDS)),
        _ => tell(diagnostics, &span, "hamming_loss", "a target and a prediction that are lists of labels", "target = \"…\"\nprediction = \"…\""),
    }
}

struct HammingLoss {
    sets: Handle<LabelSets>,
}

impl HammingLoss {
    fn reading(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let found = sides.current.read(&self.sets)?;
        if found.rows == 0 {
            return Err(Undefined::no_data(format!("no row has both true and predicted labels; {} have no true ones", found.unlabelled)));
        }
        if found.labels.is_empty() {
            return Err(Undefined::no_data("no row has a label"));
        }
        let wrong: u64 = found.labels.iter().map(|(_, cells)| cells.false_positive + cells.false_negative).sum();
        let value = wrong as f64 / (found.rows as f64 * found.labels.len() as f64);
        let share = |cells: &LabelCells| (cells.true_positive + cells.false_negative) as f64 / found.rows as f64;
        let dummy = found.labels.iter().map(|(_, cells)| 2.0 * share(cells) * (1.0 - share(cells))).sum::<f64>() / found.labels.len() as f64;
        Ok(Reading { n_current: Some(found.rows), note: left_out(found.unlabelled, found.unpredicted, "prediction"), ..Reading::of([("value", value), ("dummy", dummy)]) })
    }
}

impl Metric for HammingLoss {
    fn requests(&self) -> Vec<Request> {
        vec![self.sets.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides))
    }
}
