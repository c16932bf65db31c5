//! Rows of a column and how many are missing.

use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::{Block, missing_count};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    pub rows: u64,
    /// Nulls and NaNs.
    pub missing: u64,
}

/// Rows and missing values of a column of any type.
pub fn presence(column: &str) -> Handle<Presence> {
    let name = column.to_owned();
    Handle::new(format!("presence({column})"), vec![column.into()], 0, move |_| {
        Ok(State { column: name.clone(), presence: Presence::default() })
    })
    .with_dictionaries()
}

struct State {
    column: String,
    presence: Presence,
}

impl State {
    fn header(&self) -> Header {
        Header::new("presence", 1, &self.column)
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let array = block.column(&self.column)?;
        self.presence.rows += array.len() as u64;
        self.presence.missing += missing_count(array) as u64;
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&self.presence)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let other: Presence = self.header().decode(state)?;
        self.presence.rows += other.rows;
        self.presence.missing += other.missing;
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.presence))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.column.capacity()
    }
}
