//! Labels that come from a place of their own, joined to the rows by their key.
//!
//! Only keys, labels and row numbers go through the join, which sorts on disk where the labels exceed their part of the memory. Its
//! result comes in the order of the rows, which are read once more beside it: what is not a label is as it would be without the join.

use crate::computed::{Computed, Stepped, Steps};
use crate::expression::explain;
use crate::query::config;
use arrow::array::{ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, RecordBatch, RecordBatchOptions, UInt64Array};
use arrow::compute::{and, cast, concat_batches, filter_record_batch, is_not_null};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, UInt64Type};
use datafusion::catalog::MemTable;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::{SessionContext, col};
use driftline_core::query::Labels;
use driftline_core::source::{Derived, LeftOut, Piece, Scan, Source, SourceError};
use futures::stream::{BoxStream, StreamExt};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
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
        let mut labels = if of_labels.is_empty() { None } else { Some(self.joined().await.map_err(at)?) };
        // The key tells how many rows there are where nothing else is read.
        let mut columns: Vec<String> = own.iter().map(|f| f.name().clone()).collect();
        columns.extend((!columns.contains(&self.labels.key)).then(|| self.labels.key.clone()));
        let mut pieces = self.rows.scan(Scan { columns, filter: None, limit: None });
        let (mut left, mut unit) = (scan.limit.unwrap_or(usize::MAX), 0);
        while let Some(piece) = pieces.next().await {
            let Piece { unit: of, batch, mut left_out } = piece?;
            let found = match &mut labels {
                Some(labels) => Some(labels.take(batch.num_rows()).await.map_err(at)?),
                None => None,
            };
            unit = of;
            let batch = self.widened(&batch, found.as_ref(), &steps.wanted).map_err(at)?;
            let Stepped { batch, filtered, uncomputed } = steps.apply(batch).map_err(SourceError)?;
            left_out.add("filtered_rows", filtered);
            left_out.add_each("uncomputed_values", uncomputed);
            left = left.saturating_sub(batch.num_rows());
            if sender.send(Ok(Piece { unit, batch, left_out })).await.is_err() || left == 0 {
                return Ok(());
            }
        }
        if let Some(labels) = labels {
            let left_out = labels.end().await.map_err(at)?;
            let nothing = RecordBatch::new_empty(steps.wanted.clone());
            let Stepped { batch, .. } = steps.apply(nothing).map_err(SourceError)?;
            // Nobody listens any more where this fails.
            let _ = sender.send(Ok(Piece { unit, batch, left_out })).await;
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

    /// For each row, in their order, the columns of its label.
    async fn joined(&self) -> Result<Found, String> {
        let of_labels: Vec<String> = self.added.iter().map(|f| f.name().clone()).collect();
        let labels = self.numbered(&self.labels.source, self.labels.filter.clone(), &of_labels);
        let rows = self.numbered(&self.rows, None, &[]);
        let pool = Arc::new(FairSpillPool::new(self.memory));
        let environment = RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc().map_err(explain)?;
        // Of several labels of one row the last counts: by its time, else by its place.
        let by_time = of_labels.iter().position(|name| Some(name) == self.labels.time.as_ref());
        let by_time = by_time.map_or(String::new(), |i| format!("c{i} DESC NULLS LAST, "));
        let last = format!("SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY key ORDER BY {by_time}row DESC) AS nth FROM labels) WHERE nth = 1");
        let context = session(&environment, self.memory, true);
        register(&context, "labels", labels.table(false)?)?;
        let mut stream = query(&context, &last).await?;
        let (mut chosen, mut fitting, mut bytes) = (0, Some(Vec::new()), 0);
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(explain)?;
            chosen += batch.num_rows() as u64;
            bytes += batch.get_array_memory_size();
            // A hash table over them takes as much again.
            match &mut fitting {
                Some(batches) if bytes < self.memory / 4 => batches.push(batch),
                _ => fitting = None,
            }
        }
        let seen = labels.seen();
        let context = session(&environment, self.memory, fitting.is_some());
        let last = match fitting {
            Some(batches) => {
                let schema = stream.schema();
                register(&context, "chosen", Arc::new(MemTable::try_new(schema, vec![batches]).map_err(explain)?))?;
                "chosen".to_owned()
            }
            None => {
                let again = Numbered { seen: Arc::default(), ..labels };
                register(&context, "labels", again.table(false)?)?;
                format!("({last})")
            }
        };
        register(&context, "rows", rows.table(true)?)?;
        let columns: String = (0..of_labels.len()).map(|i| format!("l.c{i}, ")).collect();
        // The rows stand on the right, where a hash join lets them pass in their order.
        let sql = format!("SELECT {columns}l.row FROM {last} l RIGHT JOIN rows r ON l.key = r.key ORDER BY r.row");
        let mut met = BooleanBufferBuilder::new(0);
        met.append_n(usize::try_from(seen.rows).map_err(|e| e.to_string())?, false);
        Ok(Found { stream: query(&context, &sql).await?, waiting: VecDeque::new(), met, chosen, seen })
    }

    fn numbered(&self, source: &Arc<dyn Source>, filter: Option<String>, columns: &[String]) -> Numbered {
        let type_of = |source: &Arc<dyn Source>| source.schema().field_with_name(&self.labels.key).map_or(DataType::Utf8, |f| f.data_type().clone());
        let (of_rows, of_labels) = (type_of(&self.rows), type_of(&self.labels.source));
        // Keys of unequal types are compared as they are written.
        let key = if of_rows == of_labels { of_rows } else { DataType::Utf8 };
        let schema = source.schema();
        let given = columns.iter().enumerate().filter_map(|(i, name)| Some(Field::new(format!("c{i}"), schema.field_with_name(name).ok()?.data_type().clone(), true)));
        let fields = [Field::new("key", key, true)].into_iter().chain(given).chain([Field::new("row", DataType::UInt64, true)]);
        let read: Vec<String> = [self.labels.key.clone()].into_iter().chain(columns.iter().cloned()).collect();
        Numbered { source: source.clone(), scan: Scan { columns: read, filter, limit: None }, schema: Arc::new(Schema::new(fields.collect::<Vec<_>>())), seen: Arc::default() }
    }
}

fn names(schema: &SchemaRef) -> String {
    schema.fields().iter().map(|f| format!("`{}`", f.name())).collect::<Vec<_>>().join(", ")
}

fn session(environment: &Arc<RuntimeEnv>, memory: usize, fits: bool) -> SessionContext {
    // What a sort keeps for merging what it has on disk.
    let config = config().with_sort_spill_reservation_bytes(memory / 16).set_bool("datafusion.optimizer.prefer_hash_join", fits);
    SessionContext::new_with_config_rt(config, environment.clone())
}

fn register(context: &SessionContext, name: &str, table: Arc<dyn datafusion::catalog::TableProvider>) -> Result<(), String> {
    context.register_table(name, table).map(drop).map_err(explain)
}

async fn query(context: &SessionContext, sql: &str) -> Result<SendableRecordBatchStream, String> {
    context.sql(sql).await.map_err(explain)?.execute_stream().await.map_err(explain)
}

/// Labels that were read.
#[derive(Debug, Clone, Default)]
struct Seen {
    rows: u64,
    /// Without a key or a label.
    unusable: u64,
    /// By their source.
    left_out: LeftOut,
}

/// A source's key and other columns (`c0`, `c1`, …), with the number of each row; of labels those that are none left out.
#[derive(Clone)]
struct Numbered {
    source: Arc<dyn Source>,
    /// The key first.
    scan: Scan,
    schema: SchemaRef,
    seen: Arc<Mutex<Seen>>,
}

impl Numbered {
    fn table(&self, is_sorted: bool) -> Result<Arc<StreamingTable>, String> {
        let table = StreamingTable::try_new(self.schema.clone(), vec![Arc::new(self.clone())]).map_err(explain)?;
        let order = if is_sorted { vec![col("row").sort(true, false)] } else { Vec::new() };
        Ok(Arc::new(table.with_sort_order(order)))
    }

    fn seen(&self) -> Seen {
        // It is whole after each batch, whatever happened elsewhere.
        self.seen.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }

    fn batch(&self, Piece { batch, left_out, .. }: Piece) -> Result<RecordBatch, String> {
        let mut seen = self.seen.lock().unwrap_or_else(|e| e.into_inner());
        let column = |name: &String| batch.column_by_name(name).cloned().ok_or_else(|| format!("column `{name}` was not read"));
        let mut columns: Vec<ArrayRef> = self.scan.columns.iter().map(column).collect::<Result<_, _>>()?;
        columns[0] = cast(&columns[0], self.schema.field(0).data_type()).map_err(|e| e.to_string())?;
        let rows = batch.num_rows() as u64;
        columns.push(Arc::new(UInt64Array::from_iter_values(seen.rows..seen.rows + rows)));
        let batch = RecordBatch::try_new(self.schema.clone(), columns).map_err(|e| e.to_string())?;
        let [key, target] = [0, 1].map(|i| is_not_null(batch.column(i)));
        // Rows have no more than a key and a number, and stay.
        let usable: BooleanArray = match self.scan.columns.len() {
            1 => vec![true; batch.num_rows()].into(),
            _ => and(&key.map_err(|e| e.to_string())?, &target.map_err(|e| e.to_string())?).map_err(|e| e.to_string())?,
        };
        seen.rows += rows;
        seen.unusable += rows - usable.true_count() as u64;
        seen.left_out.0.extend(left_out.0);
        filter_record_batch(&batch, &usable).map_err(|e| e.to_string())
    }
}

impl std::fmt::Debug for Numbered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.source.location())
    }
}

impl PartitionStream for Numbered {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let numbered = self.clone();
        let failed = |e: SourceError| DataFusionError::External(Box::new(e));
        let batch = move |piece: Result<Piece, SourceError>| numbered.batch(piece.map_err(failed)?).map_err(|e| failed(SourceError(e)));
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), self.source.scan(self.scan.clone()).map(batch)))
    }
}

/// What the join gives, row by row.
struct Found {
    stream: SendableRecordBatchStream,
    waiting: VecDeque<RecordBatch>,
    /// Whether a label, by its number, has a row.
    met: BooleanBufferBuilder,
    /// Labels that are the last of their key.
    chosen: u64,
    seen: Seen,
}

impl Found {
    /// The labels of the next rows.
    async fn take(&mut self, rows: usize) -> Result<RecordBatch, String> {
        let (mut taken, mut left) = (Vec::new(), rows);
        while left > 0 {
            let batch = match self.waiting.pop_front() {
                Some(batch) => batch,
                None => self.next().await?.ok_or("the rows changed while they were read")?,
            };
            let n = left.min(batch.num_rows());
            taken.push(batch.slice(0, n));
            if n < batch.num_rows() {
                self.waiting.push_front(batch.slice(n, batch.num_rows() - n));
            }
            left -= n;
        }
        concat_batches(&self.stream.schema(), &taken).map_err(|e| e.to_string())
    }

    async fn next(&mut self) -> Result<Option<RecordBatch>, String> {
        let Some(batch) = self.stream.next().await.transpose().map_err(explain)? else { return Ok(None) };
        let numbers = batch.column(batch.num_columns() - 1).as_primitive::<UInt64Type>();
        for number in numbers.iter().flatten() {
            match usize::try_from(number) {
                Ok(number) if number < self.met.len() => self.met.set_bit(number, true),
                _ => return Err("the labels changed while they were read".into()),
            }
        }
        Ok(Some(batch))
    }

    /// What was left out, after the last row.
    async fn end(mut self) -> Result<LeftOut, String> {
        if !self.waiting.is_empty() || self.next().await?.is_some() {
            return Err("the rows changed while they were read".into());
        }
        let met = self.met.finish().count_set_bits() as u64;
        let mut left_out = LeftOut::default();
        left_out.add("labels_without_row", self.chosen - met);
        left_out.add("replaced_labels", self.seen.rows - self.seen.unusable - self.chosen);
        left_out.add("unusable_labels", self.seen.unusable);
        self.seen.left_out.0.iter().for_each(|(name, n)| left_out.add(&format!("labels.{name}"), *n));
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
