//! A block of rows, with the views of its columns that several accumulators share.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int32Array, RecordBatch, StringArray};
use arrow::buffer::{BooleanBuffer, ScalarBuffer};
use arrow::compute::{CastOptions, cast_with_options, filter, is_not_null};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int32Type};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// Rows in a full block of numbers; strings, lists and bytes come in slabs, which are parts of it. A block never crosses a unit of the scan, so that results depend on neither batches nor threads.
pub const BLOCK_ROWS: usize = 65_536;

/// The numbers of a column in row order, without the missing ones.
#[derive(Debug, PartialEq)]
pub struct Numbers {
    pub values: ScalarBuffer<f64>,
    /// Nulls and NaNs.
    pub missing: u64,
}

type Shared<T> = OnceLock<Result<Arc<T>, String>>;

struct Slot {
    array: Result<ArrayRef, String>,
    numbers: Shared<Numbers>,
    strings: Shared<StringArray>,
}

/// Up to [`BLOCK_ROWS`] consecutive rows of one unit.
pub struct Block {
    pub rows: usize,
    columns: HashMap<String, Slot>,
}

impl Block {
    pub fn new(batch: &RecordBatch) -> Self {
        let mut block = Self::empty(batch.num_rows());
        for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
            block.add(field.name(), Ok(array.clone()));
        }
        block
    }

    /// A block without columns yet.
    pub fn empty(rows: usize) -> Self {
        Self { rows, columns: HashMap::new() }
    }

    /// The rows for which `mask` is true, with the given columns of this block.
    pub fn filter(&self, mask: &BooleanArray, columns: &[String]) -> Self {
        let mut block = Self::empty(mask.true_count());
        for name in columns {
            let Some(slot) = self.columns.get(name) else { continue };
            let kept = slot.array.as_ref().map_err(Clone::clone);
            block.add(name, kept.and_then(|array| arrow::compute::filter(array, mask).map_err(|e| e.to_string())));
        }
        block
    }

    /// Adds a column, or the reason why there is none.
    pub fn add(&mut self, name: &str, array: Result<ArrayRef, String>) {
        let slot = Slot { array, numbers: OnceLock::new(), strings: OnceLock::new() };
        self.columns.insert(name.to_owned(), slot);
    }

    fn slot(&self, name: &str) -> Result<&Slot, String> {
        self.columns.get(name).ok_or_else(|| format!("column `{name}` is not on this side"))
    }

    pub fn column(&self, name: &str) -> Result<&ArrayRef, String> {
        self.slot(name)?.array.as_ref().map_err(Clone::clone)
    }

    /// The column as float64. Integers beyond 2^53 and decimals round to the nearest.
    pub fn numbers(&self, name: &str) -> Result<Arc<Numbers>, String> {
        let slot = self.slot(name)?;
        slot.numbers.get_or_init(|| numbers(name, slot.array.as_ref().map_err(Clone::clone)?).map(Arc::new)).clone()
    }

    /// The column as float64, row by row: nulls stay null, NaN stays NaN.
    pub fn floats(&self, name: &str) -> Result<Float64Array, String> {
        Ok(cast(name, self.column(name)?, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
    }

    /// The column as strings; missing values are null.
    pub fn strings(&self, name: &str) -> Result<Arc<StringArray>, String> {
        let slot = self.slot(name)?;
        slot.strings.get_or_init(|| strings(name, slot.array.as_ref().map_err(Clone::clone)?).map(Arc::new)).clone()
    }
}

/// A column of text whose values stand once in a dictionary, fewer than there are rows.
pub struct Dictionary<'a> {
    keys: &'a Int32Array,
    values: &'a StringArray,
}

impl<'a> Dictionary<'a> {
    /// None for a column that is none, or whose dictionary is no help.
    pub fn of(array: &'a ArrayRef) -> Option<Self> {
        let dictionary = array.as_dictionary_opt::<Int32Type>()?;
        let values = dictionary.values().as_string_opt::<i32>()?;
        // A value of a dictionary may be null as well; such a column is read row by row.
        (values.len() <= array.len() && values.null_count() == 0).then_some(Self { keys: dictionary.keys(), values })
    }

    /// The place of each row's value among [`Dictionary::values`]; what lies under a null is none.
    pub fn keys(&self) -> &'a Int32Array {
        self.keys
    }

    pub fn values(&self) -> &'a StringArray {
        self.values
    }

    /// Rows without a value.
    pub fn missing(&self) -> u64 {
        self.keys.null_count() as u64
    }

    /// The values that occur, with the number of their rows.
    pub fn counts(&self) -> impl Iterator<Item = (&'a str, u64)> {
        let mut counts = vec![0u64; self.values.len()];
        match self.keys.null_count() {
            0 => self.keys.values().iter().for_each(|key| counts[*key as usize] += 1),
            _ => self.keys.iter().flatten().for_each(|key| counts[key as usize] += 1),
        }
        let values = self.values;
        counts.into_iter().enumerate().filter(|(_, n)| *n > 0).map(move |(key, n)| (values.value(key), n))
    }

    /// The values that occur.
    pub fn used(&self) -> ArrayRef {
        Arc::new(self.counts().map(|(value, _)| Some(value)).collect::<StringArray>())
    }
}

const EXACT: CastOptions<'_> = CastOptions { safe: false, format_options: arrow::util::display::FormatOptions::new() };

fn cast(name: &str, array: &ArrayRef, to: &DataType) -> Result<ArrayRef, String> {
    cast_with_options(array, to, &EXACT)
        .map_err(|e| format!("column `{name}` of type {} cannot be read as {to}: {e}", array.data_type()))
}

fn numbers(name: &str, array: &ArrayRef) -> Result<Numbers, String> {
    let floats = cast(name, array, &DataType::Float64)?;
    let floats: &Float64Array = floats.as_primitive::<Float64Type>();
    // Most often nothing is missing, and nothing is copied.
    let values = match (floats.null_count(), has_nan(floats.values())) {
        (0, false) => floats.values().clone(),
        (0, true) => floats.values().iter().copied().filter(|v| !v.is_nan()).collect(),
        (_, nan) => {
            let valid = is_not_null(floats).and_then(|valid| filter(floats, &valid)).map_err(|e| e.to_string())?;
            let valid = valid.as_primitive::<Float64Type>().values();
            if nan { valid.iter().copied().filter(|v| !v.is_nan()).collect() } else { valid.clone() }
        }
    };
    let missing = (array.len() - values.len()) as u64;
    Ok(Numbers { values, missing })
}

fn has_nan(values: &[f64]) -> bool {
    // No early end: vector registers are faster.
    values.iter().fold(false, |any, v| any | v.is_nan())
}

/// A column as strings; missing values are null. Numbers are written alike, whatever their type: 1.0 as 1.
pub fn strings(name: &str, array: &ArrayRef) -> Result<StringArray, String> {
    let text = match array.data_type() {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Arc::new(decimal(name, array)?) as ArrayRef,
        _ => cast(name, array, &DataType::Utf8)?,
    };
    let text = text.as_string::<i32>();
    let missing = missing(array);
    match missing.true_count() {
        n if n == text.null_count() => Ok(text.clone()),
        _ => Ok(text.iter().zip(missing.values().iter()).map(|(t, m)| t.filter(|_| !m)).collect()),
    }
}

/// Floats in the shortest notation that is exact, `1` and not `1.0`: a category is the same whether its file has integers or floats.
fn decimal(name: &str, array: &ArrayRef) -> Result<StringArray, String> {
    // A float32 prints by its own digits, not by those of the float64 next to it.
    if let Some(singles) = array.as_primitive_opt::<Float32Type>() {
        return Ok(singles.iter().map(|v| v.map(|v| v.to_string())).collect());
    }
    let floats = cast(name, array, &DataType::Float64)?;
    Ok(floats.as_primitive::<Float64Type>().iter().map(|v| v.map(|v| v.to_string())).collect())
}

/// One bit a row: whether the value is missing (null, or NaN in a column of floats).
pub fn missing(array: &ArrayRef) -> BooleanArray {
    let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0).map(|nulls| !nulls.inner());
    let missing = match (nulls, nan_rows(array)) {
        (Some(nulls), Some(nan)) => &nulls | &nan,
        (Some(rows), None) | (None, Some(rows)) => rows,
        (None, None) => BooleanBuffer::new_unset(array.len()),
    };
    BooleanArray::new(missing, None)
}

/// How many values are [`missing`].
pub fn missing_count(array: &ArrayRef) -> usize {
    match nan_rows(array) {
        Some(_) => missing(array).true_count(),
        None => array.logical_null_count(),
    }
}

/// Which rows are NaN; `None` if none is.
fn nan_rows(array: &ArrayRef) -> Option<BooleanBuffer> {
    fn of<T: Copy>(values: &[T], is_nan: impl Fn(T) -> bool) -> Option<BooleanBuffer> {
        let any = values.iter().fold(false, |any, v| any | is_nan(*v));
        any.then(|| BooleanBuffer::collect_bool(values.len(), |row| is_nan(values[row])))
    }
    match array.data_type() {
        DataType::Float64 => of(array.as_primitive::<Float64Type>().values(), f64::is_nan),
        DataType::Float32 => of(array.as_primitive::<Float32Type>().values(), f32::is_nan),
        _ => None,
    }
}
