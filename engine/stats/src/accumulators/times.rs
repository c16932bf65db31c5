//! The first and last of a column of dates or timestamps.

use arrow::array::{Array, AsArray, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Microseconds since 1970-01-01T00:00:00Z; a time without a zone is taken as UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    pub values: u64,
    /// The first and the last time.
    pub range: Option<(i64, i64)>,
}

impl Times {
    fn see(&mut self, values: u64, range: Option<(i64, i64)>) {
        self.values += values;
        self.range = match (self.range, range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (known, other) => known.or(other),
        };
    }
}

/// A column's times, row by row.
pub(super) fn micros(block: &Block, column: &str) -> Result<TimestampMicrosecondArray, String> {
    let array = block.column(column)?;
    if array.data_type().is_numeric() {
        return Err(format!("column `{column}` of type {} has numbers and no times; make times of them under [derived], such as at = \"to_timestamp_seconds({column})\"", array.data_type()));
    }
    let to = DataType::Timestamp(TimeUnit::Microsecond, None);
    let times = cast(array, &to).map_err(|e| format!("column `{column}` of type {} cannot be read as times: {e}", array.data_type()))?;
    let lost = times.null_count().saturating_sub(array.logical_null_count());
    if lost > 0 {
        return Err(format!("column `{column}` has {lost} values that are no times"));
    }
    Ok(times.as_primitive::<TimestampMicrosecondType>().clone())
}

pub fn times(column: &str) -> Handle<Times> {
    let name = column.to_owned();
    Handle::new(format!("times({column})"), vec![column.into()], 0, move |_| {
        Ok(State { column: name.clone(), found: Times::default() })
    })
}

struct State {
    column: String,
    found: Times,
}

impl State {
    fn header(&self) -> Header {
        Header::new("times", 1, &self.column)
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let times = micros(block, &self.column)?;
        let range = arrow::compute::min(&times).zip(arrow::compute::max(&times));
        self.found.see((times.len() - times.null_count()) as u64, range);
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&self.found)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let other: Times = self.header().decode(state)?;
        self.found.see(other.values, other.range);
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.found))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.column.capacity()
    }
}
