//! One side's rows through all accumulators: units are cut into blocks, transforms add columns, and each worker thread
//! feeds its own accumulators, so that nothing depends on the number of threads.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use driftline_core::accumulator::{Accumulator, Context, Finished, Request};
use driftline_core::block::{BLOCK_ROWS, Block};
use driftline_core::plugin::Transform;
use driftline_core::profile::Profile;
use driftline_core::source::{Piece, Scan, Source, SourceError};
use futures::StreamExt;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A transform of the plan, made anew for each side.
pub struct RunningTransform {
    pub plugin: String,
    /// Names of the columns that it adds.
    pub outputs: Vec<String>,
    pub running: Result<Box<dyn Transform>, String>,
}

/// What to read of a side, and what to feed.
pub struct Job {
    pub source: Arc<dyn Source>,
    pub filter: Option<String>,
    pub requests: Vec<Request>,
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
    let mut reader = Reader { transforms: job.transforms, rows: 0, counters: BTreeMap::new() };
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
    let mut finished = BTreeMap::new();
    for result in results {
        if result.unusable > 0 {
            *counters.entry(format!("unusable_rows.{}", result.key)).or_default() += result.unusable;
        }
        finished.insert(result.key, result.finished);
    }
    let profile = Profile::new(reader.rows, job.source.schema(), finished);
    Ok(SideResult { profile, counters })
}

/// The source's columns that are read; one at least, since rows without columns cannot be counted.
fn columns(job: &Job) -> Vec<String> {
    let schema = job.source.schema();
    let wanted = job.requests.iter().flat_map(|r| &r.columns).chain(&job.transform_inputs);
    let mut columns: Vec<String> = wanted.filter(|c| schema.column_with_name(c).is_some()).cloned().collect();
    columns.sort();
    columns.dedup();
    if columns.is_empty() {
        columns.extend(schema.fields().first().map(|f| f.name().clone()));
    }
    columns
}

struct Fed {
    key: String,
    accumulator: Box<dyn Accumulator>,
}

struct Done {
    key: String,
    finished: Result<Finished, String>,
    unusable: u64,
}

/// Makes each distinct accumulator once; those that cannot be made are results already.
fn make(requests: &[Request], context: &Context) -> (Vec<Fed>, Vec<Done>) {
    let distinct: BTreeMap<&str, &Request> = requests.iter().map(|r| (r.key.as_str(), r)).collect();
    let spilling = distinct.values().filter(|r| r.spills).count().max(1);
    let context = Context { memory: context.memory / spilling, ..context.clone() };
    let (mut fed, mut failed) = (Vec::new(), Vec::new());
    for (key, request) in distinct {
        match (request.make)(&context) {
            Ok(accumulator) => fed.push(Fed { key: key.to_owned(), accumulator }),
            Err(reason) => failed.push(Done { key: key.to_owned(), finished: Err(reason), unusable: 0 }),
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

fn work(share: Vec<Fed>, blocks: Receiver<Arc<Block>>) -> Vec<Done> {
    let mut running: Vec<(Fed, Option<String>)> = share.into_iter().map(|f| (f, None)).collect();
    for block in blocks {
        for (fed, failed) in &mut running {
            if failed.is_none() {
                *failed = fed.accumulator.update(&block).err();
            }
        }
    }
    let finish = |(fed, failed): (Fed, Option<String>)| Done {
        finished: failed.map_or_else(|| fed.accumulator.finish(), Err),
        unusable: fed.accumulator.unusable(),
        key: fed.key,
    };
    running.into_iter().map(finish).collect()
}

struct Reader {
    transforms: Vec<RunningTransform>,
    rows: u64,
    counters: BTreeMap<String, u64>,
}

type Stream = futures::stream::BoxStream<'static, Result<Piece, SourceError>>;

impl Reader {
    async fn read(
        &mut self,
        stream: &mut Stream,
        workers: &[SyncSender<Arc<Block>>],
        progress: Progress<'_>,
    ) -> Result<(), SourceError> {
        let mut cutter = Cutter::default();
        while let Some(piece) = stream.next().await {
            let piece = piece?;
            self.count("filtered_rows", piece.filtered);
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

    fn send(&mut self, batch: &RecordBatch, workers: &[SyncSender<Arc<Block>>]) {
        self.rows += batch.num_rows() as u64;
        let mut block = Block::new(batch);
        self.transform(&mut block);
        let block = Arc::new(block);
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
        if self.rows >= BLOCK_ROWS {
            let all = self.join()?;
            let mut from = 0;
            while all.num_rows() - from >= BLOCK_ROWS {
                blocks.push(all.slice(from, BLOCK_ROWS));
                from += BLOCK_ROWS;
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
