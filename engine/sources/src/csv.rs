//! CSV files.

use crate::files::{Batches, Format, NO_FIELDS, Parameters, Rows, open};
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, StringBuilder};
use arrow::csv::reader::Format as Csv;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use driftline_core::catalogue::{Direction, Doc, SourceEntry, schema_of};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const ENTRY: SourceEntry = SourceEntry {
    doc: Doc {
        name: "csv",
        aliases: &[],
        summary: "CSV files with a header line.",
        description: "A file, a folder (searched for *.csv), a glob, or a list. Types are inferred from the first 100,000 rows of each file of the reference; \
the current side is read with the reference's types (integers that became floats are told by `column_types`). A value that is not of its column's \
type becomes null and is counted; an empty field is null, and a column without values is text. A record with another number of fields than the header, or \
that is not UTF-8, is left out and counted as `unreadable_rows`; the first one of a file is logged with its line. A unit is a file.",
        formula: "",
        direction: Direction::Neither,
        fields: NO_FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[source.current]\nkind = \"csv\"\npath = \"current.csv\"",
        reference: "RFC 4180",
    },
    open: |component, folder, diagnostics| open(CsvFile, component, folder, diagnostics),
};

/// Rows from which types are inferred.
const SAMPLE_ROWS: usize = 100_000;

/// Rows by which the width of a file's rows is judged.
const MEASURED_ROWS: u64 = 1_000;

struct CsvFile;

/// The records of a file whose fields are as many as the header's.
struct Records {
    reader: csv::Reader<File>,
    record: csv::StringRecord,
    header: csv::StringRecord,
    path: PathBuf,
    /// Whether an unreadable record has been logged.
    told: bool,
}

impl Records {
    fn open(path: &Path) -> Result<Self, String> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).map_err(|e| e.to_string())?;
        let header = reader.headers().map_err(|e| format!("the header cannot be read: {e}"))?.clone();
        if header.is_empty() {
            return Err("the file is empty; a CSV file begins with a line of column names".into());
        }
        Ok(Self { reader, record: csv::StringRecord::new(), header, path: path.into(), told: false })
    }

    /// The next record, and how many before it were unreadable; no record at the end.
    fn next(&mut self) -> Result<(Option<&csv::StringRecord>, u64), String> {
        let mut unreadable = 0;
        loop {
            let reason = match self.reader.read_record(&mut self.record) {
                Ok(false) => return Ok((None, unreadable)),
                Ok(true) if self.record.len() == self.header.len() => break,
                Ok(true) => format!("it has {} fields, and the header {}", self.record.len(), self.header.len()),
                Err(e) => match e.kind() {
                    csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
                    _ => return Err(e.to_string()),
                },
            };
            unreadable += 1;
            if !std::mem::replace(&mut self.told, true) {
                let line = self.record.position().map_or(0, |p| p.line());
                tracing::warn!("{}: line {line} is left out: {reason}; further ones are counted", self.path.display());
            }
        }
        Ok((Some(&self.record), unreadable))
    }
}

/// Text of the wanted columns, a batch at a time. Everything is read as text first, so that one bad value does not end the run.
struct TextBatches {
    records: Records,
    /// Places of the wanted columns in a record.
    places: Vec<usize>,
    schema: SchemaRef,
    batch_rows: usize,
    done: bool,
}

impl TextBatches {
    fn read(&mut self) -> Result<Rows, String> {
        let mut columns: Vec<StringBuilder> = self.places.iter().map(|_| StringBuilder::new()).collect();
        let (mut rows, mut unreadable) = (0, 0);
        while rows < self.batch_rows {
            let (record, skipped) = self.records.next()?;
            unreadable += skipped;
            let Some(record) = record else {
                self.done = true;
                break;
            };
            for (column, place) in columns.iter_mut().zip(&self.places) {
                column.append_option(record.get(*place).filter(|field| !field.is_empty()));
            }
            rows += 1;
        }
        let arrays = columns.iter_mut().map(|c| Arc::new(c.finish()) as ArrayRef).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options);
        Ok(Rows { batch: batch.map_err(|e| e.to_string())?, unreadable })
    }
}

impl Iterator for TextBatches {
    type Item = Result<Rows, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let read = self.read();
        self.done |= read.is_err();
        Some(read)
    }
}

impl Format for CsvFile {
    fn extension(&self) -> &'static str {
        "csv"
    }

    fn is_untyped(&self) -> bool {
        true
    }

    fn row_bytes(&self, path: &Path, _unit: usize) -> Result<u64, String> {
        let mut records = Records::open(path)?;
        records.told = true;
        let start = records.reader.position().byte();
        let mut rows = 0;
        while rows < MEASURED_ROWS && records.next()?.0.is_some() {
            rows += 1;
        }
        Ok((records.reader.position().byte() - start) / rows.max(1))
    }

    fn schema(&self, path: &Path) -> Result<Schema, String> {
        let mut records = Records::open(path)?;
        // They are read again, and logged then.
        records.told = true;
        let mut sample = csv::Writer::from_writer(Vec::new());
        sample.write_record(&records.header).map_err(|e| e.to_string())?;
        for _ in 0..SAMPLE_ROWS {
            let (Some(record), _) = records.next()? else { break };
            sample.write_record(record).map_err(|e| e.to_string())?;
        }
        let sample = sample.into_inner().map_err(|e| e.to_string())?;
        let format = Csv::default().with_header(true);
        Ok(format.infer_schema(sample.as_slice(), None).map_err(|e| e.to_string())?.0)
    }

    fn read(&self, path: &Path, _unit: usize, schema: &SchemaRef, batch_rows: usize) -> Result<Batches, String> {
        let records = Records::open(path)?;
        let found = schema.fields().iter().filter_map(|f| Some((f, records.header.iter().position(|name| name == f.name())?)));
        let (fields, places): (Vec<Field>, Vec<usize>) =
            found.map(|(f, place)| (Field::new(f.name(), DataType::Utf8, true), place)).unzip();
        Ok(Box::new(TextBatches { records, places, schema: Arc::new(Schema::new(fields)), batch_rows, done: false }))
    }
}
