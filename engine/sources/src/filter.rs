//! Row filters: SQL expressions, compiled by DataFusion.

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use datafusion::common::DFSchema;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::prelude::SessionContext;
use std::sync::Arc;

/// A compiled filter.
pub(crate) struct Filter {
    expression: Arc<dyn PhysicalExpr>,
    /// The columns that it reads.
    pub columns: Vec<String>,
    text: String,
}

impl Filter {
    /// Compiles an expression over a schema; the error is DataFusion's, which names unknown columns.
    pub fn compile(text: &str, schema: &SchemaRef) -> Result<Self, String> {
        let context = SessionContext::new();
        let schema = DFSchema::try_from(schema.as_ref().clone()).map_err(|e| e.to_string())?;
        let short = |e: datafusion::error::DataFusionError| e.strip_backtrace();
        let logical = context.parse_sql_expr(text, &schema).map_err(short)?;
        let mut columns: Vec<String> = logical.column_refs().iter().map(|c| c.name.clone()).collect();
        columns.sort();
        let expression = context.create_physical_expr(logical, &schema).map_err(short)?;
        let data_type = expression.data_type(schema.as_arrow()).map_err(short)?;
        if data_type != arrow::datatypes::DataType::Boolean {
            return Err(format!("a filter must be true or false, and this is {data_type}"));
        }
        Ok(Self { expression, columns, text: text.to_owned() })
    }

    /// The rows for which it is true, and how many others there were. Compiled anew for the batch's own columns.
    pub fn apply(&self, batch: &RecordBatch) -> Result<(RecordBatch, u64), String> {
        let own = Filter::compile(&self.text, &batch.schema())?;
        let mask = own.expression.evaluate(batch).and_then(|v| v.into_array(batch.num_rows()));
        let mask = mask.map_err(|e| e.strip_backtrace())?;
        let kept = filter_record_batch(batch, mask.as_boolean()).map_err(|e| e.to_string())?;
        let left_out = (batch.num_rows() - kept.num_rows()) as u64;
        Ok((kept, left_out))
    }
}
