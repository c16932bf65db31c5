//! What one call into a plugin gets: its inputs, cut by their bytes.

use crate::columns::Ready;
use crate::world::driftline::plugin::types;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use driftline_core::block::Block;
use std::ops::Range;
/// Bytes of inputs that one call gets, unless a single row is larger.
const CALL_BYTES: usize = 4 << 20;

/// An input bound to a column, with the type in which it crosses.
#[derive(Clone)]
pub(crate) struct Bound {
    pub input: String,
    pub column: String,
    pub data_type: DataType,
    pub dictionary: bool,
}

/// The inputs as the plugin sees their types.
pub(crate) fn fields<'a>(bound: &'a [Bound], names: &'a [String]) -> Vec<types::Field<'a>> {
    let field = |(b, name): (&'a Bound, &'a String)| types::Field { name: &b.input, arrow_type: name, nullable: true };
    bound.iter().zip(names).map(field).collect()
}

/// The columns of a block that the inputs are bound to.
pub(crate) fn inputs(bound: &[Bound], block: &Block) -> Result<Vec<ArrayRef>, String> {
    bound.iter().map(|b| block.column(&b.column).cloned()).collect()
}

/// The inputs of one call, in the plugin's types.
pub(crate) fn ready(bound: &[Bound], inputs: &[ArrayRef], range: Range<usize>) -> Result<Vec<Ready>, String> {
    let one = |(b, array): (&Bound, &ArrayRef)| {
        Ready::new(&b.input, &array.slice(range.start, range.len()), &b.data_type, b.dictionary)
    };
    bound.iter().zip(inputs).map(one).collect()
}

pub(crate) enum Call {
    Rows(Range<usize>),
    /// A single row beyond the row limit: null, and counted.
    TooLarge,
}

/// Cuts a block by the bytes of its inputs.
pub(crate) fn calls(inputs: &[ArrayRef], rows: usize, most_row: usize) -> Vec<Call> {
    let mut calls = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for row in 0..rows {
        let size: usize = inputs.iter().map(|a| row_bytes(a, row)).sum();
        if row > start && (bytes + size > CALL_BYTES || size > most_row) {
            calls.push(Call::Rows(start..row));
            (start, bytes) = (row, 0);
        }
        if size > most_row {
            calls.push(Call::TooLarge);
            start = row + 1;
        } else {
            bytes += size;
        }
    }
    if start < rows {
        calls.push(Call::Rows(start..rows));
    }
    calls
}

fn row_bytes(array: &ArrayRef, row: usize) -> usize {
    match array.data_type() {
        DataType::List(f) => {
            array.as_list::<i32>().value_length(row) as usize * f.data_type().primitive_width().unwrap_or(16)
        }
        DataType::LargeList(f) => {
            array.as_list::<i64>().value_length(row) as usize * f.data_type().primitive_width().unwrap_or(16)
        }
        DataType::FixedSizeList(f, n) => *n as usize * f.data_type().primitive_width().unwrap_or(16),
        DataType::LargeBinary => array.as_binary::<i64>().value_length(row) as usize,
        DataType::LargeUtf8 => array.as_string::<i64>().value_length(row) as usize,
        DataType::Binary => array.as_binary::<i32>().value_length(row) as usize,
        DataType::Utf8 => array.as_string::<i32>().value_length(row) as usize,
        DataType::BinaryView => array.as_binary_view().value(row).len(),
        DataType::Utf8View => array.as_string_view().value(row).len(),
        other => other.primitive_width().unwrap_or(16),
    }
}

