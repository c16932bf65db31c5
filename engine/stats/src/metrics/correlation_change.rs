//! How many correlations changed.

use super::column_pairs::{Method, Pair, pairs};
use super::shape::{note, plain, share};
use driftline_core::accumulator::Request;
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "correlation_change",
        aliases: &[],
        summary: "How many correlations between columns changed, and by how much at most.",
        description: "Looks at the pairs that `correlation` looks at. A pair changed when its coefficient differs by more than `margin` from the reference's. Pairs that have no coefficient on a side (a column that does not \
vary, infinite values) are left out; the message names them and the pairs that changed. Without any pair the result is `no_data`. Without `fail` and `warn` the check fails if a pair changed.",
        formula: "largest = max |coefficient_current - coefficient_reference|; count = pairs for which it exceeds margin; share = count / pairs",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"correlation_change\"\nmethod = \"spearman\"\nmargin = 0.3\nfail = \"count > 0\"",
        reference: "Evidently's TestCorrelationChanges",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: true,
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("count", "", "pairs whose coefficient changed by more than `margin`"),
    Field::new("share", "ratio", "such pairs over all pairs"),
    Field::new("largest", "", "largest change of a coefficient"),
];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// The coefficient.
    method: Method,
    /// Change that counts, from 0 to 2.
    #[schemars(range(min = 0.0, max = 2.0))]
    margin: f64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { method: Method::default(), margin: 0.25 }
    }
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let (span, at) = (component.kind_span.clone(), component.params.span_of("margin"));
    let Parameters { method, margin } = read_parameters(component, diagnostics)?;
    if !(0.0..=2.0).contains(&margin) {
        diagnostics.error(&at, format!("`margin` must lie between 0 and 2, not {margin}"));
        return None;
    }
    let metric = CorrelationChange { pairs: pairs(binding, method, &span, diagnostics)?, margin };
    let default_fail = Some("count > 0".to_owned());
    Some(Built { labelled: &["method"], labels: method.label(), default_fail, ..plain(metric, &FIELDS) })
}

struct CorrelationChange {
    pairs: Vec<Pair>,
    margin: f64,
}

impl CorrelationChange {
    fn read(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let reference = sides.reference()?;
        let (mut compared, mut largest, mut changed, mut left_out) = (0u64, 0.0f64, Vec::new(), Vec::new());
        for pair in &self.pairs {
            let coefficient = |profile| Ok(pair.coefficient(profile)?.and_then(|reading| reading.field("value")));
            let names = format!("{} and {}", pair.first, pair.second);
            let (Some(before), Some(now)) = (coefficient(reference)?, coefficient(sides.current)?) else {
                left_out.push(names);
                continue;
            };
            compared += 1;
            let change = (now - before).abs();
            largest = largest.max(change);
            if change > self.margin {
                changed.push(names);
            }
        }
        let share = share(changed.len() as u64, compared).map_err(|_| Undefined::no_data("no pair has a coefficient on both sides"))?;
        let told = |what, names: &[String]| note(what, &names.iter().map(String::as_str).collect::<Vec<_>>());
        let notes: Vec<String> = [told("changed", &changed), told("without a coefficient on a side", &left_out)].into_iter().flatten().collect();
        let reading = Reading::of([("count", changed.len() as f64), ("share", share), ("largest", largest)]);
        Ok(Reading { note: (!notes.is_empty()).then(|| notes.join("; ")), ..reading })
    }
}

impl Metric for CorrelationChange {
    fn requests(&self) -> Vec<Request> {
        self.pairs.iter().map(Pair::request).collect()
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides))
    }
}
