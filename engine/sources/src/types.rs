//! Types of columns whose format has none: inferred from values, and settled with those of the reference.

use arrow::compute::kernels::cast_utils::string_to_timestamp_nanos;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a file's columns seem to be.
pub(crate) struct Inferred {
    pub schema: Schema,
    /// What the values of each column look like; empty for formats with types of their own.
    pub seen: BTreeMap<String, Seen>,
}

impl Default for Inferred {
    fn default() -> Self {
        Schema::empty().into()
    }
}

impl From<Schema> for Inferred {
    fn from(schema: Schema) -> Self {
        Self { schema, seen: BTreeMap::new() }
    }
}

/// How many values of a column look like what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Seen {
    values: u64,
    integers: u64,
    /// Integers that an int64 does not hold and a uint64 does, and those that neither does.
    unsigned: u64,
    wide: u64,
    floats: u64,
    /// Numbers that a float32 would change.
    doubles: u64,
    booleans: u64,
    times: u64,
    /// Of the times, those with a time of day.
    clocks: u64,
    nested: u64,
    /// Of the integers.
    least: i64,
    greatest: i64,
}

impl Default for Seen {
    fn default() -> Self {
        Self { values: 0, integers: 0, unsigned: 0, wide: 0, floats: 0, doubles: 0, booleans: 0, times: 0, clocks: 0, nested: 0, least: i64::MAX, greatest: i64::MIN }
    }
}

impl Seen {
    /// Looks at a value; an empty one is none.
    pub fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.values += 1;
        if let Ok(integer) = text.parse::<i64>() {
            self.integers += 1;
            self.doubles += u64::from(integer.unsigned_abs() > 1 << 24);
            (self.least, self.greatest) = (self.least.min(integer), self.greatest.max(integer));
        } else if text.trim_start_matches(['-', '+']).bytes().all(|byte| byte.is_ascii_digit()) {
            let unsigned = text.parse::<u64>().is_ok();
            self.unsigned += u64::from(unsigned);
            self.wide += u64::from(!unsigned);
        } else if let Ok(number) = text.parse::<f64>() {
            self.floats += 1;
            let digits = text.split(['e', 'E']).next().unwrap_or(text).trim_start_matches(['-', '+', '0', '.']);
            let many = digits.bytes().filter(u8::is_ascii_digit).count() > 9;
            self.doubles += u64::from(many || (number.is_finite() && !(number as f32).is_finite()));
        } else if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
            self.booleans += 1;
        } else if string_to_timestamp_nanos(text).is_ok() {
            self.times += 1;
            self.clocks += u64::from(text.contains(':'));
        }
    }

    /// Counts a list or an object.
    pub fn nested(&mut self) {
        self.values += 1;
        self.nested += 1;
    }

    pub fn add(&mut self, other: &Seen) {
        self.values += other.values;
        self.integers += other.integers;
        self.unsigned += other.unsigned;
        self.wide += other.wide;
        self.doubles += other.doubles;
        self.floats += other.floats;
        self.booleans += other.booleans;
        self.times += other.times;
        self.clocks += other.clocks;
        self.nested += other.nested;
        (self.least, self.greatest) = (self.least.min(other.least), self.greatest.max(other.greatest));
    }

    /// Whether most values are lists or objects.
    pub fn is_nested(&self) -> bool {
        self.mostly(self.nested)
    }

    /// The type that holds integers of any size, where an int64 does not.
    fn large(&self) -> Option<DataType> {
        let negative = self.integers > 0 && self.least < 0;
        match (self.unsigned, self.wide) {
            (0, 0) => None,
            _ if self.floats > 0 => Some(DataType::Float64),
            (_, 0) if !negative => Some(DataType::UInt64),
            // Numbers of so many digits are names of things.
            _ => Some(DataType::Utf8),
        }
    }

    /// Whether at least half of the values are such.
    fn mostly(&self, such: u64) -> bool {
        self.values > 0 && such * 2 >= self.values
    }

    /// Whether all integers that were seen are of the type.
    fn fit(&self, data_type: &DataType) -> bool {
        let (least, greatest) = match data_type {
            DataType::Int8 => (i8::MIN.into(), i8::MAX.into()),
            DataType::Int16 => (i16::MIN.into(), i16::MAX.into()),
            DataType::Int32 => (i32::MIN.into(), i32::MAX.into()),
            DataType::UInt8 => (0, u8::MAX.into()),
            DataType::UInt16 => (0, u16::MAX.into()),
            DataType::UInt32 => (0, u32::MAX.into()),
            DataType::UInt64 => (0, i64::MAX),
            _ => (i64::MIN, i64::MAX),
        };
        self.integers == 0 || (least <= self.least && self.greatest <= greatest)
    }
}

/// The schema of two files, both inferred: a type that holds the values of both.
pub(crate) fn merge(a: Inferred, b: Inferred) -> Result<Inferred, String> {
    let mut fields: Vec<Field> = a.schema.fields().iter().map(|f| f.as_ref().clone()).collect();
    for field in b.schema.fields() {
        match fields.iter_mut().find(|f| f.name() == field.name()) {
            Some(known) => *known = Field::new(field.name(), wider(known, field)?, true),
            None => fields.push(field.as_ref().clone()),
        }
    }
    let mut seen = a.seen;
    b.seen.iter().for_each(|(name, more)| seen.entry(name.clone()).or_default().add(more));
    Ok(Inferred { schema: Schema::new(fields), seen })
}

fn wider(a: &Field, b: &Field) -> Result<DataType, String> {
    match (a.data_type(), b.data_type()) {
        (a, b) if a == b => Ok(a.clone()),
        (DataType::Null, other) | (other, DataType::Null) => Ok(other.clone()),
        (DataType::Int64, DataType::Float64) | (DataType::Float64, DataType::Int64) => Ok(DataType::Float64),
        (x, y) if is_time(x) && is_time(y) => Ok(finer(x, y)),
        (x, y) if x.is_nested() || y.is_nested() => Err(format!("`{}` is {x} in one and {y} in another", a.name())),
        _ => Ok(DataType::Utf8),
    }
}

/// The types with which inferred columns are read: the reference's where it has the column, so that one odd value does not make
/// another type of it, but never one that would change values. A column without values is text.
pub(crate) fn settle(inferred: &Inferred, reference: Option<&Schema>) -> Schema {
    let field = |f: &Arc<Field>| {
        let known = reference.and_then(|r| r.field_with_name(f.name()).ok()).map(|r| plain(r.data_type()));
        let seen = inferred.seen.get(f.name()).copied().unwrap_or_default();
        let own = match seen.large() {
            Some(large) if !f.data_type().is_nested() && seen.mostly(seen.integers + seen.unsigned + seen.wide + seen.floats) => large,
            _ => f.data_type().clone(),
        };
        let data_type = match known {
            Some(known) => settled(&known, &own, &seen),
            None => own,
        };
        Field::new(f.name(), if data_type == DataType::Null { DataType::Utf8 } else { data_type }, true)
    };
    Schema::new(inferred.schema.fields().iter().map(field).collect::<Vec<_>>())
}

/// Without the encoding.
fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, values) => plain(values),
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        other => other.clone(),
    }
}

fn settled(known: &DataType, own: &DataType, seen: &Seen) -> DataType {
    let mostly_plain = !seen.mostly(seen.nested);
    match (known, own) {
        (DataType::Null, own) => own.clone(),
        (known, DataType::Null) if !known.is_nested() => known.clone(),
        (DataType::Utf8, own) if !own.is_nested() || (seen.nested > 0 && mostly_plain) => DataType::Utf8,
        (known, own) if known.is_numeric() => match own.is_numeric() || (seen.wide == 0 && !is_time(own) && seen.mostly(seen.integers + seen.unsigned + seen.floats)) {
            true => number(known, own, seen),
            false => own.clone(),
        },
        (DataType::Boolean, _) if seen.mostly(seen.booleans) => DataType::Boolean,
        (known, own) if is_time(known) && is_time(own) => finer(known, own),
        (known, _) if is_time(known) && seen.mostly(seen.times) => match known {
            DataType::Date32 | DataType::Date64 if seen.clocks > 0 => DataType::Timestamp(TimeUnit::Microsecond, None),
            known => known.clone(),
        },
        (_, own) => own.clone(),
    }
}

/// Numbers stay what they are; that they are no integers any more, or larger ones, is told by `column_types`.
fn number(known: &DataType, own: &DataType, seen: &Seen) -> DataType {
    match known {
        DataType::Float32 if seen.doubles > 0 || seen.unsigned > 0 => DataType::Float64,
        DataType::Float32 | DataType::Float64 => known.clone(),
        // Decimals and half floats hold less than their text may say.
        _ if !known.is_integer() => DataType::Float64,
        _ if seen.floats > 0 || own.is_floating() => DataType::Float64,
        _ if seen.unsigned > 0 => own.clone(),
        _ if seen.fit(known) => known.clone(),
        _ => DataType::Int64,
    }
}

fn is_time(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..))
}

/// Of two types of time the one that holds the values of both.
fn finer(a: &DataType, b: &DataType) -> DataType {
    let rank = |t: &DataType| match t {
        DataType::Date32 => 0,
        DataType::Timestamp(TimeUnit::Second, _) => 1,
        DataType::Timestamp(TimeUnit::Millisecond, _) | DataType::Date64 => 2,
        DataType::Timestamp(TimeUnit::Microsecond, _) => 3,
        _ => 4,
    };
    match (a, if rank(b) > rank(a) { b } else { a }) {
        (DataType::Timestamp(_, Some(zone)), DataType::Timestamp(unit, None)) => DataType::Timestamp(*unit, Some(zone.clone())),
        (_, finer) => finer.clone(),
    }
}
