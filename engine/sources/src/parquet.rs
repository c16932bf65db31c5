//! Parquet files.

use crate::files::{BATCH_ROWS, Batches, Format, NO_FIELDS, Parameters, open};
use crate::types::Inferred;
use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use datafusion::parquet::basic::{Encoding, PageType};
use datafusion::parquet::file::metadata::ColumnChunkMetaData;
use driftline_core::block::BLOCK_ROWS;
use driftline_core::catalogue::{Direction, Doc, SourceEntry, schema_of};
use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

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

    fn is_columnar(&self) -> bool {
        true
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
        self.read_with_dictionaries(path, unit, schema, &BTreeSet::new())
    }

    fn read_with_dictionaries(&self, path: &Path, unit: usize, schema: &SchemaRef, columns: &BTreeSet<String>) -> Result<Batches, String> {
        let builder = with_dictionaries(builder(path)?, path, unit, columns)?;
        let roots: Vec<usize> =
            schema.fields().iter().filter_map(|f| builder.schema().index_of(f.name()).ok()).collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots.iter().copied());
        let group = builder.metadata().row_group(unit);
        let row_bytes = group.total_byte_size().max(0) as u64 / group.num_rows().max(1) as u64;
        let rows = batch_rows(roots.iter().map(|root| builder.schema().field(*root).data_type()));
        let rows = rows.min(usize::try_from(BATCH_BYTES / row_bytes.max(1)).unwrap_or(usize::MAX)).max(1);
        let reader = builder.with_projection(mask).with_row_groups(vec![unit]).with_batch_size(rows);
        let reader = reader.build().map_err(|e| e.to_string())?;
        Ok(Box::new(reader.map(|batch| batch.map(Into::into).map_err(|e| e.to_string()))))
    }
}

/// Reads those columns of text as dictionaries that the row group has so from its first page to its last.
fn with_dictionaries(
    builder: ParquetRecordBatchReaderBuilder<File>,
    path: &Path,
    unit: usize,
    columns: &BTreeSet<String>,
) -> Result<ParquetRecordBatchReaderBuilder<File>, String> {
    let group = builder.metadata().row_group(unit);
    let is_text = |t: &DataType| matches!(t, DataType::Utf8 | DataType::LargeUtf8);
    let encoded = |name: &str| {
        // A column of text is a leaf, whose path is its name.
        let column = group.columns().iter().find(|c| c.column_path().parts() == [name]);
        column.is_some_and(has_dictionary_pages_alone)
    };
    let field = |field: &FieldRef| -> FieldRef {
        match is_text(field.data_type()) && columns.contains(field.name()) && encoded(field.name()) {
            true => {
                let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(field.data_type().clone()));
                Arc::new(field.as_ref().clone().with_data_type(dictionary))
            }
            false => field.clone(),
        }
    };
    let schema = Schema::new_with_metadata(builder.schema().fields().iter().map(field).collect::<Vec<_>>(), builder.schema().metadata().clone());
    if schema == **builder.schema() {
        return Ok(builder);
    }
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    let metadata = ArrowReaderMetadata::try_new(builder.metadata().clone(), options).map_err(|e| e.to_string())?;
    Ok(ParquetRecordBatchReaderBuilder::new_with_metadata(File::open(path).map_err(|e| e.to_string())?, metadata))
}

/// Whether a column chunk's values all stand in its dictionary, and values repeat.
fn has_dictionary_pages_alone(column: &ColumnChunkMetaData) -> bool {
    let few = column.uncompressed_size() < 4 * column.num_values();
    let by_dictionary = |encoding: &Encoding| matches!(encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY);
    let data = |page: PageType| matches!(page, PageType::DATA_PAGE | PageType::DATA_PAGE_V2);
    let pages = column.page_encoding_stats().map(|stats| stats.iter().filter(|s| data(s.page_type)).all(|s| by_dictionary(&s.encoding)));
    let mask = || column.page_encoding_stats_mask().map(|mask| mask.encodings().all(|encoding| by_dictionary(&encoding)));
    few && column.dictionary_page_offset().is_some() && pages.or_else(mask).unwrap_or(false)
}

/// Bytes of a batch, by the average row of its row group as it is encoded.
const BATCH_BYTES: u64 = 8 << 20;

/// Rows to decode at once. A file does not tell how wide rows are once they are decoded, so few where they may be wide.
fn batch_rows<'a>(types: impl Iterator<Item = &'a DataType> + Clone) -> usize {
    let wide = |t: &DataType| t.is_nested() || matches!(t, DataType::Binary | DataType::LargeBinary | DataType::BinaryView);
    let text = |t: &DataType| matches!(t, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let any = |is: &dyn Fn(&DataType) -> bool| types.clone().any(is);
    match (any(&wide), any(&text)) {
        (true, _) => 64,
        (false, true) => BATCH_ROWS / 8,
        // A whole block, which then need not be put together.
        (false, false) => BLOCK_ROWS,
    }
}
