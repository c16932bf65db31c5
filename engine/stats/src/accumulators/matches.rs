//! Rows in which two columns agree.

use arrow::array::{Array, ArrayRef, Float64Array, StringArray};
use arrow::datatypes::{DataType, Float64Type};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::{Block, missing};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matches {
    /// Rows with a value in both columns.
    pub rows: u64,
    pub equal: u64,
    /// Rows with a missing value in either.
    pub missing: u64,
}

/// Rows in which the columns agree. Two numeric columns are compared as numbers, others as strings, so that 1 equals "1".
pub fn matches(a: &str, b: &str) -> Handle<Matches> {
    let columns = vec![a.to_owned(), b.to_owned()];
    let (a, b) = (a.to_owned(), b.to_owned());
    Handle::new(format!("matches({a},{b})"), columns, false, move |_| {
        Ok(State { a: a.clone(), b: b.clone(), found: Matches::default() })
    })
}

struct State {
    a: String,
    b: String,
    found: Matches,
}

impl State {
    fn header(&self) -> Header {
        Header::new("matches", 1, format!("{},{}", self.a, self.b))
    }
}

enum Values {
    Numbers(Float64Array, Float64Array),
    Strings(Arc<StringArray>, Arc<StringArray>),
}

impl Values {
    fn equal(&self, row: usize) -> bool {
        match self {
            Values::Numbers(a, b) => a.value(row) == b.value(row),
            Values::Strings(a, b) => a.value(row) == b.value(row),
        }
    }
}

fn floats(array: &ArrayRef) -> Result<Float64Array, String> {
    use arrow::array::AsArray;
    let cast = arrow::compute::cast(array, &DataType::Float64).map_err(|e| e.to_string())?;
    Ok(cast.as_primitive::<Float64Type>().clone())
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let (a, b) = (block.column(&self.a)?, block.column(&self.b)?);
        let numeric = a.data_type().is_numeric() && b.data_type().is_numeric();
        let values = match numeric {
            true => Values::Numbers(floats(a)?, floats(b)?),
            false => Values::Strings(block.strings(&self.a)?, block.strings(&self.b)?),
        };
        let (missing_a, missing_b) = (missing(a), missing(b));
        for row in 0..a.len() {
            if missing_a.value(row) || missing_b.value(row) {
                self.found.missing += 1;
            } else {
                self.found.rows += 1;
                self.found.equal += u64::from(values.equal(row));
            }
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&self.found)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let other: Matches = self.header().decode(state)?;
        self.found.rows += other.rows;
        self.found.equal += other.equal;
        self.found.missing += other.missing;
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.found))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.a.capacity() + self.b.capacity()
    }
}
