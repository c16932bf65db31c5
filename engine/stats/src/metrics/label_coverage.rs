//! How many rows have their true label or value already.

use super::shape::{Single, plain, share};
use crate::accumulators::{Presence, presence};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::{Diagnostic, Diagnostics};
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "label_coverage",
        aliases: &[],
        summary: "Share of the rows whose true label or value has come.",
        description: "Needs `target` under [columns]. Metrics of performance leave out the other rows: where few rows are labelled, those that are may not be like the others. Without rows the result is `no_data`.",
        formula: "rows with a target / rows",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"label_coverage\"\nwarn = \"value < 50%\"",
        reference: "-",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("value", "ratio", "rows with a target over all rows"),
    Field::new("labelled", "", "rows with a target"),
    Field::new("unlabelled", "", "rows without one"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    let Some(target) = &binding.roles.target else {
        let help = "add under [columns]\ntarget = \"…\"".to_owned();
        diagnostics.push(Diagnostic::at(span, "`label_coverage` needs a target under [columns]").help(help));
        return None;
    };
    Some(plain(Single { handle: presence(target), read }, &FIELDS))
}

fn read(found: &Presence) -> Result<Reading, Undefined> {
    let labelled = found.rows - found.missing;
    Ok(Reading::of([("value", share(labelled, found.rows)?), ("labelled", labelled as f64), ("unlabelled", found.missing as f64)]))
}
