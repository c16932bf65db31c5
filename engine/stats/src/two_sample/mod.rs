//! Two-sample tests, one file each. Adding one: write its file, and add its line below and to [`ENTRIES`].

mod anderson_darling;
mod ansari_bradley;
mod binning;
mod brunner_munzel;
mod centroid_distance;
mod chi_square;
mod counted;
mod cramer_von_mises;
mod domain_classifier;
mod drifted_components;
mod energy_distance;
mod epps_singleton;
mod evidently;
mod fisher_exact;
mod g_test;
mod hellinger;
mod jensen_shannon;
mod kolmogorov_smirnov;
mod kuiper;
mod kullback_leibler;
mod l_infinity;
mod levene;
mod mann_whitney_u;
mod maximum_mean_discrepancy;
mod mood;
mod population_stability_index;
mod proportions_z_test;
mod sampled;
mod shapes;
mod smoothing;
mod t_test;
mod total_variation;
mod wasserstein;

use crate::math;
use driftline_core::catalogue::{Field, TestEntry};
use driftline_core::column::Kind;
use driftline_core::spec::Correction;

/// The catalogue's table of two-sample tests.
pub const ENTRIES: &[TestEntry] = &[
    anderson_darling::ENTRY,
    ansari_bradley::ENTRY,
    brunner_munzel::ENTRY,
    centroid_distance::ENTRY,
    chi_square::ENTRY,
    cramer_von_mises::ENTRY,
    domain_classifier::ENTRY,
    drifted_components::ENTRY,
    energy_distance::ENTRY,
    epps_singleton::ENTRY,
    evidently::ENTRY,
    fisher_exact::ENTRY,
    g_test::ENTRY,
    hellinger::ENTRY,
    jensen_shannon::ENTRY,
    kolmogorov_smirnov::ENTRY,
    kuiper::ENTRY,
    kullback_leibler::ENTRY,
    l_infinity::ENTRY,
    levene::ENTRY,
    mann_whitney_u::ENTRY,
    maximum_mean_discrepancy::ENTRY,
    mood::ENTRY,
    population_stability_index::ENTRY,
    proportions_z_test::ENTRY,
    t_test::ENTRY,
    total_variation::ENTRY,
    wasserstein::ENTRY,
];

/// The test that `drift` uses for a kind of column if none is named.
pub fn default_test(kind: Kind) -> &'static str {
    match kind {
        Kind::Numerical => "kolmogorov_smirnov",
        Kind::Text | Kind::Nested => "domain_classifier",
        _ => "jensen_shannon",
    }
}

/// Adjusted p-values for testing many hypotheses at once.
pub fn correct(correction: Correction, p_values: &[f64]) -> Vec<f64> {
    match correction {
        Correction::None => p_values.to_vec(),
        Correction::Bonferroni => math::bonferroni(p_values),
        Correction::BenjaminiHochberg => math::benjamini_hochberg(p_values),
        Correction::BenjaminiYekutieli => math::benjamini_yekutieli(p_values),
    }
}

const STATISTIC: Field = Field::new("statistic", "", "the test's statistic");
const P_VALUE: Field =
    Field::new("p_value", "ratio", "probability of a statistic at least as large if both sides were drawn from one distribution");

const EFFECT_LOW: Field = Field::new("effect_size_low", "", "lower end of the effect size's 95 % confidence interval");
const EFFECT_HIGH: Field = Field::new("effect_size_high", "", "upper end of the effect size's 95 % confidence interval");

/// Parameters other than the defaults as a series label, such as `bins=20`.
fn params_label(parameters: &impl serde::Serialize, defaults: &impl serde::Serialize) -> Option<String> {
    let (given, default) = (serde_json::to_value(parameters).ok()?, serde_json::to_value(defaults).ok()?);
    let shown = |v: &serde_json::Value| v.as_str().map_or(v.to_string(), str::to_owned);
    let changed: Vec<String> = given
        .as_object()?
        .iter()
        .filter(|(key, value)| default.get(key.as_str()) != Some(*value))
        .map(|(key, value)| format!("{key}={}", shown(value)))
        .collect();
    (!changed.is_empty()).then(|| changed.join(","))
}

/// Several labels as one.
fn join_labels<const N: usize>(labels: [Option<String>; N]) -> Option<String> {
    let given: Vec<String> = labels.into_iter().flatten().collect();
    (!given.is_empty()).then(|| given.join(","))
}
