//! Levene's test of equal variances.

use super::shapes::{Found, OverValues};
use super::{P_VALUE, STATISTIC, params_label};
use crate::accumulators::SortedValues;
use crate::math::{self, Dd, Moments};
use driftline_core::catalogue::{BuiltTest, Direction, Doc, Field, TestEntry, read_parameters, schema_of};
use driftline_core::column::{Column, Kind};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::Undefined;
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const ENTRY: TestEntry = TestEntry {
    doc: Doc {
        name: "levene",
        aliases: &[],
        summary: "Whether one side varies more than the other, by distances from its own middle.",
        description: "Use it for a change of spread; a shift does not disturb it. Missing values are left out; infinite values are an error. The effect size is the \
difference of the mean distances over their sum, from -1 to 1. Sides with fewer than two values, or without spread, are `no_data`.",
        formula: "W = t^2 of |x - centre|, F with 1 and N - 2 degrees of freedom",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "metric = \"drift\"\ncolumns = \"@numerical\"\ntest = \"levene\"",
        reference: "Levene (1960); Brown, Forsythe, J. Am. Stat. Assoc. 69 (1974); scipy.stats.levene",
    },
    accepts: &[Kind::Numerical],
    build,
};

const FIELDS: [Field; 3] = [STATISTIC, P_VALUE, Field::new("effect_size", "", "difference of the mean distances over their sum: positive if current varies more")];

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// From where the distances are measured; the median is robust against skewness.
    center: Center,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Center {
    #[default]
    Median,
    Mean,
}

fn build(column: &Column, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<BuiltTest> {
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    Some(BuiltTest {
        fields: FIELDS.to_vec(),
        params: params_label(&parameters, &Parameters::default()),
        drifted: "abs(effect_size) > 0.1 and p_value < 0.01",
        test: OverValues::boxed(column, move |r, c| {
            let (r, c) = (deviations(r, parameters.center)?, deviations(c, parameters.center)?);
            let found = math::levene(&r, &c);
            let found = found.ok_or_else(|| Undefined::no_data("a side has fewer than two values, or no spread"))?;
            Ok(Found {
                statistic: found.statistic,
                p_value: Some(found.p_value),
                effect_size: Some(found.effect_size),
                method: "asymptotic".into(),
                ..Found::default()
            })
        }),
    })
}

/// Moments of the distances from the sample's own centre.
fn deviations(values: &SortedValues, center: Center) -> Result<Moments, Undefined> {
    let ends = values.at_ranks(&[0, values.len() - 1]);
    if ends.iter().any(|v| v.is_infinite()) {
        return Err(Undefined::error("the column has infinite values"));
    }
    let centre = match center {
        Center::Mean => in_chunks(values, Moments::from_block).mean,
        Center::Median => median(values).ok_or_else(|| Undefined::no_data("a side has no values"))?,
    };
    Ok(in_chunks(values, |chunk| {
        let away: Vec<f64> = chunk.iter().map(|v| (centre - Dd::from(*v)).to_f64().abs()).collect();
        Moments::from_block(&away)
    }))
}

fn median(values: &SortedValues) -> Option<Dd> {
    let place = math::linear_quantile_ranks(values.len(), 0.5)?;
    let upper = (place.lower_rank + 1).min(values.len() - 1);
    let [lower, upper] = values.at_ranks(&[place.lower_rank, upper])[..] else { return None };
    Some(math::lerp_exact(lower, upper, place.fraction))
}

fn in_chunks(values: &SortedValues, moments: impl Fn(&[f64]) -> Moments) -> Moments {
    const CHUNK: usize = 4096;
    let (mut whole, mut chunk) = (Moments::default(), Vec::with_capacity(CHUNK));
    let mut iter = values.iter();
    loop {
        chunk.clear();
        chunk.extend(iter.by_ref().take(CHUNK));
        if chunk.is_empty() {
            return whole;
        }
        whole = whole.merge(&moments(&chunk));
    }
}
