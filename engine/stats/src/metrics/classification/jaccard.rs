//! How much the true and the predicted labels of a row have in common, on average, where rows have several labels.

use super::super::shape::plain;
use super::predicted::{left_out, sets, tell};
use crate::accumulators::LabelSets;
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "jaccard",
        aliases: &[],
        summary: "How much the true and the predicted labels of a row have in common, on average, where rows have several labels.",
        description: "Needs `target` and `prediction` under [columns], both lists of labels; an empty list is a row without labels. A row without any label, true or predicted, counts 1. Rows without a target or a prediction are left out, and never taken for wrong. Without a row that has both the result is `no_data`.",
        formula: "mean over rows of (labels in both lists / labels in either)",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"jaccard\"\nfail = \"value < reference - 5%\"",
        reference: "sklearn.metrics.jaccard_score(average=samples, zero_division=1)",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 1] = [Field::new("value", "ratio", "the mean")];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    match (&binding.roles.target, &binding.roles.prediction) {
        (Some(target), Some(prediction)) => Some(plain(Jaccard { sets: sets("jaccard", target, prediction, binding, &span, diagnostics)? }, &FIELDS)),
        _ => tell(diagnostics, &span, "jaccard", "a target and a prediction that are lists of labels", "target = \"…\"\nprediction = \"…\""),
    }
}

struct Jaccard {
    sets: Handle<LabelSets>,
}

impl Jaccard {
    fn reading(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let found = sides.current.read(&self.sets)?;
        if found.rows == 0 {
            return Err(Undefined::no_data(format!("no row has both true and predicted labels; {} have no true ones", found.unlabelled)));
        }
        let of = |((common, all), rows): (&(u32, u32), &u64)| if *all == 0 { *rows as f64 } else { f64::from(*common) / f64::from(*all) * *rows as f64 };
        let value = found.common.iter().map(of).sum::<f64>() / found.rows as f64;
        Ok(Reading { n_current: Some(found.rows), note: left_out(found.unlabelled, found.unpredicted, "prediction"), ..Reading::of([("value", value)]) })
    }
}

impl Metric for Jaccard {
    fn requests(&self) -> Vec<Request> {
        vec![self.sets.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides))
    }
}
