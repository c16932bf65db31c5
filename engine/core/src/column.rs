//! Columns: their kinds, roles, and the selectors that a spec names them by.

use arrow::datatypes::DataType;
use globset::GlobBuilder;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How a column is treated, inferred from the reference unless `[columns]` says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Numerical,
    Categorical,
    Text,
    Timestamp,
    /// Lists, binary values, structs: only plugins read them.
    Nested,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Numerical => "numerical",
            Kind::Categorical => "categorical",
            Kind::Text => "text",
            Kind::Timestamp => "timestamp",
            Kind::Nested => "nested",
        }
    }

    /// The kind that a type has before its values are seen; integers and strings may turn categorical or text.
    pub fn of(data_type: &DataType) -> Kind {
        match data_type {
            DataType::Boolean => Kind::Categorical,
            t if t.is_numeric() => Kind::Numerical,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => Kind::Categorical,
            DataType::Dictionary(_, values) => Kind::of(values),
            t if t.is_temporal() => Kind::Timestamp,
            _ => Kind::Nested,
        }
    }
}

/// Integers with at most this many distinct values in the sample are categorical.
pub const CATEGORICAL_INTEGERS: usize = 10;
/// Strings with more distinct values than this in the sample are text.
pub const CATEGORICAL_STRINGS: usize = 1_000;
/// Strings with at most this many distinct values are categorical, however few rows there are.
pub const ALWAYS_CATEGORICAL_STRINGS: usize = 20;

/// The kind of a column by the rule of type inference, from the sample's distinct and non-null counts.
pub fn infer(data_type: &DataType, distinct: usize, present: usize) -> Kind {
    match Kind::of(data_type) {
        Kind::Numerical if data_type.is_integer() && distinct <= CATEGORICAL_INTEGERS => Kind::Categorical,
        Kind::Categorical if *data_type != DataType::Boolean => {
            let few = distinct <= ALWAYS_CATEGORICAL_STRINGS;
            if few || (distinct <= CATEGORICAL_STRINGS && distinct * 2 <= present) { Kind::Categorical } else { Kind::Text }
        }
        kind => kind,
    }
}

/// A column of the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    /// Type on the reference side (or the only side that has it).
    pub data_type: DataType,
    pub in_reference: bool,
    pub in_current: bool,
    /// The transform that adds it, if it is in no source.
    pub plugin: Option<String>,
    /// Of a categorical column: its values in the rows from which its kind was inferred, and how often they occur there.
    pub sample: BTreeMap<String, usize>,
}

impl Column {
    /// A column of both sides that stands for any of its kind.
    pub fn of_kind(name: &str, kind: Kind) -> Self {
        let data_type = match kind {
            Kind::Numerical => DataType::Float64,
            Kind::Categorical | Kind::Text => DataType::Utf8,
            Kind::Timestamp => DataType::Timestamp(arrow::datatypes::TimeUnit::Second, None),
            Kind::Nested => DataType::new_list(DataType::Float64, true),
        };
        Self { name: name.into(), kind, data_type, in_reference: true, in_current: true, plugin: None, sample: BTreeMap::new() }
    }

    /// Whether its values are lists of numbers.
    pub fn holds_vectors(&self) -> bool {
        match &self.data_type {
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => item.data_type().is_numeric(),
            _ => false,
        }
    }
}

/// The columns that play a part in the model, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Roles {
    pub id: Option<String>,
    pub timestamp: Option<String>,
    pub target: Option<String>,
    pub prediction: Option<String>,
    /// With the score or probability of the positive label.
    pub score: Option<String>,
    /// The label that scores and rates are about.
    pub positive: Option<String>,
    /// By label, the column with its probability.
    pub probabilities: BTreeMap<String, String>,
    /// With the user that an item is recommended to.
    pub user: Option<String>,
    /// With the recommended item.
    pub item: Option<String>,
    /// With the item's place among those of its user, from 1.
    pub rank: Option<String>,
    /// With the time at which the label came.
    pub labelled_at: Option<String>,
    /// How long a label may take.
    pub lateness: Option<Duration>,
}

/// One word of `columns = …`.
#[derive(Debug, Clone, PartialEq)]
pub enum Selector {
    Name(String),
    Glob(String),
    Kind(Kind),
}

impl Selector {
    /// Parses a word; the error says what is wrong with it.
    pub fn parse(word: &str) -> Result<Selector, String> {
        if let Some(kind) = word.strip_prefix('@') {
            let kinds = [Kind::Numerical, Kind::Categorical, Kind::Text, Kind::Timestamp, Kind::Nested];
            return kinds.iter().find(|k| k.name() == kind).map(|k| Selector::Kind(*k)).ok_or_else(|| {
                format!("`{word}` is no type of column; types are @numerical, @categorical, @text, @timestamp, @nested")
            });
        }
        if !word.contains(['*', '?', '[']) {
            return Ok(Selector::Name(word.into()));
        }
        GlobBuilder::new(word).build().map_err(|e| format!("`{word}` is not a valid glob: {}", e.kind()))?;
        Ok(Selector::Glob(word.into()))
    }

    pub fn matches(&self, column: &Column) -> bool {
        match self {
            Selector::Name(name) => *name == column.name,
            Selector::Kind(kind) => *kind == column.kind,
            // `parse` built the same glob, so that it cannot fail here; a failure would match nothing.
            Selector::Glob(glob) => {
                GlobBuilder::new(glob).build().is_ok_and(|g| g.compile_matcher().is_match(&column.name))
            }
        }
    }
}
