//! Columns that are missing, new or of another type than in the reference.

use super::shape::{note, plain};
use arrow::datatypes::Schema;
use driftline_core::accumulator::Request;
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use std::collections::BTreeSet;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "column_types",
        aliases: &[],
        summary: "Columns that are missing, new or of another type than in the reference.",
        description: "Compares the two schemas by column name and Arrow type. The encoding of strings (plain, large, view, dictionary) makes no \
difference; the width of numbers and the unit of timestamps do. The message names every difference. Another order of the columns changes nothing here, and is told in `reordered` alone.",
        formula: "count = missing + extra + retyped",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"column_types\"\nfail = \"missing + retyped > 0\"\nwarn = \"extra > 0\"",
        reference: "Evidently's TestColumnsType, with missing and extra columns",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: true,
    build,
};

const FIELDS: [Field; 5] = [
    Field::new("count", "", "columns that differ"),
    Field::new("missing", "", "columns of the reference that current lacks"),
    Field::new("extra", "", "columns of current that the reference lacks"),
    Field::new("retyped", "", "columns of another type"),
    Field::new("reordered", "", "columns in another place among those that both sides have; not part of count"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    read_parameters::<NoParameters>(component, diagnostics)?;
    let default_fail = Some("count > 0".to_owned());
    Some(Built { default_fail, ..plain(ColumnTypes { columns: binding.columns.iter().map(|column| column.name.clone()).collect() }, &FIELDS) })
}

struct ColumnTypes {
    /// Those that are looked at.
    columns: BTreeSet<String>,
}

impl ColumnTypes {
    fn looked_at(&self, schema: &Schema) -> Schema {
        Schema::new(schema.fields().iter().filter(|field| self.columns.contains(field.name())).cloned().collect::<Vec<_>>())
    }
}

/// The type's name without the encoding of strings.
fn type_name(data_type: &arrow::datatypes::DataType) -> String {
    use arrow::datatypes::DataType::{Dictionary, LargeUtf8, Utf8, Utf8View};
    match data_type {
        Dictionary(_, values) => type_name(values),
        LargeUtf8 | Utf8View => Utf8.to_string(),
        other => other.to_string(),
    }
}

fn only_in<'a>(a: &'a Schema, b: &Schema) -> Vec<&'a str> {
    a.fields().iter().map(|f| f.name().as_str()).filter(|name| b.column_with_name(name).is_none()).collect()
}

/// The columns that the other side has as well, in this side's order.
fn shared<'a>(a: &'a Schema, b: &Schema) -> Vec<&'a str> {
    a.fields().iter().map(|f| f.name().as_str()).filter(|name| b.column_with_name(name).is_some()).collect()
}

fn compare(reference: &Schema, current: &Schema) -> Reading {
    let (missing, extra) = (only_in(reference, current), only_in(current, reference));
    let retyped: Vec<String> = reference
        .fields()
        .iter()
        .filter_map(|f| {
            let now = type_name(current.field_with_name(f.name()).ok()?.data_type());
            let before = type_name(f.data_type());
            (before != now).then(|| format!("{} ({before} became {now})", f.name()))
        })
        .collect();
    let (before, now) = (shared(reference, current), shared(current, reference));
    let reordered: Vec<&str> = now.iter().zip(&before).filter(|(now, before)| now != before).map(|(now, _)| *now).collect();
    let count = missing.len() + extra.len() + retyped.len();
    let reading = Reading::of([
        ("count", count as f64),
        ("missing", missing.len() as f64),
        ("extra", extra.len() as f64),
        ("retyped", retyped.len() as f64),
        ("reordered", reordered.len() as f64),
    ]);
    let retyped: Vec<&str> = retyped.iter().map(String::as_str).collect();
    let notes = [note("missing", &missing), note("extra", &extra), note("retyped", &retyped), note("in another place", &reordered)];
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    Reading { note: (!notes.is_empty()).then(|| notes.join("; ")), ..reading }
}

impl Metric for ColumnTypes {
    fn requests(&self) -> Vec<Request> {
        Vec::new()
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        let reading = || -> Result<Reading, Undefined> {
            Ok(compare(&self.looked_at(&sides.reference()?.schema), &self.looked_at(&sides.current.schema)))
        };
        single(reading())
    }
}
