//! Newline-delimited JSON.

use crate::files::{Batches, Format, NO_FIELDS, Parameters, Rows, open};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::json::ReaderBuilder;
use arrow::json::reader::infer_json_schema;
use driftline_core::catalogue::{Direction, Doc, SourceEntry, schema_of};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const ENTRY: SourceEntry = SourceEntry {
    doc: Doc {
        name: "ndjson",
        aliases: &["jsonl"],
        summary: "Newline-delimited JSON: one object a line.",
        description: "A file, a folder (searched for *.ndjson), a glob, or a list. Types are inferred from the first 100,000 lines of each file of \
the reference; the current side is read with the reference's types. An absent key is null. A value that is not of its column's type becomes null and is counted. A line that is no object, or has a list or object where a plain value \
belongs (or the other way round), is left out and counted as `unreadable_rows`; the first one of a file is logged with its number. A unit is a file.",
        formula: "",
        direction: Direction::Neither,
        fields: NO_FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[source.current]\nkind = \"ndjson\"\npath = \"current.ndjson\"",
        reference: "https://github.com/ndjson/ndjson-spec",
    },
    open: |component, folder, diagnostics| open(Ndjson, component, folder, diagnostics),
};

/// Lines from which types are inferred.
const SAMPLE_LINES: usize = 100_000;

/// Lines by which the width of a file's rows is judged.
const MEASURED_LINES: usize = 1_000;

struct Ndjson;

fn reader(path: &Path) -> Result<BufReader<File>, String> {
    File::open(path).map(BufReader::new).map_err(|e| e.to_string())
}

/// Lines that are JSON, of the first ones of a file.
fn sample(path: &Path) -> Result<String, String> {
    let mut sample = String::new();
    for line in reader(path)?.split(b'\n').take(SAMPLE_LINES) {
        let line = line.map_err(|e| e.to_string())?;
        if let Ok(serde_json::Value::Object(object)) = serde_json::from_slice(&line) {
            sample.push_str(&serde_json::Value::Object(object).to_string());
            sample.push('\n');
        }
    }
    Ok(sample)
}

/// The lines of a file, decoded a batch at a time; line by line where a batch has a bad one.
struct LineBatches {
    lines: std::io::Split<BufReader<File>>,
    schema: SchemaRef,
    path: PathBuf,
    /// Lines read so far.
    line: u64,
    told: bool,
    batch_rows: usize,
    done: bool,
}

impl LineBatches {
    fn read(&mut self) -> Result<Rows, String> {
        let first = self.line;
        let mut lines: Vec<Vec<u8>> = Vec::with_capacity(self.batch_rows);
        while lines.len() < self.batch_rows {
            match self.lines.next() {
                Some(line) => lines.push(line.map_err(|e| e.to_string())?),
                None => {
                    self.done = true;
                    break;
                }
            }
        }
        self.line += lines.len() as u64;
        if let Ok(batch) = decode(&self.schema, &lines) {
            return Ok(batch.into());
        }
        let (mut batches, mut unreadable) = (Vec::new(), 0);
        for (number, line) in (first + 1..).zip(lines) {
            match decode(&self.schema, std::slice::from_ref(&line)) {
                Ok(batch) => batches.push(batch),
                Err(reason) => {
                    unreadable += 1;
                    if !std::mem::replace(&mut self.told, true) {
                        let path = self.path.display();
                        tracing::warn!("{path}: line {number} is left out: {reason}; further ones are counted");
                    }
                }
            }
        }
        let batch = concat_batches(&self.schema, &batches).map_err(|e| e.to_string())?;
        Ok(Rows { batch, unreadable })
    }
}

fn decode(schema: &SchemaRef, lines: &[Vec<u8>]) -> Result<RecordBatch, String> {
    let mut decoder = ReaderBuilder::new(schema.clone())
        .with_coerce_primitive(true)
        .with_batch_size(lines.len().max(1))
        .build_decoder().map_err(|e| e.to_string())?;
    for line in lines {
        let mut rest = line.as_slice();
        // A decoder stops at a full batch, which is not before the last line.
        while !rest.is_empty() {
            let read = decoder.decode(rest).map_err(|e| e.to_string())?;
            if read == 0 {
                return Err("it is more than one value".into());
            }
            rest = &rest[read..];
        }
        decoder.decode(b"\n").map_err(|e| e.to_string())?;
        if decoder.has_partial_record() {
            return Err("the value does not end on its line".into());
        }
    }
    let batch = decoder.flush().map_err(|e| e.to_string())?;
    Ok(batch.unwrap_or_else(|| RecordBatch::new_empty(schema.clone())))
}

impl Iterator for LineBatches {
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

impl Format for Ndjson {
    fn extension(&self) -> &'static str {
        "ndjson"
    }

    fn is_untyped(&self) -> bool {
        true
    }

    fn row_bytes(&self, path: &Path, _unit: usize) -> Result<u64, String> {
        let lines = reader(path)?.split(b'\n').take(MEASURED_LINES);
        let lengths: Vec<u64> = lines.map(|line| line.map(|l| l.len() as u64)).collect::<Result<_, _>>().map_err(|e| e.to_string())?;
        Ok(lengths.iter().sum::<u64>() / lengths.len().max(1) as u64)
    }

    fn schema(&self, path: &Path) -> Result<Schema, String> {
        Ok(infer_json_schema(sample(path)?.as_bytes(), None).map_err(|e| e.to_string())?.0)
    }

    fn read(&self, path: &Path, _unit: usize, schema: &SchemaRef, batch_rows: usize) -> Result<Batches, String> {
        let lines = reader(path)?.split(b'\n');
        // Everything that text can hold is read as text first: the decoder would cut a fraction off to make an integer.
        let as_text = |f: &Arc<Field>| if f.data_type().is_nested() { f.clone() } else { Arc::new(Field::new(f.name(), DataType::Utf8, true)) };
        let schema = Arc::new(Schema::new(schema.fields().iter().map(as_text).collect::<Vec<_>>()));
        Ok(Box::new(LineBatches { lines, schema, path: path.into(), line: 0, told: false, batch_rows, done: false }))
    }
}
