//! Metrics of regression, one file each.

pub mod error_bias;
pub mod error_distribution;
pub mod error_normality;
mod errors;
pub mod max_absolute_error;
pub mod mean_absolute_error;
pub mod mean_absolute_percentage_error;
pub mod mean_error;
pub mod median_absolute_error;
pub mod quantile_loss;
pub mod r2_score;
pub mod root_mean_squared_error;
pub mod symmetric_mean_absolute_percentage_error;
