//! Judging: readings are corrected over their suite, then conditions decide.

use std::borrow::Cow;
use crate::catalogue::Field;
use crate::condition::{Condition, Fields, Range};
use crate::metric::{Hypotheses, Hypothesis, Metric, Parts, Reading, Readings, Undefined};
use crate::outcome::{CheckOutcome, FieldValues, Status, SuiteOutcome, worst};
use crate::spec::{Correction, NoData};
use std::collections::BTreeMap;

/// A metric of the plan with its name and what tells its series apart.
pub struct BoundMetric {
    /// Catalogue name, or `plugin_NAME`.
    pub name: String,
    pub column: Option<String>,
    pub labels: Vec<(String, String)>,
    pub fields: Vec<Field>,
    pub compares: bool,
    /// What its p-values are about, in the order of its parts: known whether or not it can be computed, so that a failure changes
    /// nobody else's correction.
    pub hypotheses: Hypotheses,
    /// Only rows for which this expression is true.
    pub filter: Option<String>,
    /// The value of a column, such as `region=north`, whose rows these are.
    pub segment: Option<String>,
    /// The metric, or why it cannot be computed (an unusable plugin, a column on one side only).
    pub metric: Result<Box<dyn Metric>, String>,
}

impl BoundMetric {
    /// Looks only at rows for which `filter` is true.
    pub fn restrict(&mut self, filter: &str) {
        // The same test over other rows is another hypothesis.
        self.hypotheses.tests.iter_mut().flatten().for_each(|hypothesis| hypothesis.push(format!("where {filter}")));
        self.filter = Some(filter.into());
    }
}

/// Adds to the label that tells series of other parameters apart.
pub fn add_params(labels: &mut Vec<(String, String)>, more: &[String]) {
    if more.is_empty() {
        return;
    }
    let more = more.join(",");
    match labels.iter_mut().find(|(name, _)| name == "params") {
        Some((_, params)) => *params = format!("{params},{more}"),
        None => labels.push(("params".into(), more)),
    }
}

/// What a metric came to, before corrections.
pub struct MetricResult {
    pub parts: Parts,
    /// On the reference alone, for metrics that describe one side.
    pub reference: Option<Readings>,
}

/// A check of the plan.
pub struct Check {
    pub id: String,
    /// Index into the plan's metrics.
    pub metric: usize,
    /// Of several samples, the one that is judged.
    pub sample: Option<String>,
    pub fail: Option<Condition>,
    pub warn: Option<Condition>,
    pub no_data: NoData,
}

pub struct Suite {
    pub name: String,
    pub correction: Correction,
    pub checks: Vec<Check>,
}

/// Corrects p-values for testing many hypotheses at once.
pub type Correct = fn(Correction, &[f64]) -> Vec<f64>;

impl Suite {
    /// Judges the suite. Pure: first the corrections over all its hypotheses, then each condition by itself.
    pub fn evaluate(&self, metrics: &[BoundMetric], results: &[MetricResult], correct: Correct) -> Judged {
        let of_suite = self.checks.iter().map(|c| c.metric).filter(|i| !metrics[*i].hypotheses.own_family);
        let family = self.adjusted(of_suite, metrics, results, correct);
        let mut readings: BTreeMap<usize, Readings> = BTreeMap::new();
        for i in self.checks.iter().map(|check| check.metric) {
            readings.entry(i).or_insert_with(|| match metrics[i].hypotheses.own_family {
                true => conclude(&metrics[i], &results[i], &self.adjusted([i], metrics, results, correct)),
                false => conclude(&metrics[i], &results[i], &family),
            });
        }
        let judge = |check: &Check| {
            judge(check, &metrics[check.metric], &readings[&check.metric], &results[check.metric].reference)
        };
        let checks: Vec<CheckOutcome> = self.checks.iter().flat_map(judge).collect();
        let status = worst(checks.iter().map(|c| c.status));
        Judged { outcome: SuiteOutcome { name: self.name.clone(), status, checks }, readings }
    }

    /// The adjusted p-value of each hypothesis of the given metrics. What came to no p-value counts as 1.
    fn adjusted(
        &self,
        of: impl IntoIterator<Item = usize>,
        metrics: &[BoundMetric],
        results: &[MetricResult],
        correct: Correct,
    ) -> BTreeMap<Hypothesis, f64> {
        let mut raw: BTreeMap<Hypothesis, Option<f64>> = BTreeMap::new();
        for metric in of {
            let parts = &results[metric].parts;
            for (i, hypothesis) in metrics[metric].hypotheses.tests.iter().enumerate() {
                let Some(hypothesis) = hypothesis else { continue };
                let p = parts.get(i).and_then(|p| p.as_ref().ok()).and_then(|r| r.field("p_value"));
                let known = raw.entry(hypothesis.clone()).or_default();
                *known = known.or(p);
            }
        }
        let values: Vec<f64> = raw.values().map(|p| p.unwrap_or(1.0)).collect();
        raw.into_keys().zip(correct(self.correction, &values)).collect()
    }
}

/// A judged suite and the final readings of its metrics, by index.
pub struct Judged {
    pub outcome: SuiteOutcome,
    pub readings: BTreeMap<usize, Readings>,
}

/// The final readings of a metric under the given adjusted p-values (none: raw).
pub fn conclude(metric: &BoundMetric, result: &MetricResult, adjusted: &BTreeMap<Hypothesis, f64>) -> Readings {
    let bound = metric.metric.as_ref().map_err(|reason| Undefined::error(reason.clone()))?;
    let mut parts = result.parts.clone();
    for (part, hypothesis) in parts.iter_mut().zip(&metric.hypotheses.tests) {
        let adjusted = hypothesis.as_ref().and_then(|hypothesis| adjusted.get(hypothesis));
        if let Ok(reading) = part
            && let Some(raw) = reading.field("p_value")
        {
            reading.set("p_value", adjusted.copied().unwrap_or(raw));
            reading.set("p_value_raw", raw);
        }
    }
    bound.conclude(parts)
}

/// What a condition over these fields may read, with the values that each can have.
pub fn condition_fields(fields: &[Field], describes_one_side: bool) -> Vec<(String, Range)> {
    let range = |field: &Field| match (field.name, field.unit) {
        (_, "ratio") => Range::SHARE,
        ("count", _) => Range::COUNT,
        _ => Range::ANY,
    };
    let mut named: Vec<(String, Range)> = fields.first().map(|first| ("value".to_owned(), range(first))).into_iter().collect();
    named.extend(fields.iter().map(|f| (f.name.to_owned(), range(f))));
    if fields.iter().any(|f| f.name == "p_value") {
        named.push(("p_value_raw".into(), Range::SHARE));
    }
    if describes_one_side {
        named.extend(fields.first().map(|first| ("reference".to_owned(), range(first))));
        named.extend(fields.iter().map(|f| (format!("reference.{}", f.name), range(f))));
    }
    named.extend(["n_reference", "n_current"].map(|name| (name.to_owned(), Range::COUNT)));
    named.dedup();
    named
}

fn judge(
    check: &Check,
    metric: &BoundMetric,
    readings: &Readings,
    reference: &Option<Readings>,
) -> Vec<CheckOutcome> {
    let readings = match readings {
        Ok(readings) => readings,
        Err(undefined) => return vec![undefined_check(check, metric, undefined)],
    };
    let chosen = readings.iter().filter(|r| check.sample.is_none() || r.sample == check.sample);
    let judged: Vec<CheckOutcome> = chosen.map(|r| judge_reading(check, metric, r, reference)).collect();
    if judged.is_empty() {
        return vec![undefined_check(check, metric, &Undefined::no_data("the metric gave no result"))];
    }
    judged
}

fn outcome(check: &Check, metric: &BoundMetric) -> CheckOutcome {
    let test = metric.labels.iter().find(|(k, _)| k == "test").map(|(_, v)| v.clone());
    CheckOutcome {
        id: check.id.clone(),
        metric: metric.name.clone(),
        test,
        column: metric.column.clone(),
        segment: metric.segment.clone(),
        labels: metric.labels.iter().filter(|(k, _)| k != "test").cloned().collect(),
        status: Status::Pass,
        previous_status: None,
        fields: FieldValues::new(),
        reference: FieldValues::new(),
        bounds: None,
        method: None,
        n_reference: None,
        n_current: None,
        condition: None,
        message: String::new(),
    }
}

fn undefined_check(check: &Check, metric: &BoundMetric, undefined: &Undefined) -> CheckOutcome {
    let status = match undefined {
        Undefined::Error(_) => Status::Error,
        Undefined::NoData(_) => no_data_status(check.no_data),
    };
    CheckOutcome { status, message: undefined.reason().into(), ..outcome(check, metric) }
}

fn no_data_status(policy: NoData) -> Status {
    match policy {
        NoData::Pass => Status::Pass,
        NoData::Warn => Status::NoData,
        NoData::Fail => Status::Fail,
    }
}

fn judge_reading(
    check: &Check,
    metric: &BoundMetric,
    reading: &Reading,
    reference: &Option<Readings>,
) -> CheckOutcome {
    let mut base = outcome(check, metric);
    if let (None, Some(sample)) = (&check.sample, &reading.sample) {
        base.id = format!("{}.{sample}", base.id);
    }
    for (_, value) in &reading.labels {
        base.id = format!("{}.{value}", base.id);
    }
    base.labels.extend(reading.labels.iter().cloned());
    base.fields = values(reading);
    base.reference = matching(reading, reference).map(values).unwrap_or_default();
    base.bounds = reading.bounds;
    base.method = reading.method.clone();
    base.n_reference = reading.n_reference;
    base.n_current = reading.n_current;
    if let Some(wrong) = base.fields.iter().find(|(_, v)| !v.is_finite()) {
        let message = format!("`{}` is not a finite number", wrong.0);
        return CheckOutcome { status: Status::Error, message, fields: FieldValues::new(), ..base };
    }
    let fields = condition_values(&base);
    let (mut status, mut condition, mut message) = decide(check, &fields);
    // A result that is known to lie between two numbers decides nothing if these are judged differently.
    let at_end = |end: &Vec<(Cow<'static, str>, f64)>| {
        let mut fields = fields.clone();
        fields.extend(end.iter().map(|(name, value)| (name.to_string(), *value)));
        fields.extend(end.first().map(|(_, value)| ("value".to_owned(), *value)));
        decide(check, &fields)
    };
    let other = reading.ends.iter().map(at_end).find(|(other, ..)| *other != status);
    if let Some((other, other_condition, _)) = other.filter(|_| status != Status::Error) {
        message = format!("{message}; undecided: {} here, and {} where the true value may be as well; more `memory` under [run] decides", status.name(), other.name());
        condition = condition.or(other_condition);
        status = Status::Warn;
    }
    if let (Status::Error, Some(Err(undefined))) = (status, reference) {
        message = format!("{message}: on the reference side {}", undefined.reason());
    }
    if let (Some((low, high)), Some((name, _))) = (reading.bounds, reading.fields.first()) {
        message = format!("{message}; {name} lies between {low} and {high}");
    }
    if let Some(note) = &reading.note {
        message = format!("{message}; {note}");
    }
    CheckOutcome { status, condition, message, ..base }
}

fn values(reading: &Reading) -> FieldValues {
    let mut values: FieldValues = reading.fields.iter().map(|(n, v)| (n.to_string(), *v)).collect();
    if let Some((_, first)) = reading.fields.first() {
        values.insert("value".into(), *first);
    }
    values
}

/// The reference's reading with the same labels.
fn matching<'a>(reading: &Reading, reference: &'a Option<Readings>) -> Option<&'a Reading> {
    let readings = reference.as_ref()?.as_ref().ok()?;
    readings.iter().find(|r| r.labels == reading.labels && r.sample == reading.sample)
}

fn condition_values(check: &CheckOutcome) -> Fields {
    let mut fields: Fields = check.fields.clone();
    for (name, value) in &check.reference {
        if name == "value" {
            fields.insert("reference".into(), *value);
        }
        fields.insert(format!("reference.{name}"), *value);
    }
    fields.extend(check.n_reference.map(|n| ("n_reference".into(), n as f64)));
    fields.extend(check.n_current.map(|n| ("n_current".into(), n as f64)));
    fields
}

/// `fail` is tried before `warn`. A condition over an undefined field is an error, never a pass.
fn decide(check: &Check, fields: &Fields) -> (Status, Option<String>, String) {
    for (status, condition) in [(Status::Fail, &check.fail), (Status::Warn, &check.warn)] {
        let Some(condition) = condition else { continue };
        match condition.holds(fields) {
            Ok(true) => return (status, Some(condition.text.clone()), shown(condition, fields)),
            Ok(false) => {}
            Err(reason) => return (Status::Error, Some(condition.text.clone()), reason),
        }
    }
    let message = check.fail.as_ref().or(check.warn.as_ref()).map_or(String::new(), |c| shown(c, fields));
    (Status::Pass, None, message)
}

/// The fields that a condition reads with their values, such as `effect_size = 0.31, p_value = 2.4e-9`.
fn shown(condition: &Condition, fields: &Fields) -> String {
    let one = |name: &String| fields.get(name).map(|v| format!("{name} = {}", number(*v)));
    condition.fields.iter().filter_map(one).collect::<Vec<_>>().join(", ")
}

/// A number for people: short, never wrong about its size.
pub fn number(value: f64) -> String {
    let magnitude = value.abs();
    if value == value.trunc() && magnitude < 1e15 {
        format!("{value:.0}")
    } else if (1e-4..1e6).contains(&magnitude) {
        let digits = (4 - magnitude.log10().floor() as i32).clamp(0, 8) as usize;
        let text = format!("{value:.digits$}");
        // Zeros before the point are part of the number.
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    } else {
        format!("{value:.3e}")
    }
}
