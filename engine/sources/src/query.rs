//! Queries by DataFusion.

use crate::expression::explain as short;
use crate::labels::Joined;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Schema, SchemaRef};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::{Expr, LogicalPlan, Volatility};
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use driftline_core::name::is_identifier;
use driftline_core::query::{Labels, QueryEngine, QueryRow, QueryTable};
use driftline_core::source::{Scan, Source};
use futures::StreamExt;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Runs queries with DataFusion.
pub struct Queries;

/// Most rows of a result.
const MOST_ROWS: usize = 10_000;

impl QueryEngine for Queries {
    fn check(&self, sql: &str, tables: &[QueryTable]) -> Result<(), String> {
        blocking(async {
            let plan = planned(sql, tables).await?;
            shape(&plan.schema().as_arrow().clone()).map(|_| ())
        })
    }

    fn run(&self, sql: &str, tables: &[QueryTable], memory: usize) -> Result<Vec<QueryRow>, String> {
        blocking(async {
            let plan = planned(sql, tables).await?;
            let columns = columns(&plan)?;
            let environment = RuntimeEnvBuilder::new().with_memory_limit(memory, 1.0).build_arc().map_err(short)?;
            let context = SessionContext::new_with_config_rt(config(), environment);
            for table in tables {
                let read = columns.get(table.name).cloned().unwrap_or_default();
                context.register_table(table.name, Arc::new(streaming(table, Some(&read))?)).map_err(short)?;
            }
            let mut batches = select(&context, sql).await?.execute_stream().await.map_err(short)?;
            let shape = shape(batches.schema().as_ref())?;
            let mut rows = Vec::new();
            while let Some(batch) = batches.next().await {
                read(&batch.map_err(short)?, &shape, &mut rows)?;
                if rows.len() > MOST_ROWS {
                    return Err(format!("the query gives more than {MOST_ROWS} rows; group it by less"));
                }
            }
            // One order, whatever the query left open.
            rows.sort_by(|a, b| a.labels.cmp(&b.labels));
            match rows.windows(2).find(|pair| pair[0].labels == pair[1].labels) {
                Some(twice) if !twice[0].labels.is_empty() => Err(format!("two rows of the result have the labels {:?}", twice[0].labels)),
                Some(_) => Err("the result has several rows and no column that tells them apart".into()),
                None => Ok(rows),
            }
        })
    }

    fn join(&self, rows: Arc<dyn Source>, labels: Labels, memory: usize) -> Result<Arc<dyn Source>, String> {
        Ok(Arc::new(Joined::new(rows, labels, memory)?))
    }
}

/// Runs a future on a runtime of its own.
fn blocking<T>(future: impl Future<Output = Result<T, String>> + Send) -> Result<T, String>
where
    T: Send,
{
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| format!("no runtime: {e}"))?;
        runtime.block_on(future)
    };
    // The caller may be inside of a runtime, where none can be entered.
    std::thread::scope(|scope| scope.spawn(run).join().unwrap_or_else(|_| Err("the query ended with an internal error".into())))
}

pub(crate) fn config() -> SessionConfig {
    // Columns are called what they are called; one partition gives sums one order.
    SessionConfig::new().with_target_partitions(1).set_bool("datafusion.sql_parser.enable_ident_normalization", false)
}

async fn select(context: &SessionContext, sql: &str) -> Result<datafusion::prelude::DataFrame, String> {
    let only_reads = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    context.sql_with_options(sql, only_reads).await.map_err(short)
}

/// The optimised plan of a query over the sides' schemas.
async fn planned(sql: &str, tables: &[QueryTable]) -> Result<LogicalPlan, String> {
    let context = SessionContext::new_with_config(config());
    for table in tables {
        context.register_table(table.name, Arc::new(streaming(table, None)?)).map_err(short)?;
    }
    let plan = select(&context, sql).await?.into_unoptimized_plan();
    refuse(&plan)?;
    context.state().optimize(&plan).map_err(short)
}

/// Equal data must give equal results.
fn refuse(plan: &LogicalPlan) -> Result<(), String> {
    let mut reason = None;
    let seen = plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expression| {
            expression.apply(|part| {
                if let Expr::ScalarFunction(f) = part
                    && f.func.signature().volatility != Volatility::Immutable
                {
                    reason = Some(format!("`{}` gives another result each time; equal data must give equal results", f.func.name()));
                    return Ok(TreeNodeRecursion::Stop);
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    seen.map_err(short)?;
    reason.map_or(Ok(()), Err)
}

/// The columns that are read of each table.
fn columns(plan: &LogicalPlan) -> Result<BTreeMap<String, BTreeSet<String>>, String> {
    let mut columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let seen = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            let schema = scan.source.schema();
            let all: Vec<usize> = (0..schema.fields().len()).collect();
            let names = scan.projection.as_ref().unwrap_or(&all).iter().map(|i| schema.field(*i).name().clone());
            let own = columns.entry(scan.table_name.table().to_owned()).or_default();
            own.extend(names);
            own.extend(scan.filters.iter().flat_map(|f| f.column_refs().into_iter().map(|c| c.name.clone())));
        }
        Ok(TreeNodeRecursion::Continue)
    });
    seen.map_err(short)?;
    Ok(columns)
}

/// A side as a stream of batches, with some of its columns.
struct Streamed {
    source: Arc<dyn Source>,
    scan: Scan,
    schema: SchemaRef,
}

impl std::fmt::Debug for Streamed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.source.location())
    }
}

impl PartitionStream for Streamed {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = self.schema.clone();
        let batch = move |piece: Result<driftline_core::source::Piece, driftline_core::source::SourceError>| {
            let batch = piece.map_err(|e| DataFusionError::External(Box::new(e)))?.batch;
            // A source that was asked for no column gives one, since rows without columns cannot be counted.
            let places: Vec<usize> = schema.fields().iter().filter_map(|f| batch.schema().index_of(f.name()).ok()).collect();
            Ok(batch.project(&places)?)
        };
        let stream = self.source.scan(self.scan.clone()).map(batch);
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), stream))
    }
}

fn streaming(table: &QueryTable, columns: Option<&BTreeSet<String>>) -> Result<StreamingTable, String> {
    let whole = table.source.schema();
    let wanted = |name: &str| columns.is_none_or(|columns| columns.contains(name));
    let schema = Arc::new(Schema::new(whole.fields().iter().filter(|f| wanted(f.name())).cloned().collect::<Vec<_>>()));
    let mut read: Vec<String> = schema.fields().iter().map(|f| f.name().clone()).collect();
    if read.is_empty() {
        read.extend(whole.fields().first().map(|f| f.name().clone()));
    }
    let scan = Scan { columns: read, filter: table.filter.clone(), limit: None, ..Scan::default() };
    let streamed = Streamed { source: table.source.clone(), scan, schema: schema.clone() };
    StreamingTable::try_new(schema, vec![Arc::new(streamed)]).map_err(short)
}

/// Which column of a result is its number, and which are labels.
struct Shape {
    value: usize,
    labels: Vec<(usize, String)>,
}

fn shape(schema: &Schema) -> Result<Shape, String> {
    let numeric: Vec<usize> = (0..schema.fields().len()).filter(|i| schema.field(*i).data_type().is_numeric()).collect();
    let value = match (schema.index_of("value"), numeric.as_slice()) {
        (Ok(named), _) => named,
        (_, [only]) => *only,
        (_, []) => return Err("the result has no column of numbers; give one number, or one for each row".into()),
        (_, _) => return Err("the result has several columns of numbers; name the one that counts `value`, and cast the others to varchar".into()),
    };
    let labels = schema.fields().iter().enumerate().filter(|(i, _)| *i != value).map(|(i, f)| (i, f.name().clone()));
    let labels: Vec<(usize, String)> = labels.collect();
    match labels.iter().find(|(_, name)| !is_identifier(name) || ["monitor", "column", "segment", "params", "query"].contains(&name.as_str())) {
        Some((_, name)) => Err(format!("the result's column `{name}` cannot be a label: call it something lower_snake_case with AS")),
        None => Ok(Shape { value, labels }),
    }
}

fn read(batch: &RecordBatch, shape: &Shape, rows: &mut Vec<QueryRow>) -> Result<(), String> {
    let as_type = |i: usize, t: &DataType| cast(batch.column(i), t).map_err(|e| e.to_string());
    let values = as_type(shape.value, &DataType::Float64)?;
    let values = values.as_primitive::<Float64Type>();
    let labels: Vec<_> = shape.labels.iter().map(|(i, _)| as_type(*i, &DataType::Utf8)).collect::<Result<_, _>>()?;
    for row in 0..batch.num_rows() {
        let label = |((_, name), array): (&(usize, String), &arrow::array::ArrayRef)| {
            let text = array.as_string::<i32>();
            (name.clone(), if text.is_null(row) { String::new() } else { text.value(row).to_owned() })
        };
        let value = (!values.is_null(row)).then(|| values.value(row));
        rows.push(QueryRow { labels: shape.labels.iter().zip(&labels).map(label).collect(), value });
    }
    Ok(())
}
