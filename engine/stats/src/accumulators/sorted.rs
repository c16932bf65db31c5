//! The values of a numeric column in ascending order, in memory or on disk.

use super::spill::Part;
use crate::math::{Ascending, knots, sort_floats};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io::{BufReader, Read};
use std::sync::{Arc, OnceLock};

/// The values of a column without the missing ones, in ascending order. Copies share them.
#[derive(Debug, Clone, Default)]
pub struct SortedValues {
    memory: Memory,
    /// Sorted runs on disk.
    runs: Vec<Part>,
    missing: u64,
    /// Why a run on disk could not be read, once it happened.
    fault: Arc<OnceLock<String>>,
}

/// Values in memory.
#[derive(Debug, Clone)]
enum Memory {
    Each(Arc<Vec<f64>>),
    /// Different ones with their number.
    Counted(Arc<Vec<(f64, u64)>>),
}

impl Default for Memory {
    fn default() -> Self {
        Memory::Each(Arc::default())
    }
}

const BYTES: u64 = size_of::<f64>() as u64;

impl SortedValues {
    /// Sorts values that are all in memory.
    pub fn from_values(mut values: Vec<f64>) -> Self {
        sort_floats(&mut values);
        Self { memory: Memory::Each(Arc::new(values)), ..Self::default() }
    }

    /// Different values, ascending, with how often there is each.
    pub(super) fn from_counts(counts: Vec<(f64, u64)>) -> Self {
        Self { memory: Memory::Counted(Arc::new(counts)), ..Self::default() }
    }

    /// With what else there is.
    pub(super) fn with(self, runs: Vec<Part>, missing: u64) -> Self {
        Self { runs, missing, ..self }
    }

    pub fn len(&self) -> u64 {
        let memory = match &self.memory {
            Memory::Each(values) => values.len() as u64,
            Memory::Counted(counts) => counts.iter().map(|(_, n)| n).sum(),
        };
        memory + self.runs.iter().map(|run| run.length() / BYTES).sum::<u64>()
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
        match &self.memory {
            Memory::Each(values) if self.runs.is_empty() => SortedChunks::Memory(values),
            _ => SortedChunks::Made(self.iter(), Vec::new()),
        }
    }

    /// At most so many knots for what is counted beside them; none where values are on disk, or few are different.
    pub(super) fn knots(&self, most: usize) -> Option<Vec<f64>> {
        match &self.memory {
            Memory::Each(values) if !self.spilled() && !values.is_empty() => Some(knots(values, most)),
            _ => None,
        }
    }

    pub fn fault(&self) -> Result<(), String> {
        self.fault.get().map_or(Ok(()), |reason| Err(reason.clone()))
    }

    /// The order statistics of the given ranks (0 is the smallest), in one pass; those beyond the end are left out.
    pub fn at_ranks(&self, ranks: &[u64]) -> Vec<f64> {
        match &self.memory {
            Memory::Each(values) if !self.spilled() => ranks.iter().filter_map(|r| values.get(*r as usize).copied()).collect(),
            Memory::Counted(counts) if !self.spilled() => at_ranks(counts.iter().copied(), ranks),
            _ => at_ranks(self.iter().map(|value| (value, 1)), ranks),
        }
    }
}

/// Of ascending values with their number.
fn at_ranks(values: impl Iterator<Item = (f64, u64)>, ranks: &[u64]) -> Vec<f64> {
    let mut wanted: Vec<(u64, usize)> = ranks.iter().copied().zip(0..).collect();
    wanted.sort_unstable();
    let mut wanted = wanted.into_iter().peekable();
    let (mut found, mut below) = (vec![None; ranks.len()], 0);
    for (value, n) in values {
        below += n;
        while let Some((_, place)) = wanted.next_if(|(rank, _)| *rank < below) {
            found[place] = Some(value);
        }
        if wanted.peek().is_none() {
            break;
        }
    }
    found.into_iter().flatten().collect()
}

/// The values of a [`SortedValues`], many at a time.
pub enum SortedChunks<'a> {
    Memory(&'a [f64]),
    Made(SortedIter<'a>, Vec<f64>),
}

impl Ascending for SortedChunks<'_> {
    fn next_chunk(&mut self) -> &[f64] {
        match self {
            SortedChunks::Memory(values) => std::mem::take(values),
            SortedChunks::Made(values, chunk) => {
                chunk.clear();
                chunk.extend(values.take(CHUNK));
                chunk
            }
        }
    }
}

/// The values of a [`SortedValues`], one by one.
pub enum SortedIter<'a> {
    Memory(MemoryIter<'a>),
    Merge(Box<Merge<'a>>),
}

/// The values in memory, one by one.
pub enum MemoryIter<'a> {
    Each(std::slice::Iter<'a, f64>),
    Counted { counts: std::slice::Iter<'a, (f64, u64)>, value: f64, left: u64 },
}

impl Memory {
    fn iter(&self) -> MemoryIter<'_> {
        match self {
            Memory::Each(values) => MemoryIter::Each(values.iter()),
            Memory::Counted(counts) => MemoryIter::Counted { counts: counts.iter(), value: 0.0, left: 0 },
        }
    }
}

impl Iterator for MemoryIter<'_> {
    type Item = f64;

    #[inline]
    fn next(&mut self) -> Option<f64> {
        match self {
            MemoryIter::Each(values) => values.next().copied(),
            MemoryIter::Counted { counts, value, left } => {
                while *left == 0 {
                    (*value, *left) = *counts.next()?;
                }
                *left -= 1;
                Some(*value)
            }
        }
    }
}

impl Iterator for SortedIter<'_> {
    type Item = f64;

    #[inline]
    fn next(&mut self) -> Option<f64> {
        match self {
            SortedIter::Memory(values) => values.next(),
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

/// Bytes of all readers together.
const READ_BUFFERS: usize = 4 << 20;
/// Values of a chunk.
const CHUNK: usize = 8 << 10;

impl<'a> Merge<'a> {
    fn new(values: &'a SortedValues) -> Self {
        let buffer = (READ_BUFFERS / values.runs.len().max(1)).clamp(4 << 10, 64 << 10);
        let readers: Vec<_> = values.runs.iter().map(|run| BufReader::with_capacity(buffer, run.clone())).collect();
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
    memory: MemoryIter<'a>,
    readers: Vec<BufReader<Part>>,
    fault: &'a OnceLock<String>,
}

impl Sources<'_> {
    fn next(&mut self, source: usize) -> Option<f64> {
        let Some(reader) = self.readers.get_mut(source) else { return self.memory.next() };
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
