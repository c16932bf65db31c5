//! Association of pairs of columns.

use super::shape::{note, plain};
use crate::accumulators::{CategoryPairs, ColumnCoMoments, ValuePairs, category_pairs, co_moments, value_pairs};
use crate::math::{cramers_v_of_table, kendall, spearman};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Readings, Sides, Undefined};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "correlation",
        aliases: &[],
        summary: "Pearson's, Spearman's or Kendall's correlation, or Cramér's V, of each pair of columns.",
        description: "One result for each pair of `columns` (all numerical ones, or all categorical ones for `cramers_v`, but id, timestamp and ignored \
ones), told apart by the labels `first` and `second`; 40 columns at most. A condition such as `abs(value - reference) > 20%` tells of a change. Rows with a missing value in \
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

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Method {
    #[default]
    Pearson,
    Spearman,
    Kendall,
    CramersV,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// The coefficient.
    method: Method,
}

const MOST_COLUMNS: usize = 40;

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let Parameters { method } = read_parameters(component, diagnostics)?;
    let kind = if method == Method::CramersV { Kind::Categorical } else { Kind::Numerical };
    let roles = [&binding.roles.id, &binding.roles.timestamp];
    let takes = |c: &&driftline_core::column::Column| c.kind == kind && !roles.iter().any(|role| role.as_ref() == Some(&c.name));
    let columns: Vec<&str> = binding.columns.iter().filter(takes).map(|c| c.name.as_str()).collect();
    if !(2..=MOST_COLUMNS).contains(&columns.len()) {
        let message = format!("`correlation` compares 2 to {MOST_COLUMNS} {} columns, and these are {}", kind.name(), columns.len());
        diagnostics.error(&span, message);
        return None;
    }
    let pairs = columns.iter().enumerate().flat_map(|(i, a)| columns[i + 1..].iter().map(move |b| Pair::new(a, b, method)));
    Some(Built { labelled: &["method"], labels: labels(method), ..plain(Correlation { pairs: pairs.collect() }, &FIELDS) })
}

fn labels(method: Method) -> Vec<(String, String)> {
    let name = match method {
        Method::Pearson => "pearson",
        Method::Spearman => "spearman",
        Method::Kendall => "kendall",
        Method::CramersV => "cramers_v",
    };
    vec![("method".to_owned(), name.to_owned())]
}

enum Source {
    Moments(Handle<ColumnCoMoments>),
    Values(Handle<ValuePairs>, fn(&[f64], &[f64]) -> Option<f64>),
    Table(Handle<CategoryPairs>),
}

struct Pair {
    first: String,
    second: String,
    source: Source,
}

impl Pair {
    fn new(a: &str, b: &str, method: Method) -> Self {
        let source = match method {
            Method::Pearson => Source::Moments(co_moments(a, b)),
            Method::Spearman => Source::Values(value_pairs(a, b), spearman),
            Method::Kendall => Source::Values(value_pairs(a, b), kendall),
            Method::CramersV => Source::Table(category_pairs(a, b)),
        };
        Self { first: a.into(), second: b.into(), source }
    }

    fn request(&self) -> Request {
        match &self.source {
            Source::Moments(handle) => handle.request.clone(),
            Source::Values(handle, _) => handle.request.clone(),
            Source::Table(handle) => handle.request.clone(),
        }
    }

    /// The coefficient, and a method where it is of a sample; `None` where a column does not vary.
    fn read(&self, profile: &Profile) -> Result<Option<Reading>, Undefined> {
        let mut method = None;
        let value = match &self.source {
            Source::Moments(handle) => {
                let found = profile.read(handle)?;
                if found.infinite > 0 {
                    return Err(Undefined::error(format!("{} rows of `{}` and `{}` have infinite values", found.infinite, self.first, self.second)));
                }
                found.finite.correlation()
            }
            Source::Values(handle, coefficient) => {
                let found = profile.read(handle)?;
                let sampled = found.rows > found.x.len() as u64;
                method = sampled.then(|| format!("sample of {} of {} rows", found.x.len(), found.rows));
                coefficient(&found.x, &found.y)
            }
            Source::Table(handle) => cramers_v_of_table(&profile.read(handle)?.cells),
        };
        let labels = vec![("first".to_owned(), self.first.clone()), ("second".to_owned(), self.second.clone())];
        Ok(value.map(|value| Reading { labels, note: method.clone(), method, ..Reading::of([("value", value)]) }))
    }
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
