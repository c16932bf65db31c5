//! Rows with at least one missing value, and rows without any value.

use super::markers::{Value, equal};
use arrow::array::BooleanArray;
use arrow::compute::{and, or};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::{Block, missing};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowMissing {
    pub rows: u64,
    /// Rows with a null or NaN in at least one of the columns.
    pub with_missing: u64,
    /// Rows with a null or NaN in all of them.
    pub empty: u64,
}

/// Rows with a missing value in any of the columns; `markers` are values that count as missing.
pub fn row_missing(columns: &[String], markers: &[Value]) -> Handle<RowMissing> {
    let (names, markers) = (columns.to_vec(), markers.to_vec());
    Handle::new(format!("row_missing({},{markers:?})", columns.join(",")), columns.to_vec(), 0, move |_| {
        Ok(State { columns: names.clone(), markers: markers.clone(), found: RowMissing::default() })
    })
    .with_dictionaries()
}

struct State {
    columns: Vec<String>,
    markers: Vec<Value>,
    found: RowMissing,
}

impl State {
    fn header(&self) -> Header {
        Header::new("row_missing", 3, format!("{},{:?}", self.columns.join(","), self.markers))
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let mut found: Option<(BooleanArray, BooleanArray)> = None;
        for name in &self.columns {
            let mut rows = missing(block.column(name)?);
            for marker in &self.markers {
                rows = or(&rows, &equal(block, name, marker)?).map_err(|e| e.to_string())?;
            }
            found = Some(match found {
                Some((any, all)) => {
                    (or(&any, &rows).map_err(|e| e.to_string())?, and(&all, &rows).map_err(|e| e.to_string())?)
                }
                None => (rows.clone(), rows),
            });
        }
        self.found.rows += block.rows as u64;
        if let Some((any, all)) = found {
            self.found.with_missing += any.true_count() as u64;
            self.found.empty += all.true_count() as u64;
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&self.found)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let other: RowMissing = self.header().decode(state)?;
        self.found.rows += other.rows;
        self.found.with_missing += other.with_missing;
        self.found.empty += other.empty;
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.found))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.columns.iter().map(String::capacity).sum::<usize>()
    }
}
