//! Share of right predictions.

use super::shape::{Single, plain, share};
use crate::accumulators::{Matches, matches};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, NoParameters, Scope, read_parameters, schema_of,
};
use driftline_core::diagnostic::{Diagnostic, Diagnostics};
use driftline_core::metric::{Reading, Undefined};
use driftline_core::spec::Component;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "accuracy",
        aliases: &[],
        summary: "Share of rows whose prediction equals the target.",
        description: "Needs `target` and `prediction` under [columns]. Rows where either is missing are left out and counted as `unlabelled`; \
they are never taken for wrong. Two numeric columns are compared as numbers, others as strings. Without a labelled row the result is `no_data`. \
Not for unbalanced classes, where guessing the largest class scores high.",
        formula: "value = correct / labelled rows",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<NoParameters>,
        example: "[[suite.check]]\nmetric = \"accuracy\"\nfail = \"value < reference - 5%\"",
        reference: "sklearn.metrics.accuracy_score",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 3] = [
    Field::new("value", "ratio", "right predictions over labelled rows"),
    Field::new("labelled", "", "rows with both a target and a prediction"),
    Field::new("unlabelled", "", "rows that lack either"),
];

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    read_parameters::<NoParameters>(component, diagnostics)?;
    let (Some(target), Some(prediction)) = (&binding.roles.target, &binding.roles.prediction) else {
        let help = "add under [columns]\ntarget = \"…\"\nprediction = \"…\"".to_owned();
        diagnostics.push(Diagnostic::at(span, "`accuracy` needs a target and a prediction").help(help));
        return None;
    };
    Some(plain(Single { handle: matches(target, prediction), read }, &FIELDS))
}

fn read(found: &Matches) -> Result<Reading, Undefined> {
    let value = share(found.equal, found.rows).map_err(|_| Undefined::no_data("no row has both a target and a prediction"))?;
    Ok(Reading::of([("value", value), ("labelled", found.rows as f64), ("unlabelled", found.missing as f64)]))
}
