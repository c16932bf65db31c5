//! CSV files.

use crate::files::{BATCH_ROWS, Batches, Format, NO_FIELDS, Parameters, Rows, open};
use crate::types::{Inferred, Seen};
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, StringBuilder};
use arrow::csv::reader::Format as Csv;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use driftline_core::catalogue::{Direction, Doc, SourceEntry, schema_of};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
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
without values is text. A record with another number of fields than the header, that is not UTF-8, or whose quotation mark is never closed is left out; its lines are \
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
    reader: csv::Reader<File>,
    record: csv::StringRecord,
    header: csv::StringRecord,
    path: PathBuf,
    /// Bytes of the file.
    length: u64,
    /// Whether an unreadable record has been logged.
    told: bool,
}

impl Records {
    fn open(path: &Path) -> Result<Self, String> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).map_err(|e| e.to_string())?;
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
        let length = std::fs::metadata(path).map_err(|e| e.to_string())?.len();
        Ok(Self { reader, record: csv::StringRecord::new(), header, path: path.into(), length, told: false })
    }

    /// The next record, and how many lines before it were unreadable; no record at the end.
    fn next(&mut self) -> Result<(Option<&csv::StringRecord>, u64), String> {
        let mut unreadable = 0;
        loop {
            let first = self.reader.position().line();
            let found = self.reader.read_record(&mut self.record);
            let lines = (self.reader.position().line() - first).max(1);
            let reason = match found {
                Ok(false) => return Ok((None, unreadable)),
                // Only a record of several lines can have swallowed others.
                Ok(true) if lines > 1 && self.reader.position().byte() >= self.length && self.ends_in_quotes()? => "a quotation mark is never closed".to_owned(),
                Ok(true) if self.record.len() == self.header.len() => break,
                Ok(true) => format!("it has {} fields, and the header {}", self.record.len(), self.header.len()),
                Err(e) => match e.kind() {
                    csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
                    _ => return Err(e.to_string()),
                },
            };
            unreadable += lines;
            if !std::mem::replace(&mut self.told, true) {
                let line = self.record.position().map_or(first, |p| p.line());
                tracing::warn!("{}: line {line} is left out: {reason}; further ones are counted", self.path.display());
            }
        }
        Ok((Some(&self.record), unreadable))
    }

    /// Whether the file ends inside of quotation marks that the last record opened.
    fn ends_in_quotes(&self) -> Result<bool, String> {
        let Some(start) = self.record.position().map(csv::Position::byte) else { return Ok(false) };
        let mut file = File::open(&self.path).map_err(|e| e.to_string())?;
        file.seek(SeekFrom::Start(start)).map_err(|e| e.to_string())?;
        let (mut marks, mut buffer) = (0usize, vec![0; 1 << 16]);
        loop {
            match file.read(&mut buffer).map_err(|e| e.to_string())? {
                0 => return Ok(marks % 2 == 1),
                n => marks += buffer[..n].iter().filter(|byte| **byte == b'"').count(),
            }
        }
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
        let mut sample = csv::Writer::from_writer(Vec::new());
        sample.write_record(&records.header).map_err(|e| e.to_string())?;
        let mut seen = vec![Seen::default(); records.header.len()];
        for _ in 0..SAMPLE_ROWS {
            let (Some(record), _) = records.next()? else { break };
            record.iter().zip(&mut seen).for_each(|(field, seen)| seen.text(field));
            sample.write_record(record).map_err(|e| e.to_string())?;
        }
        let sample = sample.into_inner().map_err(|e| e.to_string())?;
        let format = Csv::default().with_header(true);
        let schema = format.infer_schema(sample.as_slice(), None).map_err(|e| e.to_string())?.0;
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
