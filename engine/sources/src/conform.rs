//! A file's batch as the columns and types that are wanted.

use crate::files::Unparsed;
use arrow::array::{Array, ArrayRef, AsArray, Float64Array, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::kernels::cmp::distinct;
use arrow::compute::{and, cast, is_not_null, nullif};
use arrow::datatypes::{DataType, Float64Type, Schema, SchemaRef, TimeUnit, TimestampNanosecondType};
use arrow::error::ArrowError;
use arrow::util::display::array_value_to_string;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A batch with the columns that are wanted, and what was lost on the way.
pub(crate) struct Conformed {
    pub batch: RecordBatch,
    pub unparsed: Unparsed,
    /// Rows by column that the file does not have.
    pub absent: Unparsed,
    /// By column a value that is none of its type, and what it is not.
    pub examples: Vec<(String, String)>,
}

/// The columns of `wanted` by name and in their types: a file may have them in another order, as text, or lack some that others have.
/// Columns of text that are among `dictionaries` may stay what they are.
pub(crate) fn conform(batch: &RecordBatch, wanted: &SchemaRef, dictionaries: &BTreeSet<String>) -> Result<Conformed, String> {
    let (mut unparsed, mut absent) = (Unparsed::new(), Unparsed::new());
    let (mut columns, mut examples): (Vec<ArrayRef>, _) = (Vec::new(), Vec::new());
    for field in wanted.fields() {
        columns.push(match batch.column_by_name(field.name()) {
            Some(array) if array.data_type() == field.data_type() => array.clone(),
            Some(array) if is_dictionary_of(array, field.data_type()) && dictionaries.contains(field.name()) => array.clone(),
            Some(array) => {
                let typed = parse(array, field.data_type()).map_err(|e| format!("column `{}`: {e}", field.name()))?;
                let lost = typed.null_count().saturating_sub(array.null_count()) as u64;
                if lost > 0 {
                    let first = (0..array.len()).find(|row| array.is_valid(*row) && typed.is_null(*row));
                    let shown = first.and_then(|row| array_value_to_string(array, row).ok()).unwrap_or_default();
                    examples.push((field.name().clone(), format!("{shown:?} is no {}", field.data_type())));
                    unparsed.push((field.name().clone(), lost));
                }
                typed
            }
            None => {
                absent.extend((batch.num_rows() > 0).then(|| (field.name().clone(), batch.num_rows() as u64)));
                new_null_array(field.data_type(), batch.num_rows())
            }
        });
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let same = wanted.fields().iter().zip(&columns).all(|(field, column)| field.data_type() == column.data_type());
    let fields = || wanted.fields().iter().zip(&columns).map(|(field, column)| field.as_ref().clone().with_data_type(column.data_type().clone()));
    let schema = if same { wanted.clone() } else { Arc::new(Schema::new(fields().collect::<Vec<_>>())) };
    let batch = RecordBatch::try_new_with_options(schema, columns, &options).map_err(|e| e.to_string())?;
    Ok(Conformed { batch, unparsed, absent, examples })
}

fn is_dictionary_of(array: &ArrayRef, text: &DataType) -> bool {
    matches!(array.data_type(), DataType::Dictionary(_, values) if **values == *text)
}

/// Text as another type; what would lose something is null.
fn parse(text: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    let typed = cast(text, to)?;
    match to {
        // A whole number may be written `35.0`, as pandas does once a value is missing.
        t if t.is_integer() && typed.null_count() > text.null_count() => {
            let floats = cast(text, &DataType::Float64)?;
            let whole: Float64Array =
                floats.as_primitive::<Float64Type>().iter().map(|v| v.filter(|v| v.fract() == 0.0 && v.abs() < 9_007_199_254_740_992.0)).collect();
            let whole = cast(&(Arc::new(whole) as ArrayRef), to)?;
            arrow::compute::kernels::zip::zip(&is_not_null(&typed)?, &typed, &whole)
        }
        DataType::Date32 | DataType::Timestamp(TimeUnit::Second | TimeUnit::Millisecond | TimeUnit::Microsecond, _) => {
            let finest = DataType::Timestamp(TimeUnit::Nanosecond, None);
            let (exact, kept) = (cast(text, &finest)?, cast(&cast(&typed, &zoneless(to))?, &finest)?);
            // Where both are defined they must be the same: the rest of a second, or of a day, is not cut off.
            let changed = distinct(&exact.as_primitive::<TimestampNanosecondType>(), &kept.as_primitive::<TimestampNanosecondType>())?;
            let changed = and(&changed, &and(&is_not_null(&exact)?, &is_not_null(&kept)?)?)?;
            if changed.true_count() == 0 { Ok(typed) } else { nullif(&typed, &changed) }
        }
        _ => Ok(typed),
    }
}

fn zoneless(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Timestamp(unit, _) => DataType::Timestamp(*unit, None),
        other => other.clone(),
    }
}
