//! Arrow columns as the contract's columns, and back.

use crate::world::driftline::plugin::types as wit;
use arrow::array::{
    Array, ArrayData, ArrayRef, AsArray, BinaryArray, BooleanArray, Float32Array, Float64Array, Int64Array, ListArray, MutableArrayData, StringArray, UInt64Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Field, Float32Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt64Type,
};
use std::sync::Arc;

/// The Arrow type of a name that the contract uses.
pub fn data_type(name: &str) -> Option<DataType> {
    let list = |t| Some(DataType::List(Arc::new(Field::new_list_field(t, true))));
    match name {
        "Boolean" => Some(DataType::Boolean),
        "Int64" => Some(DataType::Int64),
        "UInt64" => Some(DataType::UInt64),
        "Float32" => Some(DataType::Float32),
        "Float64" => Some(DataType::Float64),
        "Utf8" => Some(DataType::Utf8),
        "Binary" => Some(DataType::Binary),
        "List(Float32)" => list(DataType::Float32),
        "List(Float64)" => list(DataType::Float64),
        "List(Int64)" => list(DataType::Int64),
        // Types without a case of their own are called what Arrow calls them. The parser goes as deep as the name does.
        other if other.len() > 256 || other.matches('(').count() > 8 => None,
        other => other.parse().ok(),
    }
}

/// The contract's name of an Arrow type.
pub(crate) fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::List(field) => format!("List({})", type_name(field.data_type())),
        other => other.to_string(),
    }
}

/// The first accepted type that loses nothing of the column's, and that crosses as asked.
pub(crate) fn choose(from: &DataType, accepts: &[String], encoding: Encoding) -> Option<DataType> {
    let mut accepted = accepts.iter().filter_map(|name| data_type(name));
    accepted.find(|to| lossless(from, to) && (encoding != Encoding::Raw || is_flat(to)))
}

/// Whether the values are one list of bytes, with offsets at most: what `raw` is made for.
fn is_flat(data_type: &DataType) -> bool {
    match data_type {
        DataType::Boolean | DataType::Utf8 | DataType::Binary | DataType::FixedSizeBinary(_) => true,
        DataType::List(items) => items.data_type().is_primitive(),
        other => other.is_primitive(),
    }
}

/// Whether a transform may give columns of the type.
pub(crate) fn is_output(data_type: &DataType) -> bool {
    !matches!(data_type, DataType::Timestamp(_, Some(_))) && has_case(data_type)
}

fn lossless(from: &DataType, to: &DataType) -> bool {
    use DataType::{
        Binary, BinaryView, Dictionary, FixedSizeList, Float32, Float64, Int8, Int16, Int32, Int64, LargeBinary,
        LargeList, LargeUtf8, List, UInt8, UInt16, UInt32, UInt64, Utf8, Utf8View,
    };
    match (from, to) {
        (a, b) if a == b => true,
        (List(a) | LargeList(a) | FixedSizeList(a, _), List(b)) => lossless(a.data_type(), b.data_type()),
        (Dictionary(_, values), to) => lossless(values, to),
        (Utf8 | LargeUtf8 | Utf8View, Utf8) | (Binary | LargeBinary | BinaryView, Binary) => true,
        (Int8 | Int16 | Int32 | UInt8 | UInt16 | UInt32, Int64) | (UInt8 | UInt16 | UInt32, UInt64) => true,
        (Int8 | Int16 | Int32 | UInt8 | UInt16 | UInt32 | Float32, Float64) => true,
        // Whole numbers up to 2^53 are exact; monitoring data beyond that are identifiers, not measures.
        (Int64 | UInt64, Float64) => true,
        _ => false,
    }
}

/// A column ready to cross: cast to the type that the plugin reads.
pub(crate) struct Ready {
    pub name: String,
    array: ArrayRef,
    encoding: Encoding,
    /// What `raw` and `other` tell of the type.
    type_name: String,
    /// Buffers of a type without a case of its own.
    buffers: Vec<Vec<u8>>,
    offsets: Vec<u32>,
    bytes: Vec<u8>,
    codes: Vec<u32>,
    validity: Option<Vec<u8>>,
}

impl Ready {
    pub fn new(name: &str, array: &ArrayRef, to: &DataType, encoding: Encoding) -> Result<Self, String> {
        let array = match array.data_type() == to {
            true => array.clone(),
            false => cast(array, to).map_err(|e| format!("input `{name}`: {e}"))?,
        };
        let array = without_inner_nulls(name, array, encoding)?;
        let validity = array.nulls().map(|n| n.iter().map(u8::from).collect());
        let mut ready = Self {
            name: name.into(),
            type_name: type_name(array.data_type()),
            array,
            encoding,
            buffers: Vec::new(),
            offsets: Vec::new(),
            bytes: Vec::new(),
            codes: Vec::new(),
            validity,
        };
        ready.prepare().map_err(|e| format!("input `{name}`: {e}"))?;
        Ok(ready)
    }

    /// Fills what cannot be borrowed from the array.
    fn prepare(&mut self) -> Result<(), String> {
        match self.array.data_type() {
            _ if self.encoding == Encoding::Raw => self.flatten()?,
            DataType::Boolean => self.bytes = self.array.as_boolean().values().iter().map(u8::from).collect(),
            DataType::Utf8 if self.encoding == Encoding::Dictionary => self.encode(),
            DataType::Utf8 => self.offsets = relative(self.array.as_string::<i32>().value_offsets()),
            DataType::Binary => self.offsets = relative(self.array.as_binary::<i32>().value_offsets()),
            DataType::List(_) if has_case(self.array.data_type()) => self.offsets = relative(self.array.as_list::<i32>().value_offsets()),
            _ if has_case(self.array.data_type()) => {}
            _ => add_buffers(&compact(&self.array)?, true, &mut self.buffers),
        }
        Ok(())
    }

    /// Little-endian bytes of the values, with offsets where they vary in length.
    fn flatten(&mut self) -> Result<(), String> {
        match self.array.data_type() {
            DataType::Boolean => self.bytes = self.array.as_boolean().values().iter().map(u8::from).collect(),
            DataType::Utf8 => {
                let strings = self.array.as_string::<i32>();
                self.offsets = relative(strings.value_offsets());
                self.bytes = used(strings.value_data(), strings.value_offsets()).to_vec();
            }
            DataType::Binary => {
                let values = self.array.as_binary::<i32>();
                self.offsets = relative(values.value_offsets());
                self.bytes = used(values.value_data(), values.value_offsets()).to_vec();
            }
            DataType::List(_) => {
                let list = self.array.as_list::<i32>();
                self.offsets = relative(list.value_offsets());
                let from = list.value_offsets().first().map_or(0, |first| *first as usize);
                let length = self.offsets.last().map_or(0, |last| *last as usize);
                self.bytes = values(&list.values().slice(from, length))?;
            }
            _ => self.bytes = values(&self.array)?,
        }
        Ok(())
    }

    /// The buffers of a type without a case of its own, for [`Ready::column`].
    pub fn buffers(&self) -> Vec<&[u8]> {
        self.buffers.iter().map(Vec::as_slice).collect()
    }

    /// Distinct strings and one code a row; a null row has code 0.
    fn encode(&mut self) {
        let array = self.array.clone();
        let strings = array.as_string::<i32>();
        let mut seen = std::collections::HashMap::new();
        self.offsets.push(0);
        for row in 0..strings.len() {
            let value = if strings.is_null(row) { "" } else { strings.value(row) };
            let next = seen.len() as u32;
            let code = *seen.entry(value).or_insert_with(|| {
                self.bytes.extend_from_slice(value.as_bytes());
                self.offsets.push(self.bytes.len() as u32);
                next
            });
            self.codes.push(code);
        }
    }

    pub fn column<'a>(&'a self, buffers: &'a [&'a [u8]]) -> Result<wit::ColumnParam<'a>, String> {
        let data = match self.array.data_type() {
            _ if self.encoding == Encoding::Raw => wit::DataParam::Raw(wit::RawValuesParam {
                arrow_type: &self.type_name,
                offsets: (!self.offsets.is_empty()).then_some(&self.offsets),
                values: &self.bytes,
            }),
            DataType::Boolean => wit::DataParam::Boolean(&self.bytes),
            DataType::Int64 => wit::DataParam::Int64(self.array.as_primitive::<Int64Type>().values()),
            DataType::UInt64 => wit::DataParam::Uint64(self.array.as_primitive::<UInt64Type>().values()),
            DataType::Float32 => wit::DataParam::Float32(self.array.as_primitive::<Float32Type>().values()),
            DataType::Float64 => wit::DataParam::Float64(self.array.as_primitive::<Float64Type>().values()),
            DataType::Utf8 if self.encoding == Encoding::Dictionary => wit::DataParam::Dictionary(wit::CodedStringsParam {
                codes: &self.codes,
                offsets: &self.offsets,
                values: &self.bytes,
            }),
            DataType::Utf8 => {
                let a = self.array.as_string::<i32>();
                wit::DataParam::Utf8(wit::BytesParam { offsets: &self.offsets, values: used(a.value_data(), a.value_offsets()) })
            }
            DataType::Binary => {
                let a = self.array.as_binary::<i32>();
                wit::DataParam::Binary(wit::BytesParam { offsets: &self.offsets, values: used(a.value_data(), a.value_offsets()) })
            }
            DataType::List(field) if has_case(self.array.data_type()) => self.list(field.data_type())?,
            DataType::Timestamp(..) => wit::DataParam::Timestamp(self.ticks()?),
            _ => wit::DataParam::Other(wit::OtherValuesParam { arrow_type: &self.type_name, buffers }),
        };
        Ok(wit::ColumnParam { name: &self.name, data, validity: self.validity.as_deref() })
    }

    fn ticks(&self) -> Result<&[i64], String> {
        let none = || format!("input `{}`: {} has no ticks", self.name, self.type_name);
        match self.array.data_type() {
            DataType::Timestamp(TimeUnit::Second, _) => Ok(self.array.as_primitive::<TimestampSecondType>().values()),
            DataType::Timestamp(TimeUnit::Millisecond, _) => Ok(self.array.as_primitive::<TimestampMillisecondType>().values()),
            DataType::Timestamp(TimeUnit::Microsecond, _) => Ok(self.array.as_primitive::<TimestampMicrosecondType>().values()),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => Ok(self.array.as_primitive::<TimestampNanosecondType>().values()),
            _ => Err(none()),
        }
    }

    fn list(&self, items: &DataType) -> Result<wit::DataParam<'_>, String> {
        let list = self.array.as_list::<i32>();
        let (values, at) = (list.values(), list.value_offsets());
        let offsets = &self.offsets;
        match items {
            DataType::Float32 => {
                let values = used(values.as_primitive::<Float32Type>().values(), at);
                Ok(wit::DataParam::ListFloat32(wit::RaggedFloat32Param { offsets, values }))
            }
            DataType::Float64 => {
                let values = used(values.as_primitive::<Float64Type>().values(), at);
                Ok(wit::DataParam::ListFloat64(wit::RaggedFloat64Param { offsets, values }))
            }
            DataType::Int64 => {
                let values = used(values.as_primitive::<Int64Type>().values(), at);
                Ok(wit::DataParam::ListInt64(wit::RaggedInt64Param { offsets, values }))
            }
            other => Err(format!("input `{}`: a list of {other} does not cross", self.name)),
        }
    }
}

/// How an input crosses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Typed,
    Raw,
    Dictionary,
}

/// Whether the contract has a case for the type, beside `other`.
fn has_case(data_type: &DataType) -> bool {
    match data_type {
        DataType::List(items) => matches!(items.data_type(), DataType::Float32 | DataType::Float64 | DataType::Int64),
        DataType::Boolean | DataType::Utf8 | DataType::Binary | DataType::Timestamp(..) => true,
        other => matches!(other, DataType::Int64 | DataType::UInt64 | DataType::Float32 | DataType::Float64),
    }
}

/// The array's own rows alone, from offset 0.
fn compact(array: &ArrayRef) -> Result<ArrayData, String> {
    let data = array.to_data();
    let mut copy = MutableArrayData::new(vec![&data], false, data.len());
    copy.try_extend(0, 0, data.len()).map_err(|e| e.to_string())?;
    Ok(copy.freeze())
}

/// An array's buffers in Arrow's order; the validity of the column itself crosses apart.
fn add_buffers(data: &ArrayData, is_column: bool, buffers: &mut Vec<Vec<u8>>) {
    if !is_column {
        buffers.push(data.nulls().map(|nulls| nulls.validity().to_vec()).unwrap_or_default());
    }
    buffers.extend(data.buffers().iter().map(|buffer| buffer.as_slice().to_vec()));
    data.child_data().iter().for_each(|child| add_buffers(child, false, buffers));
}

/// Little-endian values of an array of fixed width.
fn values(array: &ArrayRef) -> Result<Vec<u8>, String> {
    Ok(compact(array)?.buffers().first().map(|buffer| buffer.as_slice().to_vec()).unwrap_or_default())
}

/// Nulls inside lists have no place in the contract but in `other`: among floats they become NaN, elsewhere they are an error.
fn without_inner_nulls(name: &str, array: ArrayRef, encoding: Encoding) -> Result<ArrayRef, String> {
    let DataType::List(field) = array.data_type().clone() else { return Ok(array) };
    if !has_case(array.data_type()) && encoding != Encoding::Raw {
        return Ok(array);
    }
    let list = array.as_list::<i32>();
    let values = list.values();
    if values.null_count() == 0 {
        return Ok(array);
    }
    let values: ArrayRef = match values.data_type() {
        DataType::Float32 => {
            let floats = values.as_primitive::<Float32Type>();
            Arc::new(floats.iter().map(|v| v.unwrap_or(f32::NAN)).collect::<Float32Array>())
        }
        DataType::Float64 => {
            let floats = values.as_primitive::<Float64Type>();
            Arc::new(floats.iter().map(|v| v.unwrap_or(f64::NAN)).collect::<Float64Array>())
        }
        other => return Err(format!("input `{name}`: a null inside a list of {other} cannot cross")),
    };
    let list = ListArray::try_new(field, list.offsets().clone(), values, list.nulls().cloned());
    list.map(|l| Arc::new(l) as ArrayRef).map_err(|e| format!("input `{name}`: {e}"))
}

/// Offsets from the first one on, so that a sliced array starts at 0.
fn relative(offsets: &[i32]) -> Vec<u32> {
    let first = offsets.first().copied().unwrap_or(0);
    offsets.iter().map(|o| (o - first) as u32).collect()
}

/// The part of the values that the offsets refer to.
fn used<'a, T>(values: &'a [T], offsets: &[i32]) -> &'a [T] {
    match (offsets.first(), offsets.last()) {
        (Some(from), Some(to)) => &values[*from as usize..*to as usize],
        _ => &[],
    }
}

/// A transform's column as an array of the type that it described. What does not fit is the plugin's error.
pub(crate) fn to_array(column: wit::ColumnResult, expected: &DataType, rows: usize) -> Result<ArrayRef, String> {
    let name = &column.name;
    let nulls = match column.validity {
        None => None,
        Some(v) if v.len() == rows => Some(NullBuffer::from(v.iter().map(|b| *b != 0).collect::<Vec<_>>())),
        Some(v) => return Err(format!("output `{name}` has {} validity bytes for {rows} rows", v.len())),
    };
    let flat = |found: usize| check(name, found, rows);
    let array: ArrayRef = match column.data {
        wit::DataResult::Boolean(v) => flat(v.len()).map(|()| Arc::new(BooleanArray::new(v.iter().map(|b| *b != 0).collect(), nulls)) as ArrayRef)?,
        wit::DataResult::Int64(v) => flat(v.len()).map(|()| Arc::new(Int64Array::new(v.into(), nulls)))?,
        wit::DataResult::Uint64(v) => flat(v.len()).map(|()| Arc::new(UInt64Array::new(v.into(), nulls)))?,
        wit::DataResult::Float32(v) => flat(v.len()).map(|()| Arc::new(Float32Array::new(v.into(), nulls)))?,
        wit::DataResult::Float64(v) => flat(v.len()).map(|()| Arc::new(Float64Array::new(v.into(), nulls)))?,
        wit::DataResult::Timestamp(v) => flat(v.len()).and_then(|()| timestamps(name, v, expected, nulls))?,
        wit::DataResult::Utf8(bytes) => Arc::new(strings(name, &bytes.offsets, &bytes.values, rows, nulls)?),
        wit::DataResult::Binary(bytes) => Arc::new(binaries(name, &bytes.offsets, &bytes.values, rows, nulls)?),
        wit::DataResult::ListFloat32(v) => Arc::new(lists(name, &v.offsets, Arc::new(Float32Array::from(v.values)), rows, nulls)?),
        wit::DataResult::ListFloat64(v) => Arc::new(lists(name, &v.offsets, Arc::new(Float64Array::from(v.values)), rows, nulls)?),
        wit::DataResult::ListInt64(v) => Arc::new(lists(name, &v.offsets, Arc::new(Int64Array::from(v.values)), rows, nulls)?),
        _ => return Err(format!("output `{name}` is of a type that transforms cannot give")),
    };
    if array.data_type() != expected {
        return Err(format!("output `{name}` is {}, and was described as {expected}", array.data_type()));
    }
    Ok(array)
}

fn check(name: &str, found: usize, rows: usize) -> Result<(), String> {
    if found == rows { Ok(()) } else { Err(format!("output `{name}` has {found} values for {rows} rows")) }
}

fn strings(name: &str, offsets: &[u32], values: &[u8], rows: usize, nulls: Option<NullBuffer>) -> Result<StringArray, String> {
    check(name, offsets.len().saturating_sub(1), rows)?;
    let broken = || format!("output `{name}` has offsets or bytes that are no strings");
    let row = |w: &[u32]| values.get(w[0] as usize..w[1] as usize).and_then(|b| std::str::from_utf8(b).ok());
    let texts: Option<Vec<&str>> = offsets.windows(2).map(row).collect();
    let texts = texts.ok_or_else(broken)?;
    let valid = |i: usize| nulls.as_ref().is_none_or(|n| n.is_valid(i));
    Ok(texts.into_iter().enumerate().map(|(i, t)| valid(i).then_some(t)).collect())
}

/// Ticks as times of the unit that was described.
fn timestamps(name: &str, ticks: Vec<i64>, expected: &DataType, nulls: Option<NullBuffer>) -> Result<ArrayRef, String> {
    let ticks: ArrayRef = Arc::new(Int64Array::new(ticks.into(), nulls));
    match expected {
        DataType::Timestamp(..) => cast(&ticks, expected).map_err(|e| format!("output `{name}`: {e}")),
        other => Err(format!("output `{name}` has times, and was described as {other}")),
    }
}

/// The row offsets that a plugin gave, if they are some: they begin at 0, never go down, and end with the values.
fn row_offsets(name: &str, offsets: &[u32], values: usize, rows: usize) -> Result<OffsetBuffer<i32>, String> {
    if (offsets.len(), values, rows) == (0, 0, 0) {
        return Ok(OffsetBuffer::new_empty());
    }
    check(name, offsets.len().saturating_sub(1), rows)?;
    let signed: Option<Vec<i32>> = offsets.iter().map(|offset| i32::try_from(*offset).ok()).collect();
    let is_right = offsets.first() == Some(&0) && offsets.is_sorted() && offsets.last().is_some_and(|last| *last as usize == values);
    match signed.filter(|_| is_right) {
        Some(signed) => Ok(OffsetBuffer::new(signed.into())),
        None => Err(format!("output `{name}` has offsets that do not go from 0 to its {values} values")),
    }
}

fn binaries(name: &str, offsets: &[u32], values: &[u8], rows: usize, nulls: Option<NullBuffer>) -> Result<BinaryArray, String> {
    let offsets = row_offsets(name, offsets, values.len(), rows)?;
    BinaryArray::try_new(offsets, values.to_vec().into(), nulls).map_err(|e| format!("output `{name}`: {e}"))
}

fn lists(name: &str, offsets: &[u32], values: ArrayRef, rows: usize, nulls: Option<NullBuffer>) -> Result<ListArray, String> {
    let offsets = row_offsets(name, offsets, values.len(), rows)?;
    let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    ListArray::try_new(field, offsets, values, nulls).map_err(|e| format!("output `{name}`: {e}"))
}
