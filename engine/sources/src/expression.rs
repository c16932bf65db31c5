//! SQL expressions over the columns of a batch, compiled by DataFusion: filters and derived columns.

use arrow::array::{ArrayRef, AsArray, RecordBatch, new_null_array};
use arrow::compute::{concat, filter_record_batch};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Expr, Volatility};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::BinaryExpr;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::sync::Arc;

/// DataFusion's words for people who know SQL and not DataFusion.
pub(crate) fn explain(error: DataFusionError) -> String {
    let text = error.strip_backtrace();
    let unquoted = text.contains("No field named") && !text.contains("Did you mean");
    let mut lines: Vec<String> = text.lines().map(|line| match line.split_once(" You can use double quotes") {
        Some((case, _)) => case.to_owned(),
        None => line.replace("Unsupported binary operator: PGOverlap", "`&&` is not SQL; write AND"),
    }).collect();
    if unquoted {
        lines.push("Text stands in single quotes, such as 'this'.".into());
    }
    let text = lines.join("\n");
    let table = text.split_once("table 'datafusion.public.").and_then(|(_, rest)| rest.split_once("' not found"));
    table.map_or(text.clone(), |(name, _)| format!("there is no table `{name}`; the tables are `current` and, with a [source.reference], `reference`"))
}

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
        let short = explain;
        let logical = context.parse_sql_expr(text, &schema).map_err(short)?;
        refuse(&logical)?;
        let mut columns: Vec<String> = logical.column_refs().iter().map(|c| c.name.clone()).collect();
        columns.sort();
        // Some functions (coalesce) exist only until the simplifier has replaced them.
        let simplifier = ExprSimplifier::new(SimplifyContext::builder().with_schema(schema.clone()).build());
        let logical = simplifier.coerce(logical, &schema).and_then(|e| simplifier.simplify(e)).map_err(short)?;
        let physical = checked(context.create_physical_expr(logical, &schema).map_err(short)?)?;
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

    /// The values of a batch; null for rows that have none (a division by zero), and how many these are.
    fn evaluate_each(&self, batch: &RecordBatch) -> Result<(ArrayRef, u64), String> {
        let reason = match self.evaluate(batch) {
            Ok(values) => return Ok((values, 0)),
            Err(reason) => reason,
        };
        let rows = batch.num_rows();
        if rows <= 1 {
            tracing::debug!("a row has no value: {reason}");
            return Ok((new_null_array(&self.data_type, rows), rows as u64));
        }
        let (first, failed) = self.evaluate_each(&batch.slice(0, rows / 2))?;
        let (second, more) = self.evaluate_each(&batch.slice(rows / 2, rows - rows / 2))?;
        let both = concat(&[first.as_ref(), second.as_ref()]).map_err(|e| e.to_string())?;
        Ok((both, failed + more))
    }

    /// The rows for which a filter is true, and for how many it has no value.
    pub fn keep(&self, batch: &RecordBatch) -> Result<(RecordBatch, u64), String> {
        let (mask, failed) = self.evaluate_each(batch)?;
        let kept = filter_record_batch(batch, mask.as_boolean()).map_err(|e| e.to_string())?;
        Ok((kept, failed))
    }

    /// The batch with one more column, and how many rows have no value there.
    pub fn append(&self, batch: &RecordBatch, schema: &SchemaRef) -> Result<(RecordBatch, u64), String> {
        let (values, failed) = self.evaluate_each(batch)?;
        let mut columns = batch.columns().to_vec();
        columns.push(values);
        let batch = RecordBatch::try_new(schema.clone(), columns).map_err(|e| e.to_string())?;
        Ok((batch, failed))
    }
}

/// Integers that leave their range are an error of their row, not another number.
fn checked(expression: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>, String> {
    let checked = expression.transform_up(|part| {
        Ok(match part.downcast_ref::<BinaryExpr>() {
            Some(binary) => Transformed::yes(Arc::new(binary.clone().with_fail_on_overflow(true)) as Arc<dyn PhysicalExpr>),
            None => Transformed::no(part),
        })
    });
    checked.map(|found| found.data).map_err(|e| e.strip_backtrace())
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
