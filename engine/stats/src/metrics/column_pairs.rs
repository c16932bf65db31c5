//! Pairs of columns and their association, for the metrics of correlations.

use crate::accumulators::{CategoryPairs, ColumnCoMoments, ValuePairs, category_pairs, co_moments, value_pairs};
use crate::math::{cramers_v_of_table, kendall, spearman};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::Binding;
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::{Diagnostics, Span};
use driftline_core::metric::{Reading, Undefined};
use driftline_core::profile::Profile;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A coefficient of association.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Method {
    #[default]
    Pearson,
    Spearman,
    Kendall,
    CramersV,
    /// Cramér's V if the target (without one the prediction) is one of the columns and categorical, else Pearson's.
    Auto,
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Method::Pearson => "pearson",
            Method::Spearman => "spearman",
            Method::Kendall => "kendall",
            Method::CramersV => "cramers_v",
            Method::Auto => "auto",
        }
    }

    /// The label of its series.
    pub fn label(self) -> Vec<(String, String)> {
        vec![("method".to_owned(), self.name().to_owned())]
    }

    fn takes(self) -> Kind {
        if self == Method::CramersV { Kind::Categorical } else { Kind::Numerical }
    }
}

const MOST_COLUMNS: usize = 40;

impl Method {
    fn resolved(self, binding: &Binding<'_>) -> Method {
        let role = binding.roles.target.as_ref().or(binding.roles.prediction.as_ref());
        let kind = binding.columns.iter().find(|column| Some(&column.name) == role).map(|column| column.kind);
        match (self, kind) {
            (Method::Auto, Some(Kind::Categorical)) => Method::CramersV,
            (Method::Auto, _) => Method::Pearson,
            (method, _) => method,
        }
    }
}

/// All pairs of the columns that a method takes, but of id and timestamp.
pub(super) fn pairs(binding: &Binding<'_>, method: Method, span: &Span, diagnostics: &mut Diagnostics) -> Option<Vec<Pair>> {
    let (auto, method) = (method == Method::Auto, method.resolved(binding));
    let roles = [&binding.roles.id, &binding.roles.timestamp];
    let takes = |c: &&Column| c.kind == method.takes() && !roles.iter().any(|role| role.as_ref() == Some(&c.name));
    let columns: Vec<&str> = binding.columns.iter().filter(takes).map(|c| c.name.as_str()).collect();
    if !(2..=MOST_COLUMNS).contains(&columns.len()) {
        let why = if auto && method == Method::CramersV { ": the target is categorical, so that only categorical columns count (declare it under [columns] numerical for Pearson's)" } else { "" };
        let message = format!("correlations are of 2 to {MOST_COLUMNS} {} columns, and these are {}{why}", method.takes().name(), columns.len());
        diagnostics.error(span, message);
        return None;
    }
    let pairs = columns.iter().enumerate().flat_map(|(i, a)| columns[i + 1..].iter().map(move |b| Pair::new(a, b, method)));
    Some(pairs.collect())
}

enum Source {
    Moments(Handle<ColumnCoMoments>),
    Values(Handle<ValuePairs>, fn(&[f64], &[f64]) -> Option<f64>),
    Table(Handle<CategoryPairs>),
}

/// Two columns and what their association is computed from.
pub(super) struct Pair {
    pub first: String,
    pub second: String,
    source: Source,
}

impl Pair {
    fn new(a: &str, b: &str, method: Method) -> Self {
        let source = match method {
            Method::Pearson | Method::Auto => Source::Moments(co_moments(a, b)),
            Method::Spearman => Source::Values(value_pairs(a, b), spearman),
            Method::Kendall => Source::Values(value_pairs(a, b), kendall),
            Method::CramersV => Source::Table(category_pairs(a, b)),
        };
        Self { first: a.into(), second: b.into(), source }
    }

    pub fn request(&self) -> Request {
        match &self.source {
            Source::Moments(handle) => handle.request.clone(),
            Source::Values(handle, _) => handle.request.clone(),
            Source::Table(handle) => handle.request.clone(),
        }
    }

    /// The coefficient with its method; `None` where a column does not vary or has infinite values.
    pub fn coefficient(&self, profile: &Profile) -> Result<Option<Reading>, Undefined> {
        match &self.source {
            Source::Moments(handle) if profile.read(handle)?.infinite > 0 => Ok(None),
            _ => self.read(profile),
        }
    }

    /// The coefficient, and a method where it is of a sample; `None` where a column does not vary.
    pub fn read(&self, profile: &Profile) -> Result<Option<Reading>, Undefined> {
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
