//! How long labels take to come.

use super::shape::plain;
use crate::accumulators::{Measure, SortedValues, values};
use crate::math::{lerp, linear_quantile_ranks};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::{Diagnostic, Diagnostics};
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "label_delay",
        aliases: &[],
        summary: "How long labels take to come, from a row's time to its label's.",
        description: "Needs `timestamp` and `labelled_at` under [columns]. Of rows whose label has come: where labels come late, the last ones are still missing, and the delay looks shorter than it is. Labels that are older than their row have a negative delay. Without a row that has both times the result is `no_data`.",
        formula: "time of the label - time of the row, in seconds; quantiles by linear interpolation",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"label_delay\"\nwarn = \"percentile_95 > 604800\"",
        reference: "-",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 4] = [
    Field::new("median", "seconds", "half of the labels take longer"),
    Field::new("percentile_95", "seconds", "one label in 20 takes longer"),
    Field::new("max", "seconds", "the longest delay"),
    Field::new("min", "seconds", "the shortest delay"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    let (Some(from), Some(to)) = (&binding.roles.timestamp, &binding.roles.labelled_at) else {
        let help = "add under [columns]\ntimestamp = \"…\"\nlabelled_at = \"…\"".to_owned();
        diagnostics.push(Diagnostic::at(span, "`label_delay` needs the times of rows and of labels").help(help));
        return None;
    };
    let delays = values(Measure::Delay { from: from.clone(), to: to.clone() });
    Some(plain(LabelDelay { delays }, &FIELDS))
}

struct LabelDelay {
    delays: Handle<SortedValues>,
}

impl LabelDelay {
    fn read(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let delays = profile.read(&self.delays)?;
        let none = || Undefined::no_data("no row has both a time and a label with one");
        let last = delays.len().checked_sub(1).ok_or_else(none)?;
        let [median, high] = [0.5, 0.95].map(|q| linear_quantile_ranks(delays.len(), q));
        let (median, high) = (median.ok_or_else(none)?, high.ok_or_else(none)?);
        let above = |rank: u64| (rank + 1).min(last);
        let found = delays.at_ranks(&[0, median.lower_rank, above(median.lower_rank), high.lower_rank, above(high.lower_rank), last]);
        delays.fault().map_err(Undefined::Error)?;
        let [min, a, b, c, d, max] = found[..] else { return Err(none()) };
        let fields = [("median", lerp(a, b, median.fraction)), ("percentile_95", lerp(c, d, high.fraction)), ("max", max), ("min", min)];
        Ok(Reading { n_current: Some(delays.len()), ..Reading::of(fields) })
    }
}

impl Metric for LabelDelay {
    fn requests(&self) -> Vec<Request> {
        vec![self.delays.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides.current))
    }
}
