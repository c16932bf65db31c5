//! Worker threads: each owns some of the accumulators and feeds them what the reader sends.

use super::{Job, Place, Slice, place};
use crate::times::Times;
use arrow::datatypes::DataType;
use driftline_core::accumulator::{Accumulator, Context, Derived, Finished, Request};
use driftline_core::block::Block;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A block or slab, and the rows of it that each slice has.
pub(super) struct Blocks {
    /// Which one it is.
    pub index: usize,
    /// Groups that have been taken for it.
    pub taken: AtomicUsize,
    pub lane: Lane,
    pub all: Block,
    pub slices: BTreeMap<String, Result<Block, String>>,
}

impl Blocks {
    pub fn of(&self, slice: &Slice) -> Result<&Block, String> {
        let Some(filter) = slice else { return Ok(&self.all) };
        let block = self.slices.get(filter).ok_or_else(|| format!("where `{filter}` was not read"))?;
        block.as_ref().map_err(Clone::clone)
    }
}

pub(super) struct Fed {
    pub place: Place,
    pub columns: Vec<String>,
    pub lane: Lane,
    /// Which blocks it takes.
    pub turn: Turn,
    pub accumulator: Box<dyn Accumulator>,
    /// What its updates took.
    pub time: Duration,
}

impl Fed {
    /// What kind of accumulator it is: the start of its key.
    fn kind(&self) -> &str {
        self.place.1.split('(').next().unwrap_or_default()
    }
}

/// Every `of`-th block, from the `part`-th on. The blocks of one part do not depend on threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    part: usize,
    of: usize,
}

impl Turn {
    fn takes(self, block: usize) -> bool {
        block % self.of == self.part
    }
}

/// What an accumulator is fed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Blocks,
    Slabs,
}

impl Lane {
    pub fn of(columns: &[String], wide: &BTreeSet<String>) -> Self {
        let many = columns.len() > MANY_COLUMNS;
        if many || columns.iter().any(|column| wide.contains(column)) { Lane::Slabs } else { Lane::Blocks }
    }
}

/// Columns of an accumulator from which on their numbers are too many to be held as whole blocks. Such accumulators (distinct rows, rows with
/// missing values) count, and counts do not depend on cuts.
pub(super) const MANY_COLUMNS: usize = 64;

/// Columns whose values may take any number of bytes.
pub(super) fn wide_columns(job: &Job) -> BTreeSet<String> {
    let schema = job.source.schema();
    let columns = schema.fields().iter().map(|f| (f.name(), f.data_type()));
    let added = job.transforms.iter().flat_map(|t| t.outputs.iter().zip(&t.types));
    let wide = |(_, data_type): &(&String, &DataType)| data_type.primitive_width().is_none() && **data_type != DataType::Boolean;
    columns.chain(added).filter(wide).map(|(name, _)| name.clone()).collect()
}

pub(super) struct Done {
    pub place: Place,
    pub finished: Result<Finished, String>,
    pub state: Option<Result<Vec<u8>, String>>,
    pub unusable: u64,
}

/// What a worker leaves: a result, or a part's state that is still to be merged with those of the others.
pub(super) enum Worked {
    Done(Done),
    Part { place: Place, part: usize, state: Result<Vec<u8>, String> },
}

/// What is asked for, each once.
pub(crate) fn distinct(requests: &[(Slice, Request)]) -> BTreeMap<Place, &Request> {
    requests.iter().map(|request| (place(request), &request.1)).collect()
}

/// Those whose result is derived from another one's.
fn derived<'a>(all: &BTreeMap<Place, &'a Request>) -> BTreeMap<Place, (Place, &'a Derived)> {
    let known = |place: &Place, derived: &Derived| all.get_key_value(&(place.0.clone(), derived.source.key.clone()));
    let is_derived = |(place, request): (&Place, &&Request)| request.derived.iter().any(|derived| known(place, derived).is_some());
    let source = |(place, request): (&Place, &&'a Request)| {
        // What is itself derived is derived from something that this one can be derived from, too.
        let mut sources = request.derived.iter().filter_map(|derived| known(place, derived).zip(Some(derived)));
        let (source, derived) = sources.find(|(source, _)| !is_derived(*source))?;
        Some((place.clone(), (source.0.clone(), derived)))
    };
    all.iter().filter_map(source).collect()
}

/// What is fed.
fn fed(requests: &[(Slice, Request)]) -> BTreeMap<Place, &Request> {
    let mut all = distinct(requests);
    let derived = derived(&all);
    all.retain(|place, _| !derived.contains_key(place));
    all
}

/// Bytes that a row takes in all accumulators.
pub(crate) fn row_bytes(requests: &[(Slice, Request)]) -> usize {
    fed(requests).values().map(|request| request.row_bytes).sum()
}

/// The results that are derived from those of others.
pub(super) fn derive(done: &[Done], requests: &[(Slice, Request)]) -> Vec<Done> {
    let results: BTreeMap<&Place, &Result<Finished, String>> = done.iter().map(|done| (&done.place, &done.finished)).collect();
    let derive = |(place, (source, derived)): (Place, (Place, &Derived))| {
        let source = results.get(&source).map_or_else(|| Err("internal error: what it is derived from was lost".to_owned()), |r| (*r).clone());
        Done { place, finished: source.and_then(|source| (derived.from)(&source)), state: None, unusable: 0 }
    };
    derived(&distinct(requests)).into_iter().map(derive).collect()
}

/// Makes each distinct accumulator once, or once for each of its partitions; those that cannot be made are results already.
pub(super) fn make(requests: &[(Slice, Request)], context: &Context) -> (Vec<Fed>, Vec<Done>) {
    let distinct = fed(requests);
    let (mut fed, mut failed) = (Vec::new(), Vec::new());
    for (place, request) in distinct {
        let context = of_slice(context, &place.0);
        let context = context.share(request);
        let made: Result<Vec<_>, String> = (0..request.partitions).map(|_| (request.make)(&context)).collect();
        let columns = || request.columns.clone();
        let of_part = |(part, accumulator)| Fed { place: place.clone(), columns: columns(), lane: Lane::Blocks, turn: Turn { part, of: request.partitions }, accumulator, time: Duration::ZERO };
        match made {
            Ok(accumulators) => fed.extend(accumulators.into_iter().enumerate().map(of_part)),
            Err(reason) => failed.push(Done { place, finished: Err(reason), state: None, unusable: 0 }),
        }
    }
    (fed, failed)
}

/// Accumulators that read the same columns, and so share views of their values. One worker at a time feeds them, blocks in their order.
pub(super) struct Group {
    feeding: Mutex<Feeding>,
    fed: Condvar,
}

struct Feeding {
    all: Vec<Ran>,
    /// The block that is next.
    next: usize,
    /// Blocks and slabs until now.
    counts: [usize; 2],
}

/// An accumulator, and why it could not go on.
pub(super) type Ran = (Fed, Option<String>);

/// The accumulators by what they read, those of many columns first, since they take longest.
pub(super) fn groups(accumulators: Vec<Fed>) -> Vec<Group> {
    let mut by_columns: BTreeMap<(Reverse<usize>, Vec<String>, Turn), Vec<Ran>> = BTreeMap::new();
    for fed in accumulators {
        by_columns.entry((Reverse(fed.columns.len()), fed.columns.clone(), fed.turn)).or_default().push((fed, None));
    }
    let group = |all| Group { feeding: Mutex::new(Feeding { all, next: 0, counts: [0; 2] }), fed: Condvar::new() };
    by_columns.into_values().map(group).collect()
}

/// Feeds what comes: of each block, whoever is free takes the next group.
pub(super) fn work(groups: &[Group], blocks: Receiver<Arc<Blocks>>) {
    for block in blocks {
        while let Some(group) = groups.get(block.taken.fetch_add(1, Ordering::Relaxed)) {
            group.feed(&block);
        }
    }
}

impl Group {
    fn feed(&self, block: &Blocks) {
        let feeding = self.feeding.lock().unwrap_or_else(PoisonError::into_inner);
        // Another worker may have taken the block before, and not have begun.
        let mut feeding = self.fed.wait_while(feeding, |feeding| feeding.next != block.index).unwrap_or_else(PoisonError::into_inner);
        feeding.feed(block);
        feeding.next += 1;
        self.fed.notify_all();
    }

    pub fn into_ran(self) -> Vec<Ran> {
        self.feeding.into_inner().unwrap_or_else(PoisonError::into_inner).all
    }
}

const PANICKED: &str = "internal error: a panic, see the log";

impl Feeding {
    fn feed(&mut self, block: &Blocks) {
        let count = &mut self.counts[usize::from(block.lane == Lane::Slabs)];
        for (fed, failed) in &mut self.all {
            if failed.is_some() || fed.lane != block.lane || !fed.turn.takes(*count) {
                continue;
            }
            let started = Instant::now();
            // A panic is ours, not the user's; an accumulator is not used again after one.
            let update = AssertUnwindSafe(|| block.of(&fed.place.0).and_then(|block| fed.accumulator.update(block)));
            *failed = catch_unwind(update).unwrap_or_else(|_| Err(PANICKED.into())).err();
            fed.time += started.elapsed();
        }
        *count += 1;
    }
}

/// Finishes on as many threads: whoever is free takes the next one.
pub(super) fn finish(ran: Vec<Ran>, threads: usize, keep_states: bool) -> (Vec<Worked>, Times) {
    let left = Mutex::new(ran.into_iter());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    let worked = |(fed, failed): Ran| match fed.turn.of {
        1 => Worked::Done(done(fed.place, fed.accumulator, failed, keep_states)),
        _ => Worked::Part { place: fed.place, part: fed.turn.part, state: failed.map_or_else(|| fed.accumulator.state(), Err) },
    };
    let work = || {
        let (mut all, mut times) = (Vec::new(), Times::default());
        while let Some(ran) = next() {
            times.add_spilled(ran.0.accumulator.spilled());
            let kind = ran.0.kind().to_owned();
            times.add(format!("update.{kind}"), ran.0.time);
            let place = ran.0.place.clone();
            // A panic is ours, not the user's, and costs its own result alone.
            let finished = times.timed(&format!("finish.{kind}"), || catch_unwind(AssertUnwindSafe(|| worked(ran))));
            let lost = |_| Worked::Done(Done { place, finished: Err(PANICKED.into()), state: keep_states.then(|| Err(PANICKED.into())), unusable: 0 });
            all.push(finished.unwrap_or_else(lost));
        }
        (all, times)
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let (mut all, mut times) = (Vec::new(), Times::default());
        for worker in workers {
            // Nothing panics outside of `catch_unwind`; what would be lost is without a result, and its checks are errors.
            let (worked, took) = worker.join().unwrap_or_default();
            all.extend(worked);
            times.add_all(took);
        }
        (all, times)
    })
}

fn done(place: Place, accumulator: Box<dyn Accumulator>, failed: Option<String>, keep_states: bool) -> Done {
    Done {
        state: keep_states.then(|| failed.clone().map_or_else(|| accumulator.state(), Err)),
        unusable: accumulator.unusable(),
        finished: failed.map_or_else(|| accumulator.finish_last(), Err),
        place,
    }
}

/// States by part.
type Parts = BTreeMap<usize, Result<Vec<u8>, String>>;

/// Merges the parts of each place in their order.
pub(super) fn join(worked: Vec<Worked>, requests: &[(Slice, Request)], context: &Context, keep_states: bool) -> Vec<Done> {
    let (mut all, mut parts): (Vec<Done>, BTreeMap<Place, Parts>) = Default::default();
    for one in worked {
        match one {
            Worked::Done(done) => all.push(done),
            Worked::Part { place, part, state } => drop(parts.entry(place).or_default().insert(part, state)),
        }
    }
    for (place, states) in parts {
        // A part comes of a request, so that there is one.
        let Some((_, request)) = requests.iter().find(|(slice, request)| (slice, &request.key) == (&place.0, &place.1)) else { continue };
        all.push(merged(place, states, request, context, keep_states));
    }
    all
}

fn merged(place: Place, states: Parts, request: &Request, context: &Context, keep_states: bool) -> Done {
    let whole = || -> Result<Box<dyn Accumulator>, String> {
        if states.len() < request.partitions {
            return Err("internal error: a part of the rows was lost".into());
        }
        let mut whole = (request.make)(&of_slice(context, &place.0).share(request))?;
        states.into_values().try_for_each(|state| whole.merge(&state?))?;
        Ok(whole)
    };
    match whole() {
        Ok(whole) => done(place, whole, None, keep_states),
        Err(reason) => Done { state: keep_states.then(|| Err(reason.clone())), finished: Err(reason), unusable: 0, place },
    }
}

/// What accumulators of a slice may use: its own reference.
fn of_slice(context: &Context, slice: &Slice) -> Context {
    let reference = match (slice, &context.reference) {
        (Some(filter), Some(reference)) => reference.slice(filter),
        (None, reference) => reference.clone(),
        (Some(_), None) => None,
    };
    Context { reference, ..context.clone() }
}
