//! The most frequent value of a column of any type, with bounded memory.

use super::fingerprint::Fingerprinter;
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::{Block, missing};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// How often the most frequent value occurs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MostFrequent {
    /// Rows with a value.
    pub values: u64,
    /// At least so often.
    pub count: u64,
    /// And at most so many times more often; 0 for a column of no more than [`COUNTERS`] distinct values.
    pub error: u64,
}

/// Values that are counted at once.
pub const COUNTERS: usize = 8_192;

/// How often a column's most frequent value occurs: exact for few distinct values, else to `values / (COUNTERS + 1)`.
///
/// Misra, Gries, Sci. Comput. Program. 2 (1982); merged as in Agarwal et al., "Mergeable summaries", PODS 2012.
pub fn most_frequent(column: &str) -> Handle<MostFrequent> {
    let name = column.to_owned();
    Handle::new(format!("most_frequent({column})"), vec![column.into()], 0, move |context| {
        Ok(State { column: name.clone(), seed: context.seed, values: 0, error: 0, counts: FxHashMap::default() })
    })
}

struct State {
    column: String,
    seed: u64,
    values: u64,
    error: u64,
    counts: FxHashMap<u128, u64>,
}

impl State {
    fn header(&self) -> Header {
        Header::new("most_frequent", 1, format!("{},{}", self.column, self.seed))
    }

    fn add(&mut self, fingerprint: u128, n: u64) {
        *self.counts.entry(fingerprint).or_default() += n;
        // Made smaller at twice the size, so that the work for each value is constant.
        if self.counts.len() > 2 * COUNTERS {
            self.shrink();
        }
    }

    /// Takes from all what the first one beyond the bound has.
    fn shrink(&mut self) {
        if self.counts.len() <= COUNTERS {
            return;
        }
        let mut counts: Vec<u64> = self.counts.values().copied().collect();
        let (_, taken, _) = counts.select_nth_unstable_by(COUNTERS, |a, b| b.cmp(a));
        let taken = *taken;
        self.error += taken;
        self.counts.retain(|_, count| {
            *count = count.saturating_sub(taken);
            *count > 0
        });
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let array = block.column(&self.column)?;
        let missing = missing(array);
        let fingerprints = Fingerprinter::new(self.seed).rows(std::slice::from_ref(array))?;
        for (row, fingerprint) in fingerprints.into_iter().enumerate() {
            if !missing.value(row) {
                self.values += 1;
                self.add(fingerprint, 1);
            }
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        let mut counts: Vec<(u128, u64)> = self.counts.iter().map(|(k, n)| (*k, *n)).collect();
        counts.sort_unstable();
        self.header().encode(&(self.values, self.error, counts))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (values, error, counts): (u64, u64, Vec<(u128, u64)>) = self.header().decode(state)?;
        self.values += values;
        self.error += error;
        counts.into_iter().for_each(|(fingerprint, n)| self.add(fingerprint, n));
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        let count = self.counts.values().copied().max().unwrap_or(0);
        Ok(Arc::new(MostFrequent { values: self.values, count, error: self.error.min(self.values - count) }))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.counts.capacity() * (size_of::<(u128, u64)>() + 1)
    }
}
