//! Labels by their key: in memory where they fit, else on disk in partitions of keys of which each fits.

use arrow::array::{Array, ArrayRef, RecordBatch, UInt32Array, new_null_array};
use arrow::compute::{cast, concat_batches, interleave_record_batch, take_record_batch};
use arrow::datatypes::{DataType, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use arrow::row::{Row, RowConverter, Rows, SortField};
use driftline_core::block::strings;
use hashbrown::hash_table::{Entry, HashTable};
use std::fs::File;
use std::io::{BufReader, BufWriter, Seek};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// What the hash table takes for each label beside its columns, about.
const BYTES_EACH: usize = 96;
/// Each partition has three files.
const MOST_PARTITIONS: usize = 128;

fn plain(e: ArrowError) -> String {
    e.to_string()
}

/// Keys that rows and labels are joined by.
pub(super) struct Keys {
    name: String,
    of: DataType,
    converter: RowConverter,
}

impl Keys {
    /// Keys of unequal types are compared as they are written: 1 is 1.0 and "1".
    pub fn new(name: &str, rows: &SchemaRef, labels: &SchemaRef) -> Result<Self, String> {
        let [of_rows, of_labels] = [rows, labels].map(|s| s.field_with_name(name).map(|f| f.data_type().clone()).map_err(plain));
        let (of_rows, of_labels) = (of_rows?, of_labels?);
        let of = match (&of_rows, &of_labels) {
            (a, b) if a == b => of_rows,
            (DataType::Timestamp(..), DataType::Timestamp(..)) => DataType::Timestamp(TimeUnit::Nanosecond, None),
            _ => DataType::Utf8,
        };
        Ok(Self { name: name.into(), converter: RowConverter::new(vec![SortField::new(of.clone())]).map_err(plain)?, of })
    }

    fn of(&self, batch: &RecordBatch) -> Result<(ArrayRef, Rows), String> {
        let column = batch.column_by_name(&self.name).ok_or_else(|| format!("column `{}` was not read", self.name))?;
        let keys = match self.of {
            DataType::Utf8 if *column.data_type() != DataType::Utf8 => Arc::new(strings(&self.name, column)?) as ArrayRef,
            _ => cast(column, &self.of).map_err(plain)?,
        };
        let rows = self.converter.convert_columns(std::slice::from_ref(&keys)).map_err(plain)?;
        Ok((keys, rows))
    }
}

/// Labels as they are read, each with a key.
pub(super) struct Labels {
    keys: Keys,
    /// The columns that the rows get.
    schema: SchemaRef,
    time: Option<String>,
    /// Bytes.
    memory: usize,
    bytes: usize,
    here: Vec<RecordBatch>,
    on_disk: Option<Spool>,
}

impl Labels {
    pub fn new(keys: Keys, schema: SchemaRef, time: Option<&str>, memory: usize) -> Self {
        Self { keys, schema, time: time.map(String::from), memory, bytes: 0, here: Vec::new(), on_disk: None }
    }

    /// Takes a batch with the columns of the labels and their key.
    pub fn add(&mut self, batch: RecordBatch) -> Result<(), String> {
        self.bytes += batch.get_array_memory_size() + BYTES_EACH * batch.num_rows();
        if self.bytes > self.memory && self.on_disk.is_none() {
            self.on_disk = Some(Spool::new(batch.schema())?);
        }
        self.here.push(batch);
        match &mut self.on_disk {
            Some(spool) => self.here.drain(..).try_for_each(|batch| spool.write(&batch)),
            None => Ok(()),
        }
    }

    pub fn end(self) -> Result<Collected, String> {
        let Some(spool) = self.on_disk else {
            let table = Table::new(&self.keys, &self.schema, self.time.as_deref(), self.here)?;
            let counts = Counts { chosen: table.places.len(), met: 0, changed: table.changed };
            return Ok(Collected::Fit(Found { keys: self.keys, schema: self.schema, at: At::Here(table), counts }));
        };
        // Keys do not spread evenly.
        let count = 2 * self.bytes.div_ceil(self.memory.max(1));
        if count > MOST_PARTITIONS {
            let needed = 2 * self.bytes.div_ceil(MOST_PARTITIONS / 2).div_ceil(1 << 20);
            return Err(format!("the labels take {} MiB, too many to join within the memory; help: set `memory` under [run] to {needed} MiB or more", self.bytes >> 20));
        }
        let mut partitions = Partitions { keys: self.keys, schema: self.schema, time: self.time, labels: Vec::new(), rows: Vec::new() };
        for batch in spool.read()? {
            let batch = batch.map_err(plain)?;
            partitions.labels.resize_with(count, || None);
            let parts = partitions.split(&batch, count)?;
            write(&mut partitions.labels, &parts, &batch)?;
        }
        Ok(Collected::Exceed(partitions))
    }
}

pub(super) enum Collected {
    Fit(Found),
    Exceed(Partitions),
}

/// Labels and the keys of rows, in files by a hash of the key.
pub(super) struct Partitions {
    keys: Keys,
    schema: SchemaRef,
    time: Option<String>,
    labels: Vec<Option<Spool>>,
    rows: Vec<Option<Spool>>,
}

impl Partitions {
    /// Takes the keys of the next rows.
    pub fn add_rows(&mut self, batch: &RecordBatch) -> Result<(), String> {
        self.rows.resize_with(self.labels.len(), || None);
        let parts = self.split(batch, self.labels.len())?;
        let key = batch.schema().index_of(&self.keys.name).and_then(|i| batch.project(&[i])).map_err(plain)?;
        write(&mut self.rows, &parts, &key)
    }

    /// Joins one partition after another.
    pub fn join(self) -> Result<Found, String> {
        let (mut counts, mut parts) = (Counts::default(), Vec::new());
        for (labels, rows) in self.labels.into_iter().zip(self.rows) {
            let labels: Vec<RecordBatch> = labels.map(Spool::read).transpose()?.into_iter().flatten().collect::<Result<_, _>>().map_err(plain)?;
            // What is found is taken from few batches faster than from many.
            let labels = labels.first().map(|first| concat_batches(&first.schema(), &labels).map_err(plain));
            let mut table = Table::new(&self.keys, &self.schema, self.time.as_deref(), labels.transpose()?.into_iter().collect())?;
            counts.chosen += table.places.len();
            counts.changed += table.changed;
            let mut found = Spool::new(self.schema.clone())?;
            for batch in rows.map(Spool::read).transpose()?.into_iter().flatten() {
                found.write(&table.take(&self.keys, &batch.map_err(plain)?)?)?;
            }
            counts.met += table.met();
            parts.push(Part { batches: found.read()?, batch: RecordBatch::new_empty(self.schema.clone()), next: 0 });
        }
        Ok(Found { keys: self.keys, schema: self.schema, at: At::OnDisk(parts), counts })
    }

    /// For each partition the numbers of its rows; what has no key is in none.
    fn split(&self, batch: &RecordBatch, count: usize) -> Result<Vec<Vec<u32>>, String> {
        let (keys, bytes) = self.keys.of(batch)?;
        let mut parts = vec![Vec::new(); count];
        for (row, key) in (0u32..).zip(&bytes) {
            if !keys.is_null(row as usize) {
                parts[partition(key.data(), count)].push(row);
            }
        }
        Ok(parts)
    }
}

fn partition(key: &[u8], count: usize) -> usize {
    // The upper bits, since a hash table goes by the lower ones.
    ((xxh3_64(key) >> 32) % count as u64) as usize
}

fn write(spools: &mut [Option<Spool>], parts: &[Vec<u32>], batch: &RecordBatch) -> Result<(), String> {
    for (spool, rows) in spools.iter_mut().zip(parts).filter(|(_, rows)| !rows.is_empty()) {
        if spool.is_none() {
            *spool = Some(Spool::new(batch.schema())?);
        }
        let own = take_record_batch(batch, &UInt32Array::from(rows.clone())).map_err(plain)?;
        spool.iter_mut().try_for_each(|spool| spool.write(&own))?;
    }
    Ok(())
}

/// Batches in a file without a name: it is gone with its reader, however the process ends.
struct Spool(StreamWriter<BufWriter<File>>);

impl Spool {
    fn new(schema: SchemaRef) -> Result<Self, String> {
        let file = tempfile::tempfile().map_err(no_room)?;
        StreamWriter::try_new_buffered(file, &schema).map(Self).map_err(no_room)
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), String> {
        self.0.write(batch).map_err(no_room)
    }

    fn read(self) -> Result<StreamReader<BufReader<File>>, String> {
        let mut file = self.0.into_inner().map_err(no_room)?.into_inner().map_err(no_room)?;
        file.rewind().map_err(no_room)?;
        StreamReader::try_new_buffered(file, None).map_err(no_room)
    }
}

fn no_room(e: impl std::fmt::Display) -> String {
    format!("the labels exceed their part of the memory, and {} cannot be written: {e}", std::env::temp_dir().display())
}

#[derive(Clone, Copy)]
struct Place {
    /// 0 has one row of nothing.
    batch: u32,
    row: u32,
    met: bool,
    /// Whether labels of its key have different values.
    differs: bool,
}

/// Labels by their key: of several the last, by time, else by place.
struct Table {
    batches: Vec<RecordBatch>,
    /// Keys whose labels have different values.
    changed: usize,
    /// The keys of each batch.
    keys: Vec<Rows>,
    places: HashTable<Place>,
}

impl Table {
    fn new(keys: &Keys, schema: &SchemaRef, time: Option<&str>, labels: Vec<RecordBatch>) -> Result<Self, String> {
        let (mut batches, mut known, mut times) = (vec![nothing(schema)?], vec![keys.converter.empty_rows(0, 0)], vec![None]);
        let truth = RowConverter::new(vec![SortField::new(schema.field(0).data_type().clone())]).map_err(plain)?;
        let mut truths = vec![truth.empty_rows(0, 0)];
        let mut places = HashTable::<Place>::with_capacity(labels.iter().map(RecordBatch::num_rows).sum());
        let time = time.map(|name| schema.index_of(name)).transpose().map_err(plain)?;
        let order = time.map(|_| RowConverter::new(vec![SortField::new(TIME)])).transpose().map_err(plain)?;
        for (at, labels) in (1u32..).zip(labels) {
            known.push(keys.of(&labels)?.1);
            let columns: Vec<usize> = schema.fields().iter().map(|f| labels.schema().index_of(f.name())).collect::<Result<_, _>>().map_err(plain)?;
            let labels = labels.project(&columns).map_err(plain)?;
            let came = order.iter().zip(time).map(|(order, i)| order.convert_columns(&[moments(schema.field(i).name(), labels.column(i))?]).map_err(plain)).next();
            times.push(came.transpose()?);
            // The target comes first.
            truths.push(truth.convert_columns(&labels.columns()[..1]).map_err(plain)?);
            let labels_rows = labels.num_rows();
            batches.push(labels);
            let key_of = |place: &Place| known[place.batch as usize].row(place.row as usize).data();
            for row in (0u32..).take(labels_rows) {
                let came = |place: &Place| times[place.batch as usize].as_ref().map(|rows| rows.row(place.row as usize));
                let place = Place { batch: at, row, met: false, differs: false };
                let key = key_of(&place);
                match places.entry(xxh3_64(key), |other| key_of(other) == key, |other| xxh3_64(key_of(other))) {
                    Entry::Occupied(mut before) => {
                        let is_later = came(before.get()) <= came(&place);
                        let value = |place: &Place| truths[place.batch as usize].row(place.row as usize).data();
                        let differs = before.get().differs || value(before.get()) != value(&place);
                        let before = before.get_mut();
                        *before = Place { differs, ..if is_later { place } else { *before } };
                    }
                    Entry::Vacant(vacant) => drop(vacant.insert(place)),
                }
            }
        }
        Ok(Self { changed: places.iter().filter(|place| place.differs).count(), batches, keys: known, places })
    }

    fn take(&mut self, keys: &Keys, rows: &RecordBatch) -> Result<RecordBatch, String> {
        let (keys, bytes) = keys.of(rows)?;
        let known = &self.keys;
        let is_key = |key: &[u8], place: &Place| known[place.batch as usize].row(place.row as usize).data() == key;
        let place = |(row, key): (usize, Row)| match self.places.find_mut(xxh3_64(key.data()), |place| is_key(key.data(), place)) {
            Some(place) if !keys.is_null(row) => {
                place.met = true;
                (place.batch as usize, place.row as usize)
            }
            _ => (0, 0),
        };
        let places: Vec<_> = bytes.iter().enumerate().map(place).collect();
        interleave_record_batch(&self.batches.iter().collect::<Vec<_>>(), &places).map_err(plain)
    }

    fn met(&self) -> usize {
        self.places.iter().filter(|place| place.met).count()
    }
}

const TIME: DataType = DataType::Timestamp(TimeUnit::Nanosecond, None);

/// A column of times as they follow each other; texts are read as times.
fn moments(name: &str, array: &ArrayRef) -> Result<ArrayRef, String> {
    let times = cast(array, &TIME).map_err(plain)?;
    match times.null_count().saturating_sub(array.logical_null_count()) {
        0 => Ok(times),
        n => Err(format!("column `{name}` has {n} values that are no times; write them as 2026-03-01T12:00:00")),
    }
}

fn nothing(schema: &SchemaRef) -> Result<RecordBatch, String> {
    let columns = schema.fields().iter().map(|f| new_null_array(f.data_type(), 1)).collect();
    let fields: Vec<_> = schema.fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(plain)
}

/// What was found for each row.
pub(super) struct Found {
    keys: Keys,
    schema: SchemaRef,
    at: At,
    counts: Counts,
}

/// What became of labels.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    /// Those that are the last of their key.
    pub chosen: usize,
    /// Of them those that have a row.
    pub met: usize,
    /// Keys whose labels have different values.
    pub changed: usize,
}

enum At {
    Here(Table),
    OnDisk(Vec<Part>),
}

/// Of the rows of a partition, in their order.
struct Part {
    batches: StreamReader<BufReader<File>>,
    batch: RecordBatch,
    next: usize,
}

const CHANGED: &str = "the rows changed while they were read";

impl Found {
    /// The labels of the next rows.
    pub fn take(&mut self, rows: &RecordBatch) -> Result<RecordBatch, String> {
        let parts = match &mut self.at {
            At::Here(table) => return table.take(&self.keys, rows),
            At::OnDisk(parts) => parts,
        };
        let (keys, bytes) = self.keys.of(rows)?;
        let (mut batches, mut of_part, mut places) = (vec![nothing(&self.schema)?], vec![0; parts.len()], Vec::new());
        for (row, key) in bytes.iter().enumerate() {
            if keys.is_null(row) {
                places.push((0, 0));
                continue;
            }
            let at = partition(key.data(), parts.len());
            let part = &mut parts[at];
            while part.next == part.batch.num_rows() {
                (part.batch, part.next) = (part.batches.next().ok_or(CHANGED)?.map_err(plain)?, 0);
                of_part[at] = 0;
            }
            if of_part[at] == 0 {
                of_part[at] = batches.len();
                batches.push(part.batch.clone());
            }
            places.push((of_part[at], part.next));
            part.next += 1;
        }
        interleave_record_batch(&batches.iter().collect::<Vec<_>>(), &places).map_err(plain)
    }

    /// What became of the labels, after the last row.
    pub fn end(self) -> Result<Counts, String> {
        match self.at {
            At::Here(table) => Ok(Counts { met: table.met(), ..self.counts }),
            At::OnDisk(mut parts) => match parts.iter_mut().any(|part| part.next < part.batch.num_rows() || part.batches.next().is_some()) {
                true => Err(CHANGED.into()),
                false => Ok(self.counts),
            },
        }
    }
}
