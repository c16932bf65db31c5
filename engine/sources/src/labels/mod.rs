//! Labels that come from a place of their own, joined to the rows by their key.
//!
//! Only the columns of the labels and their keys are kept, on disk where they exceed their part of the memory; the rows pass by in
//! their order: what is not a label is as it would be without the join.

mod found;

use crate::computed::{Computed, Stepped, Steps};
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::{and, filter_record_batch, is_not_null};
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use driftline_core::query::Labels;
use driftline_core::source::{Derived, LeftOut, Piece, Scan, Source, SourceError};
use found::{Collected, Found, Keys};
use futures::stream::{BoxStream, StreamExt};
use std::time::{Duration, Instant};
use std::sync::Arc;
use tokio::sync::mpsc::Sender;

/// The rows of a source with the columns of their labels.
#[derive(Clone)]
pub(crate) struct Joined {
    rows: Arc<dyn Source>,
    labels: Labels,
    /// The columns of the labels that the rows get, the target first.
    added: Vec<FieldRef>,
    computed: Computed,
    memory: usize,
}

impl Joined {
    pub fn new(rows: Arc<dyn Source>, labels: Labels, memory: usize) -> Result<Self, String> {
        let (own, theirs) = (rows.schema(), labels.source.schema());
        let known = |schema: &SchemaRef, name: &String, of: &str| match schema.column_with_name(name) {
            Some(_) => Ok(()),
            None => Err(format!("{of} have no column `{name}`; they have {}", names(schema))),
        };
        known(&own, &labels.key, "the rows")?;
        known(&theirs, &labels.key, "the labels")?;
        labels.time.iter().chain([&labels.target]).try_for_each(|name| known(&theirs, name, "the labels"))?;
        let twice = [Some(&labels.target), labels.time.as_ref()].into_iter().flatten().find(|name| own.column_with_name(name).is_some());
        if let Some(name) = twice {
            return Err(format!("both the rows and the labels have a column `{name}`; give one another name"));
        }
        let left_out = theirs.fields().iter().filter(|f| *f.name() != labels.key && own.column_with_name(f.name()).is_some());
        for field in left_out {
            tracing::warn!("[source.labels]: its column `{}` is left out, since the rows have one of that name", field.name());
        }
        let others = theirs.fields().iter().filter(|f| *f.name() != labels.target && *f.name() != labels.key);
        let others = others.filter(|f| own.column_with_name(f.name()).is_none());
        let added: Vec<FieldRef> = theirs.fields().iter().filter(|f| *f.name() == labels.target).chain(others).cloned().collect();
        let fields: Vec<FieldRef> = own.fields().iter().chain(&added).cloned().collect();
        Ok(Self { rows, labels, added, computed: Computed::new(Arc::new(Schema::new(fields))), memory })
    }

    async fn send(&self, scan: &Scan, sender: &Sender<Result<Piece, SourceError>>) -> Result<(), SourceError> {
        let steps = Steps::new(&self.computed, scan)?;
        let (of_labels, own): (Vec<&FieldRef>, Vec<&FieldRef>) = steps.wanted.fields().iter().partition(|f| self.added.contains(f));
        let at = |e: String| SourceError(format!("{}: {e}", self.labels.source.location()));
        let mut labels = if of_labels.is_empty() { None } else { Some(self.found().await?) };
        // Without labels the key tells how many rows there are where nothing else is read.
        let mut columns: Vec<String> = own.iter().map(|f| f.name().clone()).collect();
        columns.extend((!columns.contains(&self.labels.key)).then(|| self.labels.key.clone()));
        let mut pieces = self.rows.scan(Scan { columns, filter: None, limit: None, ..Scan::default() });
        let (mut left, mut unit) = (scan.limit.unwrap_or(usize::MAX), 0);
        while let Some(piece) = pieces.next().await {
            let Piece { unit: of, batch, mut left_out, time } = piece?;
            let started = Instant::now();
            let found = match &mut labels {
                Some((found, _)) => Some(found.take(&batch).map_err(|e| SourceError(format!("{}: {e}", self.location())))?),
                None => None,
            };
            unit = of;
            let batch = self.widened(&batch, found.as_ref(), &steps.wanted).map_err(SourceError)?;
            let Stepped { batch, filtered, uncomputed } = steps.apply(batch).map_err(SourceError)?;
            left_out.add("filtered_rows", filtered);
            left_out.add_each("uncomputed_values", uncomputed);
            left = left.saturating_sub(batch.num_rows());
            let time = time + started.elapsed();
            if sender.send(Ok(Piece { unit, batch, left_out, time })).await.is_err() || left == 0 {
                return Ok(());
            }
        }
        if let Some((found, seen)) = labels {
            let left_out = seen.left_out(found).map_err(at)?;
            let nothing = RecordBatch::new_empty(steps.wanted.clone());
            let Stepped { batch, .. } = steps.apply(nothing).map_err(SourceError)?;
            // Nobody listens any more where this fails.
            let _ = sender.send(Ok(Piece { unit, batch, left_out, time: Duration::ZERO })).await;
        }
        Ok(())
    }

    /// The wanted columns, from the rows and from their labels.
    fn widened(&self, rows: &RecordBatch, found: Option<&RecordBatch>, wanted: &SchemaRef) -> Result<RecordBatch, String> {
        let column = |field: &FieldRef| {
            let of_label = self.added.iter().position(|added| added == field).zip(found).map(|(i, found)| found.column(i).clone());
            of_label.or_else(|| rows.column_by_name(field.name()).cloned()).ok_or_else(|| format!("column `{}` was not read", field.name()))
        };
        let columns: Vec<ArrayRef> = wanted.fields().iter().map(column).collect::<Result<_, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        RecordBatch::try_new_with_options(wanted.clone(), columns, &options).map_err(|e| e.to_string())
    }

    /// The labels of the rows.
    async fn found(&self) -> Result<(Found, Seen), SourceError> {
        let at = |e: String| SourceError(format!("{}: {e}", self.labels.source.location()));
        let keys = Keys::new(&self.labels.key, &self.rows.schema(), &self.labels.source.schema()).map_err(at)?;
        let mut columns: Vec<String> = self.added.iter().map(|f| f.name().clone()).collect();
        columns.push(self.labels.key.clone());
        let mut pieces = self.labels.source.scan(Scan { columns, filter: self.labels.filter.clone(), limit: None, ..Scan::default() });
        let mut labels = found::Labels::new(keys, Arc::new(Schema::new(self.added.clone())), self.labels.time.as_deref(), self.memory);
        let mut seen = Seen::default();
        while let Some(piece) = pieces.next().await {
            let Piece { batch, left_out, .. } = piece?;
            seen.left_out.0.extend(left_out.0);
            let is_known = |name: &str| {
                let column = batch.column_by_name(name).ok_or_else(|| format!("column `{name}` was not read"))?;
                is_not_null(column).map_err(|e| e.to_string())
            };
            let usable = is_known(&self.labels.key).and_then(|key| and(&key, &is_known(&self.labels.target)?).map_err(|e| e.to_string())).map_err(at)?;
            let (all, batch) = (batch.num_rows(), filter_record_batch(&batch, &usable).map_err(|e| at(e.to_string()))?);
            seen.usable += batch.num_rows() as u64;
            seen.unusable += (all - batch.num_rows()) as u64;
            labels.add(batch).map_err(at)?;
        }
        let found = match labels.end().map_err(at)? {
            Collected::Fit(found) => found,
            Collected::Exceed(mut partitions) => {
                let mut pieces = self.rows.scan(Scan { columns: vec![self.labels.key.clone()], filter: None, limit: None, ..Scan::default() });
                while let Some(piece) = pieces.next().await {
                    partitions.add_rows(&piece?.batch).map_err(at)?;
                }
                partitions.join().map_err(at)?
            }
        };
        Ok((found, seen))
    }
}

fn names(schema: &SchemaRef) -> String {
    schema.fields().iter().map(|f| format!("`{}`", f.name())).collect::<Vec<_>>().join(", ")
}

/// Labels that were read.
#[derive(Default)]
struct Seen {
    usable: u64,
    /// Without a key or a label.
    unusable: u64,
    /// By their source.
    left_out: LeftOut,
}

impl Seen {
    /// What was left out of the labels, after the last row.
    fn left_out(self, found: Found) -> Result<LeftOut, String> {
        let found = found.end()?;
        let mut left_out = LeftOut::default();
        left_out.add("labels_without_row", (found.chosen - found.met) as u64);
        left_out.add("replaced_labels", self.usable - found.chosen as u64);
        left_out.add("changed_labels", found.changed as u64);
        left_out.add("unusable_labels", self.unusable);
        self.left_out.0.iter().for_each(|(name, n)| left_out.add(&format!("labels.{name}"), *n));
        Ok(left_out)
    }
}

impl Source for Joined {
    fn location(&self) -> String {
        self.rows.location()
    }

    fn schema(&self) -> SchemaRef {
        self.computed.schema.clone()
    }

    fn rows(&self) -> Option<u64> {
        self.rows.rows()
    }

    fn check_filter(&self, filter: &str) -> Result<(), String> {
        self.computed.check_filter(filter)
    }

    fn derive(&self, derived: Derived) -> Result<Arc<dyn Source>, String> {
        Ok(Arc::new(Joined { computed: self.computed.derive(derived)?, ..self.clone() }))
    }

    fn fingerprint(&self) -> Option<String> {
        Some(format!("{}\n{}\n{:?}", self.rows.fingerprint()?, self.labels.source.fingerprint()?, self.labels.filter))
    }

    fn scan(&self, scan: Scan) -> BoxStream<'static, Result<Piece, SourceError>> {
        let joined = self.clone();
        let (sender, receiver) = tokio::sync::mpsc::channel(2);
        std::thread::spawn(move || {
            let failed = |e: std::io::Error| SourceError(format!("no runtime: {e}"));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed);
            let done = runtime.and_then(|runtime| runtime.block_on(joined.send(&scan, &sender)));
            if let Err(e) = done {
                // Nobody listens any more where this fails.
                let _ = sender.blocking_send(Err(e));
            }
        });
        futures::stream::unfold(receiver, |mut r| async move { r.recv().await.map(|item| (item, r)) }).boxed()
    }
}
