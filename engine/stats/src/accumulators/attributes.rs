//! What is known of each item or user.

use super::by_key::{ByKey, Key, Weight};
use super::recommended::key;
use arrow::array::{Array, Float64Array, StringArray};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The attributes of one item or user.
#[derive(Debug, Clone, PartialEq, PartialOrd, Serialize, Deserialize)]
pub enum Attribute {
    Number(f64),
    Category(String),
}

/// Attributes by item or user; of one that comes with several the least counts, whatever their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes {
    pub of: FxHashMap<Key, Vec<Attribute>>,
    /// The part of the items or users that is kept; 1 unless they would take too much memory.
    pub kept: f64,
}

impl Attributes {
    /// The numbers of an item.
    pub fn vector(&self, item: Key) -> Option<Vec<f64>> {
        let number = |attribute: &Attribute| if let Attribute::Number(number) = attribute { Some(*number) } else { None };
        self.of.get(&item)?.iter().map(number).collect()
    }
}

/// Most attributes that are kept.
pub const MOST_ATTRIBUTES: usize = 1 << 20;

/// The columns of each item or user (`of`) where all of them have a value; as numbers or as categories.
pub fn attributes(of: &str, columns: &[String], are_numbers: bool) -> Handle<Attributes> {
    let all: Vec<String> = [of.to_owned()].into_iter().chain(columns.iter().cloned()).collect();
    Handle::new(format!("attributes({all:?},{are_numbers})"), all.clone(), 0, move |context| {
        Ok(State { columns: all.clone(), are_numbers, seed: context.seed, found: ByKey::new(MOST_ATTRIBUTES, context.seed) })
    })
}

impl Weight for Vec<Attribute> {
    fn weight(&self) -> usize {
        self.len()
    }
}

struct State {
    /// The first is the item or user.
    columns: Vec<String>,
    are_numbers: bool,
    seed: u64,
    found: ByKey<Vec<Attribute>>,
}

enum Values {
    Numbers(Float64Array),
    Strings(Arc<StringArray>),
}

impl Values {
    fn at(&self, row: usize) -> Option<Attribute> {
        match self {
            Values::Numbers(numbers) => numbers.is_valid(row).then(|| numbers.value(row)).filter(|v| v.is_finite()).map(|v| Attribute::Number(v + 0.0)),
            Values::Strings(strings) => strings.is_valid(row).then(|| Attribute::Category(strings.value(row).to_owned())),
        }
    }
}

fn least(known: &mut Vec<Attribute>, new: Vec<Attribute>) {
    if known.is_empty() || new < *known {
        *known = new;
    }
}

impl State {
    fn header(&self) -> Header {
        Header::new("attributes", 1, format!("{:?},{},{}", self.columns, self.are_numbers, self.seed))
    }

    fn values(&self, block: &Block, column: &str) -> Result<Values, String> {
        if self.are_numbers { block.floats(column).map(Values::Numbers) } else { block.strings(column).map(Values::Strings) }
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let keys = block.strings(&self.columns[0])?;
        let columns: Vec<Values> = self.columns[1..].iter().map(|column| self.values(block, column)).collect::<Result<_, _>>()?;
        for row in (0..block.rows).filter(|row| keys.is_valid(*row)) {
            let Some(values) = columns.iter().map(|column| column.at(row)).collect::<Option<Vec<_>>>() else { continue };
            self.found.change(key(keys.value(row)), Vec::new, |known| least(known, values));
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&self.found)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let other: ByKey<Vec<Attribute>> = self.header().decode(state)?;
        self.found.merge(other, |_, known, new| least(known, new));
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        let of = self.found.sorted().into_iter().map(|(key, values)| (key, values.clone())).collect();
        Ok(Arc::new(Attributes { of, kept: self.found.kept() }))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.found.entries() * (size_of::<(Key, Vec<Attribute>)>() + (self.columns.len() - 1) * size_of::<Attribute>())
    }
}
