//! Parquet files.

use crate::files::{BATCH_ROWS, Batches, Format, NO_FIELDS, Parameters, open};
use crate::types::Inferred;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
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

    fn schema(&self, path: &Path) -> Result<Inferred, String> {
        Ok(builder(path)?.schema().as_ref().clone().into())
    }

    fn rows(&self, path: &Path) -> Option<u64> {
        builder(path).ok().map(|b| b.metadata().file_metadata().num_rows() as u64)
    }

    fn units(&self, path: &Path) -> Result<usize, String> {
        Ok(builder(path)?.metadata().num_row_groups())
    }

    fn read(&self, path: &Path, unit: usize, schema: &SchemaRef) -> Result<Batches, String> {
        let builder = builder(path)?;
        let roots: Vec<usize> =
            schema.fields().iter().filter_map(|f| builder.schema().index_of(f.name()).ok()).collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
        let group = builder.metadata().row_group(unit);
        let row_bytes = group.total_byte_size().max(0) as u64 / group.num_rows().max(1) as u64;
        let rows = batch_rows(schema).min(usize::try_from(BATCH_BYTES / row_bytes.max(1)).unwrap_or(usize::MAX)).max(1);
        let reader = builder.with_projection(mask).with_row_groups(vec![unit]).with_batch_size(rows);
        let reader = reader.build().map_err(|e| e.to_string())?;
        Ok(Box::new(reader.map(|batch| batch.map(Into::into).map_err(|e| e.to_string()))))
    }
}

/// Bytes of a batch, by the average row of its row group as it is encoded.
const BATCH_BYTES: u64 = 8 << 20;

/// Rows to decode at once. A file does not tell how wide rows are once they are decoded, so few where they may be wide.
fn batch_rows(schema: &SchemaRef) -> usize {
    let wide = |t: &DataType| t.is_nested() || matches!(t, DataType::Binary | DataType::LargeBinary | DataType::BinaryView);
    let text = |t: &DataType| matches!(t, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let any = |is: &dyn Fn(&DataType) -> bool| schema.fields().iter().any(|f| is(f.data_type()));
    match (any(&wide), any(&text)) {
        (true, _) => 64,
        (false, true) => BATCH_ROWS / 8,
        (false, false) => BATCH_ROWS,
    }
}
