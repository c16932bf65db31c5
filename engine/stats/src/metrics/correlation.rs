//! Association of pairs of columns.

use super::column_pairs::{Method, Pair, pairs};
use super::shape::{note, plain};
use driftline_core::accumulator::Request;
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Readings, Sides, Undefined};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "correlation",
        aliases: &[],
        summary: "Pearson's, Spearman's or Kendall's correlation, or Cramér's V, of each pair of columns.",
        description: "One result for each pair of `columns` (all numerical ones, or all categorical ones for `cramers_v`, but id, timestamp and ignored \
ones), told apart by the labels `first` and `second`; 40 columns at most. A condition such as `abs(value - reference) > 20%` tells of a change of each pair, `correlation_change` of all at once. Rows with a missing value in \
either column are left out. Spearman and Kendall are exact up to 100,000 rows and computed on a seeded sample of so many beyond, which the message tells; Kendall is tau-b. A pair in \
which a column does not vary is left out of the results, and `no_data` if there is no other; for Pearson a pair with infinite values is left out with a note, and an error if there is no other.",
        formula: "r = sum (x - mean x)(y - mean y) / sqrt(sum (x - mean x)^2 sum (y - mean y)^2); Spearman: r of midranks; \
tau-b = (concordant - discordant) / sqrt((pairs - ties in x)(pairs - ties in y)); V = sqrt(chi^2 / n / (min(rows, columns) - 1))",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"correlation\"\ncolumns = [\"price\", \"nights\"]\nmethod = \"spearman\"\nfail = \"abs(value - reference) > 20%\"",
        reference: "scipy.stats.pearsonr, spearmanr, kendalltau, contingency.association",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 1] = [Field::new("value", "", "the coefficient, from -1 to 1; Cramér's V from 0 to 1")];

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// The coefficient.
    method: Method,
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let Parameters { method } = read_parameters(component, diagnostics)?;
    let pairs = pairs(binding, method, &span, diagnostics)?;
    Some(Built { labelled: &["method"], labels: method.label(), ..plain(Correlation { pairs }, &FIELDS) })
}

struct Correlation {
    pairs: Vec<Pair>,
}

impl Metric for Correlation {
    fn requests(&self) -> Vec<Request> {
        self.pairs.iter().map(Pair::request).collect()
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        let found: Parts = self.pairs.iter().filter_map(|pair| pair.read(sides.current).transpose()).collect();
        match found.is_empty() {
            true => vec![Err(Undefined::no_data("in each pair a column does not vary"))],
            false => found,
        }
    }

    /// A pair that cannot be computed costs no other; the first result's note names it.
    fn conclude(&self, parts: Parts) -> Readings {
        let (found, failed): (Vec<_>, Vec<_>) = parts.into_iter().partition(Result::is_ok);
        let failed: Vec<Undefined> = failed.into_iter().filter_map(Result::err).collect();
        let mut readings: Vec<Reading> = found.into_iter().flatten().collect();
        match (readings.first_mut(), failed.first()) {
            (None, Some(undefined)) => Err(undefined.clone()),
            (Some(first), Some(_)) => {
                let reasons: Vec<&str> = failed.iter().map(Undefined::reason).collect();
                first.note = note("left out", &reasons);
                Ok(readings)
            }
            _ => Ok(readings),
        }
    }
}
