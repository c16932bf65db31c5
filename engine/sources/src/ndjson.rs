//! Newline-delimited JSON.

use crate::files::{BATCH_ROWS, Batches, Format, NO_FIELDS, Parameters, open};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::json::ReaderBuilder;
use arrow::json::reader::infer_json_schema;
use driftline_core::catalogue::{Direction, Doc, SourceEntry, schema_of};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

pub const ENTRY: SourceEntry = SourceEntry {
    doc: Doc {
        name: "ndjson",
        aliases: &["jsonl"],
        summary: "Newline-delimited JSON: one object a line.",
        description: "A file, a folder (searched for *.ndjson), a glob, or a list. Types are inferred from the first 100,000 lines; an absent key \
is null. A value of another type than its column ends the run with an error. A unit is a file.",
        formula: "",
        direction: Direction::Neither,
        fields: NO_FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[source.current]\nkind = \"ndjson\"\npath = \"current.ndjson\"",
        reference: "https://github.com/ndjson/ndjson-spec",
    },
    open: |component, folder, diagnostics| open(Ndjson, component, folder, diagnostics),
};

struct Ndjson;

fn reader(path: &Path) -> Result<BufReader<File>, String> {
    File::open(path).map(BufReader::new).map_err(|e| e.to_string())
}

impl Format for Ndjson {
    fn extension(&self) -> &'static str {
        "ndjson"
    }

    fn schema(&self, path: &Path) -> Result<Schema, String> {
        Ok(infer_json_schema(reader(path)?, Some(100_000)).map_err(|e| e.to_string())?.0)
    }

    fn read(&self, path: &Path, _unit: usize, schema: &SchemaRef) -> Result<Batches, String> {
        let json = ReaderBuilder::new(schema.clone()).with_batch_size(BATCH_ROWS).build(reader(path)?);
        Ok(Box::new(json.map_err(|e| e.to_string())?.map(|batch| batch.map_err(|e| e.to_string()))))
    }
}
