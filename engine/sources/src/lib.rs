//! Sources: files of four formats as streams of batches, and saved profiles. Adding one: write its file, and add its line below and to [`ENTRIES`].

mod arrow_ipc;
mod computed;
mod conform;
mod csv;
mod expression;
mod files;
mod labels;
mod ndjson;
mod parquet;
mod profile;
mod query;
mod records;
mod types;

use driftline_core::catalogue::SourceEntry;
pub use query::Queries;

/// The catalogue's table of sources.
pub const ENTRIES: &[SourceEntry] = &[arrow_ipc::ENTRY, csv::ENTRY, ndjson::ENTRY, parquet::ENTRY, profile::ENTRY];
