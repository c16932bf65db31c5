//! What is computed from a source's own columns: derived columns, and which rows a filter keeps.

use crate::expression::Expression;
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use driftline_core::source::{Derived, Scan, SourceError};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A source's own columns and those that are derived from them.
#[derive(Clone)]
pub(crate) struct Computed {
    own: SchemaRef,
    derived: Vec<Derived>,
    /// The own columns and the derived ones.
    pub schema: SchemaRef,
}

impl Computed {
    pub fn new(own: SchemaRef) -> Self {
        Self { schema: own.clone(), own, derived: Vec::new() }
    }

    pub fn check_filter(&self, filter: &str) -> Result<(), String> {
        Expression::filter(filter, &self.schema).map(|_| ())
    }

    pub fn derive(&self, derived: Derived) -> Result<Self, String> {
        if self.schema.column_with_name(&derived.name).is_some() {
            return Err(format!("there is a column `{}` already", derived.name));
        }
        let data_type = Expression::compile(&derived.expression, &self.schema)?.data_type;
        let mut computed = self.clone();
        computed.schema = Arc::new(with_field(&self.schema, &derived.name, data_type));
        computed.derived.push(derived);
        Ok(computed)
    }
}

fn with_field(schema: &Schema, name: &str, data_type: DataType) -> Schema {
    let mut fields = schema.fields().to_vec();
    fields.push(Arc::new(Field::new(name, data_type, true)));
    Schema::new(fields)
}

/// One scan: the own columns that are needed, then what is computed from them.
pub(crate) struct Steps {
    /// The own columns that the batches must have.
    pub wanted: SchemaRef,
    /// Those of text that may be dictionaries.
    pub dictionaries: BTreeSet<String>,
    /// Each derived column with the schema that it gives.
    derived: Vec<(Expression, SchemaRef)>,
    filter: Option<Expression>,
}

/// What the steps made of a batch.
pub(crate) struct Stepped {
    pub batch: RecordBatch,
    /// Rows that the filter left out.
    pub filtered: u64,
    /// Values that could not be computed, by column; rows for which the filter could not be.
    pub uncomputed: Vec<(String, u64)>,
}

impl Steps {
    pub fn new(computed: &Computed, scan: &Scan) -> Result<Self, SourceError> {
        let failed = |what: &str| {
            let what = what.to_owned();
            move |e: String| SourceError(format!("{what}: {e}"))
        };
        let mut needed = scan.columns.clone();
        if let Some(text) = &scan.filter {
            needed.extend(Expression::filter(text, &computed.schema).map_err(failed("filter"))?.columns);
        }
        // A derived column may read those before it.
        for derived in computed.derived.iter().rev() {
            if needed.contains(&derived.name) {
                needed.extend(Expression::compile(&derived.expression, &computed.schema).map_err(failed(&derived.name))?.columns);
            }
        }
        let fields: Vec<_> = computed.own.fields().iter().filter(|f| needed.contains(f.name())).cloned().collect();
        let wanted = Arc::new(Schema::new(fields));
        let (mut schema, mut steps) = (wanted.clone(), Vec::new());
        for derived in computed.derived.iter().filter(|d| needed.contains(&d.name)) {
            let compiled = Expression::compile(&derived.expression, &schema).map_err(failed(&derived.name))?;
            schema = Arc::new(with_field(&schema, &derived.name, compiled.data_type.clone()));
            steps.push((compiled, schema.clone()));
        }
        let filter = scan.filter.as_ref().map(|text| Expression::filter(text, &schema)).transpose();
        let filter = filter.map_err(failed("filter"))?;
        // Expressions are compiled for plain text.
        let dictionaries = if steps.is_empty() && filter.is_none() { scan.dictionaries.clone() } else { BTreeSet::new() };
        Ok(Steps { wanted, dictionaries, derived: steps, filter })
    }

    pub fn apply(&self, mut batch: RecordBatch) -> Result<Stepped, String> {
        let mut uncomputed = Vec::new();
        for (expression, schema) in &self.derived {
            let (with_one_more, failed) = expression.append(&batch, schema)?;
            batch = with_one_more;
            let name = schema.fields().last().map(|f| f.name().clone()).unwrap_or_default();
            uncomputed.extend((failed > 0).then_some((name, failed)));
        }
        let Some(filter) = &self.filter else { return Ok(Stepped { batch, filtered: 0, uncomputed }) };
        let (kept, failed) = filter.keep(&batch)?;
        uncomputed.extend((failed > 0).then(|| ("filter".to_owned(), failed)));
        let filtered = (batch.num_rows() - kept.num_rows()) as u64;
        Ok(Stepped { batch: kept, filtered, uncomputed })
    }
}
