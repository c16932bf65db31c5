//! Newline-delimited JSON.

use crate::files::{BATCH_ROWS, Batches, Format, NO_FIELDS, Parameters, Rows, open};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::json::ReaderBuilder;
use arrow::json::reader::infer_json_schema;
use driftline_core::catalogue::{Direction, Doc, SourceEntry, schema_of};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

pub const ENTRY: SourceEntry = SourceEntry {
    doc: Doc {
        name: "ndjson",
        aliases: &["jsonl"],
        summary: "Newline-delimited JSON: one object a line.",
        description: "A file, a folder (searched for *.ndjson), a glob, or a list. Types are inferred from the first 100,000 lines; an absent key \
is null. A line that is no object, or has a value of another type than its column, is left out and counted as `unreadable_rows`; the first one of a \
file is logged with its number. A unit is a file.",
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
    done: bool,
}

impl LineBatches {
    fn read(&mut self) -> Result<Rows, String> {
        let first = self.line;
        let mut lines: Vec<Vec<u8>> = Vec::with_capacity(BATCH_ROWS);
        while lines.len() < BATCH_ROWS {
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

    fn schema(&self, path: &Path) -> Result<Schema, String> {
        Ok(infer_json_schema(sample(path)?.as_bytes(), None).map_err(|e| e.to_string())?.0)
    }

    fn read(&self, path: &Path, _unit: usize, schema: &SchemaRef) -> Result<Batches, String> {
        let lines = reader(path)?.split(b'\n');
        Ok(Box::new(LineBatches { lines, schema: schema.clone(), path: path.into(), line: 0, told: false, done: false }))
    }
}
