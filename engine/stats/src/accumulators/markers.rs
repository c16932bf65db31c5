//! How often given values occur in a column.

use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use std::sync::Arc;

/// Occurrences of each of the values that were asked for, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occurrences {
    pub rows: u64,
    pub counts: Vec<u64>,
}

/// Rows of a column of any type whose value, read as a string, is one of `values`.
pub fn occurrences(column: &str, values: &[String]) -> Handle<Occurrences> {
    let (name, values) = (column.to_owned(), values.to_vec());
    Handle::new(format!("occurrences({column},{values:?})"), vec![column.into()], false, move |_| {
        let found = Occurrences { rows: 0, counts: vec![0; values.len()] };
        Ok(State { column: name.clone(), values: values.clone(), found })
    })
}

struct State {
    column: String,
    values: Vec<String>,
    found: Occurrences,
}

impl State {
    fn header(&self) -> Header {
        Header::new("occurrences", 1, format!("{} {:?}", self.column, self.values))
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        self.found.rows += block.rows as u64;
        for text in block.strings(&self.column)?.iter().flatten() {
            if let Some(i) = self.values.iter().position(|value| value == text) {
                self.found.counts[i] += 1;
            }
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&(self.found.rows, &self.found.counts))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (rows, counts): (u64, Vec<u64>) = self.header().decode(state)?;
        self.found.rows += rows;
        self.found.counts.iter_mut().zip(counts).for_each(|(sum, more)| *sum += more);
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.found.clone()))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.values.iter().map(|v| v.capacity() + 8).sum::<usize>()
    }
}
