//! Kinds of columns, inferred from the first rows of the reference.

use super::Side;
use arrow::array::Array;
use arrow::datatypes::Schema;
use driftline_core::block::Block;
use driftline_core::column::{CATEGORICAL_STRINGS, Column, Kind, infer};
use driftline_core::saved::SavedColumn;
use driftline_core::source::{Scan, SourceError};
use futures::StreamExt;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Rows of the reference from which types are inferred.
const SAMPLE_ROWS: usize = 100_000;

/// The columns of both sides, with kinds by the rule of type inference over the first rows of the reference.
/// Those that are declared categorical are looked at too; those that are declared numerical only if they have texts.
pub(super) async fn infer_columns(reference: Option<&Side>, current: &Side, [categorical, numerical]: &[Vec<&String>; 2]) -> Result<Vec<Column>, SourceError> {
    let basis = reference.unwrap_or(current);
    let (schema, now) = (basis.schema.clone(), current.schema.clone());
    let saved: BTreeMap<String, SavedColumn> =
        basis.source.saved().map(|saved| saved.columns.iter().map(|c| (c.name.clone(), c.clone())).collect()).unwrap_or_default();
    let seen = if basis.source.saved().is_some() { BTreeMap::new() } else { sample(basis, &schema, categorical).await? };
    let mut columns = Vec::new();
    for field in schema.fields().iter().chain(now.fields()) {
        let name = field.name();
        if columns.iter().any(|c: &Column| c.name == *name) {
            continue;
        }
        if let Some(SavedColumn { kind, sample, .. }) = saved.get(name) {
            columns.push(Column {
                name: name.clone(),
                kind: *kind,
                data_type: field.data_type().clone(),
                in_reference: reference.is_some(),
                in_current: now.column_with_name(name).is_some(),
                plugin: None,
                sample: sample.clone(),
            });
            continue;
        }
        let kind = match seen.get(name.as_str()) {
            Some((distinct, present)) => infer(field.data_type(), distinct.len(), *present),
            None => Kind::of(field.data_type()),
        };
        // Of a text nobody asks which values there are.
        let kept = seen.get(name.as_str()).filter(|_| kind == Kind::Categorical || categorical.contains(&name) || numerical.contains(&name));
        let sample = kept.map(|(distinct, _)| distinct.clone()).unwrap_or_default();
        columns.push(Column {
            name: name.clone(),
            kind,
            data_type: field.data_type().clone(),
            in_reference: reference.is_some_and(|r| r.schema.column_with_name(name).is_some()),
            in_current: now.column_with_name(name).is_some(),
            plugin: None,
            sample,
        });
    }
    Ok(columns)
}

/// A long value as its beginning and a hash: many of them need not be kept to be told apart.
fn short(value: &str) -> Cow<'_, str> {
    const LONGEST: usize = 256;
    if value.len() <= LONGEST {
        return Cow::Borrowed(value);
    }
    let mut hash = std::hash::DefaultHasher::new();
    value.hash(&mut hash);
    Cow::Owned(format!("{}…{:016x}", &value[..value.floor_char_boundary(32)], hash.finish()))
}

/// How often each value occurs, and how many rows have one.
type Seen = (BTreeMap<String, usize>, usize);

/// Distinct and present values of the columns whose kind depends on them.
async fn sample(side: &Side, schema: &Schema, declared: &[&String]) -> Result<BTreeMap<String, Seen>, SourceError> {
    let open = |f: &&Arc<arrow::datatypes::Field>| {
        f.data_type().is_integer() || Kind::of(f.data_type()) == Kind::Categorical || declared.contains(&f.name())
    };
    let columns: Vec<String> = schema.fields().iter().filter(open).map(|f| f.name().clone()).collect();
    if columns.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    let mut stream = side.source.scan(Scan { columns, filter: side.filter.clone(), limit: Some(SAMPLE_ROWS), ..Scan::default() });
    while let Some(piece) = stream.next().await {
        let batch = piece?.batch;
        let block = Block::new(&batch);
        for field in batch.schema().fields() {
            let (distinct, present) = seen.entry(field.name().clone()).or_default();
            let Ok(strings) = block.strings(field.name()) else { continue };
            *present += strings.len() - strings.null_count();
            let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
            strings.iter().flatten().for_each(|value| *counts.entry(value).or_default() += 1);
            // In the order of values, so that the same ones are kept each time.
            let counts: BTreeMap<Cow<'_, str>, usize> = counts.into_iter().map(|(value, n)| (short(value), n)).collect();
            for (value, n) in counts {
                if let Some(known) = distinct.get_mut(&*value) {
                    *known += n;
                } else if distinct.len() <= CATEGORICAL_STRINGS {
                    // Beyond the bound the exact number makes no difference.
                    distinct.insert(value.into_owned(), n);
                }
            }
        }
    }
    Ok(seen)
}
