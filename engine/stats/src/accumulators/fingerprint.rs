//! Seeded 128-bit fingerprints of rows.
//!
//! A row is a fixed number of 64-bit words: its values, or fingerprints of those that are longer, and one bit for each value that is
//! missing. They are hashed column by column with two keys of NH (Black, Halevi, Krawczyk, Krovetz, Rogaway, "UMAC", CRYPTO 1999), which
//! two different rows pass alike with a chance of 2^-128 at most, and what they give is hashed to 128 bits. So the chance that any two of
//! n different rows share a fingerprint is below n² / 2^126 for some columns of text: 1e-20 for a billion rows.

use arrow::array::{Array, ArrayRef, AsArray, GenericByteArray, Int32Array};
use arrow::compute::cast;
use arrow::datatypes::{BinaryType, ByteArrayType, DataType, Float64Type, Utf8Type};
use arrow::row::{RowConverter, SortField};
use driftline_core::block::Dictionary;
use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128_with_seed};

/// Equal rows have equal fingerprints: missing values equal each other, as do 0.0 and -0.0, whatever the arrays' encoding.
pub(super) struct Fingerprinter {
    seed: u64,
}

/// Rows whose words are in the cache at a time.
const ROWS: usize = 1_024;

/// Columns whose missing values a word tells.
const FLAGS: usize = u64::BITS as usize;

impl Fingerprinter {
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// One fingerprint a row.
    pub fn rows(&self, columns: &[ArrayRef]) -> Result<Vec<u128>, String> {
        let columns: Vec<Column> = columns.iter().map(|column| self.column(column)).collect::<Result<_, _>>()?;
        let rows = columns.first().map_or(0, Column::len);
        let most = columns.len().div_ceil(FLAGS) + 2 * columns.len();
        let keys: Vec<u64> = (0..most as u64 + 4).map(|i| xxh3_64_with_seed(&i.to_le_bytes(), self.seed)).collect();
        let mut fingerprints = Vec::with_capacity(rows);
        for from in (0..rows).step_by(ROWS) {
            let n = ROWS.min(rows - from);
            let mut hashed = Hashed::new(&keys, n);
            for columns in columns.chunks(FLAGS) {
                let mut flags = vec![0; n];
                for (i, column) in columns.iter().enumerate() {
                    let (mut words, mut missing) = (Words::default(), |row: usize| flags[row] |= 1 << i);
                    match column {
                        Column::Plain(array) => self.write(&array.slice(from, n), &mut words, &mut missing)?,
                        Column::Dictionary(keys, values) => words.by_key(&keys.slice(from, n), values, &mut missing),
                    }
                    hashed.add(words.first);
                    words.second.into_iter().for_each(|second| hashed.add(second));
                }
                hashed.add(flags);
            }
            fingerprints.extend(hashed.finish(self.seed));
        }
        Ok(fingerprints)
    }

    fn column(&self, array: &ArrayRef) -> Result<Column, String> {
        let Some(dictionary) = Dictionary::of(array) else { return plain(array).map(Column::Plain) };
        let fingerprint = |text: Option<&str>| xxh3_128_with_seed(text.unwrap_or_default().as_bytes(), self.seed);
        Ok(Column::Dictionary(dictionary.keys().clone(), dictionary.values().iter().map(fingerprint).collect()))
    }

    fn write(&self, array: &ArrayRef, words: &mut Words, missing: &mut dyn FnMut(usize)) -> Result<(), String> {
        let (data, n) = (array.to_data(), array.len());
        match array.data_type() {
            DataType::Float64 => words.floats(array.as_primitive::<Float64Type>().values(), missing),
            DataType::Boolean => words.first.extend(array.as_boolean().values().iter().map(u64::from)),
            DataType::Utf8 => words.fingerprints(self.of_bytes::<Utf8Type>(array.as_bytes())),
            DataType::Binary => words.fingerprints(self.of_bytes::<BinaryType>(array.as_bytes())),
            primitive => match primitive.primitive_width() {
                Some(1) => words.first.extend(data.buffer::<u8>(0)[..n].iter().map(|v| u64::from(*v))),
                Some(2) => words.first.extend(data.buffer::<u16>(0)[..n].iter().map(|v| u64::from(*v))),
                Some(4) => words.first.extend(data.buffer::<u32>(0)[..n].iter().map(|v| u64::from(*v))),
                Some(8) => words.first.extend(&data.buffer::<u64>(0)[..n]),
                _ => {
                    // Lists, structs, decimals: by the bytes that arrow sorts them by.
                    let converter = RowConverter::new(vec![SortField::new(array.data_type().clone())]).map_err(|e| e.to_string())?;
                    let rows = converter.convert_columns(std::slice::from_ref(array)).map_err(|e| e.to_string())?;
                    words.fingerprints(rows.iter().map(|row| xxh3_128_with_seed(row.as_ref(), self.seed)));
                }
            },
        }
        if let Some(nulls) = array.logical_nulls().filter(|nulls| nulls.null_count() > 0) {
            // What lies under a null is nothing.
            (0..n).filter(|row| nulls.is_null(*row)).for_each(|row| words.clear(row, missing));
        }
        Ok(())
    }

    fn of_bytes<'a, T: ByteArrayType>(&self, array: &'a GenericByteArray<T>) -> impl Iterator<Item = u128> + use<'a, T> {
        let seed = self.seed;
        (0..array.len()).map(move |row| xxh3_128_with_seed(array.value(row).as_ref(), seed))
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
}

/// A column's words: one or two of each row.
#[derive(Default)]
struct Words {
    first: Vec<u64>,
    second: Option<Vec<u64>>,
}

impl Words {
    /// A NaN is missing, and `+ 0.0` makes one zero of two.
    fn floats(&mut self, values: &[f64], missing: &mut dyn FnMut(usize)) {
        self.first.extend(values.iter().map(|value| (value + 0.0).to_bits()));
        if values.iter().fold(false, |any, value| any | value.is_nan()) {
            (0..values.len()).filter(|row| values[*row].is_nan()).for_each(|row| self.clear(row, missing));
        }
    }

    fn fingerprints(&mut self, all: impl Iterator<Item = u128>) {
        let (first, second) = all.map(|fingerprint| (fingerprint as u64, (fingerprint >> 64) as u64)).unzip();
        (self.first, self.second) = (first, Some(second));
    }

    fn by_key(&mut self, keys: &Int32Array, values: &[u128], missing: &mut dyn FnMut(usize)) {
        // A key under a null may be any number.
        self.fingerprints(keys.values().iter().map(|key| values.get(*key as usize).copied().unwrap_or_default()));
        if keys.null_count() > 0 {
            (0..keys.len()).filter(|row| keys.is_null(*row)).for_each(|row| self.clear(row, missing));
        }
    }

    fn clear(&mut self, row: usize, missing: &mut dyn FnMut(usize)) {
        self.first[row] = 0;
        self.second.iter_mut().for_each(|second| second[row] = 0);
        missing(row);
    }
}

/// NH of each row with two keys, the second of which is the first one two words on.
struct Hashed<'a> {
    keys: &'a [u64],
    sums: Vec<(u128, u128)>,
    /// A column of words that waits for another one.
    waiting: Option<Vec<u64>>,
}

impl<'a> Hashed<'a> {
    fn new(keys: &'a [u64], rows: usize) -> Self {
        Self { keys, sums: vec![(0, 0); rows], waiting: None }
    }

    fn add(&mut self, words: Vec<u64>) {
        let Some(before) = self.waiting.take() else {
            self.waiting = Some(words);
            return;
        };
        let [a, b, c, d, ..] = *self.keys else { return };
        self.keys = &self.keys[2..];
        let product = |x: u64, y: u64| u128::from(x) * u128::from(y);
        for ((sums, x), y) in self.sums.iter_mut().zip(&before).zip(&words) {
            sums.0 = sums.0.wrapping_add(product(x.wrapping_add(a), y.wrapping_add(b)));
            sums.1 = sums.1.wrapping_add(product(x.wrapping_add(c), y.wrapping_add(d)));
        }
    }

    fn finish(mut self, seed: u64) -> impl Iterator<Item = u128> {
        if self.waiting.is_some() {
            self.add(vec![0; self.sums.len()]);
        }
        self.sums.into_iter().map(move |(first, second)| {
            let mut bytes = [0; 32];
            bytes[..16].copy_from_slice(&first.to_le_bytes());
            bytes[16..].copy_from_slice(&second.to_le_bytes());
            xxh3_128_with_seed(&bytes, seed)
        })
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
