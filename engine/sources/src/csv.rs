//! CSV files.

use crate::files::{BATCH_ROWS, Batches, Format, NO_FIELDS, Parameters, Unparsed, open};
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::csv::ReaderBuilder;
use arrow::csv::reader::Format as Csv;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use driftline_core::catalogue::{Direction, Doc, SourceEntry, schema_of};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

pub const ENTRY: SourceEntry = SourceEntry {
    doc: Doc {
        name: "csv",
        aliases: &[],
        summary: "CSV files with a header line.",
        description: "A file, a folder (searched for *.csv), a glob, or a list. Types are inferred from the first 100,000 rows. A later value \
that is not of the column's type becomes null and is counted; an empty field is null. A line with another number of fields ends the run \
with its line number. A unit is a file.",
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

fn file(path: &Path) -> Result<File, String> {
    File::open(path).map_err(|e| e.to_string())
}

impl Format for CsvFile {
    fn extension(&self) -> &'static str {
        "csv"
    }

    fn schema(&self, path: &Path) -> Result<Schema, String> {
        let format = Csv::default().with_header(true);
        Ok(format.infer_schema(file(path)?, Some(SAMPLE_ROWS)).map_err(|e| e.to_string())?.0)
    }

    fn read(&self, path: &Path, _unit: usize, schema: &SchemaRef) -> Result<Batches, String> {
        // Everything is read as text first, so that one bad value does not end the run.
        let whole = self.schema(path)?;
        let text: Vec<Field> = whole.fields().iter().map(|f| Field::new(f.name(), DataType::Utf8, true)).collect();
        let columns = schema.fields().iter().filter_map(|f| whole.index_of(f.name()).ok()).collect();
        let reader = ReaderBuilder::new(Arc::new(Schema::new(text)))
            .with_header(true)
            .with_projection(columns)
            .with_batch_size(BATCH_ROWS)
            .build(file(path)?)
            .map_err(|e| e.to_string())?;
        Ok(Box::new(reader.map(|batch| batch.map_err(|e| e.to_string()))))
    }

    fn finish(&self, batch: RecordBatch, schema: &SchemaRef) -> Result<(RecordBatch, Unparsed), String> {
        let mut unparsed = Unparsed::new();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for field in schema.fields() {
            let text = batch.column_by_name(field.name()).ok_or_else(|| format!("column `{}` is missing", field.name()))?;
            let typed = arrow::compute::cast(text, field.data_type()).map_err(|e| e.to_string())?;
            let lost = typed.null_count().saturating_sub(text.null_count()) as u64;
            unparsed.extend((lost > 0).then(|| (field.name().clone(), lost)));
            columns.push(typed);
        }
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let typed = RecordBatch::try_new_with_options(schema.clone(), columns, &options);
        Ok((typed.map_err(|e| e.to_string())?, unparsed))
    }
}
