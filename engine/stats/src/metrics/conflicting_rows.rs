//! Rows of equal features with different targets.

use super::shape::{plain, share};
use crate::accumulators::{Distinct, row_distinct};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{
    Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of,
};
use driftline_core::diagnostic::{Diagnostic, Diagnostics};
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "conflicting_rows",
        aliases: &[],
        summary: "How often equal features have different targets.",
        description: "Features are all columns but id, timestamp, target, prediction and ignored ones, or those in `columns`. Each combination of \
features counts once less than it has different targets: no combination with one target counts. Needs `target` under [columns], or `prediction` with `of` set to it. Exact as \
`duplicated_rows` is; a missing value equals a missing one. Without rows the result is `no_data`.",
        formula: "count = distinct (features, target) - distinct (features); share = count / distinct (features, target)",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[columns]\ntarget = \"genre\"\n\n[[suite.check]]\nmetric = \"conflicting_rows\"\nfail = \"count > 0\"",
        reference: "deepchecks' ConflictingLabels; Evidently's TestConflictTarget, TestConflictPrediction",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [
    Field::new("count", "", "targets of equal features beyond their first"),
    Field::new("share", "ratio", "such targets over the different rows of features and target"),
];

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// What is to be the same for equal features.
    of: Label,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Label {
    #[default]
    Target,
    Prediction,
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let Parameters { of } = read_parameters(component, diagnostics)?;
    let roles = binding.roles;
    let (label, role) = match of {
        Label::Target => (&roles.target, "target"),
        Label::Prediction => (&roles.prediction, "prediction"),
    };
    let Some(label) = label else {
        let help = format!("add\n[columns]\n{role} = \"a column\"");
        diagnostics.push(Diagnostic::at(span, format!("`conflicting_rows` needs the {role}")).help(help));
        return None;
    };
    let apart = [&roles.id, &roles.timestamp, &roles.target, &roles.prediction];
    let is_feature = |name: &String| !apart.iter().any(|role| role.as_ref() == Some(name));
    let features: Vec<String> = binding.columns.iter().map(|c| c.name.clone()).filter(is_feature).collect();
    if features.is_empty() {
        diagnostics.error(&span, "`conflicting_rows` has no features to look at");
        return None;
    }
    let with_target: Vec<String> = features.iter().chain([label]).cloned().collect();
    Some(plain(ConflictingRows { features: row_distinct(&features), with_target: row_distinct(&with_target) }, &FIELDS))
}

struct ConflictingRows {
    features: Handle<Distinct>,
    with_target: Handle<Distinct>,
}

impl ConflictingRows {
    fn read(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let (features, all) = (sides.current.read(&self.features)?, sides.current.read(&self.with_target)?);
        let count = all.distinct.saturating_sub(features.distinct);
        Ok(Reading::of([("count", count as f64), ("share", share(count, all.distinct)?)]))
    }
}

impl Metric for ConflictingRows {
    fn requests(&self) -> Vec<Request> {
        vec![self.features.request.clone(), self.with_target.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides))
    }
}
