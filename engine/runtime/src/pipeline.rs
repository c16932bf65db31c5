//! One side's rows through all accumulators: units are cut into blocks, transforms add columns, and each worker thread
//! feeds its own accumulators, so that nothing depends on the number of threads.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::{concat_batches, prep_null_mask_filter};
use arrow::datatypes::SchemaRef;
use driftline_core::accumulator::{Accumulator, Context, Finished, Request};
use driftline_core::block::Block;
use driftline_core::plugin::Transform;
use driftline_core::profile::Profile;
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

/// What to read of a side, and what to feed.
pub struct Job {
    pub source: Arc<dyn Source>,
    /// The source's schema as the user knows it.
    pub schema: SchemaRef,
    pub filter: Option<String>,
    pub requests: Vec<(Slice, Request)>,
    /// Expressions whose rows are wanted; the source has the column [`slice_column`] for each.
    pub slices: BTreeSet<String>,
    /// Columns that the transforms read.
    pub transform_inputs: Vec<String>,
    pub transforms: Vec<RunningTransform>,
    pub threads: usize,
}

/// A side's profile and what was left out of it.
pub struct SideResult {
    pub profile: Profile,
    pub counters: BTreeMap<String, u64>,
}

/// Tells how many rows have been read.
pub type Progress<'a> = &'a (dyn Fn(u64) + Sync);

/// Reads a side. Blocks the thread.
pub fn read_side(job: Job, context: &Context, progress: Progress<'_>) -> Result<SideResult, SourceError> {
    let scan = Scan { columns: columns(&job), filter: job.filter.clone(), limit: None };
    let mut stream = job.source.scan(scan);
    let (mut accumulators, mut results) = make(&job.requests, context);
    let slices = slices(&job);
    let mut reader = Reader { transforms: job.transforms, rows: 0, slices, counters: BTreeMap::new() };
    let shares = deal(&mut accumulators, job.threads.max(1));
    let outcome = std::thread::scope(|scope| {
        let (senders, workers): (Vec<_>, Vec<_>) = shares
            .into_iter()
            .map(|share| {
                let (sender, receiver) = sync_channel(2);
                (sender, scope.spawn(move || work(share, receiver)))
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
    let mut finished: BTreeMap<Slice, BTreeMap<String, Result<Finished, String>>> = BTreeMap::new();
    for result in results {
        let (slice, key) = result.place;
        if result.unusable > 0 {
            *counters.entry(format!("unusable_rows.{key}")).or_default() += result.unusable;
        }
        finished.entry(slice).or_default().insert(key, result.finished);
    }
    let mut profile = Profile::new(reader.rows, job.schema.clone(), finished.remove(&None).unwrap_or_default());
    for slice in reader.slices {
        let results = finished.remove(&Some(slice.filter.clone())).unwrap_or_default();
        profile.add_slice(slice.filter, Profile::new(slice.rows, job.schema.clone(), results));
    }
    Ok(SideResult { profile, counters })
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
    fn cut(&mut self, block: &Block) -> Result<Block, String> {
        let mask = block.column(&slice_column(&self.filter))?.as_boolean_opt().ok_or("`where` is not true or false")?;
        let mask = if mask.null_count() > 0 { prep_null_mask_filter(mask) } else { mask.clone() };
        let cut = block.filter(&mask, &self.columns);
        self.rows += cut.rows as u64;
        Ok(cut)
    }
}

/// A block, and the rows of it that each slice has.
struct Blocks {
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
    accumulator: Box<dyn Accumulator>,
}

struct Done {
    place: Place,
    finished: Result<Finished, String>,
    unusable: u64,
}

/// Makes each distinct accumulator once; those that cannot be made are results already.
fn make(requests: &[(Slice, Request)], context: &Context) -> (Vec<Fed>, Vec<Done>) {
    let distinct: BTreeMap<Place, &Request> = requests.iter().map(|(slice, r)| ((slice.clone(), r.key.clone()), r)).collect();
    let spilling = distinct.values().filter(|r| r.spills).count().max(1);
    let context = Context { memory: context.memory / spilling, ..context.clone() };
    let (mut fed, mut failed) = (Vec::new(), Vec::new());
    for (place, request) in distinct {
        let reference = match (&place.0, &context.reference) {
            (Some(filter), Some(reference)) => reference.slice(filter),
            (None, reference) => reference.clone(),
            (Some(_), None) => None,
        };
        match (request.make)(&Context { reference, ..context.clone() }) {
            Ok(accumulator) => fed.push(Fed { place, accumulator }),
            Err(reason) => failed.push(Done { place, finished: Err(reason), unusable: 0 }),
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

fn work(share: Vec<Fed>, blocks: Receiver<Arc<Blocks>>) -> Vec<Done> {
    let mut running: Vec<(Fed, Option<String>)> = share.into_iter().map(|f| (f, None)).collect();
    for block in blocks {
        for (fed, failed) in &mut running {
            if failed.is_none() {
                *failed = block.of(&fed.place.0).and_then(|block| fed.accumulator.update(block)).err();
            }
        }
    }
    let finish = |(fed, failed): (Fed, Option<String>)| Done {
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
}

type Stream = futures::stream::BoxStream<'static, Result<Piece, SourceError>>;

impl Reader {
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
            for (column, n) in &piece.unparsed {
                self.count(&format!("unparsed_values.{column}"), *n);
            }
            for block in cutter.push(piece)? {
                self.send(&block, workers);
                progress(self.rows);
            }
        }
        for block in cutter.rest()? {
            self.send(&block, workers);
        }
        progress(self.rows);
        Ok(())
    }

    fn count(&mut self, name: &str, n: u64) {
        if n > 0 {
            *self.counters.entry(name.to_owned()).or_default() += n;
        }
    }

    fn send(&mut self, batch: &RecordBatch, workers: &[SyncSender<Arc<Blocks>>]) {
        self.rows += batch.num_rows() as u64;
        let mut block = Block::new(batch);
        self.transform(&mut block);
        let slices = self.slices.iter_mut().map(|slice| (slice.filter.clone(), slice.cut(&block))).collect();
        let block = Arc::new(Blocks { all: block, slices });
        for worker in workers {
            // A worker that is gone has panicked; its accumulators have no result, which is told.
            let _ = worker.send(block.clone());
        }
    }

    fn transform(&mut self, block: &mut Block) {
        let mut unusable = Vec::new();
        for transform in &mut self.transforms {
            let added = transform.running.as_mut().map_err(|e| e.clone()).and_then(|t| t.apply(block));
            match added {
                Ok(added) => {
                    unusable.push((transform.plugin.clone(), added.unusable));
                    for (name, array) in transform.outputs.iter().zip(added.columns) {
                        block.add(name, Ok(array));
                    }
                }
                Err(reason) => {
                    transform.outputs.iter().for_each(|name| block.add(name, Err(reason.clone())));
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

/// Cuts units into blocks.
#[derive(Default)]
struct Cutter {
    unit: Option<u64>,
    waiting: Vec<RecordBatch>,
    rows: usize,
}

impl Cutter {
    fn push(&mut self, piece: Piece) -> Result<Vec<RecordBatch>, SourceError> {
        let mut blocks = Vec::new();
        if self.unit != Some(piece.unit) {
            blocks.extend(self.rest()?);
            self.unit = Some(piece.unit);
        }
        self.rows += piece.batch.num_rows();
        self.waiting.push(piece.batch);
        if self.rows >= piece.block_rows {
            let all = self.join()?;
            let mut from = 0;
            while all.num_rows() - from >= piece.block_rows {
                blocks.push(all.slice(from, piece.block_rows));
                from += piece.block_rows;
            }
            let rest = all.slice(from, all.num_rows() - from);
            self.rows = rest.num_rows();
            self.waiting.extend((self.rows > 0).then_some(rest));
        }
        Ok(blocks)
    }

    fn rest(&mut self) -> Result<Vec<RecordBatch>, SourceError> {
        let rows = std::mem::take(&mut self.rows);
        if rows == 0 {
            self.waiting.clear();
            return Ok(Vec::new());
        }
        Ok(vec![self.join()?])
    }

    fn join(&mut self) -> Result<RecordBatch, SourceError> {
        let waiting = std::mem::take(&mut self.waiting);
        match waiting.as_slice() {
            [single] => Ok(single.clone()),
            // There is one batch at least whenever rows are waiting.
            many => concat_batches(&many[0].schema(), many).map_err(|e| SourceError(e.to_string())),
        }
    }
}
