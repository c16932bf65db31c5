//! Pure functions of the statistics: special functions, distributions of test statistics, two-sample statistics and their
//! mergeable summaries. No function here reads a clock, a file or a threshold; none panics, whatever the input.
//!
//! - exact sums: [`Dd`] (double-double arithmetic), [`Moments`]
//! - samples: [`kolmogorov_smirnov`], [`wasserstein`], [`linear_quantile_ranks`], [`quantile_edges`], [`Histogram`]
//! - counts of categories: [`chi_square_contingency`], [`population_stability_index`], [`jensen_shannon_distance`], [`cramers_v`]
//! - p-values: [`kolmogorov_sf`], [`smirnov_sf`], [`two_sample_exact`], [`two_sample_p_value`], [`chi_square_sf`]
//! - many tests at once: [`bonferroni`], [`benjamini_hochberg`], [`benjamini_yekutieli`]
//!
//! Accuracy is measured by `tests/golden/golden_math.rs` against SciPy and against exact arithmetic.

mod chi_square;
mod correction;
mod counts;
mod dd;
mod edges;
mod kolmogorov;
mod kolmogorov_exact;
mod moments;
mod quantile;
mod smirnov;
mod special;
mod two_sample;

pub use chi_square::chi_square_sf;
pub use correction::{benjamini_hochberg, benjamini_yekutieli, bonferroni};
pub use counts::{ChiSquare, chi_square_contingency, cramers_v, jensen_shannon_distance, population_stability_index};
pub use dd::{Dd, two_prod, two_sum};
pub use edges::{Histogram, quantile_edges};
pub use kolmogorov::kolmogorov_sf;
pub use kolmogorov_exact::{
    Alternative, Method, lattice_numerator, two_sample_asymptotic, two_sample_exact, two_sample_p_value,
};
pub use moments::Moments;
pub use quantile::{QuantileRank, lerp, linear_quantile_ranks};
pub use smirnov::smirnov_sf;
pub use special::{log1p_minus_x, stirling_error};
pub use two_sample::{KolmogorovSmirnov, kolmogorov_smirnov, wasserstein};
