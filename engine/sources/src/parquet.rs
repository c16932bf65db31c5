//! Parquet files.

use crate::files::{Batches, Format, NO_FIELDS, Parameters, open};
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::file::metadata::ColumnChunkMetaData;
use driftline_core::catalogue::{Direction, Doc, SourceEntry, schema_of};
use std::fs::File;
use std::path::Path;

pub const ENTRY: SourceEntry = SourceEntry {
    doc: Doc {
        name: "parquet",
        aliases: &[],
        summary: "Parquet files.",
        description: "A file, a folder (searched for *.parquet), a glob, or a list. A unit is a row group. Only the columns that are needed are read.",
        formula: "",
        direction: Direction::Neither,
        fields: NO_FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[source.current]\nkind = \"parquet\"\npath = \"data/2026-*.parquet\"",
        reference: "Apache Parquet",
    },
    open: |component, folder, diagnostics| open(Parquet, component, folder, diagnostics),
};

struct Parquet;

fn builder(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| format!("not a readable Parquet file: {e}"))
}

impl Format for Parquet {
    fn extension(&self) -> &'static str {
        "parquet"
    }

    fn schema(&self, path: &Path) -> Result<Schema, String> {
        Ok(builder(path)?.schema().as_ref().clone())
    }

    fn rows(&self, path: &Path) -> Option<u64> {
        builder(path).ok().map(|b| b.metadata().file_metadata().num_rows() as u64)
    }

    fn units(&self, path: &Path) -> Result<usize, String> {
        Ok(builder(path)?.metadata().num_row_groups())
    }

    fn row_bytes(&self, path: &Path, unit: usize) -> Result<u64, String> {
        let builder = builder(path)?;
        let group = builder.metadata().row_group(unit);
        // Encoded strings that repeat are larger once they are decoded; a writer may tell by how much.
        let decoded = |c: &ColumnChunkMetaData| c.unencoded_byte_array_data_bytes().unwrap_or(0).max(c.uncompressed_size());
        let bytes: i64 = group.columns().iter().map(decoded).sum();
        Ok(bytes.max(0) as u64 / group.num_rows().max(1) as u64)
    }

    fn read(&self, path: &Path, unit: usize, schema: &SchemaRef, batch_rows: usize) -> Result<Batches, String> {
        let builder = builder(path)?;
        let roots: Vec<usize> =
            schema.fields().iter().filter_map(|f| builder.schema().index_of(f.name()).ok()).collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
        let reader = builder.with_projection(mask).with_row_groups(vec![unit]).with_batch_size(batch_rows);
        let reader = reader.build().map_err(|e| e.to_string())?;
        Ok(Box::new(reader.map(|batch| batch.map(Into::into).map_err(|e| e.to_string()))))
    }
}
