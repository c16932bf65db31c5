//! Whether a column has at most one distinct value.

use super::fingerprint::Fingerprinter;
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::{Block, missing};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is known of a column's distinct values. Missing values do not count, so an empty column is constant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constant {
    /// Fingerprint of the first value.
    first: Option<u128>,
    /// Whether another one came.
    pub varies: bool,
}

/// Whether a column of any type is constant: no value, or one value only (as Evidently counts it).
pub fn constant(column: &str) -> Handle<Constant> {
    let name = column.to_owned();
    Handle::new(format!("constant({column})"), vec![column.into()], 0, move |context| {
        Ok(State { column: name.clone(), seed: context.seed, found: Constant::default() })
    })
    .with_dictionaries()
}

struct State {
    column: String,
    seed: u64,
    found: Constant,
}

/// Rows that are looked at before the whole block: most columns vary within them.
const FIRST_LOOK: usize = 64;

impl State {
    fn header(&self) -> Header {
        Header::new("constant", 1, format!("{},{}", self.column, self.seed))
    }

    fn see(&mut self, fingerprint: u128) {
        match self.found.first {
            None => self.found.first = Some(fingerprint),
            Some(first) => self.found.varies |= first != fingerprint,
        }
    }

    fn look(&mut self, array: &arrow::array::ArrayRef) -> Result<(), String> {
        let missing = missing(array);
        let fingerprints = Fingerprinter::new(self.seed).rows(std::slice::from_ref(array))?;
        for (row, fingerprint) in fingerprints.into_iter().enumerate() {
            if !missing.value(row) {
                self.see(fingerprint);
            }
        }
        Ok(())
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let array = block.column(&self.column)?;
        let first = array.len().min(FIRST_LOOK);
        for (offset, length) in [(0, first), (first, array.len() - first)] {
            if !self.found.varies {
                self.look(&array.slice(offset, length))?;
            }
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&self.found)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let other: Constant = self.header().decode(state)?;
        self.found.varies |= other.varies;
        if let Some(first) = other.first {
            self.see(first);
        }
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.found))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.column.capacity()
    }
}
