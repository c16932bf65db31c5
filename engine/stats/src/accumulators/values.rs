//! All values of a numeric column, sorted; what does not fit in memory is sorted on disk.

use super::measure::Measure;
use super::spill::{Part, Spill};
use crate::math::{Ascending, sort_floats};
use driftline_core::accumulator::{Accumulator, Context, Finished, Handle, Header};
use driftline_core::block::Block;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io::{BufReader, Read};
use std::sync::{Arc, OnceLock};

/// The values of a column without the missing ones, in ascending order.
#[derive(Debug, Default)]
pub struct SortedValues {
    memory: Vec<f64>,
    /// Sorted runs on disk.
    runs: Vec<Part>,
    missing: u64,
    /// Why a run on disk could not be read, once it happened.
    fault: Arc<OnceLock<String>>,
}

const BYTES: u64 = size_of::<f64>() as u64;

impl SortedValues {
    /// Sorts values that are all in memory.
    pub fn from_values(mut values: Vec<f64>) -> Self {
        sort_floats(&mut values);
        Self { memory: values, ..Self::default() }
    }

    pub fn len(&self) -> u64 {
        self.memory.len() as u64 + self.runs.iter().map(|run| run.length() / BYTES).sum::<u64>()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Nulls and NaNs.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Whether some of the values are on disk.
    pub fn spilled(&self) -> bool {
        !self.runs.is_empty()
    }

    /// The values in ascending order. Ask [`SortedValues::fault`] afterwards whether all could be read.
    pub fn iter(&self) -> SortedIter<'_> {
        match self.runs.is_empty() {
            true => SortedIter::Memory(self.memory.iter()),
            false => SortedIter::Merge(Box::new(Merge::new(self))),
        }
    }

    /// The values in ascending order, many at a time. Ask [`SortedValues::fault`] afterwards whether all could be read.
    pub fn chunks(&self) -> SortedChunks<'_> {
        match self.runs.is_empty() {
            true => SortedChunks::Memory(&self.memory),
            false => SortedChunks::Merge(Box::new(Merge::new(self)), Vec::new()),
        }
    }

    pub fn fault(&self) -> Result<(), String> {
        self.fault.get().map_or(Ok(()), |reason| Err(reason.clone()))
    }

    /// The order statistics of the given ascending ranks (0 is the smallest), in one pass.
    pub fn at_ranks(&self, ranks: &[u64]) -> Vec<f64> {
        if self.runs.is_empty() {
            return ranks.iter().filter_map(|r| self.memory.get(*r as usize).copied()).collect();
        }
        let mut wanted = ranks.iter().peekable();
        let mut found = Vec::with_capacity(ranks.len());
        for (rank, value) in (0u64..).zip(self.iter()) {
            while wanted.next_if(|r| **r == rank).is_some() {
                found.push(value);
            }
            if wanted.peek().is_none() {
                break;
            }
        }
        found
    }
}

/// The values of a [`SortedValues`], many at a time.
pub enum SortedChunks<'a> {
    Memory(&'a [f64]),
    Merge(Box<Merge<'a>>, Vec<f64>),
}

impl Ascending for SortedChunks<'_> {
    fn next_chunk(&mut self) -> &[f64] {
        match self {
            SortedChunks::Memory(values) => std::mem::take(values),
            SortedChunks::Merge(merge, chunk) => {
                chunk.clear();
                chunk.extend(std::iter::from_fn(|| merge.next()).take(MERGED));
                chunk
            }
        }
    }
}

/// The values of a [`SortedValues`], one by one.
pub enum SortedIter<'a> {
    Memory(std::slice::Iter<'a, f64>),
    Merge(Box<Merge<'a>>),
}

impl Iterator for SortedIter<'_> {
    type Item = f64;

    #[inline]
    fn next(&mut self) -> Option<f64> {
        match self {
            SortedIter::Memory(values) => values.next().copied(),
            SortedIter::Merge(merge) => merge.next(),
        }
    }
}

/// Merges sorted runs.
pub struct Merge<'a> {
    sources: Sources<'a>,
    heads: BinaryHeap<Reverse<(Key, usize)>>,
}

/// Orders floats as `total_cmp` does.
type Key = i64;

fn key(value: f64) -> Key {
    let bits = value.to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

fn value(key: Key) -> f64 {
    f64::from_bits((key ^ (((key >> 63) as u64) >> 1) as i64) as u64)
}

const READ_BUFFER: usize = 64 << 10;
/// Values of a chunk.
const MERGED: usize = 8 << 10;

impl<'a> Merge<'a> {
    fn new(values: &'a SortedValues) -> Self {
        let readers: Vec<_> = values.runs.iter().map(|run| BufReader::with_capacity(READ_BUFFER, run.clone())).collect();
        let mut sources = Sources { memory: values.memory.iter(), readers, fault: &values.fault };
        let heads = (0..=values.runs.len()).filter_map(|i| Some(Reverse((key(sources.next(i)?), i)))).collect();
        Self { sources, heads }
    }

    fn next(&mut self) -> Option<f64> {
        let mut head = self.heads.peek_mut()?;
        let Reverse((smallest, source)) = *head;
        match self.sources.next(source) {
            // The heap is put right once, when `head` is dropped.
            Some(v) => *head = Reverse((key(v), source)),
            None => drop(PeekMut::pop(head)),
        }
        Some(value(smallest))
    }
}

/// The runs on disk, and the values in memory as the last of them.
struct Sources<'a> {
    memory: std::slice::Iter<'a, f64>,
    readers: Vec<BufReader<Part>>,
    fault: &'a OnceLock<String>,
}

impl Sources<'_> {
    fn next(&mut self, source: usize) -> Option<f64> {
        let Some(reader) = self.readers.get_mut(source) else { return self.memory.next().copied() };
        let mut bytes = [0u8; 8];
        match reader.read_exact(&mut bytes) {
            Ok(()) => Some(f64::from_le_bytes(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => None,
            Err(e) => {
                let _ = self.fault.set(format!("values kept on disk cannot be read: {e}"));
                None
            }
        }
    }
}

/// All values of a numeric column: exact at any size, since what exceeds the memory setting is sorted on disk.
pub fn values(of: impl Into<Measure>) -> Handle<SortedValues> {
    let of: Measure = of.into();
    Handle::new(format!("values({})", of.key()), of.columns(), size_of::<f64>(), move |context| {
        Ok(State::new(of.clone(), context))
    })
}

struct State {
    of: Measure,
    buffer: Vec<f64>,
    runs: Vec<Part>,
    missing: u64,
    /// Values that the buffer may hold.
    room: usize,
    spill: Spill,
}

impl State {
    fn new(of: Measure, context: &Context) -> Self {
        let room = (context.memory / size_of::<f64>()).max(1 << 12);
        Self { of, buffer: Vec::new(), runs: Vec::new(), missing: 0, room, spill: Spill::new(&context.spill) }
    }

    fn header(&self) -> Header {
        Header::new("values", 1, self.of.key())
    }

    fn add(&mut self, values: &[f64]) -> Result<(), String> {
        let mut rest = values;
        while !rest.is_empty() {
            if self.buffer.len() >= self.room {
                self.write_run()?;
            }
            let (now, later) = rest.split_at(rest.len().min(self.room - self.buffer.len()));
            if self.buffer.capacity() - self.buffer.len() < now.len() {
                // Twice as much, but no more than there is room for.
                let wanted = (2 * self.buffer.capacity()).clamp(self.buffer.len() + now.len(), self.room);
                self.buffer.reserve_exact(wanted - self.buffer.len());
            }
            self.buffer.extend_from_slice(now);
            rest = later;
        }
        Ok(())
    }

    fn write_run(&mut self) -> Result<(), String> {
        sort_floats(&mut self.buffer);
        self.runs.push(self.spill.append(self.buffer.iter().map(|value| value.to_le_bytes()))?);
        self.buffer.clear();
        Ok(())
    }

    fn finished(&self) -> SortedValues {
        let sorted = SortedValues::from_values(self.buffer.clone());
        SortedValues { runs: self.runs.clone(), missing: self.missing, ..sorted }
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let numbers = self.of.numbers(block)?;
        self.missing += numbers.missing;
        self.add(&numbers.values)
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        let all = self.finished();
        let values: Vec<f64> = all.iter().collect();
        all.fault()?;
        self.header().encode(&(self.missing, values))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (missing, values): (u64, Vec<f64>) = self.header().decode(state)?;
        self.missing += missing;
        self.add(&values)
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.finished()))
    }

    fn finish_last(mut self: Box<Self>) -> Result<Finished, String> {
        let values = std::mem::take(&mut self.buffer);
        Ok(Arc::new(SortedValues { runs: self.runs, missing: self.missing, ..SortedValues::from_values(values) }))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.buffer.capacity() * 8 + self.runs.len() * size_of::<Part>()
    }
}
