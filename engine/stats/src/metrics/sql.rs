//! A number, or one for each group, by a query.

use super::shape::plain;
use driftline_core::accumulator::Request;
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of,
};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined};
use driftline_core::query::Query;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "sql",
        aliases: &[],
        summary: "A number by an SQL query over both sides, or one for each row of its result.",
        description: "The tables are `current` and, where there is one, `reference`, with their filters and derived columns, without what transforms add. The result's column of numbers (the one \
named `value` if there are several) is the value; its other columns become labels, at most 10,000 rows of them. Null is `no_data`. Queries run in the memory of [run] and go on on disk; functions that give another result each time, such as now(), \
are refused. Columns are written as they are called, upper and lower case included. The label `query` tells queries apart: `label`, or the query's text.",
        formula: "the query",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nname = \"spend\"\nmetric = \"sql\"\nquery = \"select country, avg(price) as value from current group by country\"\nfail = \"value > 1000\"",
        reference: "Apache DataFusion's SQL",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 1] = [Field::new("value", "", "the query's number")];

#[derive(Debug, Deserialize, JsonSchema)]
struct Parameters {
    /// The query.
    #[serde(default = "count")]
    #[schemars(with = "String")]
    query: Spanned<String>,
    /// What the series are labelled by, in place of the query's text.
    label: Option<String>,
}

fn count() -> Spanned<String> {
    Spanned::new(0..0, "select count(*) as value from current".into())
}

fn build(_binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let Parameters { query, label } = read_parameters(component, diagnostics)?;
    let query = Query { span: query.span(), sql: query.into_inner() };
    let labels = vec![("query".to_owned(), label.unwrap_or_else(|| query.sql.clone()))];
    Some(Built { labels, labelled: &["query", "label"], ..plain(Sql { query }, &FIELDS) })
}

struct Sql {
    query: Query,
}

impl Metric for Sql {
    fn requests(&self) -> Vec<Request> {
        Vec::new()
    }

    fn queries(&self) -> Vec<Query> {
        vec![self.query.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        let rows = match sides.current.query(&self.query.sql) {
            Ok(rows) => rows,
            Err(undefined) => return vec![Err(undefined)],
        };
        let reading = |row: &driftline_core::query::QueryRow| {
            let value = row.value.filter(|v| v.is_finite())?;
            Some(Ok(Reading { labels: row.labels.clone(), ..Reading::of([("value", value)]) }))
        };
        let readings: Parts = rows.iter().filter_map(reading).collect();
        if readings.is_empty() { vec![Err(Undefined::no_data("the query gave no number"))] } else { readings }
    }
}
