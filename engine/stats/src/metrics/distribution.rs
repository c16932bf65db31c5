//! Histogram of a numeric column.

use super::shape::{of_values, plain};
use crate::accumulators::{SortedValues, values};
use crate::math::Histogram as Counts;
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "distribution",
        aliases: &[],
        summary: "Shares of a numeric column's values by bins that depend on the reference alone.",
        description: "Gives one result for each bin, told apart by the label `bin`, so that the distribution can be watched over time. Bins are of equal \
width between the 1 % and 99 % quantiles of the reference (without one, of current), so that far values do not crush them; the first and the last \
bin are open. Missing values are left out; infinities fall into the open bins. A column without values is `no_data`; one whose quantiles are equal has \
three bins: below, at, and above.",
        formula: "share = values in the bin / values",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[record]]\nmetric = \"distribution\"\ncolumns = \"@numerical\"\nbins = 20",
        reference: "numpy.histogram",
    },
    scope: Scope::Column,
    accepts: &[Kind::Numerical],
    compares: false,
    build,
};

const FIELDS: [Field; 2] =
    [Field::new("share", "ratio", "values in the bin over all values"), Field::new("count", "", "values in the bin")];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Number of bins, the open ones included.
    #[schemars(range(min = 3, max = 1000))]
    bins: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { bins: 10 }
    }
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.params.span_of("bins");
    let Parameters { bins } = read_parameters(component, diagnostics)?;
    if !(3..=1000).contains(&bins) {
        diagnostics.error(&span, format!("`bins` must lie between 3 and 1000, not {bins}"));
        return None;
    }
    Some(plain(Distribution { values: values(binding.column?.name.as_str()), bins }, &FIELDS))
}

struct Distribution {
    values: Handle<SortedValues>,
    bins: u32,
}

impl Distribution {
    fn readings(&self, sides: Sides<'_>) -> Result<Vec<Reading>, Undefined> {
        let current = sides.current.read(&self.values)?;
        let reference = sides.reference.and_then(|r| r.read(&self.values).ok()).filter(|values| !values.is_empty());
        if current.is_empty() {
            return Err(Undefined::no_data("the column has no values"));
        }
        let edges = edges(reference.as_deref().unwrap_or(&current), self.bins);
        let edges = edges.ok_or_else(|| Undefined::error("the quantiles that set the bins are infinite"))?;
        let mut counts = Counts::new(edges.clone()).ok_or_else(|| Undefined::error("the bins are too narrow for their numbers"))?;
        let mut iter = current.iter();
        let mut chunk = Vec::with_capacity(4096);
        loop {
            chunk.clear();
            chunk.extend(iter.by_ref().take(4096));
            if chunk.is_empty() {
                break;
            }
            counts.observe(&chunk);
        }
        current.fault().map_err(Undefined::Error)?;
        let bin = |(ends, count): (&[f64], &u64)| {
            let reading = Reading::of([("share", of_values(*count, current.len())?), ("count", *count as f64)]);
            Ok(Reading { labels: vec![("bin".into(), format!("[{}, {})", ends[0], ends[1]))], ..reading })
        };
        edges.windows(2).zip(counts.counts()).map(bin).collect()
    }
}

/// Equal widths between the 1 % and 99 % order statistics, with open ends.
fn edges(basis: &SortedValues, bins: u32) -> Option<Vec<f64>> {
    let last = basis.len() - 1;
    let found = basis.at_ranks(&[last / 100, last - last / 100]);
    let [low, high] = found[..] else { return None };
    let inner = f64::from(bins - 2);
    let mut edges = vec![f64::NEG_INFINITY];
    edges.extend((0..bins - 1).map(|i| low + (high - low) * (f64::from(i) / inner)));
    if low == high {
        edges = vec![f64::NEG_INFINITY, low, low.next_up()];
    }
    edges.push(f64::INFINITY);
    edges[1..edges.len() - 1].iter().all(|edge| edge.is_finite()).then_some(edges)
}

impl Metric for Distribution {
    fn requests(&self) -> Vec<Request> {
        vec![self.values.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        match self.readings(sides) {
            Ok(readings) => readings.into_iter().map(Ok).collect(),
            Err(undefined) => vec![Err(undefined)],
        }
    }
}
