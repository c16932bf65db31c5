//! Strings of a column that match a regular expression.

use super::shape::{Single, of_values, plain};
use crate::accumulators::{PatternMatches, pattern_matches};
use regex::Regex;
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of,
};
use driftline_core::column::Kind;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "regular_expression_match",
        aliases: &[],
        summary: "How many strings of a column match a regular expression, and how many do not.",
        description: "The expression may match anywhere; anchor it by ^ and $. Syntax of Rust's `regex`: no look-around, and time linear in the text. Missing values are left out; a column without values is `no_data`. Without `fail` and `warn` the check fails if one does not match.",
        formula: "share = strings that match / strings",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"regular_expression_match\"\ncolumns = \"country\"\npattern = \"^[A-Z]{2}$\"\nfail = \"others > 0\"",
        reference: "Evidently's TestColumnRegExp; Great Expectations' expect_column_values_to_match_regex",
    },
    scope: Scope::Column,
    accepts: &[Kind::Categorical, Kind::Text],
    compares: false,
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("share", "ratio", "strings that match over all strings"),
    Field::new("count", "", "strings that match"),
    Field::new("others", "", "strings that do not match"),
];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// The regular expression; by default any string with a character that is no space.
    pattern: String,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { pattern: r"\S".into() }
    }
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.params.span_of("pattern");
    let Parameters { pattern } = read_parameters(component, diagnostics)?;
    let compiled = match Regex::new(&pattern) {
        Ok(compiled) => compiled,
        Err(e) => {
            diagnostics.error(&span, format!("`pattern` is no regular expression: {e}"));
            return None;
        }
    };
    let handle = pattern_matches(&binding.column?.name, compiled);
    Some(Built { default_fail: Some("others > 0".to_owned()), ..plain(Single { handle, read }, &FIELDS) })
}

fn read(found: &PatternMatches) -> Result<Reading, Undefined> {
    let share = of_values(found.matching, found.values)?;
    let others = found.values - found.matching;
    Ok(Reading::of([("share", share), ("count", found.matching as f64), ("others", others as f64)]))
}
