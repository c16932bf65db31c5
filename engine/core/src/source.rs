//! Sources: where a side's rows come from.

use crate::saved::SavedProfile;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures_core::{future::BoxFuture, stream::BoxStream};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// What a scan reads.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    pub columns: Vec<String>,
    /// SQL expression; rows for which it is not true are left out.
    pub filter: Option<String>,
    /// Most rows to read.
    pub limit: Option<usize>,
    /// Columns of text that may come as dictionaries, where the source has them so.
    pub dictionaries: BTreeSet<String>,
}

/// A column computed from others by an SQL expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    pub name: String,
    pub expression: String,
}

/// Some consecutive rows of one unit (a row group of a Parquet file, else a file). Units come in canonical order.
pub struct Piece {
    pub unit: u64,
    pub batch: RecordBatch,
    pub left_out: LeftOut,
    /// What it took to read, decode and compute it.
    pub time: Duration,
}

/// What a source left out or could not use, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LeftOut(pub Vec<(String, u64)>);

impl LeftOut {
    pub fn add(&mut self, name: &str, n: u64) {
        if n > 0 {
            self.0.push((name.to_owned(), n));
        }
    }

    /// Adds counts by column.
    pub fn add_each(&mut self, name: &str, counts: Vec<(String, u64)>) {
        counts.into_iter().for_each(|(column, n)| self.add(&format!("{name}.{column}"), n));
    }
}

/// Why a source cannot be read. The message names the place and the fix and holds no secret.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// An opened source.
pub trait Source: Send + Sync {
    /// Where it reads from, for people.
    fn location(&self) -> String;
    fn schema(&self) -> SchemaRef;
    /// Rows before any filter, where known without reading them.
    fn rows(&self) -> Option<u64>;
    /// Whether the filter can be compiled; the error says what is wrong with it.
    fn check_filter(&self, filter: &str) -> Result<(), String>;
    /// The same source with one more column; the error says what is wrong with its expression.
    fn derive(&self, derived: Derived) -> Result<Arc<dyn Source>, String>;
    /// Equal as long as the data is the same (sizes and times of files), where that can be told.
    fn fingerprint(&self) -> Option<String>;
    fn scan(&self, scan: Scan) -> BoxStream<'static, Result<Piece, SourceError>>;
    /// Whether reading some columns takes no more than these take, so that columns may be read one after another.
    fn is_columnar(&self) -> bool {
        false
    }
    /// The profile that stands for the rows, where there are none.
    fn saved(&self) -> Option<Arc<SavedProfile>> {
        None
    }
}

/// Opens a source, which may wait for a disk or a network. A format without types of its own takes those of the given schema
/// (the reference's), so that both sides are read alike.
pub type Opening = Box<dyn FnOnce(Option<SchemaRef>) -> BoxFuture<'static, Result<Arc<dyn Source>, SourceError>> + Send>;
