//! Mean negative logarithm of the probability that was given to the true label.

use super::super::shape::plain;
use super::scores::{positive_of, probabilities, read_losses};
use crate::accumulators::Losses;
use crate::math::Moments;
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;
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
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [Field::new("value", "", "the loss, in nats"), Field::new("dummy", "", "that of the labels' own shares as probabilities: their entropy")];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    let (losses, positive) = probabilities("log_loss", binding, 10, &span, diagnostics)?;
    Some(plain(LogLoss { losses, positive, of_each: binding.roles.score.is_none() }, &FIELDS))
}

struct LogLoss {
    losses: Handle<Losses>,
    positive: Option<String>,
    /// Whether each label has a score.
    of_each: bool,
}

impl LogLoss {
    fn reading(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let found = read_losses(&self.losses, profile)?;
        let positive = positive_of(&self.positive, &found);
        let (mut all, mut shares) = (Moments::default(), Vec::new());
        for (label, losses) in &found.labels {
            let own = self.of_each || positive == Some(label.as_str());
            let losses = if own { &losses.log } else { &losses.log_of_other };
            all = all.merge(losses);
            shares.push((own, losses.count as f64));
        }
        // Of a score of one label all others are one.
        if !self.of_each {
            let positive: f64 = shares.iter().filter(|(own, _)| *own).map(|(_, n)| n).sum();
            shares = vec![(true, positive), (false, all.count as f64 - positive)];
        }
        let shares = shares.iter().map(|(_, n)| n / all.count as f64).filter(|share| *share > 0.0);
        let dummy: f64 = shares.map(|share| share * (1.0 / share).ln()).sum();
        let reading = Reading::of([("value", all.mean.to_f64()), ("dummy", dummy)]);
        Ok(Reading { n_current: Some(all.count), ..reading })
    }
}

impl Metric for LogLoss {
    fn requests(&self) -> Vec<Request> {
        vec![self.losses.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides.current))
    }
}
