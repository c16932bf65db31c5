//! Component by component, the moments of a column of vectors.

use super::vectors::{check_lengths, is_usable, vectors};
use crate::math::{Dd, Moments};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Moments of each component of a column's vectors.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Centroid {
    pub components: Vec<Moments>,
    /// Vectors of another length than most have, without components, or with one that is missing or infinite: left out.
    pub unusable: u64,
}

impl Centroid {
    /// Vectors that are in it.
    pub fn count(&self) -> u64 {
        self.components.first().map_or(0, |first| first.count)
    }
}

/// Moments of the components of a column of lists of numbers. Missing vectors are left out.
pub fn centroid(column: &str) -> Handle<Centroid> {
    let name = column.to_owned();
    Handle::new(format!("centroid({column})"), vec![column.into()], 0, move |_| {
        Ok(State { column: name.clone(), lengths: BTreeMap::new(), unusable: 0 })
    })
}

struct State {
    column: String,
    /// By length of the vectors.
    lengths: BTreeMap<u64, Vec<Moments>>,
    /// Vectors without components, or with one that is missing or infinite.
    unusable: u64,
}

/// Count, mean, m2, minimum and maximum.
type Flat = (u64, Dd, Dd, f64, f64);

fn rows(components: &[Moments]) -> u64 {
    components.first().map_or(0, |first| first.count)
}

impl State {
    fn header(&self) -> Header {
        Header::new("centroid", 2, &self.column)
    }

    fn add(&mut self, length: u64, components: Vec<Moments>) -> Result<(), String> {
        match self.lengths.get_mut(&length) {
            Some(known) => known.iter_mut().zip(&components).for_each(|(known, more)| *known = known.merge(more)),
            None => drop(self.lengths.insert(length, components)),
        }
        check_lengths(&self.column, self.lengths.len())
    }

    /// Of the length that most vectors have; of equally many the shortest.
    fn found(&self) -> Centroid {
        let most = self.lengths.values().rev().max_by_key(|components| rows(components));
        let components = most.cloned().unwrap_or_default();
        let all: u64 = self.lengths.values().map(|components| rows(components)).sum();
        Centroid { unusable: self.unusable + all - rows(&components), components }
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let mut by_length: BTreeMap<u64, Vec<Vec<f64>>> = BTreeMap::new();
        for vector in vectors(&self.column, block.column(&self.column)?)?.into_iter().flatten() {
            match is_usable(&vector) {
                true => by_length.entry(vector.len() as u64).or_default().push(vector),
                false => self.unusable += 1,
            }
        }
        for (length, vectors) in by_length {
            let component = |i: u64| Moments::from_block(&vectors.iter().map(|v| v[i as usize]).collect::<Vec<f64>>());
            self.add(length, (0..length).map(component).collect())?;
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        let flat = |m: &Moments| -> Flat { (m.count, m.mean, m.m2, m.min, m.max) };
        let lengths: Vec<(u64, Vec<Flat>)> = self.lengths.iter().map(|(length, components)| (*length, components.iter().map(flat).collect())).collect();
        self.header().encode(&(self.unusable, lengths))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (unusable, lengths): (u64, Vec<(u64, Vec<Flat>)>) = self.header().decode(state)?;
        self.unusable += unusable;
        let unflat = |(count, mean, m2, min, max): Flat| Moments { count, mean, m2, min, max };
        lengths.into_iter().try_for_each(|(length, components)| self.add(length, components.into_iter().map(unflat).collect()))
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.found()))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.lengths.values().map(|components| components.capacity() * size_of::<Moments>()).sum::<usize>()
    }

    fn unusable(&self) -> u64 {
        self.found().unusable
    }
}
