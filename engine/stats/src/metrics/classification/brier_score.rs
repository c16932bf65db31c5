//! Mean squared distance of the probabilities from what came true.

use super::super::shape::plain;
use super::scores::{OfLosses, probabilities};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "brier_score",
        aliases: &[],
        summary: "Mean squared distance of the probabilities from what came true.",
        description: "Needs `target` under [columns] and `score` with the scores of the positive label (`positive`, else the last label in order), or `probabilities` with a column for each label. Of a score of one label from 0 to 1; where each label has a score the squares are summed over labels, from 0 to 2. Rows without a true label or a score are left out; a score outside of 0 to 1 is an error.",
        formula: "mean of (p - y)^2, y = 1 if the row has the label, else 0",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"brier_score\"\nfail = \"value > reference * 120%\"",
        reference: "Brier, Monthly Weather Review 78 (1950); sklearn.metrics.brier_score_loss",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [Field::new("value", "", "the score"), Field::new("dummy", "", "that of the labels' own shares as probabilities")];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    let (losses, positive) = probabilities("brier_score", binding, 10, &span, diagnostics)?;
    let metric = OfLosses {
        losses,
        positive,
        of_each: binding.roles.score.is_none(),
        own: |label| &label.brier,
        other: |label| &label.brier_of_other,
        dummy: |shares, of_each| {
            let squares: f64 = shares.iter().map(|share| share * share).sum();
            if of_each { 1.0 - squares } else { (1.0 - squares) / 2.0 }
        },
    };
    Some(plain(metric, &FIELDS))
}
