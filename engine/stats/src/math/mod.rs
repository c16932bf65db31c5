//! Pure functions of the statistics: special functions, distributions of test statistics, two-sample statistics and their
//! mergeable summaries. No function here reads a clock, a file or a threshold; none panics, whatever the input.
//!
//! - exact sums: [`Dd`] (double-double arithmetic), [`Moments`], [`ShapeMoments`]
//! - samples: [`kolmogorov_smirnov`], [`wasserstein`], [`linear_quantile_ranks`], [`quantile_edges`], [`Histogram`]
//! - counts of categories: [`chi_square_contingency`], [`population_stability_index`], [`jensen_shannon_distance`], [`cramers_v`]
//! - tests from groups of equal values: [`mann_whitney_u`], [`brunner_munzel`], [`mood`], [`ansari_bradley`], [`cramer_von_mises`],
//!   [`anderson_darling`], [`energy_distance`], [`kuiper`]; from moments: [`t_test`], [`levene`]; [`epps_singleton`]
//! - p-values: [`normal_two_sided`], [`student_t_two_sided`], [`cramer_von_mises_limit_sf`], [`anderson_darling_limit_sf`],
//!   [`kolmogorov_sf`], [`smirnov_sf`], [`two_sample_exact`], [`two_sample_p_value`], [`chi_square_sf`]
//! - many tests at once: [`bonferroni`], [`benjamini_hochberg`], [`benjamini_yekutieli`]
//!
//! Accuracy is measured by `tests/golden/golden_math.rs` against SciPy and against exact arithmetic.

mod anchored;
mod chi_square;
mod correction;
mod correlation;
mod counts;
mod dd;
mod distributions;
mod edf_tests;
mod edges;
mod epps_singleton;
mod float_histogram;
mod groups;
mod hyperloglog;
mod kolmogorov;
mod kolmogorov_exact;
mod location_tests;
mod logistic;
mod mmd;
mod moments;
mod quadratic_form;
mod quantile;
mod random;
mod rank_tests;
mod roc;
mod shape_moments;
mod smirnov;
mod sort;
mod special;
mod tfidf;
mod two_sample;

pub use anchored::{AnchoredCounts, Interval, MOST_KNOTS, knots, kolmogorov_smirnov_anchored, wasserstein_anchored};
pub use chi_square::chi_square_sf;
pub use correction::{benjamini_hochberg, benjamini_yekutieli, bonferroni};
pub use correlation::{CoMoments, cramers_v_of_table, kendall, spearman};
pub use counts::{
    ChiSquare, FisherExact, ProportionsTest, chi_square_against_shares, chi_square_contingency, cramers_v, fisher_exact,
    g_test_against_shares, g_test_contingency, hellinger_distance, jensen_shannon_distance, kullback_leibler, l_infinity_distance,
    population_stability_index, proportions_z_test, total_variation_distance,
};
pub use dd::{Dd, two_prod, two_sum};
pub use distributions::{normal_sf, normal_two_sided, student_t_two_sided};
pub use edf_tests::{CramerVonMisesMethod, EdfTest, EnergyDistance, anderson_darling, cramer_von_mises, energy_distance, kuiper};
pub use edges::{Histogram, doane_bins, equal_width_edges, freedman_diaconis_bins, quantile_edges, sturges_bins};
pub use epps_singleton::{Components, EppsSingleton, epps_singleton};
pub use float_histogram::FloatHistogram;
pub use groups::{Group, Groups, groups};
pub use hyperloglog::HyperLogLog;
pub use kolmogorov::kolmogorov_sf;
pub use kolmogorov_exact::{
    Alternative, Method, lattice_numerator, two_sample_asymptotic, two_sample_exact, two_sample_p_value,
};
pub use location_tests::{MeanTest, levene, t_test};
pub use logistic::{Coefficients, SparseRows, logistic_regression};
pub use mmd::{Quadratic, median_distance, median_of_pairs, mmd_linear};
pub use moments::Moments;
pub use quadratic_form::{anderson_darling_limit_sf, cramer_von_mises_limit_sf};
pub use random::SplitMix;
pub use rank_tests::{RankTest, ansari_bradley, brunner_munzel, mann_whitney_current_larger, mann_whitney_u, mann_whitney_u_anchored, mood};
pub use quantile::{QuantileRank, lerp, lerp_exact, linear_quantile_ranks};
pub use roc::{RocAuc, roc_auc};
pub use shape_moments::ShapeMoments;
pub use smirnov::smirnov_sf;
pub use special::{log1p_minus_x, stirling_error};
pub use tfidf::{Vocabulary, words};
pub use sort::sort_floats;
pub use two_sample::{Ascending, Distances, KolmogorovSmirnov, distances, kolmogorov_smirnov, wasserstein, wasserstein_of_counts};
