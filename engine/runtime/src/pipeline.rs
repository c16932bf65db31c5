//! One side's rows through all accumulators: units are cut into blocks, transforms add columns, and each worker thread
//! feeds its own accumulators, so that nothing depends on the number of threads.
//!
//! Numbers take few bytes: accumulators over them get whole blocks, whatever else is read. Strings, lists and bytes may take any
//! number: accumulators that read such a column, and transforms, get slabs, which are parts of a block of so many bytes.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::{concat, concat_batches, prep_null_mask_filter};
use arrow::datatypes::{DataType, SchemaRef};
use driftline_core::accumulator::{Accumulator, Context, Finished, Request};
use driftline_core::block::{BLOCK_ROWS, Block};
use driftline_core::plugin::Transform;
use driftline_core::profile::Profile;
use driftline_core::saved::SavedProfile;
use driftline_core::source::{Piece, Scan, Source, SourceError};
use futures::StreamExt;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A transform of the plan, made anew for each side.
pub struct RunningTransform {
    pub plugin: String,
    /// Names of the columns that it adds.
    pub outputs: Vec<String>,
    pub running: Result<Box<dyn Transform>, String>,
}

/// Which rows an accumulator is fed: all, or those for which an expression is true.
pub type Slice = Option<String>;

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
}

/// States by slice and key; a reason where there is none.
pub type States = BTreeMap<(Slice, String), Result<Vec<u8>, String>>;

/// Tells how many rows have been read.
pub type Progress<'a> = &'a (dyn Fn(u64) + Sync);

/// Reads a side. Blocks the thread. Where numbers of very many columns are asked for, the side is read several times, some columns at a time.
pub fn read_side(job: Job, context: &Context, progress: Progress<'_>) -> Result<SideResult, SourceError> {
    let (source, schema, slices) = (job.source.clone(), job.schema.clone(), job.slices.clone());
    let spilling = job.requests.iter().filter(|(_, r)| r.spills).map(|(slice, r)| (slice, &r.key)).collect::<BTreeSet<_>>().len();
    let context = Context { memory: context.memory / spilling.max(1), ..context.clone() };
    let mut all: Option<Passed> = None;
    for job in passes(job) {
        let passed = pass(job, &context, progress)?;
        match &mut all {
            None => all = Some(passed),
            Some(all) => all.add(passed, &source.location())?,
        }
    }
    let Passed { rows, results, counters, slice_rows } = all.unwrap_or_default();
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
    Ok(SideResult { profile, counters, states })
}

/// What one pass over a side came to.
#[derive(Default)]
struct Passed {
    rows: u64,
    results: Vec<Done>,
    counters: BTreeMap<String, u64>,
    slice_rows: BTreeMap<String, u64>,
}

impl Passed {
    /// Adds a pass over other columns of the same rows.
    fn add(&mut self, other: Passed, location: &str) -> Result<(), SourceError> {
        if other.rows != self.rows {
            return Err(SourceError(format!("{location}: it changed while it was read: {} rows, and then {}", self.rows, other.rows)));
        }
        self.results.extend(other.results);
        for (name, n) in other.counters {
            self.counters.entry(name).or_insert(n);
        }
        Ok(())
    }
}

/// Columns of numbers that one pass keeps blocks of: 64 MiB of float64.
const MOST_COLUMNS: usize = 128;

/// One job for all that reads few columns of numbers, wide columns or what transforms add, and one for each further set of columns.
fn passes(job: Job) -> Vec<Job> {
    let wide = wide_columns(&job);
    let outputs: BTreeSet<&String> = job.transforms.iter().flat_map(|t| &t.outputs).collect();
    let in_first = |(_, r): &(Slice, Request)| {
        let special = |c: &String| wide.contains(c) || outputs.contains(c);
        r.columns.len() > MANY_COLUMNS || r.columns.iter().any(special)
    };
    let (mut first, rest): (Requests, Requests) = job.requests.iter().cloned().partition(in_first);
    let mut by_columns: BTreeMap<Vec<String>, Requests> = BTreeMap::new();
    rest.into_iter().for_each(|(slice, r)| by_columns.entry(r.columns.clone()).or_default().push((slice, r)));
    let (mut further, mut seen): (Vec<Requests>, BTreeSet<String>) = Default::default();
    for (columns, requests) in by_columns {
        if seen.iter().chain(&columns).collect::<BTreeSet<_>>().len() > MOST_COLUMNS {
            seen.clear();
            further.push(Vec::new());
        }
        seen.extend(columns);
        further.last_mut().unwrap_or(&mut first).extend(requests);
    }
    let again = |requests: Requests| Job {
        source: job.source.clone(),
        schema: job.schema.clone(),
        filter: job.filter.clone(),
        requests,
        slices: job.slices.clone(),
        transform_inputs: Vec::new(),
        transforms: Vec::new(),
        threads: job.threads,
        keep_states: job.keep_states,
    };
    let further: Vec<Job> = further.into_iter().map(again).collect();
    [Job { requests: first, ..job }].into_iter().chain(further).collect()
}

fn pass(job: Job, context: &Context, progress: Progress<'_>) -> Result<Passed, SourceError> {
    let scan = Scan { columns: columns(&job), filter: job.filter.clone(), limit: None };
    let mut stream = job.source.scan(scan);
    let (mut accumulators, mut results) = make(&job.requests, context);
    let slices = slices(&job);
    let wide = wide_columns(&job);
    accumulators.iter_mut().for_each(|fed| fed.lane = Lane::of(&fed.columns, &wide));
    let mut reader = Reader::new(slices, job.transforms, &accumulators);
    let shares = deal(&mut accumulators, job.threads.max(1));
    let outcome = std::thread::scope(|scope| {
        let (senders, workers): (Vec<_>, Vec<_>) = shares
            .into_iter()
            .map(|share| {
                // One block waits while another is worked on.
                let (sender, receiver) = sync_channel(1);
                (sender, scope.spawn(move || work(share, receiver, job.keep_states)))
            })
            .unzip();
        let read = futures::executor::block_on(reader.read(&mut stream, &senders, progress));
        drop(senders);
        for worker in workers {
            // A panic is ours, not the user's; its accumulators stay without a result and their checks are errors.
            results.extend(worker.join().unwrap_or_default());
        }
        read
    });
    outcome?;
    let mut counters = reader.counters;
    for result in results.iter().filter(|r| r.unusable > 0) {
        *counters.entry(format!("unusable_rows.{}", result.place.1)).or_default() += result.unusable;
    }
    let slice_rows = reader.slices.into_iter().map(|slice| (slice.filter, slice.rows)).collect();
    Ok(Passed { rows: reader.rows, results, counters, slice_rows })
}

/// The side whose states were saved: what was not saved is an error that names it.
pub fn restore_side(job: &Job, saved: &SavedProfile, context: &Context) -> SideResult {
    let mut finished: BTreeMap<Slice, BTreeMap<String, Result<Finished, String>>> = BTreeMap::new();
    for (slice, request) in &job.requests {
        let state = saved.states.get(&(slice.clone(), request.key.clone()));
        let missing = || format!("the reference's profile does not hold `{}`; make it with `driftline profile SPEC`", request.key);
        let state = state.ok_or_else(missing).and_then(|state| state.as_ref().map_err(Clone::clone));
        let restored = state.and_then(|state| {
            let mut accumulator = (request.make)(context)?;
            accumulator.merge(state)?;
            accumulator.finish()
        });
        finished.entry(slice.clone()).or_default().insert(request.key.clone(), restored);
    }
    let mut profile = Profile::new(saved.rows, job.schema.clone(), finished.remove(&None).unwrap_or_default());
    for filter in &job.slices {
        let results = finished.remove(&Some(filter.clone())).unwrap_or_default();
        let rows = saved.slices.get(filter).copied().unwrap_or_default();
        profile.add_slice(filter.clone(), Profile::new(rows, job.schema.clone(), results));
    }
    SideResult { profile, counters: saved.counters.clone(), states: States::new() }
}

/// The column that says for which rows a slice's expression is true.
pub fn slice_column(filter: &str) -> String {
    format!("where {filter}")
}

/// The rows of a block that some accumulators are fed.
struct Sliced {
    filter: String,
    /// What those accumulators read.
    columns: Vec<String>,
    rows: u64,
}

fn slices(job: &Job) -> Vec<Sliced> {
    let sliced = |filter: &String| {
        let own = job.requests.iter().filter(|(slice, _)| slice.as_ref() == Some(filter));
        let columns: BTreeSet<&String> = own.flat_map(|(_, request)| &request.columns).collect();
        Sliced { filter: filter.clone(), columns: columns.into_iter().cloned().collect(), rows: 0 }
    };
    job.slices.iter().map(sliced).collect()
}

impl Sliced {
    /// The block's rows for which the expression is true; null is not true.
    fn cut(&self, block: &Block) -> Result<Block, String> {
        let mask = block.column(&slice_column(&self.filter))?.as_boolean_opt().ok_or("`where` is not true or false")?;
        let mask = if mask.null_count() > 0 { prep_null_mask_filter(mask) } else { mask.clone() };
        Ok(block.filter(&mask, &self.columns))
    }
}

/// A block or slab, and the rows of it that each slice has.
struct Blocks {
    lane: Lane,
    all: Block,
    slices: BTreeMap<String, Result<Block, String>>,
}

impl Blocks {
    fn of(&self, slice: &Slice) -> Result<&Block, String> {
        let Some(filter) = slice else { return Ok(&self.all) };
        let block = self.slices.get(filter).ok_or_else(|| format!("where `{filter}` was not read"))?;
        block.as_ref().map_err(Clone::clone)
    }
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

/// Whose result it is: the slice and the accumulator's key.
type Place = (Slice, String);

struct Fed {
    place: Place,
    columns: Vec<String>,
    lane: Lane,
    accumulator: Box<dyn Accumulator>,
}

/// What an accumulator is fed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    Blocks,
    Slabs,
}

impl Lane {
    fn of(columns: &[String], wide: &BTreeSet<String>) -> Self {
        let many = columns.len() > MANY_COLUMNS;
        if many || columns.iter().any(|column| wide.contains(column)) { Lane::Slabs } else { Lane::Blocks }
    }
}

/// Columns of an accumulator from which on their numbers are too many to be held as whole blocks. Such accumulators (distinct rows, rows with
/// missing values) count, and counts do not depend on cuts.
const MANY_COLUMNS: usize = 64;

/// Columns whose values may take any number of bytes. Those that transforms add are numbers, or no wider than a call may give back.
fn wide_columns(job: &Job) -> BTreeSet<String> {
    let schema = job.source.schema();
    let wide = |f: &&Arc<arrow::datatypes::Field>| f.data_type().primitive_width().is_none() && *f.data_type() != DataType::Boolean;
    schema.fields().iter().filter(wide).map(|f| f.name().clone()).collect()
}

struct Done {
    place: Place,
    finished: Result<Finished, String>,
    state: Option<Result<Vec<u8>, String>>,
    unusable: u64,
}

/// Makes each distinct accumulator once; those that cannot be made are results already.
fn make(requests: &[(Slice, Request)], context: &Context) -> (Vec<Fed>, Vec<Done>) {
    let distinct: BTreeMap<Place, &Request> = requests.iter().map(|(slice, r)| ((slice.clone(), r.key.clone()), r)).collect();
    let (mut fed, mut failed) = (Vec::new(), Vec::new());
    for (place, request) in distinct {
        let reference = match (&place.0, &context.reference) {
            (Some(filter), Some(reference)) => reference.slice(filter),
            (None, reference) => reference.clone(),
            (Some(_), None) => None,
        };
        match (request.make)(&Context { reference, ..context.clone() }) {
            Ok(accumulator) => fed.push(Fed { place, columns: request.columns.clone(), lane: Lane::Blocks, accumulator }),
            Err(reason) => failed.push(Done { place, finished: Err(reason), state: None, unusable: 0 }),
        }
    }
    (fed, failed)
}

/// Deals the accumulators out to the workers.
fn deal(accumulators: &mut Vec<Fed>, workers: usize) -> Vec<Vec<Fed>> {
    let mut shares: Vec<Vec<Fed>> = (0..workers).map(|_| Vec::new()).collect();
    for (i, fed) in accumulators.drain(..).enumerate() {
        shares[i % workers].push(fed);
    }
    shares
}

fn work(share: Vec<Fed>, blocks: Receiver<Arc<Blocks>>, keep_states: bool) -> Vec<Done> {
    let mut running: Vec<(Fed, Option<String>)> = share.into_iter().map(|f| (f, None)).collect();
    for block in blocks {
        for (fed, failed) in &mut running {
            if failed.is_none() && fed.lane == block.lane {
                *failed = block.of(&fed.place.0).and_then(|block| fed.accumulator.update(block)).err();
            }
        }
    }
    let finish = |(fed, failed): (Fed, Option<String>)| Done {
        state: keep_states.then(|| failed.clone().map_or_else(|| fed.accumulator.state(), Err)),
        finished: failed.map_or_else(|| fed.accumulator.finish(), Err),
        unusable: fed.accumulator.unusable(),
        place: fed.place,
    };
    running.into_iter().map(finish).collect()
}

struct Reader {
    transforms: Vec<RunningTransform>,
    rows: u64,
    slices: Vec<Sliced>,
    counters: BTreeMap<String, u64>,
    /// Whether some accumulator is fed with slabs.
    slabs: bool,
    /// The columns of accumulators that are fed with blocks, and of a block so far its parts.
    waiting: BTreeMap<String, Vec<Result<ArrayRef, String>>>,
    waiting_rows: usize,
}

type Stream = futures::stream::BoxStream<'static, Result<Piece, SourceError>>;

impl Reader {
    fn new(slices: Vec<Sliced>, transforms: Vec<RunningTransform>, accumulators: &[Fed]) -> Self {
        let in_blocks = accumulators.iter().filter(|fed| fed.lane == Lane::Blocks);
        let columns = in_blocks.flat_map(|fed| fed.columns.iter().cloned().chain(fed.place.0.iter().map(|filter| slice_column(filter))));
        Self {
            transforms,
            rows: 0,
            slices,
            counters: BTreeMap::new(),
            slabs: accumulators.iter().any(|fed| fed.lane == Lane::Slabs),
            waiting: columns.map(|column| (column, Vec::new())).collect(),
            waiting_rows: 0,
        }
    }

    async fn read(
        &mut self,
        stream: &mut Stream,
        workers: &[SyncSender<Arc<Blocks>>],
        progress: Progress<'_>,
    ) -> Result<(), SourceError> {
        let mut cutter = Cutter::default();
        while let Some(piece) = stream.next().await {
            let piece = piece?;
            self.count("filtered_rows", piece.filtered);
            self.count("unreadable_rows", piece.unreadable);
            let of_columns = [("unparsed_values", &piece.unparsed), ("uncomputed_values", &piece.uncomputed), ("absent_values", &piece.absent)];
            for (what, counts) in of_columns {
                counts.iter().for_each(|(column, n)| self.count(&format!("{what}.{column}"), *n));
            }
            self.take(cutter.push(piece)?, workers);
            progress(self.rows);
        }
        self.take(cutter.end()?, workers);
        progress(self.rows);
        Ok(())
    }

    fn count(&mut self, name: &str, n: u64) {
        if n > 0 {
            *self.counters.entry(name.to_owned()).or_default() += n;
        }
    }

    fn take(&mut self, cuts: Vec<Cut>, workers: &[SyncSender<Arc<Blocks>>]) {
        for cut in cuts {
            match cut {
                Cut::Slab(batch) => self.take_slab(&batch, workers),
                Cut::EndOfBlock => self.end_block(workers),
            }
        }
    }

    fn take_slab(&mut self, batch: &RecordBatch, workers: &[SyncSender<Arc<Blocks>>]) {
        self.rows += batch.num_rows() as u64;
        let mut slab = Block::new(batch);
        self.transform(&mut slab);
        self.waiting_rows += batch.num_rows();
        for (column, parts) in &mut self.waiting {
            parts.push(slab.column(column).cloned());
        }
        for slice in &mut self.slices {
            let mask = slab.column(&slice_column(&slice.filter)).ok().and_then(|mask| mask.as_boolean_opt());
            slice.rows += mask.map_or(0, |mask| mask.true_count() as u64);
        }
        if self.slabs {
            self.send(Lane::Slabs, slab, workers);
        }
    }

    fn end_block(&mut self, workers: &[SyncSender<Arc<Blocks>>]) {
        let mut block = Block::empty(std::mem::take(&mut self.waiting_rows));
        for (column, parts) in &mut self.waiting {
            let parts: Result<Vec<ArrayRef>, String> = std::mem::take(parts).into_iter().collect();
            block.add(column, parts.and_then(join));
        }
        if !self.waiting.is_empty() {
            self.send(Lane::Blocks, block, workers);
        }
    }

    fn send(&self, lane: Lane, all: Block, workers: &[SyncSender<Arc<Blocks>>]) {
        let slices = self.slices.iter().map(|slice| (slice.filter.clone(), slice.cut(&all))).collect();
        let block = Arc::new(Blocks { lane, all, slices });
        for worker in workers {
            // A worker that is gone has panicked; its accumulators have no result, which is told.
            let _ = worker.send(block.clone());
        }
    }

    fn transform(&mut self, slab: &mut Block) {
        let mut unusable = Vec::new();
        for transform in &mut self.transforms {
            let added = transform.running.as_mut().map_err(|e| e.clone()).and_then(|t| t.apply(slab));
            match added {
                Ok(added) => {
                    unusable.push((transform.plugin.clone(), added.unusable));
                    for (name, array) in transform.outputs.iter().zip(added.columns) {
                        slab.add(name, Ok(array));
                    }
                }
                Err(reason) => {
                    transform.outputs.iter().for_each(|name| slab.add(name, Err(reason.clone())));
                    // What failed once is an error for the window; it is not called again.
                    transform.running = Err(reason);
                }
            }
        }
        for (plugin, n) in unusable {
            self.count(&format!("unusable_rows.plugin_{plugin}"), n);
        }
    }
}

fn join(parts: Vec<ArrayRef>) -> Result<ArrayRef, String> {
    match parts.as_slice() {
        [single] => Ok(single.clone()),
        many => concat(&many.iter().map(|part| part.as_ref()).collect::<Vec<_>>()).map_err(|e| e.to_string()),
    }
}

/// Bytes of a slab, unless a single batch has more.
const SLAB_BYTES: usize = 16 << 20;

/// What the cutter gives.
enum Cut {
    /// Rows of one block.
    Slab(RecordBatch),
    EndOfBlock,
}

/// Cuts units into blocks of [`BLOCK_ROWS`], and blocks into slabs of [`SLAB_BYTES`].
#[derive(Default)]
struct Cutter {
    unit: Option<u64>,
    /// Of the slab.
    waiting: Vec<RecordBatch>,
    bytes: usize,
    /// Rows of the block.
    rows: usize,
}

impl Cutter {
    fn push(&mut self, piece: Piece) -> Result<Vec<Cut>, SourceError> {
        let mut cuts = Vec::new();
        if self.unit != Some(piece.unit) {
            cuts = self.end()?;
            self.unit = Some(piece.unit);
        }
        let mut from = 0;
        while from < piece.batch.num_rows() {
            let part = piece.batch.slice(from, (piece.batch.num_rows() - from).min(BLOCK_ROWS - self.rows));
            from += part.num_rows();
            self.rows += part.num_rows();
            self.bytes += bytes(&part);
            self.waiting.push(part);
            if self.rows == BLOCK_ROWS {
                cuts.extend(self.end()?);
            } else if self.bytes >= SLAB_BYTES {
                cuts.push(self.slab()?);
            }
        }
        Ok(cuts)
    }

    /// Ends the block, if there is one.
    fn end(&mut self) -> Result<Vec<Cut>, SourceError> {
        let mut cuts = Vec::new();
        if !self.waiting.is_empty() {
            cuts.push(self.slab()?);
        }
        if std::mem::take(&mut self.rows) > 0 {
            cuts.push(Cut::EndOfBlock);
        }
        Ok(cuts)
    }

    fn slab(&mut self) -> Result<Cut, SourceError> {
        self.bytes = 0;
        let waiting = std::mem::take(&mut self.waiting);
        match waiting.as_slice() {
            [single] => Ok(Cut::Slab(single.clone())),
            // There is one batch at least whenever a slab is asked for.
            many => concat_batches(&many[0].schema(), many).map(Cut::Slab).map_err(|e| SourceError(e.to_string())),
        }
    }
}

/// Bytes of a batch's own rows, not of the buffers that it shares with others.
fn bytes(batch: &RecordBatch) -> usize {
    let of = |array: &ArrayRef| array.to_data().get_slice_memory_size().unwrap_or_else(|_| array.get_array_memory_size());
    batch.columns().iter().map(of).sum()
}
