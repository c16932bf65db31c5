//! Columns of lists of numbers.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use std::sync::Arc;

/// Most different lengths of a column's vectors that are told apart, to find the one that most have.
const MOST_LENGTHS: usize = 16;

/// Vectors of ever other lengths are none.
pub(super) fn check_lengths(column: &str, lengths: usize) -> Result<(), String> {
    match lengths > MOST_LENGTHS {
        true => Err(format!("column `{column}` has lists of more than {MOST_LENGTHS} lengths, which are no vectors")),
        false => Ok(()),
    }
}

/// Whether it has components, none of them missing or infinite.
pub(super) fn is_usable(vector: &[f64]) -> bool {
    !vector.is_empty() && vector.iter().all(|x| x.is_finite())
}

/// A column's rows as vectors; a missing component is NaN, a missing vector none.
pub(super) fn vectors(column: &str, array: &ArrayRef) -> Result<Vec<Option<Vec<f64>>>, String> {
    let wrong = || format!("column `{column}` of type {} holds no vectors of numbers", array.data_type());
    let lists = match array.data_type() {
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => {
            let item = arrow::datatypes::Field::new_list_field(DataType::Float64, true);
            cast(array, &DataType::LargeList(Arc::new(item))).map_err(|_| wrong())?
        }
        _ => return Err(wrong()),
    };
    let vector = |list: Option<ArrayRef>| list.map(|list| list.as_primitive::<Float64Type>().iter().map(|v| v.unwrap_or(f64::NAN)).collect());
    Ok(lists.as_list::<i64>().iter().map(vector).collect())
}
