//! Arrow IPC files (Feather).

use crate::files::{Batches, Format, NO_FIELDS, Parameters, open};
use crate::types::Inferred;
use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::FileReader;
use driftline_core::catalogue::{Direction, Doc, SourceEntry, schema_of};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

pub const ENTRY: SourceEntry = SourceEntry {
    doc: Doc {
        name: "arrow_ipc",
        aliases: &["feather"],
        summary: "Arrow IPC files, also known as Feather.",
        description: "A file, a folder (searched for *.arrow), a glob, or a list. A unit is a file. Uncompressed files or LZ4. A record batch of the file is \
held in memory whole.",
        formula: "",
        direction: Direction::Neither,
        fields: NO_FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[source.current]\nkind = \"arrow_ipc\"\npath = \"current.arrow\"",
        reference: "Apache Arrow IPC file format",
    },
    open: |component, folder, diagnostics| open(ArrowIpc, component, folder, diagnostics),
};

struct ArrowIpc;

fn reader(path: &Path, projection: Option<Vec<usize>>) -> Result<FileReader<BufReader<File>>, String> {
    let file = BufReader::new(File::open(path).map_err(|e| e.to_string())?);
    FileReader::try_new(file, projection).map_err(|e| format!("not a readable Arrow IPC file: {e}"))
}

impl Format for ArrowIpc {
    fn extension(&self) -> &'static str {
        "arrow"
    }

    fn schema(&self, path: &Path) -> Result<Inferred, String> {
        Ok(reader(path, None)?.schema().as_ref().clone().into())
    }

    fn read(&self, path: &Path, _unit: usize, schema: &SchemaRef) -> Result<Batches, String> {
        let whole = reader(path, None)?.schema();
        let columns = schema.fields().iter().filter_map(|f| whole.index_of(f.name()).ok()).collect();
        Ok(Box::new(reader(path, Some(columns))?.map(|batch| batch.map(Into::into).map_err(|e| e.to_string()))))
    }
}
