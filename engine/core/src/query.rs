//! Queries over both sides, for metrics that people write in SQL.

use crate::diagnostic::Span;
use crate::source::Source;
use std::sync::Arc;

/// A query of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub sql: String,
    /// Where it stands in the spec.
    pub span: Span,
}

/// A side as a table.
pub struct QueryTable {
    /// `current` or `reference`.
    pub name: &'static str,
    pub source: Arc<dyn Source>,
    /// The side's own filter.
    pub filter: Option<String>,
}

/// A row of a query's result: its number, and its other columns as labels.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryRow {
    pub labels: Vec<(String, String)>,
    /// `None` for null.
    pub value: Option<f64>,
}

/// Labels that come from a place of their own, and later than their rows.
#[derive(Clone)]
pub struct Labels {
    pub source: Arc<dyn Source>,
    /// The labels' own filter.
    pub filter: Option<String>,
    /// The column of both that identifies a row.
    pub key: String,
    pub target: String,
    /// The column with the time at which each label came: of several for one row the last counts.
    pub time: Option<String>,
}

/// Runs queries.
pub trait QueryEngine: Send + Sync {
    /// What is wrong with a query, before any row is read.
    fn check(&self, sql: &str, tables: &[QueryTable]) -> Result<(), String>;
    /// Runs a query within `memory` bytes; what exceeds them goes to disk. Blocks the thread.
    fn run(&self, sql: &str, tables: &[QueryTable], memory: usize) -> Result<Vec<QueryRow>, String>;
    /// The rows with the columns of their labels, null where none has come, within `memory` bytes as above. Rows keep their order and number.
    fn join(&self, rows: Arc<dyn Source>, labels: Labels, memory: usize) -> Result<Arc<dyn Source>, String>;
}
