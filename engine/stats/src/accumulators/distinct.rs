//! Distinct rows, exactly but for collisions of seeded 128-bit fingerprints, in bounded memory.

use super::fingerprint::Fingerprinter;
use super::sorted::SortedValues;
use super::spill::{Part, Spill};
use super::values::{Ranks, ranks, values};
use crate::math::{Ascending, HyperLogLog};
use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use driftline_core::accumulator::{Accumulator, Context, Finished, Handle, Header};
use driftline_core::block::{Block, Dictionary, missing};
use std::io::Read;
use std::sync::Arc;

/// Rows and distinct rows over some columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Distinct {
    /// Rows; of values, without those where it is missing.
    pub rows: u64,
    pub distinct: u64,
    pub missing: u64,
    /// Between which numbers `distinct` lies, where it is an estimate (three standard errors).
    pub bounds: Option<(u64, u64)>,
}

/// Distinct rows over the columns. Missing values equal each other, as do 0.0 and -0.0.
pub fn row_distinct(columns: &[String]) -> Handle<Distinct> {
    let names = columns.to_vec();
    Handle::new(format!("row_distinct({})", columns.join(",")), columns.to_vec(), ROW_BYTES, move |context| {
        State::new(names.clone(), true, context)
    })
    .with_dictionaries()
}

/// Distinct values of a column; missing ones are counted apart and are no value. Of floats that are sorted anyway they are counted there.
pub fn value_distinct(column: &str) -> Handle<Distinct> {
    let name = column.to_owned();
    let handle = Handle::new(format!("value_distinct({name})"), vec![name.clone()], VALUE_BYTES, move |context| {
        State::new(vec![name.clone()], false, context)
    })
    .with_dictionaries();
    // Large integers are rounded where they are sorted, and no longer distinct.
    let is_floating = |data_type: &DataType| data_type.is_floating();
    handle.or_from(&ranks(column), is_floating, of_ranks).or_from(&values(column), is_floating, in_order)
}

fn of_ranks(ranks: &Ranks) -> Result<Distinct, String> {
    let beyond = match ranks {
        Ranks::Sorted(values) => return in_order(values),
        Ranks::Beyond(beyond) => beyond,
    };
    let (estimate, rows) = (beyond.distinct.estimate(), beyond.len());
    let at = |errors: f64| ((estimate * (1.0 + errors * HyperLogLog::ERROR)).round() as u64).min(rows);
    Ok(Distinct { rows, distinct: at(0.0), missing: beyond.missing, bounds: Some((at(-3.0), at(3.0))) })
}

fn in_order(values: &SortedValues) -> Result<Distinct, String> {
    let (mut distinct, mut before) = (0, f64::NAN);
    let mut chunks = values.chunks();
    loop {
        let chunk = chunks.next_chunk();
        let Some(last) = chunk.last() else { break };
        distinct += u64::from(chunk[0] != before) + chunk.windows(2).filter(|pair| pair[0] != pair[1]).count() as u64;
        before = *last;
    }
    values.fault()?;
    Ok(Distinct { rows: values.len(), distinct, missing: values.missing(), bounds: None })
}

const PARTITIONS: usize = 256;
const BYTES: usize = 16;
/// With what a partition has in reserve.
const ROW_BYTES: usize = BYTES + BYTES / 4;
/// Most columns whose values are counted have few of them.
const VALUE_BYTES: usize = 1;
/// Fingerprints that were seen last, so that a column of few values takes no memory for each row.
const RECENT: usize = 4_096;

struct State {
    columns: Vec<String>,
    /// Whether a missing value is a value like others, as in rows.
    keep_missing: bool,
    seed: u64,
    rows: u64,
    missing: u64,
    recent: Vec<u128>,
    partitions: Vec<Vec<u128>>,
    /// Fingerprints in memory, and how many may be.
    held: usize,
    room: usize,
    spill: Spill,
    written: Vec<Written>,
}

impl State {
    fn new(columns: Vec<String>, keep_missing: bool, context: &Context) -> Result<Self, String> {
        Ok(Self {
            columns,
            keep_missing,
            seed: context.seed,
            rows: 0,
            missing: 0,
            // None that belongs in its place.
            recent: (0..RECENT as u128).map(|place| !place).collect(),
            partitions: vec![Vec::new(); PARTITIONS],
            held: 0,
            room: (context.memory / ROW_BYTES).max(1 << 12),
            spill: Spill::new(&context.spill),
            written: Vec::new(),
        })
    }

    fn header(&self) -> Header {
        Header::new("distinct", 1, format!("{},{},{}", self.columns.join(","), self.keep_missing, self.seed))
    }

    fn add(&mut self, fingerprint: u128) -> Result<(), String> {
        if std::mem::replace(&mut self.recent[fingerprint as usize % RECENT], fingerprint) == fingerprint {
            return Ok(());
        }
        let partition = &mut self.partitions[(fingerprint >> 120) as usize];
        if partition.len() == partition.capacity() {
            // A quarter more, rather than twice as much.
            partition.reserve_exact((partition.len() / 4).max(64));
        }
        partition.push(fingerprint);
        self.held += 1;
        if self.held > self.room {
            return self.make_room();
        }
        Ok(())
    }

    /// Drops what is there twice; if that does not help, moves everything to disk.
    fn make_room(&mut self) -> Result<(), String> {
        for partition in &mut self.partitions {
            partition.sort_unstable();
            partition.dedup();
        }
        self.held = self.partitions.iter().map(Vec::len).sum();
        if self.held * 2 < self.room {
            return Ok(());
        }
        let part = self.spill.append(self.partitions.iter().flatten().map(|fingerprint| fingerprint.to_le_bytes()))?;
        let mut end = 0;
        let ends = self.partitions.iter().map(|partition| {
            end += (partition.len() * BYTES) as u64;
            end
        });
        self.written.push(Written { ends: ends.collect(), part });
        self.partitions.iter_mut().for_each(Vec::clear);
        self.held = 0;
        Ok(())
    }

    /// The distinct fingerprints of a partition, in memory and on disk.
    fn partition(&self, i: usize) -> Result<Vec<u128>, String> {
        self.with_written(i, self.partitions[i].clone())
    }

    fn with_written(&self, i: usize, mut all: Vec<u128>) -> Result<Vec<u128>, String> {
        for written in &self.written {
            written.read(i, &mut all).map_err(|e| format!("fingerprints kept on disk cannot be read: {e}"))?;
        }
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }
}

/// All partitions at one time, one after another on disk.
struct Written {
    part: Part,
    /// Where each partition ends.
    ends: Vec<u64>,
}

impl Written {
    fn read(&self, partition: usize, into: &mut Vec<u128>) -> std::io::Result<()> {
        let start = partition.checked_sub(1).map_or(0, |before| self.ends[before]);
        let mut bytes = Vec::new();
        self.part.slice(start, self.ends[partition]).read_to_end(&mut bytes)?;
        // `as_chunks` gives arrays of 16 bytes; a file is written in whole fingerprints.
        into.extend(bytes.as_chunks::<BYTES>().0.iter().map(|b| u128::from_le_bytes(*b)));
        Ok(())
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let columns: Vec<ArrayRef> = self.columns.iter().map(|c| block.column(c).cloned()).collect::<Result<_, _>>()?;
        if let (false, [single]) = (self.keep_missing, columns.as_slice()) && let Some(dictionary) = Dictionary::of(single) {
            self.missing += dictionary.missing();
            self.rows += single.len() as u64 - dictionary.missing();
            let used = dictionary.used();
            return Fingerprinter::new(self.seed).rows(&[used])?.into_iter().try_for_each(|fingerprint| self.add(fingerprint));
        }
        let skip = match (self.keep_missing, columns.as_slice()) {
            (false, [single]) => Some(missing(single)),
            _ => None,
        };
        for (row, fingerprint) in Fingerprinter::new(self.seed).rows(&columns)?.into_iter().enumerate() {
            if skip.as_ref().is_some_and(|s| s.value(row)) {
                self.missing += 1;
            } else {
                self.rows += 1;
                self.add(fingerprint)?;
            }
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        let mut all = Vec::new();
        for i in 0..PARTITIONS {
            all.extend(self.partition(i)?);
        }
        self.header().encode(&(self.rows, self.missing, all))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (rows, missing, all): (u64, u64, Vec<u128>) = self.header().decode(state)?;
        self.rows += rows;
        self.missing += missing;
        all.into_iter().try_for_each(|fingerprint| self.add(fingerprint))
    }

    fn finish(&self) -> Result<Finished, String> {
        let mut distinct = 0;
        for i in 0..PARTITIONS {
            distinct += self.partition(i)?.len() as u64;
        }
        Ok(Arc::new(Distinct { rows: self.rows, distinct, missing: self.missing, bounds: None }))
    }

    fn finish_last(mut self: Box<Self>) -> Result<Finished, String> {
        let mut distinct = 0;
        for i in 0..PARTITIONS {
            let held = std::mem::take(&mut self.partitions[i]);
            distinct += self.with_written(i, held)?.len() as u64;
        }
        Ok(Arc::new(Distinct { rows: self.rows, distinct, missing: self.missing, bounds: None }))
    }

    fn spilled(&self) -> u64 {
        self.written.iter().map(|written| written.part.length()).sum()
    }

    fn size(&self) -> usize {
        let held: usize = self.partitions.iter().map(|p| p.capacity() * BYTES).sum();
        size_of::<Self>() + held + RECENT * BYTES + PARTITIONS * size_of::<Vec<u128>>()
    }
}
