//! One evaluation: both sides are read, metrics computed, suites judged, and the outcome written down.

use crate::groups::{ColumnGroup, Item, groups};
use crate::pipeline::{Job, Progress, Requests, RunningTransform, Slice, place, read_side, restore_side};
use crate::plan::{Plan, Side, query_tables};
use crate::state::StateFolder;
use crate::times::Times;
use driftline_core::accumulator::{Context, Request};
use driftline_core::metric::{Readings, Sides, Undefined, family};
use driftline_core::outcome::{Family, Outcome, Rows, SCHEMA, Sample, UndefinedRecord, worst};
use driftline_core::profile::Profile;
use driftline_core::source::SourceError;
use driftline_core::spec::Grant;
use driftline_core::suite::{BoundMetric, Correct, MetricResult, conclude};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("{0}")]
    Io(String),
}

/// Evaluates one monitor, again and again where it is served.
pub struct Evaluator {
    pub state: StateFolder,
    pub correct: Correct,
    reference: Mutex<Option<Arc<Kept>>>,
    training: Mutex<Option<Arc<Kept>>>,
}

/// A reference, or what a recommender learnt from, that was read.
struct Kept {
    /// What its profile depends on.
    key: String,
    profile: Arc<Profile>,
    counters: BTreeMap<String, u64>,
}

impl Evaluator {
    pub fn new(state: StateFolder, correct: Correct) -> Self {
        Self { state, correct, reference: Mutex::default(), training: Mutex::default() }
    }

    /// Reads both sides and judges them; a reference that has not changed since the last time is not read again, where it is read whole. Blocks the
    /// thread.
    pub fn evaluate(&self, plan: &Plan, progress: Progress<'_>) -> Result<Outcome, EvaluateError> {
        let started = Instant::now();
        let mut told = Told { counters: plan.counters.clone(), ..Told::default() };
        let training = match &plan.training {
            Some(side) => {
                let context = context(plan, None, plan.run.kept() / 2);
                Some(told.kept("training", || kept(Some(&self.training), training_job(plan, side), &context, plan, side, progress))?)
            }
            None => None,
        };
        let read = self.read(plan, training.as_ref().map(|kept| kept.profile.as_ref()), progress, &mut told)?;
        for (by, filter) in &plan.other_segments {
            let rows = read.current.slice(filter).map_or(0, |rest| rest.rows);
            if rows > 0 {
                told.counters.insert(format!("current.rows_of_other_segments.{by}"), rows);
            }
        }
        let rows = Rows { reference: read.reference.map(|reference| reference.rows), current: read.current.rows };
        let mut outcome = judge(plan, rows, read.results, self.correct);
        outcome.counters.extend(told.counters);
        outcome.plugins = plan.host.take_use();
        for name in plan.unusable_plugins.keys() {
            let used = outcome.plugins.entry(name.clone()).or_default();
            // Of one that rests its failures were counted before.
            if used.failures.is_empty() && !used.quarantined {
                used.failures.insert("unusable".into(), 1);
            }
        }
        let mut timings = told.timings;
        for (plugin, used) in &outcome.plugins {
            timings.insert(format!("plugin_seconds.{plugin}"), used.seconds);
            timings.insert(format!("plugin_peak_memory_bytes.{plugin}"), used.peak_memory as f64);
        }
        timings.insert("total_seconds".into(), started.elapsed().as_secs_f64());
        timings.extend(told.work.into_timings());
        outcome.timings = timings;
        self.state.remember(&mut outcome).map_err(EvaluateError::Io)?;
        Ok(outcome)
    }

    /// Reads both sides, group by group, and computes all metrics.
    fn read(&self, plan: &Plan, training: Option<&Profile>, progress: Progress<'_>, told: &mut Told) -> Result<Read, EvaluateError> {
        let groups = groups(plan);
        let is_whole = groups.len() == 1;
        if !is_whole {
            tracing::info!("the sides are read {} times, some columns at a time, since all of their values are more than `memory` under [run]", groups.len());
            // A reference that was read whole at an earlier evaluation would take memory beside the groups.
            *self.reference.lock().unwrap_or_else(|e| e.into_inner()) = None;
        }
        let fingerprints = || (plan.reference.as_ref().map(|side| side.source.fingerprint()), plan.current.source.fingerprint());
        let before = fingerprints();
        let (mut reference, mut current): (Option<Arc<Profile>>, Option<Profile>) = (None, None);
        let mut results = BTreeMap::new();
        for (i, group) in groups.iter().enumerate() {
            let [of_reference, of_current] = group.memory(plan.run.kept());
            if let Some(side) = &plan.reference {
                let (cache, context) = (is_whole.then_some(&self.reference), context(plan, None, of_reference));
                let kept = told.kept("reference", || kept(cache, job(plan, side, true, Some(group)), &context, plan, side, progress))?;
                reference = Some(match reference {
                    None => kept.profile.clone(),
                    Some(earlier) => Arc::new(again(kept.profile.keeping(&|_| true), &earlier, side)?),
                });
            }
            let context = context(plan, reference.clone(), of_current);
            let read = timed("current_seconds", &mut told.timings, || read_side(job(plan, &plan.current, false, Some(group)), &context, progress))?;
            told.add("current", &read.counters, &read.times);
            let mut profile = match &current {
                None => read.profile,
                Some(earlier) => again(read.profile, earlier, &plan.current)?,
            };
            // Of a single reading it does not matter which of two files it is of.
            if !is_whole && fingerprints() != before {
                let sides: Vec<String> = plan.reference.iter().chain([&plan.current]).map(|side| side.source.location()).collect();
                return Err(SourceError(format!("{}: it changed while it was read several times; run it again, or with more `memory` under [run]", sides.join(" or "))).into());
            }
            if i + 1 == groups.len() {
                timed("query_seconds", &mut told.timings, || run_queries(plan, &mut profile));
            }
            let sides = Sides { current: &profile, reference: reference.as_deref(), training };
            let (computed, took) = timed("metric_seconds", &mut told.timings, || compute_all(&plan.metrics, &group.items, sides, plan.threads()));
            told.work.add_of("metric", &took);
            results.extend(computed);
            // Values that were kept are not needed any more; the next group has the memory.
            let keep = |key: &str| !group.keeps_values(key);
            current = Some(profile.keeping(&keep));
            reference = reference.map(|reference| if is_whole { reference } else { Arc::new(reference.keeping(&keep)) });
            drop((profile, context));
            give_back();
        }
        // There is a group.
        let current = current.ok_or_else(|| EvaluateError::Io("internal error: nothing was read".into()))?;
        Ok(Read { reference, current, results })
    }
}

/// What both sides came to, without the values that were kept, and all metrics.
struct Read {
    reference: Option<Arc<Profile>>,
    current: Profile,
    results: BTreeMap<usize, MetricResult>,
}

/// What is told of an evaluation beside its results.
#[derive(Default)]
struct Told {
    counters: BTreeMap<String, u64>,
    timings: BTreeMap<String, f64>,
    work: Times,
}

impl Told {
    /// Reads a side and adds what there is to tell.
    fn kept(&mut self, side: &str, read: impl FnOnce() -> Result<(Arc<Kept>, Times), EvaluateError>) -> Result<Arc<Kept>, EvaluateError> {
        let (kept, took) = timed(&format!("{side}_seconds"), &mut self.timings, read)?;
        self.add(side, &kept.counters, &took);
        Ok(kept)
    }

    fn add(&mut self, side: &str, counters: &BTreeMap<String, u64>, took: &Times) {
        self.work.add_of(side, took);
        count(side, counters, &mut self.counters);
    }
}

/// The results of two readings of a side.
fn again(read: Profile, earlier: &Profile, side: &Side) -> Result<Profile, EvaluateError> {
    match read.rows == earlier.rows {
        true => Ok(read.and(earlier)),
        false => Err(SourceError(format!("{}: it changed while it was read: {} rows, and then {}", side.source.location(), earlier.rows, read.rows)).into()),
    }
}

/// The side's profile: the last one if it is remembered and nothing has changed that it depends on.
fn kept(
    last: Option<&Mutex<Option<Arc<Kept>>>>,
    job: Job,
    context: &Context,
    plan: &Plan,
    side: &Side,
    progress: Progress<'_>,
) -> Result<(Arc<Kept>, Times), EvaluateError> {
    // What went to disk, and what was counted, depends on the memory.
    let key = key(plan, side, &job.requests).map(|key| format!("{key} {}", context.memory));
    let nothing = Mutex::default();
    // Only whole profiles are ever put in, so that a panic elsewhere leaves it right.
    let mut last = last.unwrap_or(&nothing).lock().unwrap_or_else(|e| e.into_inner());
    if let Some(kept) = last.as_ref().filter(|kept| key.as_ref() == Some(&kept.key)) {
        return Ok((kept.clone(), Times::default()));
    }
    *last = None;
    let result = match side.source.saved() {
        Some(saved) => restore_side(&job, &saved, context),
        None => read_side(job, context, progress)?,
    };
    let profile = Arc::new(result.profile);
    let kept = Arc::new(Kept { key: key.clone().unwrap_or_default(), profile, counters: result.counters });
    // What failed (a plugin out of time) may do better at the next evaluation.
    // And what a plugin finds in its folder, or on a clock, may be something else.
    let fixed = plan.plugins.iter().all(|(spec, _)| spec.frame.folder.is_none() && !spec.frame.grant.iter().any(|grant| matches!(grant, Grant::Clock | Grant::Random)));
    *last = key.filter(|_| fixed && kept.profile.is_complete()).map(|_| kept.clone());
    Ok((kept, result.times))
}

/// Reads what a recommender learnt from: all of it, whatever the rows of a check are.
fn training_job(plan: &Plan, side: &Side) -> Job {
    let requests = plan.metrics.iter().flat_map(|m| &m.metric).flat_map(|metric| metric.training_requests());
    Job {
        source: side.source.clone(),
        schema: side.schema.clone(),
        filter: side.filter.clone(),
        slices: BTreeSet::new(),
        requests: requests.map(|request| (None, request)).collect(),
        transform_inputs: Vec::new(),
        transforms: Vec::new(),
        threads: plan.threads(),
        keep_states: false,
    }
}

/// Equal as long as the reference's profile is; none where the source cannot tell.
fn key(plan: &Plan, side: &Side, requests: &[(Slice, Request)]) -> Option<String> {
    let data = side.source.fingerprint()?;
    let requests: BTreeSet<(&Slice, &str)> = requests.iter().map(|(slice, r)| (slice, r.key.as_str())).collect();
    Some(format!("{data} {:?} {} {:?} {requests:?}", side.filter, plan.spec_digest, plan.plugin_digests))
}

/// Runs the distinct queries of all metrics. One that fails is an error of its own metrics.
fn run_queries(plan: &Plan, profile: &mut Profile) {
    let queries = plan.metrics.iter().flat_map(|m| &m.metric).flat_map(|m| m.queries()).map(|query| query.sql);
    let tables = query_tables(plan.reference.as_ref(), &plan.current);
    let memory = usize::try_from(plan.run.memory.0).unwrap_or(usize::MAX);
    for sql in queries.collect::<BTreeSet<String>>() {
        let rows = plan.queries.run(&sql, &tables, memory);
        profile.add_query(sql, rows);
    }
}

/// What accumulators of a side may use that have so much memory.
pub(crate) fn context(plan: &Plan, reference: Option<Arc<Profile>>, memory: usize) -> Context {
    Context { reference, memory, spill: std::env::temp_dir(), seed: plan.run.seed }
}

/// Gives free memory back to the system, which the C library would keep in between of what is used.
fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: concerns memory that nobody holds.
    unsafe {
        libc::malloc_trim(0);
    }
}

fn timed<T>(name: &str, timings: &mut BTreeMap<String, f64>, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let result = work();
    *timings.entry(name.into()).or_default() += started.elapsed().as_secs_f64();
    result
}

fn count(side: &str, of_side: &BTreeMap<String, u64>, counters: &mut BTreeMap<String, u64>) {
    // What is counted in each reading of a side is the same.
    counters.extend(of_side.iter().map(|(name, n)| (format!("{side}.{name}"), *n)));
}

/// What is read of a side: for a group, or for all metrics.
pub(crate) fn job(plan: &Plan, side: &Side, is_reference: bool, group: Option<&ColumnGroup>) -> Job {
    let of = |m: &BoundMetric| -> Vec<(Slice, Request)> {
        let requests = m.metric.iter().flat_map(|metric| metric.requests());
        requests.map(|request| (m.filter.clone(), request)).collect()
    };
    let mut requests: Requests = plan.metrics.iter().flat_map(of).collect();
    requests.retain(|request| group.is_none_or(|group| group.places.contains(&place(request))));
    let wanted: BTreeSet<&String> = requests.iter().flat_map(|(_, r)| &r.columns).collect();
    let mut transforms = Vec::new();
    let mut transform_inputs = Vec::new();
    for transform in &plan.transforms {
        if !transform.outputs.iter().any(|o| wanted.contains(o)) {
            continue;
        }
        transform_inputs.extend(transform.bindings.iter().map(|(_, column)| column.clone()));
        let schema = if is_reference { plan.reference_schema() } else { plan.current.schema.clone() };
        transforms.push(RunningTransform {
            plugin: transform.name.clone(),
            outputs: transform.outputs.clone(),
            types: transform.outputs.iter().filter_map(|output| plan.columns.iter().find(|c| c.name == *output)).map(|c| c.data_type.clone()).collect(),
            running: transform.plugin.transform(&transform.bindings, &schema, plan.threads()),
        });
    }
    Job {
        source: side.source.clone(),
        schema: side.schema.clone(),
        filter: side.filter.clone(),
        slices: plan.metrics.iter().filter(|m| m.metric.is_ok()).filter_map(|m| m.filter.clone()).chain(side.other_segments(&plan.other_segments).into_iter().cloned()).collect(),
        requests,
        transform_inputs,
        transforms,
        threads: plan.threads(),
        keep_states: false,
    }
}

fn judge(plan: &Plan, rows: Rows, mut results: BTreeMap<usize, MetricResult>, correct: Correct) -> Outcome {
    let results: Vec<MetricResult> = (0..plan.metrics.len()).map(|i| results.remove(&i).unwrap_or_else(lost)).collect();
    let judged: Vec<_> = plan.suites.iter().map(|s| s.evaluate(&plan.metrics, &results, correct)).collect();
    let mut final_readings: BTreeMap<usize, Readings> = BTreeMap::new();
    for (i, readings) in judged.iter().flat_map(|j| &j.readings) {
        final_readings.entry(*i).or_insert_with(|| readings.clone());
    }
    for i in &plan.records {
        final_readings.entry(*i).or_insert_with(|| conclude(&plan.metrics[*i], &results[*i], &BTreeMap::new()));
    }
    let (samples, conflicts) = samples(plan, &final_readings);
    let counters = (conflicts > 0).then(|| ("conflicting_series".to_owned(), conflicts)).into_iter().collect();
    let suites: Vec<_> = judged.into_iter().map(|j| j.outcome).collect();
    Outcome {
        schema: SCHEMA.into(),
        monitor: plan.monitor.clone(),
        window: "all".into(),
        revision: 0,
        is_final: true,
        spec_digest: plan.spec_digest.clone(),
        plugin_digests: plan.plugin_digests.clone(),
        status: worst(suites.iter().map(|s| s.status)),
        rows,
        suites,
        samples,
        undefined: plan.records.iter().filter_map(|i| undefined(&plan.metrics[*i], &final_readings[i])).collect(),
        counters,
        plugins: BTreeMap::new(),
        timings: BTreeMap::new(),
        families: families(plan, &final_readings),
    }
}

fn lost() -> MetricResult {
    MetricResult { parts: vec![Err(Undefined::error("internal error: a panic, see the log"))], reference: None }
}

/// All items, on so many threads: whoever is free takes the next one.
fn compute_all(metrics: &[BoundMetric], items: &[Item], sides: Sides<'_>, threads: usize) -> (BTreeMap<usize, MetricResult>, Times) {
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut results, mut times) = (Vec::new(), Times::default());
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (Item::Comparison(metric, _) | Item::Metric(metric)) = *item;
            let bound = &metrics[metric];
            let test = bound.labels.iter().find(|(label, _)| label == "test").map(|(_, test)| format!(".{test}"));
            // A panic is ours, not the user's, and costs its own checks alone.
            let computed = times.timed(&format!("{}{}", bound.name, test.unwrap_or_default()), || match *item {
                Item::Comparison(_, comparison) => {
                    // Where it panics it is not made, and panics again where it is asked for.
                    let _ = catch_unwind(AssertUnwindSafe(|| compare(bound, comparison, sides)));
                    None
                }
                Item::Metric(_) => Some(catch_unwind(AssertUnwindSafe(|| compute(bound, sides))).unwrap_or_else(|_| lost())),
            });
            results.extend(computed.map(|result| (metric, result)));
        }
        (results, times)
    };
    let (mut results, mut times) = (BTreeMap::new(), Times::default());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            // Nothing panics outside of `catch_unwind`.
            let (computed, took) = worker.join().unwrap_or_default();
            results.extend(computed);
            times.add_all(took);
        }
    });
    (results, times)
}

fn compute(metric: &BoundMetric, sides: Sides<'_>) -> MetricResult {
    let Ok(bound) = &metric.metric else { return MetricResult { parts: Vec::new(), reference: None } };
    of_rows(metric, sides, |sides| {
        let alone = |r| bound.conclude(bound.evaluate(Sides { current: r, reference: None, training: sides.training }));
        let reference = if metric.compares { None } else { sides.reference.map(alone) };
        MetricResult { parts: bound.evaluate(sides), reference }
    })
}

/// Makes one of the comparisons of a metric.
fn compare(metric: &BoundMetric, comparison: usize, sides: Sides<'_>) {
    if let Ok(bound) = &metric.metric
        && let Some(comparison) = bound.comparisons().get(comparison)
    {
        of_rows(metric, sides, |sides| comparison.make(sides));
    }
}

/// Computes something of the rows that a metric looks at.
fn of_rows<T>(metric: &BoundMetric, sides: Sides<'_>, compute: impl FnOnce(Sides<'_>) -> T) -> T {
    let slice = |side: &Profile| metric.filter.as_ref().and_then(|filter| side.slice(filter));
    let (current, reference) = (slice(sides.current), sides.reference.and_then(slice));
    // Each side has a profile for every `where` of the plan.
    compute(Sides { current: current.as_deref().unwrap_or(sides.current), reference: reference.as_deref().or(sides.reference), training: sides.training })
}

/// The family of a reading's field: plugin samples have one of their own.
fn family_of(metric: &BoundMetric, sample: Option<&str>, field: &str) -> String {
    family(&metric.name, sample.unwrap_or(field))
}

/// A record that came to nothing, and why.
fn undefined(metric: &BoundMetric, readings: &Readings) -> Option<UndefinedRecord> {
    let reason = readings.as_ref().err()?.reason().to_owned();
    let labels = metric.labels.iter().cloned().collect();
    Some(UndefinedRecord { metric: metric.name.clone(), column: metric.column.clone(), labels, reason })
}

type Bounds = Option<(f64, f64)>;

/// The numbers of all readings, p-values raw. Equal series are one; how many others had another value is told beside them.
fn samples(plan: &Plan, readings: &BTreeMap<usize, Readings>) -> (Vec<Sample>, u64) {
    let mut samples: BTreeMap<(String, BTreeMap<String, String>), (f64, Bounds)> = BTreeMap::new();
    let mut conflicts = 0;
    for (i, readings) in readings {
        let metric = &plan.metrics[*i];
        for reading in readings.iter().flatten() {
            let mut labels: BTreeMap<String, String> = metric.labels.iter().chain(&reading.labels).cloned().collect();
            labels.extend(metric.column.iter().map(|c| ("column".to_owned(), c.clone())));
            labels.extend(metric.segment.iter().map(|s| ("segment".to_owned(), s.clone())));
            for (i, (field, value)) in reading.fields.iter().enumerate() {
                let value = if field == "p_value" { reading.field("p_value_raw").unwrap_or(*value) } else { *value };
                if field == "p_value_raw" || !value.is_finite() {
                    continue;
                }
                let name = family_of(metric, reading.sample.as_deref(), field);
                // Bounds are those of the first field.
                let bounds = reading.bounds.filter(|_| i == 0);
                let (known, _) = *samples.entry((name.clone(), labels.clone())).or_insert((value, bounds));
                if known != value {
                    conflicts += 1;
                    tracing::warn!("series driftline_{name} {labels:?} is {known} by one check and {value} by another; the first is exported");
                }
            }
        }
    }
    let samples = samples.into_iter().map(|((name, labels), (value, bounds))| Sample { name, labels, value, bounds }).collect();
    (samples, conflicts)
}

fn families(plan: &Plan, readings: &BTreeMap<usize, Readings>) -> Vec<Family> {
    let mut families: BTreeMap<String, String> = BTreeMap::new();
    for (i, readings) in readings {
        let metric = &plan.metrics[*i];
        for reading in readings.iter().flatten() {
            for (field, _) in &reading.fields {
                let name = family_of(metric, reading.sample.as_deref(), field);
                let known = metric.fields.iter().find(|f| f.name == field).map(|f| f.summary);
                let help = plan.sample_help.get(&name).map(String::as_str).or(known);
                let help = help.map_or_else(|| name.clone(), |h| format!("{}: {h}", metric.name));
                families.entry(name).or_insert(help);
            }
        }
    }
    families.into_iter().map(|(name, help)| Family { name, help }).collect()
}
