//! SQL expressions over the columns of a batch, compiled by DataFusion: filters and derived columns.

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Expr, Volatility};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::sync::Arc;

/// An expression compiled for batches of one schema.
pub(crate) struct Expression {
    physical: Arc<dyn PhysicalExpr>,
    /// The columns that it reads.
    pub columns: Vec<String>,
    pub data_type: DataType,
}

impl Expression {
    /// The error is DataFusion's, which names unknown columns.
    pub fn compile(text: &str, schema: &Schema) -> Result<Self, String> {
        // Columns are called what they are called: `Age` is not `age`.
        let config = SessionConfig::new().set_bool("datafusion.sql_parser.enable_ident_normalization", false);
        let context = SessionContext::new_with_config(config);
        let empty = RecordBatch::new_empty(Arc::new(schema.clone()));
        let schema = Arc::new(DFSchema::try_from(schema.clone()).map_err(|e| e.to_string())?);
        let short = |e: datafusion::error::DataFusionError| e.strip_backtrace();
        let logical = context.parse_sql_expr(text, &schema).map_err(short)?;
        refuse(&logical)?;
        let mut columns: Vec<String> = logical.column_refs().iter().map(|c| c.name.clone()).collect();
        columns.sort();
        // Some functions (coalesce) exist only until the simplifier has replaced them.
        let simplifier = ExprSimplifier::new(SimplifyContext::builder().with_schema(schema.clone()).build());
        let logical = simplifier.coerce(logical, &schema).and_then(|e| simplifier.simplify(e)).map_err(short)?;
        let physical = context.create_physical_expr(logical, &schema).map_err(short)?;
        let data_type = physical.data_type(schema.as_arrow()).map_err(short)?;
        let compiled = Self { physical, columns, data_type };
        // What cannot be evaluated at all is wrong before any row is read.
        compiled.evaluate(&empty)?;
        Ok(compiled)
    }

    /// As [`Expression::compile`], for an expression that says which rows are kept.
    pub fn filter(text: &str, schema: &Schema) -> Result<Self, String> {
        let compiled = Self::compile(text, schema)?;
        match &compiled.data_type {
            DataType::Boolean => Ok(compiled),
            other => Err(format!("a filter must be true or false, and this is {other}")),
        }
    }

    pub fn evaluate(&self, batch: &RecordBatch) -> Result<ArrayRef, String> {
        let value = self.physical.evaluate(batch).and_then(|v| v.into_array(batch.num_rows()));
        value.map_err(|e| e.strip_backtrace())
    }

    /// The rows for which a filter is true, and how many others there were.
    pub fn keep(&self, batch: &RecordBatch) -> Result<(RecordBatch, u64), String> {
        let mask = self.evaluate(batch)?;
        let kept = filter_record_batch(batch, mask.as_boolean()).map_err(|e| e.to_string())?;
        let left_out = (batch.num_rows() - kept.num_rows()) as u64;
        Ok((kept, left_out))
    }

    /// The batch with one more column.
    pub fn append(&self, batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, String> {
        let mut columns = batch.columns().to_vec();
        columns.push(self.evaluate(batch)?);
        RecordBatch::try_new(schema.clone(), columns).map_err(|e| e.to_string())
    }
}

/// An expression sees one row at a time, and equal rows must give equal results.
fn refuse(expression: &Expr) -> Result<(), String> {
    let mut reason = None;
    let seen = expression.apply(|part| {
        reason = match part {
            Expr::AggregateFunction(f) => Some(format!("`{}` needs many rows, and an expression sees one at a time", f.func.name())),
            Expr::WindowFunction(f) => Some(format!("`{}` needs many rows, and an expression sees one at a time", f.fun.name())),
            Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_) => Some("a query is no expression over one row".to_owned()),
            Expr::ScalarFunction(f) if f.func.signature().volatility != Volatility::Immutable => {
                Some(format!("`{}` gives another result each time; equal data must give equal results", f.func.name()))
            }
            _ => None,
        };
        Ok(if reason.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    seen.map_err(|e| e.strip_backtrace())?;
    reason.map_or(Ok(()), Err)
}
