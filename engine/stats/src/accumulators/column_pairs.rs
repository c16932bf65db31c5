//! In how many rows two columns hold the same.

use super::fingerprint::Fingerprinter;
use arrow::array::ArrayRef;
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use std::sync::Arc;

/// Rows in which the columns of each pair are equal; missing values equal each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnPairs {
    pub rows: u64,
    /// Of pairs with columns of one type: the columns' names and the rows in which they are equal.
    pub equal: Vec<(String, String, u64)>,
}

/// Most columns: 200 of them are 19,900 pairs.
pub const MOST_PAIRED_COLUMNS: usize = 200;

/// Equal rows of all pairs of columns, up to collisions of 128-bit fingerprints.
pub fn column_pairs(columns: &[String]) -> Handle<ColumnPairs> {
    let names = columns.to_vec();
    Handle::new(format!("column_pairs({})", columns.join(",")), columns.to_vec(), 0, move |context| {
        if names.len() > MOST_PAIRED_COLUMNS {
            return Err(format!("{} columns are more than the {MOST_PAIRED_COLUMNS} that can be compared in pairs; name fewer in `columns`", names.len()));
        }
        let pairs = names.len() * names.len().saturating_sub(1) / 2;
        Ok(State { columns: names.clone(), seed: context.seed, rows: 0, equal: vec![0; pairs], comparable: None })
    })
}

struct State {
    columns: Vec<String>,
    seed: u64,
    rows: u64,
    /// In the order of [`pairs`].
    equal: Vec<u64>,
    /// Which pairs have one type, once a block has told.
    comparable: Option<Vec<bool>>,
}

/// The places of each pair of columns.
fn pairs(columns: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..columns).flat_map(move |a| (a + 1..columns).map(move |b| (a, b)))
}

impl State {
    fn header(&self) -> Header {
        Header::new("column_pairs", 1, format!("{},{}", self.columns.join(","), self.seed))
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let arrays: Vec<&ArrayRef> = self.columns.iter().map(|c| block.column(c)).collect::<Result<_, _>>()?;
        let comparable = self.comparable.get_or_insert_with(|| {
            pairs(arrays.len()).map(|(a, b)| arrays[a].data_type() == arrays[b].data_type()).collect()
        });
        let fingerprinter = Fingerprinter::new(self.seed);
        let rows = |array: &&ArrayRef| fingerprinter.rows(std::slice::from_ref(*array));
        let fingerprints: Vec<Vec<u128>> = arrays.iter().map(rows).collect::<Result<_, _>>()?;
        for ((a, b), (equal, comparable)) in pairs(arrays.len()).zip(self.equal.iter_mut().zip(comparable.iter())) {
            if *comparable {
                *equal += fingerprints[a].iter().zip(&fingerprints[b]).filter(|(x, y)| x == y).count() as u64;
            }
        }
        self.rows += block.rows as u64;
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&(self.rows, &self.equal, &self.comparable))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (rows, equal, comparable): (u64, Vec<u64>, Option<Vec<bool>>) = self.header().decode(state)?;
        self.rows += rows;
        self.equal.iter_mut().zip(equal).for_each(|(sum, more)| *sum += more);
        self.comparable = self.comparable.take().or(comparable);
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        let comparable = self.comparable.clone().unwrap_or_default();
        let named = pairs(self.columns.len()).zip(&self.equal).zip(comparable).filter(|(_, comparable)| *comparable);
        let equal = named.map(|(((a, b), n), _)| (self.columns[a].clone(), self.columns[b].clone(), *n)).collect();
        Ok(Arc::new(ColumnPairs { rows: self.rows, equal }))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.equal.capacity() * 9 + self.columns.iter().map(String::capacity).sum::<usize>()
    }
}
