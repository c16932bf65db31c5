//! A quantile of a numeric column.

use super::shape::plain;
use crate::accumulators::{Ranks, ranks};
use crate::math::{Interval, lerp, linear_quantile_ranks};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "quantile",
        aliases: &["median"],
        summary: "A quantile of a numeric column; the median unless `q` says otherwise.",
        description: "Exact, by linear interpolation between neighbouring values; what exceeds the memory setting is sorted on disk, or, where it is \
compared with a reference, counted beside the reference's values and in a histogram of the numbers' first bits: the result is the middle of `bounds`, which hold it. \
Missing values are left out; a column without values is `no_data`. A quantile that lies at an infinite value is an error.",
        formula: "x_(k) + t (x_(k+1) - x_(k)) with (n - 1) q = k + t",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[record]]\nmetric = \"quantile\"\ncolumns = \"tempo\"\nq = 0.95",
        reference: "Hyndman, Fan, Am. Stat. 50 (1996), type 7; numpy.quantile",
    },
    scope: Scope::Column,
    accepts: &[Kind::Numerical],
    compares: false,
    build,
};

const FIELDS: [Field; 1] = [Field::new("value", "", "the quantile, in the column's unit")];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Which quantile, from 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    q: f64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { q: 0.5 }
    }
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.params.span_of("q");
    let Parameters { q } = read_parameters(component, diagnostics)?;
    if !(0.0..=1.0).contains(&q) {
        diagnostics.error(&span, format!("`q` must lie between 0 and 1, not {q}"));
        return None;
    }
    let metric = Quantile { ranks: ranks(&binding.column?.name), q };
    Some(Built { labels: vec![("q".into(), q.to_string())], labelled: &["q"], ..plain(metric, &FIELDS) })
}

struct Quantile {
    ranks: Handle<Ranks>,
    q: f64,
}

impl Quantile {
    fn read(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let ranks = profile.read(&self.ranks)?;
        let place = linear_quantile_ranks(ranks.len(), self.q);
        let place = place.ok_or_else(|| Undefined::no_data("the column has no values"))?;
        let wanted = [place.lower_rank, (place.lower_rank + 1).min(ranks.len() - 1)];
        let between = |lower: f64, upper: f64| if place.fraction == 0.0 { lower } else { lerp(lower, upper, place.fraction) };
        let changed = || Undefined::error("the values changed while they were read");
        let found = match ranks.as_ref() {
            Ranks::Sorted(values) => {
                let found = values.at_ranks(&wanted);
                values.fault().map_err(Undefined::Error)?;
                let [lower, upper] = found[..] else { return Err(changed()) };
                let value = between(lower, upper);
                Interval { low: value, high: value }
            }
            Ranks::Beyond(beyond) => {
                let (histogram, anchored) = (beyond.histogram.at_ranks(&wanted), beyond.anchored.at_ranks(&wanted));
                let both: Vec<(f64, f64)> = histogram.iter().zip(&anchored).map(|(a, b)| (a.0.max(b.0), a.1.min(b.1))).collect();
                let [lower, upper] = both[..] else { return Err(changed()) };
                Interval { low: between(lower.0, upper.0), high: between(lower.1, upper.1) }
            }
        };
        if !(found.low.is_finite() && found.high.is_finite()) {
            return Err(Undefined::error("the quantile lies at an infinite value"));
        }
        let method = found.bounds().map(|_| "histogram".to_owned());
        let ends = found.ends().map(|end| vec![("value".into(), end)]).collect();
        Ok(Reading { bounds: found.bounds(), ends, method, ..Reading::of([("value", found.midpoint())]) })
    }
}

impl Metric for Quantile {
    fn requests(&self) -> Vec<Request> {
        vec![self.ranks.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides.current))
    }
}
