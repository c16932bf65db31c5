//! What one call into a plugin gets: its inputs, cut by their bytes.

use crate::columns::{Encoding, Ready};
use crate::world::driftline::plugin::types;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use driftline_core::block::Block;
use std::ops::Range;

/// Bytes of inputs that one call gets, unless a single row is larger.
const CALL_BYTES: usize = 512 << 10;

/// An input bound to a column, with the type in which it crosses.
#[derive(Clone)]
pub(crate) struct Bound {
    pub input: String,
    pub column: String,
    pub data_type: DataType,
    pub encoding: Encoding,
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
        let rows = if range.len() == array.len() { array.clone() } else { array.slice(range.start, range.len()) };
        Ready::new(&b.input, &rows, &b.data_type, b.encoding)
    };
    bound.iter().zip(inputs).map(one).collect()
}

pub(crate) enum Call {
    Rows(Range<usize>),
    /// A single row beyond the row limit: null, and counted.
    TooLarge,
}

/// Cuts a block by the bytes of its inputs, and by rows.
pub(crate) fn calls(inputs: &[ArrayRef], rows: usize, most_row: usize, most_rows: usize) -> Vec<Call> {
    // A block without rows is a call without rows.
    if rows == 0 {
        return vec![Call::Rows(0..0)];
    }
    let mut calls = Vec::new();
    let sizes: Vec<Sizes> = inputs.iter().map(Sizes::new).collect();
    if let Some(size) = sizes.iter().map(Sizes::fixed).sum::<Option<usize>>() {
        // Rows alike are cut without looking at each.
        if size > most_row {
            return (0..rows).map(|_| Call::TooLarge).collect();
        }
        let most = (CALL_BYTES / size.max(1)).clamp(1, most_rows.max(1));
        return (0..rows).step_by(most).map(|start| Call::Rows(start..(start + most).min(rows))).collect();
    }
    let (mut start, mut bytes) = (0, 0);
    for row in 0..rows {
        let size: usize = sizes.iter().map(|s| s.of(row)).sum();
        if row > start && (bytes + size > CALL_BYTES || size > most_row || row - start == most_rows) {
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

/// Bytes of each row of an array.
enum Sizes {
    /// Alike for all rows.
    Fixed(usize),
    Rows(Vec<usize>),
}

impl Sizes {
    fn new(array: &ArrayRef) -> Self {
        let lengths = |length: &dyn Fn(usize) -> usize| Sizes::Rows((0..array.len()).map(length).collect());
        match array.data_type() {
            DataType::Binary => lengths(&|row| array.as_binary::<i32>().value_length(row) as usize),
            DataType::LargeBinary => lengths(&|row| array.as_binary::<i64>().value_length(row) as usize),
            DataType::BinaryView => lengths(&|row| array.as_binary_view().value(row).len()),
            DataType::Utf8 => lengths(&|row| array.as_string::<i32>().value_length(row) as usize),
            DataType::LargeUtf8 => lengths(&|row| array.as_string::<i64>().value_length(row) as usize),
            DataType::Utf8View => lengths(&|row| array.as_string_view().value(row).len()),
            DataType::Dictionary(..) => {
                let dictionary = array.as_any_dictionary();
                if dictionary.values().is_empty() {
                    return lengths(&|_| 0);
                }
                let values = Sizes::new(dictionary.values());
                let keys = dictionary.normalized_keys();
                // The key of a null row means nothing, and may lie outside of the values.
                lengths(&|row| if array.is_null(row) { 0 } else { values.of(keys[row]) })
            }
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                let inner = Sizes::new(list.values());
                lengths(&|row| inner.sum(list.value_offsets()[row] as usize, list.value_length(row) as usize))
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                let inner = Sizes::new(list.values());
                lengths(&|row| inner.sum(list.value_offsets()[row] as usize, list.value_length(row) as usize))
            }
            DataType::FixedSizeList(_, n) => {
                let list = array.as_fixed_size_list();
                let inner = Sizes::new(list.values());
                lengths(&|row| inner.sum(list.value_offset(row) as usize, *n as usize))
            }
            other => Sizes::Fixed(other.primitive_width().unwrap_or(16)),
        }
    }

    fn fixed(&self) -> Option<usize> {
        match self {
            Sizes::Fixed(size) => Some(*size),
            Sizes::Rows(_) => None,
        }
    }

    fn of(&self, row: usize) -> usize {
        match self {
            Sizes::Fixed(size) => *size,
            Sizes::Rows(sizes) => sizes[row],
        }
    }

    fn sum(&self, from: usize, rows: usize) -> usize {
        match self {
            Sizes::Fixed(size) => size * rows,
            Sizes::Rows(sizes) => sizes[from..from + rows].iter().sum(),
        }
    }
}
