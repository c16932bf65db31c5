//! Metrics, one file each. Adding one: write its file, and add its line below and to [`ENTRIES`].

mod accuracy;
mod category_share;
mod column_count;
mod column_types;
mod columns_with_missing_values;
mod constant_columns;
mod drift;
mod drifted_columns;
mod duplicated_rows;
mod max;
mod mean;
mod min;
mod missing_values;
mod quantile;
mod row_count;
mod rows_with_missing_values;
mod shape;
mod standard_deviation;
mod unique_values;

use driftline_core::catalogue::MetricEntry;

/// The catalogue's table of metrics.
pub const ENTRIES: &[MetricEntry] = &[
    accuracy::ENTRY,
    category_share::ENTRY,
    column_count::ENTRY,
    column_types::ENTRY,
    columns_with_missing_values::ENTRY,
    constant_columns::ENTRY,
    drift::ENTRY,
    drifted_columns::ENTRY,
    duplicated_rows::ENTRY,
    max::ENTRY,
    mean::ENTRY,
    min::ENTRY,
    missing_values::ENTRY,
    quantile::ENTRY,
    row_count::ENTRY,
    rows_with_missing_values::ENTRY,
    standard_deviation::ENTRY,
    unique_values::ENTRY,
];
