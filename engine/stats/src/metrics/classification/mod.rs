//! Metrics of classification, one file each.

pub mod accuracy;
pub mod average_precision;
pub mod balanced_accuracy;
pub mod brier_score;
pub mod business_value;
pub mod class_balance;
pub mod cohen_kappa;
pub mod confusion_matrix;
pub mod expected_calibration_error;
pub mod f_beta;
pub mod false_negative_rate;
pub mod false_positive_rate;
pub mod gain;
pub mod hamming_loss;
pub mod jaccard;
pub mod lift;
pub mod log_loss;
pub mod matthews_correlation;
pub mod precision;
pub mod precision_recall_table;
mod predicted;
mod rates;
pub mod recall;
pub mod roc_auc;
pub mod roc_table;
mod scores;
mod tables;
pub mod top_k_accuracy;
pub mod true_negative_rate;

pub(super) use predicted::{predicted_of, tell};
