//! Types of columns whose format has none: inferred from values, and settled by the reference.

use arrow::datatypes::{DataType, Field, Schema};

/// The schema of two files, both inferred: a type that holds the values of both.
pub(crate) fn merge(a: &Schema, b: &Schema) -> Result<Schema, String> {
    let mut fields: Vec<Field> = a.fields().iter().map(|f| f.as_ref().clone()).collect();
    for field in b.fields() {
        match fields.iter_mut().find(|f| f.name() == field.name()) {
            Some(known) => *known = Field::new(field.name(), wider(known, field)?, true),
            None => fields.push(field.as_ref().clone()),
        }
    }
    Ok(Schema::new(fields))
}

fn wider(a: &Field, b: &Field) -> Result<DataType, String> {
    match (a.data_type(), b.data_type()) {
        (a, b) if a == b => Ok(a.clone()),
        (DataType::Null, other) | (other, DataType::Null) => Ok(other.clone()),
        (DataType::Int64, DataType::Float64) | (DataType::Float64, DataType::Int64) => Ok(DataType::Float64),
        (x, y) if x.is_nested() || y.is_nested() => Err(format!("`{}` is {x} in one and {y} in another", a.name())),
        _ => Ok(DataType::Utf8),
    }
}

/// The types with which inferred columns are read: the reference's where it has the column, so that one odd value does not make
/// another type of it. A column without values is text.
pub(crate) fn settle(inferred: &Schema, reference: Option<&Schema>) -> Schema {
    let field = |f: &std::sync::Arc<Field>| {
        let known = reference.and_then(|r| r.field_with_name(f.name()).ok()).and_then(|r| plain(r.data_type()));
        let data_type = match (known, f.data_type()) {
            // Numbers stay what they are; that they are no integers any more is told by `column_types`.
            (Some(known), DataType::Float64) if known.is_integer() => DataType::Float64,
            (Some(known), _) => known,
            (_, DataType::Null) => DataType::Utf8,
            (_, own) => own.clone(),
        };
        Field::new(f.name(), data_type, true)
    };
    Schema::new(inferred.fields().iter().map(field).collect::<Vec<_>>())
}

/// The type as one that text can be read as; none for lists, structs and bytes.
fn plain(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Dictionary(_, values) => plain(values),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(DataType::Utf8),
        DataType::Boolean => Some(DataType::Boolean),
        t if t.is_numeric() || matches!(t, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..)) => Some(t.clone()),
        _ => None,
    }
}
