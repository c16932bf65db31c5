//! Seeded 128-bit fingerprints of rows.
//!
//! The chance that any two of n distinct rows share one is at most n² / 2^129 for each column of text and once more: 1e-20 for a
//! billion rows.

use arrow::array::{Array, ArrayRef, AsArray, GenericByteArray, Int32Array};
use arrow::compute::cast;
use arrow::datatypes::{BinaryType, ByteArrayType, DataType, Float64Type, Utf8Type};
use arrow::row::{RowConverter, SortField};
use driftline_core::block::Dictionary;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// Equal rows have equal fingerprints: missing values equal each other, as do 0.0 and -0.0, whatever the arrays' encoding.
pub(super) struct Fingerprinter {
    seed: u64,
}

/// Rows whose words are in the cache at a time.
const ROWS: usize = 1_024;

/// What a row is written down in.
type Word = [u8; 8];

/// Columns whose missing values a word tells.
const FLAGS: usize = u64::BITS as usize;

impl Fingerprinter {
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// One fingerprint a row.
    pub fn rows(&self, columns: &[ArrayRef]) -> Result<Vec<u128>, String> {
        let columns: Vec<Column> = columns.iter().map(|column| self.column(column)).collect::<Result<_, _>>()?;
        let rows = columns.first().map_or(0, |column| column.len());
        let flags = columns.len().div_ceil(FLAGS);
        let width = flags + columns.iter().map(Column::words).sum::<usize>();
        let mut fingerprints = Vec::with_capacity(rows);
        let mut buffer = vec![Word::default(); width * ROWS.min(rows)];
        for from in (0..rows).step_by(ROWS) {
            let n = ROWS.min(rows - from);
            buffer[..width * n].fill(Word::default());
            let mut at = flags;
            for (i, column) in columns.iter().enumerate() {
                let mut into = Into { words: &mut buffer[..width * n], width, at, count: column.words(), flag: i };
                match column {
                    Column::Plain(array) => self.write(&array.slice(from, n), &mut into)?,
                    Column::Dictionary(keys, fingerprints) => into.set_by_key(&keys.slice(from, n), fingerprints),
                }
                at += column.words();
            }
            let rows = buffer[..width * n].chunks_exact(width);
            fingerprints.extend(rows.map(|row| xxh3_128_with_seed(row.as_flattened(), self.seed)));
        }
        Ok(fingerprints)
    }

    fn column(&self, array: &ArrayRef) -> Result<Column, String> {
        let Some(dictionary) = Dictionary::of(array) else { return plain(array).map(Column::Plain) };
        let fingerprint = |text: Option<&str>| xxh3_128_with_seed(text.unwrap_or_default().as_bytes(), self.seed);
        Ok(Column::Dictionary(dictionary.keys().clone(), dictionary.values().iter().map(fingerprint).collect()))
    }

    fn write(&self, array: &ArrayRef, into: &mut Into<'_>) -> Result<(), String> {
        let data = array.to_data();
        match array.data_type() {
            // A NaN is missing, and `+ 0.0` makes one zero of two.
            DataType::Float64 => {
                for (row, value) in array.as_primitive::<Float64Type>().values().iter().enumerate() {
                    match value.is_nan() {
                        true => into.missing(row),
                        false => into.set(row, (value + 0.0).to_bits()),
                    }
                }
            }
            DataType::Boolean => array.as_boolean().values().iter().enumerate().for_each(|(row, value)| into.set(row, value.into())),
            DataType::Utf8 => self.write_bytes::<Utf8Type>(array.as_bytes(), into),
            DataType::Binary => self.write_bytes::<BinaryType>(array.as_bytes(), into),
            primitive => match primitive.primitive_width() {
                Some(1) => data.buffer::<u8>(0)[..array.len()].iter().enumerate().for_each(|(row, value)| into.set(row, (*value).into())),
                Some(2) => data.buffer::<u16>(0)[..array.len()].iter().enumerate().for_each(|(row, value)| into.set(row, (*value).into())),
                Some(4) => data.buffer::<u32>(0)[..array.len()].iter().enumerate().for_each(|(row, value)| into.set(row, (*value).into())),
                Some(8) => data.buffer::<u64>(0)[..array.len()].iter().enumerate().for_each(|(row, value)| into.set(row, *value)),
                _ => self.write_other(array, into)?,
            },
        }
        for row in array.logical_nulls().iter().flat_map(|nulls| (0..nulls.len()).filter(|row| nulls.is_null(*row))) {
            into.missing(row);
        }
        Ok(())
    }

    fn write_bytes<T: ByteArrayType>(&self, array: &GenericByteArray<T>, into: &mut Into<'_>) {
        for row in 0..array.len() {
            into.set_two(row, xxh3_128_with_seed(array.value(row).as_ref(), self.seed));
        }
    }

    /// Lists, structs, decimals: by the bytes that arrow sorts them by.
    fn write_other(&self, array: &ArrayRef, into: &mut Into<'_>) -> Result<(), String> {
        let converter = RowConverter::new(vec![SortField::new(array.data_type().clone())]).map_err(|e| e.to_string())?;
        let rows = converter.convert_columns(std::slice::from_ref(array)).map_err(|e| e.to_string())?;
        rows.iter().enumerate().for_each(|(row, bytes)| into.set_two(row, xxh3_128_with_seed(bytes.as_ref(), self.seed)));
        Ok(())
    }
}

/// A column, or the keys of a dictionary with the fingerprints of its values.
enum Column {
    Plain(ArrayRef),
    Dictionary(Int32Array, Vec<u128>),
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Column::Plain(array) => array.len(),
            Column::Dictionary(keys, _) => keys.len(),
        }
    }

    /// Words that a value takes: itself, or its fingerprint.
    fn words(&self) -> usize {
        match self {
            Column::Plain(array) if *array.data_type() == DataType::Boolean => 1,
            Column::Plain(array) if array.data_type().primitive_width().is_some_and(|width| width <= 8) => 1,
            Column::Plain(_) | Column::Dictionary(..) => 2,
        }
    }
}

/// The words of a column in those of all rows.
struct Into<'a> {
    words: &'a mut [Word],
    /// Words of a row.
    width: usize,
    /// The column's first word in a row, and how many it has.
    at: usize,
    count: usize,
    /// Which column it is.
    flag: usize,
}

impl Into<'_> {
    fn set(&mut self, row: usize, word: u64) {
        self.words[row * self.width + self.at] = word.to_le_bytes();
    }

    fn set_two(&mut self, row: usize, fingerprint: u128) {
        self.set(row, fingerprint as u64);
        self.words[row * self.width + self.at + 1] = ((fingerprint >> 64) as u64).to_le_bytes();
    }

    fn set_by_key(&mut self, keys: &Int32Array, fingerprints: &[u128]) {
        for (row, key) in keys.iter().enumerate() {
            match key {
                Some(key) => self.set_two(row, fingerprints[key as usize]),
                None => self.missing(row),
            }
        }
    }

    /// What lies under a null is nothing.
    fn missing(&mut self, row: usize) {
        let start = row * self.width;
        self.words[start + self.flag / FLAGS][self.flag % FLAGS / 8] |= 1 << (self.flag % 8);
        self.words[start + self.at..][..self.count].fill(Word::default());
    }
}

/// The same values in one encoding: floats as float64, dictionaries and views unpacked.
fn plain(array: &ArrayRef) -> Result<ArrayRef, String> {
    let to = match array.data_type() {
        DataType::Float16 | DataType::Float32 => DataType::Float64,
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::LargeBinary | DataType::BinaryView => DataType::Binary,
        DataType::Dictionary(_, values) => return plain(&cast(array, values).map_err(|e| e.to_string())?),
        _ => return Ok(array.clone()),
    };
    cast(array, &to).map_err(|e| e.to_string())
}
