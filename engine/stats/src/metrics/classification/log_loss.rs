//! Mean negative logarithm of the probability that was given to the true label.

use super::super::shape::plain;
use super::scores::{OfLosses, probabilities};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "log_loss",
        aliases: &[],
        summary: "Mean negative logarithm of the probability that was given to the true label.",
        description: "Needs `target` under [columns] and `score` with the scores of the positive label (`positive`, else the last label in order), or `probabilities` with a column for each label. Probabilities are cut to 2^-52 from 0 and 1, so that one sure mistake costs 36 and not everything. Rows without a true label or a score are left out; a score outside of 0 to 1 is an error.",
        formula: "mean of -ln p(true label)",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"log_loss\"\nfail = \"value > dummy\"",
        reference: "sklearn.metrics.log_loss",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [Field::new("value", "", "the loss, in nats"), Field::new("dummy", "", "that of the labels' own shares as probabilities: their entropy")];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    let (losses, positive) = probabilities("log_loss", binding, 10, &span, diagnostics)?;
    let metric = OfLosses {
        losses,
        positive,
        of_each: binding.roles.score.is_none(),
        own: |label| &label.log,
        other: |label| &label.log_of_other,
        dummy: |shares, _| shares.iter().map(|share| share * (1.0 / share).ln()).sum(),
    };
    Some(plain(metric, &FIELDS))
}
