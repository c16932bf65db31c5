//! A seeded sample of the distinct texts or vectors of a column, with their numbers of rows.

use super::vectors::{check_lengths, is_usable, vectors};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// What a sample is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sampled {
    Texts,
    Vectors,
}

/// A distinct text or vector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Item {
    Text(String),
    Vector(Vec<f64>),
}

/// Most bytes of a text that are kept: its beginning.
const LONGEST_TEXT: usize = 4 << 10;
/// Most bytes of all items; what has larger hashes is given up first.
const MOST_BYTES: usize = 64 << 20;

impl Item {
    fn size(&self) -> usize {
        match self {
            Item::Text(text) => text.len(),
            Item::Vector(vector) => size_of_val(&vector[..]),
        }
    }
}

/// The distinct items with the least hashes: whatever the order of the rows, and on both sides the same of what both have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    /// By hash, ascending, with the rows that have the item.
    pub items: Vec<(u64, Arc<Item>, u64)>,
    /// Rows with a value, those of items that were not kept included.
    pub rows: u64,
    /// Items above this hash were not kept; `None` if all were.
    pub cut: Option<u64>,
    /// Vectors of another length than most have, without components, or with one that is missing or infinite: left out.
    pub unusable: u64,
}

/// Up to `most` distinct items of a column.
pub fn sample(column: &str, of: Sampled, most: usize) -> Handle<Sample> {
    let name = column.to_owned();
    Handle::new(format!("sample({column},{of:?},{most})"), vec![column.into()], 0, move |context| {
        let seed = context.seed;
        Ok(State { column: name.clone(), of, most, seed, items: BTreeMap::new(), bytes: 0, lengths: BTreeMap::new(), cut: None, unusable: 0 })
    })
}

struct State {
    column: String,
    of: Sampled,
    most: usize,
    seed: u64,
    items: BTreeMap<u64, (Arc<Item>, u64)>,
    bytes: usize,
    /// Rows by length of the vector; texts have none.
    lengths: BTreeMap<u64, u64>,
    cut: Option<u64>,
    unusable: u64,
}

type Saved = (Vec<(u64, Item, u64)>, BTreeMap<u64, u64>, Option<u64>, u64);

impl State {
    fn header(&self) -> Header {
        Header::new("sample", 1, format!("{},{:?},{},{}", self.column, self.of, self.most, self.seed))
    }

    /// Adds rows of an item, which is made only if it is kept and new.
    fn add(&mut self, hash: u64, rows: u64, item: impl FnOnce() -> Item) {
        if self.cut.is_some_and(|cut| hash > cut) {
            return;
        }
        if let Some((_, known)) = self.items.get_mut(&hash) {
            *known += rows;
            return;
        }
        let item = item();
        self.bytes += item.size();
        self.items.insert(hash, (Arc::new(item), rows));
        while self.items.len() > self.most || (self.bytes > MOST_BYTES && self.items.len() > 1) {
            if let Some((_, (item, _))) = self.items.pop_last() {
                self.bytes -= item.size();
            }
            // What is above the last one that is kept was never kept, or is no more.
            self.cut = self.items.last_key_value().map(|(hash, _)| *hash);
        }
    }

    fn text(&mut self, text: &str) {
        *self.lengths.entry(0).or_default() += 1;
        let hash = xxh3_64_with_seed(text.as_bytes(), self.seed);
        self.add(hash, 1, || Item::Text(text[..text.floor_char_boundary(LONGEST_TEXT)].to_owned()));
    }

    fn vector(&mut self, mut vector: Vec<f64>) -> Result<(), String> {
        if !is_usable(&vector) {
            self.unusable += 1;
            return Ok(());
        }
        *self.lengths.entry(vector.len() as u64).or_default() += 1;
        check_lengths(&self.column, self.lengths.len())?;
        // -0 is 0.
        vector.iter_mut().for_each(|x| *x += 0.0);
        let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
        let hash = xxh3_64_with_seed(&bytes, self.seed);
        self.add(hash, 1, || Item::Vector(vector));
        Ok(())
    }

    /// The length that most rows have; of equally many the shortest.
    fn length(&self) -> u64 {
        self.lengths.iter().rev().max_by_key(|(_, rows)| **rows).map_or(0, |(length, _)| *length)
    }

    fn unusable_rows(&self) -> u64 {
        let rows: u64 = self.lengths.values().sum();
        self.unusable + rows - self.lengths.get(&self.length()).copied().unwrap_or(0)
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        match self.of {
            Sampled::Texts => block.strings(&self.column)?.iter().flatten().for_each(|text| self.text(text)),
            Sampled::Vectors => vectors(&self.column, block.column(&self.column)?)?.into_iter().flatten().try_for_each(|vector| self.vector(vector))?,
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        let items: Vec<(u64, &Item, u64)> = self.items.iter().map(|(hash, (item, rows))| (*hash, &**item, *rows)).collect();
        self.header().encode(&(items, &self.lengths, self.cut, self.unusable))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (items, lengths, cut, unusable): Saved = self.header().decode(state)?;
        lengths.into_iter().for_each(|(length, rows)| *self.lengths.entry(length).or_default() += rows);
        check_lengths(&self.column, self.lengths.len())?;
        // Above the lower cut one of the two is not whole.
        self.cut = [self.cut, cut].into_iter().flatten().min();
        if let Some(cut) = self.cut {
            let above = self.items.split_off(&cut.saturating_add(1));
            self.bytes -= above.values().map(|(item, _)| item.size()).sum::<usize>();
        }
        items.into_iter().for_each(|(hash, item, rows)| self.add(hash, rows, || item));
        self.unusable += unusable;
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        let length = self.length();
        let usual = |item: &Item| if let Item::Vector(vector) = item { vector.len() as u64 == length } else { true };
        let items = self.items.iter().filter(|(_, (item, _))| usual(item)).map(|(hash, (item, rows))| (*hash, item.clone(), *rows)).collect();
        let rows = self.lengths.get(&length).copied().unwrap_or(0);
        Ok(Arc::new(Sample { items, rows, cut: self.cut, unusable: self.unusable_rows() }))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.bytes + self.items.len() * size_of::<(u64, Item, u64)>()
    }

    fn unusable(&self) -> u64 {
        self.unusable_rows()
    }
}
