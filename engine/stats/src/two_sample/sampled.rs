//! Tests over a sample of the distinct texts or vectors of both sides.

use crate::accumulators::{Item, Sample, Sampled, sample};
use crate::math::SplitMix;
use driftline_core::accumulator::Handle;
use driftline_core::column::{Column, Kind};
use driftline_core::metric::Undefined;
use driftline_core::profile::Profile;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The parameter of tests that look at a sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Most {
    /// Most distinct values of a side that are looked at: those with the least seeded hashes.
    #[schemars(range(min = 100, max = 100_000))]
    pub rows: usize,
}

impl Default for Most {
    fn default() -> Self {
        Self { rows: 5_000 }
    }
}

impl Most {
    /// What is wrong with it.
    pub fn wrong(&self) -> Option<String> {
        (!(100..=100_000).contains(&self.rows)).then(|| format!("`rows` must lie between 100 and 100000, not {}", self.rows))
    }
}

/// The sample of a column of texts or vectors.
pub(super) fn of(column: &Column, most: usize) -> Handle<Sample> {
    let of = if column.kind == Kind::Nested { Sampled::Vectors } else { Sampled::Texts };
    sample(&column.name, of, most)
}

/// An item with the rows that each side has of it.
pub(super) struct Pair {
    pub hash: u64,
    pub item: Arc<Item>,
    pub reference: u64,
    pub current: u64,
}

/// The items of both sides' samples, by hash.
pub(super) struct Pooled {
    pub items: Vec<Pair>,
    pub n_reference: u64,
    pub n_current: u64,
    /// How many were looked at, where that is not all.
    pub sampled: Option<String>,
}

impl Pooled {
    /// Both samples below the lower of their cuts: there both are whole, so that under no effect rows are dealt to the sides at random.
    pub fn read(handle: &Handle<Sample>, reference: &Profile, current: &Profile) -> Result<Self, Undefined> {
        let (r, c) = (reference.read(handle)?, current.read(handle)?);
        for (side, found) in [("reference", &r), ("current", &c)] {
            match (found.rows, found.unusable) {
                (0, 0) => return Err(Undefined::no_data(format!("the {side} side has no values"))),
                (0, n) => return Err(Undefined::no_data(format!("the {side} side has no usable vectors; {n} differ in length or have a missing or infinite component"))),
                _ => {}
            }
        }
        let cut = [r.cut, c.cut].into_iter().flatten().min();
        let below = |item: &&(u64, Arc<Item>, u64)| cut.is_none_or(|cut| item.0 <= cut);
        let mut items: BTreeMap<u64, Pair> = BTreeMap::new();
        for (hash, item, rows) in r.items.iter().filter(below) {
            items.insert(*hash, Pair { hash: *hash, item: item.clone(), reference: *rows, current: 0 });
        }
        for (hash, item, rows) in c.items.iter().filter(below) {
            items.entry(*hash).or_insert_with(|| Pair { hash: *hash, item: item.clone(), reference: 0, current: 0 }).current = *rows;
        }
        let lengths: BTreeSet<usize> = items.values().filter_map(|pair| if let Item::Vector(v) = &*pair.item { Some(v.len()) } else { None }).collect();
        if lengths.len() > 1 {
            let lengths: Vec<String> = lengths.iter().map(usize::to_string).collect();
            return Err(Undefined::error(format!("the sides' vectors have different numbers of components: {}", lengths.join(" and "))));
        }
        let sampled = cut.map(|_| format!("sample of {} distinct values", items.len()));
        Ok(Self { items: items.into_values().collect(), n_reference: r.rows, n_current: c.rows, sampled })
    }

    /// Vectors with the rows that one side has of them.
    pub fn vectors(&self, side: fn(&Pair) -> u64) -> impl Iterator<Item = (&[f64], u64)> {
        self.items.iter().filter_map(move |pair| match (&*pair.item, side(pair)) {
            (Item::Vector(vector), rows) if rows > 0 => Some((&vector[..], rows)),
            _ => None,
        })
    }

    /// Random rows of one side without replacement, up to `most`.
    pub fn draw(&self, side: fn(&Pair) -> u64, most: u64, random: &mut SplitMix) -> Vec<&[f64]> {
        let mut left: u64 = self.vectors(side).map(|(_, rows)| rows).sum();
        let mut draws = most.min(left);
        let mut drawn = Vec::new();
        for (vector, rows) in self.vectors(side) {
            left -= rows;
            let of_this = random.hypergeometric(rows, left, draws);
            draws -= of_this;
            drawn.extend(std::iter::repeat_n(vector, of_this as usize));
        }
        drawn
    }

    /// What a method looked at.
    pub fn told(&self, method: impl Into<String>) -> String {
        [Some(method.into()), self.sampled.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}
