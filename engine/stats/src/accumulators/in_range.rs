//! Values inside and outside a range.

use super::moments::moments;
use driftline_core::accumulator::{Accumulator, Context, Finished, Handle, Header};
use driftline_core::block::Block;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InRange {
    /// Rows with a value.
    pub values: u64,
    pub below: u64,
    pub above: u64,
}

/// Values below `min` and above `max`, ends included. An end that is not given is the reference's least or greatest finite value; the
/// reference itself is then within it.
pub fn in_range(column: &str, min: Option<f64>, max: Option<f64>) -> Handle<InRange> {
    let name = column.to_owned();
    let key = format!("in_range({column},{min:?},{max:?})");
    let of_reference = moments(column);
    Handle::new(key.clone(), vec![column.into()], 0, move |context: &Context| {
        let known = match (&context.reference, min.is_none() || max.is_none()) {
            (Some(reference), true) => Some(reference.read(&of_reference).map_err(|u| u.reason().to_owned())?.finite),
            _ => None,
        };
        let min = min.or(known.map(|k| k.min)).unwrap_or(f64::NEG_INFINITY);
        let max = max.or(known.map(|k| k.max)).unwrap_or(f64::INFINITY);
        Ok(State { column: name.clone(), key: key.clone(), min, max, found: InRange::default() })
    })
}

struct State {
    column: String,
    key: String,
    min: f64,
    max: f64,
    found: InRange,
}

impl State {
    fn header(&self) -> Header {
        Header::new("in_range", 1, format!("{} {} {}", self.key, self.min, self.max))
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let numbers = block.numbers(&self.column)?;
        self.found.values += numbers.values.len() as u64;
        self.found.below += numbers.values.iter().filter(|v| **v < self.min).count() as u64;
        self.found.above += numbers.values.iter().filter(|v| **v > self.max).count() as u64;
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&self.found)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let other: InRange = self.header().decode(state)?;
        self.found.values += other.values;
        self.found.below += other.below;
        self.found.above += other.above;
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.found))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.column.capacity() + self.key.capacity()
    }
}
