//! One side's rows through all accumulators: units are cut into blocks, transforms add columns, and each worker thread
//! feeds its own accumulators, so that nothing depends on the number of threads.
//!
//! Numbers take few bytes: accumulators over them get whole blocks, whatever else is read. Strings, lists and bytes may take any
//! number: accumulators that read such a column, and transforms, get slabs, which are parts of a block of so many bytes.

mod cutter;
mod passes;
mod reader;
mod workers;

use crate::times::Times;
use arrow::datatypes::{DataType, SchemaRef};
use driftline_core::accumulator::{Context, Derived, Finished, Request};
use driftline_core::plugin::Transform;
use driftline_core::profile::Profile;
use driftline_core::saved::SavedProfile;
use driftline_core::source::{Scan, Source, SourceError};
use passes::passes;
use reader::{Reader, slices};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
pub(crate) use workers::{distinct, row_bytes};
use workers::{Done, Group, Lane, derive, finish, groups, join, make, wide_columns, work};

/// A transform of the plan, made anew for each side.
pub struct RunningTransform {
    pub plugin: String,
    /// Names of the columns that it adds.
    pub outputs: Vec<String>,
    /// Their types.
    pub types: Vec<DataType>,
    pub running: Result<Box<dyn Transform>, String>,
}

/// Which rows an accumulator is fed: all, or those for which an expression is true.
pub type Slice = Option<String>;

/// Whose result it is: the slice and the accumulator's key.
pub type Place = (Slice, String);

/// Where the result of a request stands.
pub(crate) fn place((slice, request): &(Slice, Request)) -> Place {
    (slice.clone(), request.key.clone())
}

/// Accumulators with the rows that each is fed.
pub type Requests = Vec<(Slice, Request)>;

/// What to read of a side, and what to feed.
pub struct Job {
    pub source: Arc<dyn Source>,
    /// The source's schema as the user knows it.
    pub schema: SchemaRef,
    pub filter: Option<String>,
    pub requests: Requests,
    /// Expressions whose rows are wanted; the source has the column [`slice_column`] for each.
    pub slices: BTreeSet<String>,
    /// Columns that the transforms read.
    pub transform_inputs: Vec<String>,
    pub transforms: Vec<RunningTransform>,
    pub threads: usize,
    /// Whether the states are wanted, to be saved.
    pub keep_states: bool,
}

/// A side's profile and what was left out of it.
pub struct SideResult {
    pub profile: Profile,
    pub counters: BTreeMap<String, u64>,
    /// Where they are wanted.
    pub states: States,
    pub times: Times,
}

/// States by slice and key; a reason where there is none.
pub type States = BTreeMap<Place, Result<Vec<u8>, String>>;

/// Tells how many rows have been read.
pub type Progress<'a> = &'a (dyn Fn(u64) + Sync);

/// Reads a side. Blocks the thread. Where numbers of very many columns are asked for, the side is read several times, some columns at a time.
pub fn read_side(mut job: Job, context: &Context, progress: Progress<'_>) -> Result<SideResult, SourceError> {
    let types = job.source.schema();
    job.requests = job.requests.into_iter().map(|(slice, request)| (slice, request.of(&types))).collect();
    let (source, schema, slices) = (job.source.clone(), job.schema.clone(), job.slices.clone());
    // For a byte of each row.
    let context = Context { memory: context.memory / row_bytes(&job.requests).max(1), ..context.clone() };
    let mut all: Option<Passed> = None;
    for job in passes(job) {
        let passed = pass(job, &context, progress)?;
        match &mut all {
            None => all = Some(passed),
            Some(all) => all.add(passed, &source.location())?,
        }
    }
    let Passed { rows, results, counters, slice_rows, times } = all.unwrap_or_default();
    let mut states = States::new();
    let mut finished: BTreeMap<Slice, BTreeMap<String, Result<Finished, String>>> = BTreeMap::new();
    for result in results {
        states.extend(result.state.map(|state| (result.place.clone(), state)));
        let (slice, key) = result.place;
        finished.entry(slice).or_default().insert(key, result.finished);
    }
    let mut profile = Profile::new(rows, schema.clone(), finished.remove(&None).unwrap_or_default());
    for filter in slices {
        let results = finished.remove(&Some(filter.clone())).unwrap_or_default();
        let rows = slice_rows.get(&filter).copied().unwrap_or_default();
        profile.add_slice(filter, Profile::new(rows, schema.clone(), results));
    }
    Ok(SideResult { profile, counters, states, times })
}

/// What one pass over a side came to.
#[derive(Default)]
struct Passed {
    rows: u64,
    results: Vec<Done>,
    counters: BTreeMap<String, u64>,
    slice_rows: BTreeMap<String, u64>,
    times: Times,
}

impl Passed {
    /// Adds a pass over other columns of the same rows.
    fn add(&mut self, other: Passed, location: &str) -> Result<(), SourceError> {
        if other.rows != self.rows {
            return Err(SourceError(format!("{location}: it changed while it was read: {} rows, and then {}", self.rows, other.rows)));
        }
        self.results.extend(other.results);
        self.times.add_all(other.times);
        for (name, n) in other.counters {
            self.counters.entry(name).or_insert(n);
        }
        Ok(())
    }
}

fn pass(job: Job, context: &Context, progress: Progress<'_>) -> Result<Passed, SourceError> {
    let scan = Scan { columns: columns(&job), filter: job.filter.clone(), limit: None, dictionaries: dictionaries(&job) };
    let mut stream = job.source.scan(scan);
    let (mut accumulators, mut results) = make(&job.requests, context);
    let slices = slices(&job);
    let wide = wide_columns(&job);
    accumulators.iter_mut().for_each(|fed| fed.lane = Lane::of(&fed.columns, &wide));
    let mut reader = Reader::new(slices, job.transforms, &accumulators);
    let threads = job.threads.max(1);
    let groups = groups(accumulators);
    let outcome = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..threads)
            .map(|_| {
                // One block waits while another is worked on.
                let (sender, receiver) = sync_channel(1);
                scope.spawn(|| work(&groups, receiver));
                sender
            })
            .collect();
        let read = futures::executor::block_on(reader.read(&mut stream, &senders, progress));
        drop(senders);
        read
    });
    outcome?;
    let ran = groups.into_iter().flat_map(Group::into_ran).collect();
    let (worked, mut times) = finish(ran, threads, job.keep_states);
    times.add_all(reader.times);
    results.extend(join(worked, &job.requests, context, job.keep_states));
    let derived = derive(&results, &job.requests);
    results.extend(derived);
    let mut counters = reader.counters;
    for result in results.iter().filter(|r| r.unusable > 0) {
        *counters.entry(format!("unusable_rows.{}", result.place.1)).or_default() += result.unusable;
    }
    let slice_rows = reader.slices.into_iter().map(|slice| (slice.filter, slice.rows)).collect();
    Ok(Passed { rows: reader.rows, results, counters, slice_rows, times })
}

/// The side whose states were saved: what was not saved is an error that names it.
pub fn restore_side(job: &Job, saved: &SavedProfile, context: &Context) -> SideResult {
    let context = Context { memory: context.memory / row_bytes(&job.requests).max(1), ..context.clone() };
    let mut finished: BTreeMap<Slice, BTreeMap<String, Result<Finished, String>>> = BTreeMap::new();
    for (slice, request) in &job.requests {
        let request = &request.clone().of(&job.schema);
        let missing = || Err(format!("the reference's profile does not hold `{}`; make it with `driftline profile SPEC`", request.key));
        let result = restored(slice, request, saved, &context).unwrap_or_else(missing);
        finished.entry(slice.clone()).or_default().insert(request.key.clone(), result);
    }
    let mut profile = Profile::new(saved.rows, job.schema.clone(), finished.remove(&None).unwrap_or_default());
    for filter in &job.slices {
        let results = finished.remove(&Some(filter.clone())).unwrap_or_default();
        let rows = saved.slices.get(filter).copied().unwrap_or_default();
        profile.add_slice(filter.clone(), Profile::new(rows, job.schema.clone(), results));
    }
    SideResult { profile, counters: saved.counters.clone(), states: States::new(), times: Times::default() }
}

/// What was saved of an accumulator, or of one that its result is derived from.
fn restored(slice: &Slice, request: &Request, saved: &SavedProfile, context: &Context) -> Option<Result<Finished, String>> {
    let Some(state) = saved.states.get(&(slice.clone(), request.key.clone())) else {
        let derive = |derived: &Derived| Some(restored(slice, &derived.source, saved, context)?.and_then(|source| (derived.from)(&source)));
        return request.derived.iter().find_map(derive);
    };
    let context = context.share(request);
    Some(state.as_ref().map_err(Clone::clone).and_then(|state| {
        let mut accumulator = (request.make)(&context)?;
        accumulator.merge(state)?;
        accumulator.finish_last()
    }))
}

/// The column that says for which rows a slice's expression is true.
pub fn slice_column(filter: &str) -> String {
    format!("where {filter}")
}

/// Columns that all who read them take as dictionaries.
fn dictionaries(job: &Job) -> BTreeSet<String> {
    let read_by = |able: bool| job.requests.iter().filter(move |(_, r)| r.dictionaries == able).flat_map(|(_, r)| &r.columns);
    let plain: BTreeSet<&String> = read_by(false).chain(&job.transform_inputs).collect();
    read_by(true).filter(|column| !plain.contains(column)).cloned().collect()
}

/// The source's columns that are read; one at least, since rows without columns cannot be counted.
fn columns(job: &Job) -> Vec<String> {
    let schema = job.source.schema();
    let wanted = job.requests.iter().flat_map(|(_, r)| &r.columns).chain(&job.transform_inputs).cloned();
    let slices = job.slices.iter().map(|filter| slice_column(filter));
    let mut columns: Vec<String> = wanted.chain(slices).filter(|c| schema.column_with_name(c).is_some()).collect();
    columns.sort();
    columns.dedup();
    if columns.is_empty() {
        columns.extend(schema.fields().first().map(|f| f.name().clone()));
    }
    columns
}
