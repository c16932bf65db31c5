//! Newline-delimited JSON.

use crate::files::{BATCH_ROWS, Batches, Format, NO_FIELDS, Parameters, Rows, Unparsed, open};
use crate::types::{Inferred, Seen};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::json::ReaderBuilder;
use arrow::error::ArrowError;
use arrow::json::reader::infer_json_schema_from_iterator;
use driftline_core::catalogue::{Direction, Doc, SourceEntry, schema_of};
use std::fs::File;
use std::io::{BufRead, BufReader};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const ENTRY: SourceEntry = SourceEntry {
    doc: Doc {
        name: "ndjson",
        aliases: &["jsonl"],
        summary: "Newline-delimited JSON: one object a line.",
        description: "A file, a folder (searched for *.ndjson), a glob, or a list. Types are inferred from the first 100,000 lines of each file of \
the reference, and a key that first comes later is no column; the current side is read with the reference's types as the CSV source does it. An absent key is null. A \
value that is not of its column's type, or a list or object where a plain value belongs, becomes null and is counted. A line that is no object is left out and counted as \
`unreadable_rows`; the first one of a file is logged with its number. A unit is a file.",
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

/// Bytes of text after which a batch ends.
const BATCH_BYTES: usize = 8 << 20;

struct Ndjson;

fn reader(path: &Path) -> Result<BufReader<File>, String> {
    File::open(path).map(BufReader::new).map_err(|e| e.to_string())
}

fn object(line: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(line).ok()
}

/// The first lines of a file that are objects.
fn sample(path: &Path) -> Result<impl Iterator<Item = Result<Map<String, Value>, String>>, String> {
    let lines = reader(path)?.split(b'\n').take(SAMPLE_LINES);
    Ok(lines.filter_map(|line| line.map(|line| object(&line)).map_err(|e| e.to_string()).transpose()))
}

/// What the values of a sample look like.
fn look(path: &Path) -> Result<BTreeMap<String, Seen>, String> {
    let mut seen = BTreeMap::<String, Seen>::new();
    for object in sample(path)? {
        for (key, value) in object? {
            let seen = seen.entry(key).or_default();
            match value {
                Value::Null => {}
                Value::String(text) => seen.text(&text),
                Value::Array(_) | Value::Object(_) => seen.nested(),
                plain => seen.text(&plain.to_string()),
            }
        }
    }
    Ok(seen)
}

/// Without values of another shape than most of their key's: they are null when they are read.
fn usual(mut object: Map<String, Value>, seen: &BTreeMap<String, Seen>) -> Value {
    let is_usual = |key: &str, value: &Value| {
        value.is_null() || seen.get(key).is_none_or(|seen| seen.is_nested() == (value.is_array() || value.is_object()))
    };
    object.iter_mut().filter(|(key, value)| !is_usual(key, value)).for_each(|(_, value)| *value = Value::Null);
    Value::Object(object)
}

/// The lines of a file, decoded a batch at a time; a batch with a bad line is halved until that line is alone.
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
        let (first, mut bytes) = (self.line + 1, 0);
        let mut lines: Vec<Vec<u8>> = Vec::new();
        while lines.len() < BATCH_ROWS && bytes < BATCH_BYTES {
            let Some(line) = self.lines.next() else {
                self.done = true;
                break;
            };
            let line = line.map_err(|e| e.to_string())?;
            bytes += line.len();
            lines.push(line);
        }
        self.line += lines.len() as u64;
        let mut found = Found { batches: Vec::new(), unreadable: 0, unparsed: Unparsed::new() };
        self.decode(&lines, first, &mut found);
        let batch = concat_batches(&self.schema, &found.batches).map_err(|e| e.to_string())?;
        Ok(Rows { batch, unreadable: found.unreadable, unparsed: found.unparsed })
    }

    fn decode(&mut self, lines: &[Vec<u8>], first: u64, found: &mut Found) {
        match (decode(&self.schema, lines), lines) {
            (Ok(batch), _) => found.batches.push(batch),
            (Err(reason), [line]) => self.mend(line, first, reason, found),
            (Err(_), many) => {
                let (before, after) = many.split_at(many.len() / 2);
                self.decode(before, first, found);
                self.decode(after, first + before.len() as u64, found);
            }
        }
    }

    /// Decodes a line without those of its values that have another shape than their columns.
    fn mend(&mut self, line: &[u8], number: u64, reason: String, found: &mut Found) {
        let mended = object(line).and_then(|mut object| {
            let wrong: Vec<String> = self.schema.fields().iter().filter(|f| has_other_shape(f, &object)).map(|f| f.name().clone()).collect();
            wrong.iter().for_each(|name| drop(object.remove(name)));
            Some((decode(&self.schema, &[Value::Object(object).to_string().into_bytes()]).ok()?, wrong))
        });
        match mended {
            Some((batch, wrong)) => {
                found.batches.push(batch);
                found.unparsed.extend(wrong.into_iter().map(|name| (name, 1)));
            }
            None => {
                found.unreadable += 1;
                if !std::mem::replace(&mut self.told, true) {
                    let hint = if line.trim_ascii_start().starts_with(b"[") { "; a JSON array is not newline-delimited JSON" } else { "" };
                    tracing::warn!("{}: line {number} is left out: {reason}{hint}; further ones are counted", self.path.display());
                }
            }
        }
    }
}

/// What some lines came to.
struct Found {
    batches: Vec<RecordBatch>,
    unreadable: u64,
    unparsed: Unparsed,
}

fn has_other_shape(field: &Field, object: &Map<String, Value>) -> bool {
    match (field.data_type(), object.get(field.name())) {
        (_, None | Some(Value::Null)) => false,
        (DataType::List(_), Some(value)) => !value.is_array(),
        (DataType::Struct(_), Some(value)) => !value.is_object(),
        (_, Some(value)) => value.is_array() || value.is_object(),
    }
}

/// One row for each line that is not blank.
fn decode(schema: &SchemaRef, lines: &[Vec<u8>]) -> Result<RecordBatch, String> {
    let mut decoder = ReaderBuilder::new(schema.clone())
        .with_coerce_primitive(true)
        .with_batch_size(lines.len().max(1))
        .build_decoder().map_err(|e| e.to_string())?;
    let mut rows = 0;
    for line in lines.iter().filter(|line| !line.trim_ascii().is_empty()) {
        let read = decoder.decode(line).map_err(|e| e.to_string())?;
        if read < line.len() {
            return Err("it is more than one value".into());
        }
        decoder.decode(b"\n").map_err(|e| e.to_string())?;
        if decoder.has_partial_record() {
            return Err("the value does not end on its line".into());
        }
        rows += 1;
        if decoder.len() != rows {
            return Err("it is more than one value".into());
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

    fn schema(&self, path: &Path) -> Result<Inferred, String> {
        let seen = look(path)?;
        let values = sample(path)?.map(|object| object.map(|o| usual(o, &seen)).map_err(ArrowError::JsonError));
        let schema = infer_json_schema_from_iterator(values).map_err(|e| e.to_string())?;
        Ok(Inferred { schema, seen })
    }

    fn read(&self, path: &Path, _unit: usize, schema: &SchemaRef) -> Result<Batches, String> {
        let lines = reader(path)?.split(b'\n');
        // Everything that text can hold is read as text first: the decoder would cut a fraction off to make an integer.
        let as_text = |f: &Arc<Field>| if f.data_type().is_nested() { f.clone() } else { Arc::new(Field::new(f.name(), DataType::Utf8, true)) };
        let schema = Arc::new(Schema::new(schema.fields().iter().map(as_text).collect::<Vec<_>>()));
        Ok(Box::new(LineBatches { lines, schema, path: path.into(), line: 0, told: false, done: false }))
    }
}
