//! Reads a side's pieces, lets transforms add their columns, and sends slabs and blocks to the workers.

use super::cutter::{Cut, Cutter};
use super::workers::{Blocks, Fed, Lane};
use super::{Job, Progress, RunningTransform, slice_column};
use crate::times::Times;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::{concat, prep_null_mask_filter};
use driftline_core::block::Block;
use driftline_core::source::{Piece, SourceError};
use futures::StreamExt;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::SyncSender;
use std::time::Instant;

/// The rows of a block that some accumulators are fed.
pub(super) struct Sliced {
    pub filter: String,
    /// What those accumulators read.
    pub columns: Vec<String>,
    pub rows: u64,
}

pub(super) fn slices(job: &Job) -> Vec<Sliced> {
    let sliced = |filter: &String| {
        let own = job.requests.iter().filter(|(slice, _)| slice.as_ref() == Some(filter));
        let columns: BTreeSet<&String> = own.flat_map(|(_, request)| &request.columns).collect();
        Sliced { filter: filter.clone(), columns: columns.into_iter().cloned().collect(), rows: 0 }
    };
    job.slices.iter().map(sliced).collect()
}

impl Sliced {
    /// The block's rows for which the expression is true; null is not true.
    pub fn cut(&self, block: &Block) -> Result<Block, String> {
        let mask = block.column(&slice_column(&self.filter))?.as_boolean_opt().ok_or("`where` is not true or false")?;
        let mask = if mask.null_count() > 0 { prep_null_mask_filter(mask) } else { mask.clone() };
        Ok(block.filter(&mask, &self.columns))
    }
}

pub(super) struct Reader {
    pub transforms: Vec<RunningTransform>,
    pub rows: u64,
    pub slices: Vec<Sliced>,
    pub counters: BTreeMap<String, u64>,
    /// Whether some accumulator is fed with slabs.
    pub slabs: bool,
    /// The columns of accumulators that are fed with blocks, and of a block so far its parts.
    pub waiting: BTreeMap<String, Vec<Result<ArrayRef, String>>>,
    pub waiting_rows: usize,
    /// Blocks and slabs until now.
    sent: usize,
    pub times: Times,
}

type Stream = futures::stream::BoxStream<'static, Result<Piece, SourceError>>;

impl Reader {
    pub fn new(slices: Vec<Sliced>, transforms: Vec<RunningTransform>, accumulators: &[Fed]) -> Self {
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
            sent: 0,
            times: Times::default(),
        }
    }

    pub async fn read(
        &mut self,
        stream: &mut Stream,
        workers: &[SyncSender<Arc<Blocks>>],
        progress: Progress<'_>,
    ) -> Result<(), SourceError> {
        let mut cutter = Cutter::default();
        while let Some(piece) = stream.next().await {
            let piece = piece?;
            self.times.add("decode", piece.time);
            piece.left_out.0.iter().for_each(|(name, n)| self.count(name, *n));
            let cuts = self.times.timed("cut", || cutter.push(piece))?;
            self.take(cuts, workers);
            progress(self.rows);
        }
        let cuts = self.times.timed("cut", || cutter.end())?;
        self.take(cuts, workers);
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
        if !self.transforms.is_empty() {
            let started = Instant::now();
            self.transform(&mut slab);
            self.times.add("transform", started.elapsed());
        }
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

    fn send(&mut self, lane: Lane, all: Block, workers: &[SyncSender<Arc<Blocks>>]) {
        let slices = self.slices.iter().map(|slice| (slice.filter.clone(), slice.cut(&all))).collect();
        let block = Arc::new(Blocks { index: self.sent, taken: AtomicUsize::new(0), lane, all, slices });
        self.sent += 1;
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
