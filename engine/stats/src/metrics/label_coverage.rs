//! How many rows have their true label or value already.

use super::shape::{Single, plain, share};
use crate::accumulators::{LabelTimes, Presence, label_times, presence};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::{Diagnostic, Diagnostics};
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "label_coverage",
        aliases: &[],
        summary: "Share of the rows whose true label or value has come.",
        description: "Needs `target` under [columns]. Metrics of performance leave out the other rows: where few rows are labelled, those that are may not be like the others. With a `lateness` under [source.labels] only rows count that are at least as old (at the last time that a row or a label has, to 1/8,192 of the lateness) or have no time: labels of younger ones are not late. Without such rows the result is `no_data`.",
        formula: "rows with a target / rows, of those that are due",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"label_coverage\"\nwarn = \"value < 50%\"",
        reference: "-",
    },
    scope: Scope::Rows,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 4] = [
    Field::new("value", "ratio", "rows with a target over all rows, or over those that are due"),
    Field::new("labelled", "", "rows with a target"),
    Field::new("unlabelled", "", "rows without one"),
    Field::new("waiting", "", "of these those that are younger than the lateness, where one is given"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    let roles = binding.roles;
    let Some(target) = &roles.target else {
        let help = "add under [columns]\ntarget = \"…\"".to_owned();
        diagnostics.push(Diagnostic::at(span, "`label_coverage` needs a target under [columns]").help(help));
        return None;
    };
    Some(match (&roles.timestamp, roles.lateness) {
        (Some(timestamp), Some(lateness)) => {
            plain(Single { handle: label_times(target, timestamp, roles.labelled_at.as_deref(), lateness), read: read_due }, &FIELDS)
        }
        _ => plain(Single { handle: presence(target), read }, &FIELDS[..3]),
    })
}

fn read(found: &Presence) -> Result<Reading, Undefined> {
    let labelled = found.rows - found.missing;
    Ok(Reading::of([("value", share(labelled, found.rows)?), ("labelled", labelled as f64), ("unlabelled", found.missing as f64)]))
}

fn read_due(LabelTimes { due, young }: &LabelTimes) -> Result<Reading, Undefined> {
    if due.rows() == 0 && young.rows() > 0 {
        return Err(Undefined::no_data(format!("all {} rows are younger than the lateness of their labels", young.rows())));
    }
    let unlabelled = due.unlabelled + young.unlabelled;
    let fields = [("labelled", due.labelled + young.labelled), ("unlabelled", unlabelled), ("waiting", young.unlabelled)];
    let mut reading = Reading::of([("value", share(due.labelled, due.rows())?)]);
    fields.into_iter().for_each(|(name, rows)| reading.set(name, rows as f64));
    Ok(Reading { n_current: Some(due.rows()), ..reading })
}
