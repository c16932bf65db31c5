//! Accumulators: mergeable states, one file each. Missing means null or, in a column of floats, NaN. Infinities are values.

mod categories;
mod centroid;
mod column_pairs;
mod constant;
mod distinct;
mod frequent;
mod in_range;
mod markers;
mod matches;
mod moments;
mod pairs;
mod presence;
mod row_missing;
mod shape;
mod spill;
mod text;
mod times;
mod values;

pub use categories::{CategoryCounts, MOST_CATEGORIES, categories};
pub use centroid::{Centroid, centroid};
pub use column_pairs::{ColumnPairs, MOST_PAIRED_COLUMNS, column_pairs};
pub use constant::{Constant, constant};
pub use distinct::{Distinct, row_distinct, value_distinct};
pub use frequent::{COUNTERS, MostFrequent, most_frequent};
pub use in_range::{InRange, in_range};
pub use markers::{Occurrences, Value, occurrences};
pub use matches::{Matches, matches};
pub use moments::{ColumnMoments, moments};
pub use pairs::{CategoryPairs, ColumnCoMoments, MOST_VALUE_PAIRS, ValuePairs, category_pairs, co_moments, value_pairs};
pub use presence::{Presence, presence};
pub use row_missing::{RowMissing, row_missing};
pub use shape::{ColumnShape, shape};
pub use text::{PatternMatches, TextMeasure, pattern_matches, text_measure};
pub use times::{Times, times};
pub use values::{SortedIter, SortedValues, values};
