//! A seeded sample of the distinct texts or vectors of a column, with their numbers of rows.

use super::vectors::vectors;
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

impl Item {
    fn size(&self) -> usize {
        match self {
            Item::Text(text) => text.capacity(),
            Item::Vector(vector) => vector.capacity() * size_of::<f64>(),
        }
    }
}

/// The distinct items with the least hashes: whatever the order of the rows, and on both sides the same of what both have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    /// By hash, ascending, with the rows that have the item.
    pub items: Vec<(u64, Item, u64)>,
    /// Rows with a value, those of items that were not kept included.
    pub rows: u64,
    /// Items above this hash were not kept; `None` if all were.
    pub cut: Option<u64>,
    /// Vectors of another length than the first one, or with a component that is missing or infinite: left out.
    pub unusable: u64,
}

/// Up to `most` distinct items of a column.
pub fn sample(column: &str, of: Sampled, most: usize) -> Handle<Sample> {
    let name = column.to_owned();
    Handle::new(format!("sample({column},{of:?},{most})"), vec![column.into()], false, move |context| {
        let seed = context.seed;
        Ok(State { column: name.clone(), of, most, seed, items: BTreeMap::new(), rows: 0, cut: None, unusable: 0, length: None })
    })
}

struct State {
    column: String,
    of: Sampled,
    most: usize,
    seed: u64,
    items: BTreeMap<u64, (Item, u64)>,
    rows: u64,
    cut: Option<u64>,
    unusable: u64,
    /// Of the vectors.
    length: Option<usize>,
}

type Saved = (Vec<(u64, Item, u64)>, u64, Option<u64>, u64, Option<u64>);

impl State {
    fn header(&self) -> Header {
        Header::new("sample", 1, format!("{},{:?},{},{}", self.column, self.of, self.most, self.seed))
    }

    /// Adds rows of an item, which is made only if it is kept and new.
    fn add(&mut self, hash: u64, rows: u64, item: impl FnOnce() -> Item) {
        self.rows += rows;
        if self.cut.is_some_and(|cut| hash > cut) {
            return;
        }
        match self.items.get_mut(&hash) {
            Some((_, known)) => *known += rows,
            None => drop(self.items.insert(hash, (item(), rows))),
        }
        if self.items.len() > self.most {
            self.items.pop_last();
            // What is above the last one that is kept was never kept, or is no more.
            self.cut = self.items.last_key_value().map(|(hash, _)| *hash);
        }
    }

    fn text(&mut self, text: &str) {
        let hash = xxh3_64_with_seed(text.as_bytes(), self.seed);
        self.add(hash, 1, || Item::Text(text[..text.floor_char_boundary(LONGEST_TEXT)].to_owned()));
    }

    fn vector(&mut self, vector: Vec<f64>) {
        let length = *self.length.get_or_insert(vector.len());
        if vector.len() != length || vector.iter().any(|x| !x.is_finite()) {
            self.unusable += 1;
            return;
        }
        let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
        let hash = xxh3_64_with_seed(&bytes, self.seed);
        self.add(hash, 1, || Item::Vector(vector));
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        match self.of {
            Sampled::Texts => block.strings(&self.column)?.iter().flatten().for_each(|text| self.text(text)),
            Sampled::Vectors => vectors(&self.column, block.column(&self.column)?)?.into_iter().flatten().for_each(|vector| self.vector(vector)),
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        let items = self.items.iter().map(|(hash, (item, rows))| (*hash, item.clone(), *rows)).collect();
        let saved: Saved = (items, self.rows, self.cut, self.unusable, self.length.map(|n| n as u64));
        self.header().encode(&saved)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (items, rows, cut, unusable, length): Saved = self.header().decode(state)?;
        let length = length.map(|n| n as usize);
        if let (Some(ours), Some(theirs)) = (self.length, length)
            && ours != theirs
        {
            return Err(format!("column `{}` has vectors of {ours} and of {theirs} components", self.column));
        }
        self.length = self.length.or(length);
        let kept: u64 = items.iter().map(|(_, _, n)| n).sum();
        // Above the lower cut one of the two is not whole.
        self.cut = [self.cut, cut].into_iter().flatten().min();
        if let Some(cut) = self.cut {
            let above = self.items.split_off(&cut.saturating_add(1));
            drop(above);
        }
        for (hash, item, n) in items {
            self.add(hash, n, || item);
        }
        self.rows += rows - kept;
        self.unusable += unusable;
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        let items = self.items.iter().map(|(hash, (item, rows))| (*hash, item.clone(), *rows)).collect();
        Ok(Arc::new(Sample { items, rows: self.rows, cut: self.cut, unusable: self.unusable }))
    }

    fn size(&self) -> usize {
        let items: usize = self.items.values().map(|(item, _)| item.size() + size_of::<(u64, Item, u64)>()).sum();
        size_of::<Self>() + items
    }

    fn unusable(&self) -> u64 {
        self.unusable
    }
}
