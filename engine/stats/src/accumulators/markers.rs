//! How often given values occur in a column.

use arrow::array::{ArrayRef, AsArray, BooleanArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use driftline_core::column::Kind;
use std::sync::Arc;

/// Occurrences of each of the values that were asked for, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occurrences {
    pub rows: u64,
    pub counts: Vec<u64>,
}

/// A value to look for.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Integer(i64),
    Number(f64),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::Integer(integer) => write!(f, "{integer}"),
            Value::Number(number) => write!(f, "{number}"),
        }
    }
}

/// Rows of a column whose value is one of `values`: in a column of numbers the same number, else the same text.
pub fn occurrences(column: &str, values: &[Value]) -> Handle<Occurrences> {
    let (name, values) = (column.to_owned(), values.to_vec());
    Handle::new(format!("occurrences({column},{values:?})"), vec![column.into()], 0, move |_| {
        let found = Occurrences { rows: 0, counts: vec![0; values.len()] };
        Ok(State { column: name.clone(), values: values.clone(), found })
    })
}

struct State {
    column: String,
    values: Vec<Value>,
    found: Occurrences,
}

impl State {
    fn header(&self) -> Header {
        Header::new("occurrences", 1, format!("{} {:?}", self.column, self.values))
    }
}

fn mask(equal: impl Iterator<Item = bool>) -> BooleanArray {
    equal.map(Some).collect()
}

fn equal_integers(array: &ArrayRef, value: i64) -> Result<BooleanArray, String> {
    // Every integer of 64 bits, with sign and without, fits.
    let wide = cast(array, &DataType::Decimal128(38, 0)).map_err(|e| e.to_string())?;
    Ok(mask(wide.as_primitive::<Decimal128Type>().iter().map(|found| found == Some(i128::from(value)))))
}

fn equal_numbers(array: &ArrayRef, value: f64) -> Result<BooleanArray, String> {
    let floats = cast(array, &DataType::Float64).map_err(|e| e.to_string())?;
    Ok(mask(floats.as_primitive::<Float64Type>().iter().map(|found| found == Some(value))))
}

/// Which rows of a column have a value: in a column of numbers the same number, else the same text. Lists and structs have none.
pub(super) fn equal(block: &Block, column: &str, value: &Value) -> Result<BooleanArray, String> {
    let array = block.column(column)?;
    match (value, array.data_type()) {
        (Value::Text(_), t) if t.is_numeric() => Ok(mask((0..block.rows).map(|_| false))),
        (_, t) if Kind::of(t) == Kind::Nested => Ok(mask((0..block.rows).map(|_| false))),
        (Value::Integer(integer), t) if t.is_integer() => equal_integers(array, *integer),
        (Value::Integer(integer), t) if t.is_numeric() => equal_numbers(array, *integer as f64),
        (Value::Number(number), t) if t.is_numeric() => equal_numbers(array, *number),
        (value, _) => {
            let text = value.to_string();
            Ok(mask(block.strings(column)?.iter().map(|found| found == Some(text.as_str()))))
        }
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        self.found.rows += block.rows as u64;
        for (value, count) in self.values.iter().zip(&mut self.found.counts) {
            *count += equal(block, &self.column, value)?.true_count() as u64;
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
        size_of::<Self>() + self.values.len() * (size_of::<Value>() + 8)
    }
}
