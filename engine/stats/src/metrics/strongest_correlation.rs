//! The strongest correlation of a dataset.

use super::column_pairs::{Method, Pair, pairs};
use super::shape::{note, plain};
use driftline_core::accumulator::Request;
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::diagnostic::{Diagnostic, Diagnostics};
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::profile::Profile;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "strongest_correlation",
        aliases: &[],
        summary: "Largest absolute correlation between two features, or between a feature and the target or the prediction.",
        description: "Looks at the pairs that `correlation` looks at; target and prediction are no features. The message names the pair. Pairs without a coefficient (a column that does not vary, infinite values) \
are left out; without any other the result is `no_data`.",
        formula: "max |coefficient| over the pairs",
        direction: Direction::Neither,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"strongest_correlation\"\nwarn = \"value > 95%\"",
        reference: "Evidently's TestHighlyCorrelatedColumns, TestTargetFeaturesCorrelations",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 1] = [Field::new("value", "ratio", "largest absolute coefficient")];

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// The coefficient.
    method: Method,
    /// Which pairs are looked at.
    between: Between,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Between {
    #[default]
    Features,
    TargetAndFeatures,
    PredictionAndFeatures,
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let (span, at) = (component.kind_span.clone(), component.params.span_of("between"));
    let Parameters { method, between } = read_parameters(component, diagnostics)?;
    let (target, prediction) = (binding.roles.target.as_deref(), binding.roles.prediction.as_deref());
    let wanted = |pair: &Pair| {
        let roles = [&pair.first, &pair.second].map(|name| (target == Some(name.as_str()), prediction == Some(name.as_str())));
        let has = |wanted: (bool, bool)| roles.contains(&wanted);
        match between {
            Between::Features => roles == [(false, false); 2],
            Between::TargetAndFeatures => has((true, false)) && has((false, false)),
            Between::PredictionAndFeatures => has((false, true)) && has((false, false)),
        }
    };
    let needed = match between {
        Between::Features => None,
        Between::TargetAndFeatures => Some(("target", target)),
        Between::PredictionAndFeatures => Some(("prediction", prediction)),
    };
    if let Some((role, None)) = needed {
        let help = format!("add\n[columns]\n{role} = \"a column\"");
        diagnostics.push(Diagnostic::at(at, format!("`strongest_correlation` needs the {role}")).help(help));
        return None;
    }
    let pairs: Vec<Pair> = pairs(binding, method, &span, diagnostics)?.into_iter().filter(wanted).collect();
    Some(Built { labelled: &["method"], labels: method.label(), ..plain(StrongestCorrelation { pairs }, &FIELDS) })
}

struct StrongestCorrelation {
    pairs: Vec<Pair>,
}

impl StrongestCorrelation {
    fn read(&self, profile: &Profile) -> Result<Reading, Undefined> {
        let mut strongest: Option<(f64, String, Option<String>)> = None;
        let mut left_out: Vec<String> = Vec::new();
        for pair in &self.pairs {
            let names = format!("{} and {}", pair.first, pair.second);
            match pair.coefficient(profile)? {
                Some(Reading { fields, method, .. }) => {
                    let value = fields.first().map_or(0.0, |(_, value)| value.abs());
                    if strongest.as_ref().is_none_or(|(most, ..)| value > *most) {
                        strongest = Some((value, names, method));
                    }
                }
                None => left_out.push(names),
            }
        }
        let none = || Undefined::no_data("no pair of such columns has a coefficient; `method = \"cramers_v\"` looks at categorical ones");
        let (value, names, method) = strongest.ok_or_else(none)?;
        let left_out: Vec<&str> = left_out.iter().map(String::as_str).collect();
        let notes: Vec<String> = [note("strongest", &[&names]), note("without a coefficient", &left_out)].into_iter().flatten().collect();
        Ok(Reading { note: Some(notes.join("; ")), method, ..Reading::of([("value", value)]) })
    }
}

impl Metric for StrongestCorrelation {
    fn requests(&self) -> Vec<Request> {
        self.pairs.iter().map(Pair::request).collect()
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides.current))
    }
}
