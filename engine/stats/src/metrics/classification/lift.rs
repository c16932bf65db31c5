//! How many times as many rows of a label there are among the highest scores as among all.

use super::scores::{self, Parameters, sizes};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Reading;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "lift",
        aliases: &[],
        summary: "How many times as many rows of a label there are among the highest scores as among all.",
        description: "Needs `target` under [columns] and `score` with the scores of the positive label (`positive`, else the last label in order), or `probabilities` with a column for each label. Takes the share of rows with the highest scores; of rows that tie at its edge each counts in part. Of one label alone the result is `no_data`. Rows without a true label or a score, or with an infinite one, are left out.",
        formula: "recall among the top share / share",
        direction: Direction::Higher,
        fields: &FIELDS,
        parameters: schema_of::<Schema>,
        example: "[[suite.check]]\nmetric = \"lift\"\nshare = 0.2\nfail = \"value < 2\"",
        reference: "Evidently's ClassificationLiftTable",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 2] = [Field::new("value", "", "the lift, from 0 to 1 / share"), Field::new("dummy", "", "that of scores that tell nothing: 1")];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Top {
    /// Share of the rows that are taken, those of the highest scores.
    #[schemars(range(min = 0.0, max = 1.0))]
    share: f64,
}

impl Default for Top {
    fn default() -> Self {
        Self { share: 0.1 }
    }
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Schema {
    #[schemars(flatten)]
    scores: Parameters,
    #[schemars(flatten)]
    own: Top,
}

fn build(binding: &Binding<'_>, mut component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let (span, at) = (component.kind_span.clone(), component.params.span_of("share"));
    let top = component.params.take::<Top>(diagnostics);
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    let Top { share } = top?;
    if !(share > 0.0 && share <= 1.0) {
        diagnostics.error(&at, format!("`share` must lie above 0 and up to 1, not {share}"));
        return None;
    }
    let of = move |scores: &[(f64, u64, u64)]| {
        let (others, own) = sizes(scores)?;
        let found = scores::found_in_top(scores, share * (others + own) as f64) / own as f64;
        Ok(Reading::of([("value", found / share), ("dummy", 1.0)]))
    };
    scores::built("lift", binding, parameters, &span, diagnostics, &FIELDS, Box::new(of))
}
