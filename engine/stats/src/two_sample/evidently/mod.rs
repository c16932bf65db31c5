//! Evidently's drift score of a column: its choice of a method, its binning, its thresholds.

mod numbers;
mod shares;

use super::domain_classifier::classify;
use super::params_label;
use super::sampled::{self, Most, Pooled};
use crate::accumulators::{CategoryCounts, ColumnMoments, Sample, SortedValues, categories, moments, values};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, TestEntry, read_parameters, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Undefined;
use driftline_core::profile::Profile;
use driftline_core::spec::Component;
use driftline_core::suite::number;
use driftline_core::two_sample::{TestResult, TwoSampleTest};
use numbers::Numbers;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shares::Pairs;
use std::sync::Arc;

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "evidently",
        aliases: &[],
        summary: "Evidently's drift score of a column, by its own choice of method and threshold.",
        description: "For continuity with Evidently alone: what its scores mean changes with the number of rows. Without `method` a reference of at most 1,000 rows gets a p-value (`ks` for numbers with more than five \
distinct values, `chisquare` for three to five or for categories, `z` for two), a larger one a distance (`wasserstein` for numbers with more than five distinct values, else `jensenshannon`). Missing and infinite values are left out. \
`psi`, `kl_div`, `jensenshannon` and `hellinger` cut numbers into bins of equal width over both sides, so that scores of two days do not compare. Where Evidently raises or gives NaN, the result is an error that says so or `no_data`. \
Texts are compared by the area under the ROC curve of `domain_classifier`, with other words and another split than Evidently's. Random draws (`TVD`, `empirical_mmd`) are seeded and not Evidently's, and the p-value of `cramer_von_mises` is right in the tail, where Evidently's is cut off. `detected` tells whether Evidently's rule calls it drift.",
        formula: "the method's; detected = 1 if the score is beyond the threshold, on the side that the method's rule says",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = { name = \"evidently\", method = \"psi\", threshold = 0.2 }",
        reference: "Evidently 0.6.7 and 0.7.23, evidently/calculations/stattests",
    },
    accepts: &[Kind::Numerical, Kind::Categorical, Kind::Text],
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("statistic", "", "Evidently's drift score: a p-value or a distance, as the method says"),
    Field::new("threshold", "", "the threshold of the method, or the given one"),
    Field::new("detected", "", "1 if Evidently's rule calls it drift, else 0"),
];

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Evidently's name of the method; its own choice unless given.
    method: Option<Method>,
    /// In place of the method's own.
    threshold: Option<f64>,
}

/// Evidently's methods, by its names.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Method {
    Ks,
    Wasserstein,
    Psi,
    KlDiv,
    Jensenshannon,
    Hellinger,
    Chisquare,
    Z,
    GTest,
    FisherExact,
    #[serde(rename = "TVD")]
    Tvd,
    TTest,
    Mannw,
    Anderson,
    CramerVonMises,
    Es,
    Ed,
    EmpiricalMmd,
    AbsTextContentDrift,
    PercTextContentDrift,
}

/// On which side of the threshold a score is drift.
#[derive(Clone, Copy)]
enum Rule {
    Below,
    AtMost,
    AtLeast,
    Above,
}

impl Rule {
    fn detects(self, score: f64, threshold: f64) -> bool {
        match self {
            Rule::Below => score < threshold,
            Rule::AtMost => score <= threshold,
            Rule::AtLeast => score >= threshold,
            Rule::Above => score > threshold,
        }
    }
}

impl Method {
    /// What Evidently calls it in its reports, its threshold and its rule.
    fn told(self) -> (&'static str, f64, Rule) {
        match self {
            Method::Ks => ("K-S p_value", 0.05, Rule::AtMost),
            Method::Wasserstein => ("Wasserstein distance (normed)", 0.1, Rule::AtLeast),
            Method::Psi => ("PSI", 0.1, Rule::AtLeast),
            Method::KlDiv => ("Kullback-Leibler divergence", 0.1, Rule::AtLeast),
            Method::Jensenshannon => ("Jensen-Shannon distance", 0.1, Rule::AtLeast),
            Method::Hellinger => ("Hellinger distance", 0.1, Rule::AtLeast),
            Method::Chisquare => ("chi-square p_value", 0.05, Rule::Below),
            Method::Z => ("Z-test p_value", 0.05, Rule::Below),
            Method::GTest => ("g_test", 0.1, Rule::Below),
            Method::FisherExact => ("Fisher's Exact test", 0.1, Rule::Below),
            Method::Tvd => ("Total-Variation-Distance", 0.1, Rule::Below),
            Method::TTest => ("t_test", 0.05, Rule::Below),
            Method::Mannw => ("Mann-Whitney U-rank test", 0.05, Rule::Below),
            Method::Anderson => ("Anderson-Darling", 0.1, Rule::Below),
            Method::CramerVonMises => ("Cramer-von Mises", 0.1, Rule::AtMost),
            Method::Es => ("Epps-Singleton", 0.05, Rule::Below),
            Method::Ed => ("Energy-distance", 0.1, Rule::Above),
            Method::EmpiricalMmd => ("empirical_mmd", 0.1, Rule::Below),
            Method::AbsTextContentDrift => ("Absolute text content drift", 0.55, Rule::Above),
            Method::PercTextContentDrift => ("Percentile text content drift", 0.95, Rule::Above),
        }
    }

    fn takes(self, kind: Kind) -> bool {
        match self {
            Method::AbsTextContentDrift | Method::PercTextContentDrift => kind == Kind::Text,
            Method::Psi | Method::KlDiv | Method::Jensenshannon | Method::Hellinger => kind != Kind::Text,
            Method::Chisquare | Method::Z | Method::GTest | Method::FisherExact | Method::Tvd => kind == Kind::Categorical,
            _ => kind == Kind::Numerical,
        }
    }
}

/// Most rows of a reference that Evidently tests by p-values.
const FEW_ROWS: u64 = 1_000;

/// Evidently's choice for a reference of `n` rows with so many distinct values on both sides together.
fn choice(n: u64, distinct: usize, kind: Kind) -> Method {
    match (n <= FEW_ROWS, kind == Kind::Numerical && distinct > 5) {
        (true, true) => Method::Ks,
        (true, false) if distinct > 2 => Method::Chisquare,
        (true, false) => Method::Z,
        (false, true) => Method::Wasserstein,
        (false, false) => Method::Jensenshannon,
    }
}

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let at = component.params.span_of("method");
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    if let Some(method) = parameters.method.filter(|method| !method.takes(column.kind)) {
        let (name, ..) = method.told();
        diagnostics.error(&at, format!("Evidently's \"{name}\" takes no {} columns, and `{}` is one", column.kind.name(), column.name));
        return None;
    }
    let read = match column.kind {
        Kind::Text => Read::Texts(sampled::of(column, Most::default().rows)),
        Kind::Numerical => Read::Numbers { values: values(column.name.as_str()), moments: moments(column.name.as_str()), integer: column.data_type.is_integer() },
        _ => Read::Categories { counts: categories(&column.name), numeric: column.data_type.is_numeric() },
    };
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: params_label(&parameters, &Parameters::default()),
        drifted: "detected == 1",
        test: Box::new(Test { read, parameters }),
    })
}

enum Read {
    Numbers { values: Handle<SortedValues>, moments: Handle<ColumnMoments>, integer: bool },
    Categories { counts: Handle<CategoryCounts>, numeric: bool },
    Texts(Handle<Sample>),
}

struct Test {
    read: Read,
    parameters: Parameters,
}

impl TwoSampleTest for Test {
    fn requests(&self) -> Vec<Request> {
        match &self.read {
            Read::Numbers { values, moments, .. } => vec![values.request.clone(), moments.request.clone()],
            Read::Categories { counts, .. } => vec![counts.request.clone()],
            Read::Texts(sample) => vec![sample.request.clone()],
        }
    }

    fn compare(&self, reference: &Profile, current: &Profile) -> Result<TestResult, Undefined> {
        let asked = self.parameters.method;
        let (score, method, n_reference, n_current) = match &self.read {
            Read::Numbers { values, moments, integer } => {
                let side = |profile: &Profile| Ok((profile.read(values)?, profile.read(moments)?));
                let numbers = Numbers::new(side(reference)?, side(current)?, *integer)?;
                let (n, m) = numbers.sizes();
                let method = asked.unwrap_or_else(|| choice(n, numbers.distinct_up_to(6), Kind::Numerical));
                (numbers.score(method)?, method, n, m)
            }
            Read::Categories { counts, numeric } => {
                let pairs = Pairs::of_categories(&*reference.read(counts)?, &*current.read(counts)?, *numeric)?;
                let (n, m) = pairs.sizes();
                let method = asked.unwrap_or_else(|| choice(n, pairs.len(), Kind::Categorical));
                (pairs.score(method)?, method, n, m)
            }
            Read::Texts(sample) => return self.of_texts(&Pooled::read(sample, reference, current)?),
        };
        let (name, threshold, rule) = method.told();
        let threshold = self.parameters.threshold.unwrap_or(threshold);
        Ok(result(score, threshold, rule.detects(score, threshold), name, (n_reference, n_current)))
    }
}

impl Test {
    /// The area under the ROC curve of a classifier, against a fixed threshold or against the percentile of what chance gives.
    fn of_texts(&self, pooled: &Pooled) -> Result<TestResult, Undefined> {
        let sizes = (pooled.n_reference, pooled.n_current);
        let by_choice = if sizes.0 > FEW_ROWS { Method::AbsTextContentDrift } else { Method::PercTextContentDrift };
        let method = self.parameters.method.unwrap_or(by_choice);
        let (found, _) = classify(pooled)?;
        let (name, threshold, rule) = method.told();
        let threshold = self.parameters.threshold.unwrap_or(threshold);
        let detected = match method {
            Method::PercTextContentDrift => found.p_value < 1.0 - threshold,
            _ => rule.detects(found.auc, threshold),
        };
        Ok(result(found.auc, threshold, detected, name, sizes))
    }
}

fn result(score: f64, threshold: f64, detected: bool, method: &str, (n_reference, n_current): (u64, u64)) -> TestResult {
    let more = vec![("threshold", threshold), ("detected", f64::from(u8::from(detected)))];
    let note = Some(format!("{method} = {}, threshold {}", number(score), number(threshold)));
    TestResult { statistic: score, more, note, n_reference, n_current, method: method.to_owned(), ..TestResult::default() }
}

/// What has no score in Evidently either: there it raises, or is NaN.
fn undefined(reason: &str) -> Undefined {
    Undefined::error(format!("{reason} (Evidently has no score here either)"))
}

/// One side of a numeric column without its infinities.
fn finite(values: Arc<SortedValues>, moments: &ColumnMoments) -> Result<Arc<SortedValues>, Undefined> {
    if moments.infinities() == 0 {
        return Ok(values);
    }
    if values.spilled() {
        return Err(Undefined::error("the column has infinite values among more values than fit in memory; filter them out"));
    }
    Ok(Arc::new(SortedValues::from_values(values.iter().filter(|v| v.is_finite()).collect())))
}
