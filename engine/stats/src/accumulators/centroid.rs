//! Component by component, the moments of a column of vectors.

use super::vectors::vectors;
use crate::math::{Dd, Moments};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use std::sync::Arc;

/// Moments of each component of a column's vectors.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Centroid {
    pub components: Vec<Moments>,
    /// Vectors of another length than the first one, or with a component that is missing or infinite: left out.
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
    Handle::new(format!("centroid({column})"), vec![column.into()], false, move |_| {
        Ok(State { column: name.clone(), found: Centroid::default() })
    })
}

struct State {
    column: String,
    found: Centroid,
}

/// Count, mean, m2, minimum and maximum.
type Flat = (u64, Dd, Dd, f64, f64);

impl State {
    fn header(&self) -> Header {
        Header::new("centroid", 1, &self.column)
    }

    fn add(&mut self, components: Vec<Moments>) -> Result<(), String> {
        if self.found.components.is_empty() {
            self.found.components = components;
            return Ok(());
        }
        if !components.is_empty() && components.len() != self.found.components.len() {
            return Err(format!("column `{}` has vectors of {} and of {} components", self.column, self.found.components.len(), components.len()));
        }
        self.found.components.iter_mut().zip(&components).for_each(|(known, more)| *known = known.merge(more));
        Ok(())
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let vectors = vectors(&self.column, block.column(&self.column)?)?;
        let known = match self.found.components.len() {
            0 => vectors.iter().flatten().next().map_or(0, Vec::len),
            n => n,
        };
        let present = vectors.iter().flatten().count();
        let usable: Vec<&Vec<f64>> = vectors.iter().flatten().filter(|v| v.len() == known && v.iter().all(|x| x.is_finite())).collect();
        self.found.unusable += (present - usable.len()) as u64;
        if usable.is_empty() {
            return Ok(());
        }
        let component = |i: usize| Moments::from_block(&usable.iter().map(|v| v[i]).collect::<Vec<f64>>());
        self.add((0..known).map(component).collect())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        let flat = |m: &Moments| -> Flat { (m.count, m.mean, m.m2, m.min, m.max) };
        let components: Vec<Flat> = self.found.components.iter().map(flat).collect();
        self.header().encode(&(self.found.unusable, components))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (unusable, components): (u64, Vec<Flat>) = self.header().decode(state)?;
        self.found.unusable += unusable;
        self.add(components.into_iter().map(|(count, mean, m2, min, max)| Moments { count, mean, m2, min, max }).collect())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.found.clone()))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.found.components.capacity() * size_of::<Moments>()
    }

    fn unusable(&self) -> u64 {
        self.found.unusable
    }
}
