//! Share of the rows whose true label is among the k of the highest probability.

use super::super::shape::plain;
use super::predicted::{left_out, tell};
use crate::accumulators::{LabelRanks, label_ranks, ordered};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "top_k_accuracy",
        aliases: &[],
        summary: "Share of the rows whose true label is among the k of the highest probability.",
        description: "Needs `target` and `probabilities` (a column for each label) under [columns]. Of equal probabilities the label that is later in order counts as the higher one, as in scikit-learn. Rows without a true label or with a probability missing are left out, and never taken for wrong; a true label without a column is an error. Without a row that has all the result is `no_data`.",
        formula: "rows whose true label is among the k of the highest probability / rows",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"top_k_accuracy\"\nk = 3\nfail = \"value < reference - 5%\"",
        reference: "sklearn.metrics.top_k_accuracy_score",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [Field::new("value", "ratio", "the share"), Field::new("dummy", "ratio", "share of the rows that have one of the k most frequent labels")];

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// How many labels a row may name.
    #[schemars(range(min = 1))]
    k: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { k: 2 }
    }
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let (span, at) = (component.kind_span.clone(), component.params.span_of("k"));
    let Parameters { k } = read_parameters(component, diagnostics)?;
    let roles = binding.roles;
    let (Some(target), true) = (&roles.target, roles.probabilities.len() >= 2) else {
        return tell(diagnostics, &span, "top_k_accuracy", "a target and a probability for each label", "target = \"…\"\nprobabilities = { yes = \"p_yes\", no = \"p_no\" }");
    };
    if k == 0 || k as usize >= roles.probabilities.len() {
        diagnostics.error(&at, format!("`k` must be at least 1 and less than the {} labels, not {k}", roles.probabilities.len()));
        return None;
    }
    let labels = ordered(roles.probabilities.keys().cloned());
    let columns: Vec<(String, String)> = labels.into_iter().map(|label| (label.clone(), roles.probabilities[&label].clone())).collect();
    Some(plain(TopK { ranks: label_ranks(target, &columns), k }, &FIELDS))
}

struct TopK {
    ranks: Handle<LabelRanks>,
    k: u32,
}

impl TopK {
    fn reading(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let found = sides.current.read(&self.ranks)?;
        if found.foreign > 0 {
            return Err(Undefined::error(format!("{} rows have a true label that [columns] probabilities has no column for", found.foreign)));
        }
        let rows: u64 = found.places.values().sum();
        if rows == 0 {
            return Err(Undefined::no_data(format!("no row has both a true label and probabilities; {} have no label", found.unlabelled)));
        }
        let right: u64 = found.places.range(..self.k).map(|(_, n)| n).sum();
        let mut labels: Vec<u64> = found.labels.values().copied().collect();
        labels.sort_unstable_by(|a, b| b.cmp(a));
        let guessed: u64 = labels.iter().take(self.k as usize).sum();
        let reading = Reading::of([("value", right as f64 / rows as f64), ("dummy", guessed as f64 / rows as f64)]);
        Ok(Reading { n_current: Some(rows), note: left_out(found.unlabelled, found.unscored, "probability"), ..reading })
    }
}

impl Metric for TopK {
    fn requests(&self) -> Vec<Request> {
        vec![self.ranks.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides))
    }
}
