//! CSV files.

use crate::files::{BATCH_ROWS, Batches, Format, NO_FIELDS, Parameters, Rows, open};
use crate::records::{self, StrayLines};
use crate::types::{self, Inferred, Seen};
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
the current side is read with the reference's types as far as they change no value: integers that became floats, longer integers, finer times and columns that are \
mostly something else keep their own, which `column_types` tells. A value that is not of its column's type becomes null and is counted; an empty field is null, and a column \
without values is text. A record with another number of fields than the header, that is not UTF-8, or with a quotation mark out of place (RFC 4180) is left out; its lines are \
counted as `unreadable_rows`, and the first one of a file is logged. A unit is a file.",
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

struct CsvFile;

/// Bytes of text after which a batch ends.
const BATCH_BYTES: usize = 8 << 20;

/// The records of a file whose fields are as many as the header's.
struct Records {
    reader: csv::Reader<records::Records<File>>,
    record: csv::StringRecord,
    header: csv::StringRecord,
    path: PathBuf,
    /// Lines with a quotation mark out of place.
    stray: StrayLines,
    /// Whether an unreadable record has been logged.
    told: bool,
}

impl Records {
    fn open(path: &Path) -> Result<Self, String> {
        let records = records::Records::new(File::open(path).map_err(|e| e.to_string())?);
        let stray = records.stray();
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(records);
        let unreadable = |e: csv::Error| match e.kind() {
            csv::ErrorKind::Utf8 { .. } => "the header is not UTF-8: this is no CSV file, or one in another encoding".to_owned(),
            _ => format!("the header cannot be read: {e}"),
        };
        let header = reader.headers().map_err(unreadable)?.clone();
        if header.is_empty() {
            return Err("the file is empty; a CSV file begins with a line of column names".into());
        }
        if let (1, Some(other)) = (header.len(), [';', '\t', '|'].iter().find(|c| header[0].contains(**c))) {
            tracing::warn!("{}: its only column is named {:?}; columns are parted by `,` and not by {other:?}", path.display(), &header[0]);
        }
        Ok(Self { reader, record: csv::StringRecord::new(), header, path: path.into(), stray, told: false })
    }

    /// The next record, and how many lines before it were unreadable; no record at the end.
    fn next(&mut self) -> Result<(Option<&csv::StringRecord>, u64), String> {
        let mut unreadable = 0;
        loop {
            let first = self.reader.position().line();
            let found = self.reader.read_record(&mut self.record);
            let lines = (self.reader.position().line() - first).max(1);
            let line = self.record.position().map_or(first, |p| p.line());
            let reason = match found {
                Ok(false) => return Ok((None, unreadable)),
                Ok(true) if self.record.len() == self.header.len() => break,
                Ok(true) if self.stray.borrow_mut().remove(&line) => "a quotation mark is out of place".to_owned(),
                Ok(true) => format!("it has {} fields, and the header {}", self.record.len(), self.header.len()),
                Err(e) => match e.kind() {
                    csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
                    _ => return Err(e.to_string()),
                },
            };
            unreadable += lines;
            if !std::mem::replace(&mut self.told, true) {
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
    done: bool,
}

impl TextBatches {
    fn read(&mut self) -> Result<Rows, String> {
        let mut columns: Vec<StringBuilder> = self.places.iter().map(|_| StringBuilder::new()).collect();
        let (mut rows, mut bytes, mut unreadable) = (0, 0, 0);
        while rows < BATCH_ROWS && bytes < BATCH_BYTES {
            let (record, skipped) = self.records.next()?;
            unreadable += skipped;
            let Some(record) = record else {
                self.done = true;
                break;
            };
            for (column, place) in columns.iter_mut().zip(&self.places) {
                column.append_option(record.get(*place).filter(|field| !field.is_empty()));
            }
            bytes += record.as_slice().len();
            rows += 1;
        }
        let arrays = columns.iter_mut().map(|c| Arc::new(c.finish()) as ArrayRef).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options);
        Ok(Rows { batch: batch.map_err(|e| e.to_string())?, unreadable, ..Rows::default() })
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

    fn schema(&self, path: &Path) -> Result<Inferred, String> {
        let mut records = Records::open(path)?;
        // They are read again, and logged then.
        records.told = true;
        let mut seen = vec![Seen::default(); records.header.len()];
        let (mut left, mut schema) = (SAMPLE_ROWS, Inferred::default());
        // A part at a time: what they come to is merged.
        while left > 0 {
            let mut sample = csv::Writer::from_writer(Vec::new());
            sample.write_record(&records.header).map_err(|e| e.to_string())?;
            let mut bytes = 0;
            while left > 0 && bytes < BATCH_BYTES {
                let (Some(record), _) = records.next()? else {
                    left = 0;
                    break;
                };
                record.iter().zip(&mut seen).for_each(|(field, seen)| seen.text(field));
                sample.write_record(record).map_err(|e| e.to_string())?;
                bytes += record.as_slice().len();
                left -= 1;
            }
            let sample = sample.into_inner().map_err(|e| e.to_string())?;
            let part = Csv::default().with_header(true).infer_schema(sample.as_slice(), None).map_err(|e| e.to_string())?.0;
            // Names that are there twice are told of the whole.
            schema = if schema.schema.fields().is_empty() { part.into() } else { types::merge(schema, part.into())? };
        }
        let schema = schema.schema;
        let seen = records.header.iter().map(str::to_owned).zip(seen).collect();
        Ok(Inferred { schema, seen })
    }

    fn read(&self, path: &Path, _unit: usize, schema: &SchemaRef) -> Result<Batches, String> {
        let records = Records::open(path)?;
        let found = schema.fields().iter().filter_map(|f| Some((f, records.header.iter().position(|name| name == f.name())?)));
        let (fields, places): (Vec<Field>, Vec<usize>) =
            found.map(|(f, place)| (Field::new(f.name(), DataType::Utf8, true), place)).unzip();
        Ok(Box::new(TextBatches { records, places, schema: Arc::new(Schema::new(fields)), done: false }))
    }
}
