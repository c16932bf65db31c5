//! Metrics, one file each. Adding one: write its file, and add its line below and to [`ENTRIES`].

mod almost_constant_columns;
mod category_share;
mod classification;
mod column_count;
mod column_pairs;
mod column_types;
mod columns_with_missing_values;
mod conflicting_rows;
mod constant_columns;
mod correlation;
mod correlation_change;
mod date_range;
mod distribution;
mod drift;
mod drifted_columns;
mod duplicated_columns;
mod duplicated_rows;
mod empty_columns;
mod empty_rows;
mod kurtosis;
mod label_coverage;
mod label_delay;
mod markers;
mod max;
mod mean;
mod mean_shift;
mod min;
mod missing_values;
mod most_frequent_value;
mod new_categories;
mod non_letter_share;
mod null_markers;
mod quantile;
mod ranking;
mod regression;
mod regular_expression_match;
mod row_count;
mod rows_with_missing_values;
mod sentence_count;
mod shape;
mod skewness;
mod sql;
mod standard_deviation;
mod strongest_correlation;
mod sum;
mod text_length;
mod unique_values;
mod values_in_list;
mod values_in_range;
mod vanished_categories;
mod word_count;
mod worst_segments;

use driftline_core::catalogue::MetricEntry;

/// The catalogue's table of metrics.
pub const ENTRIES: &[MetricEntry] = &[
    almost_constant_columns::ENTRY,
    category_share::ENTRY,
    classification::accuracy::ENTRY,
    classification::average_precision::ENTRY,
    classification::balanced_accuracy::ENTRY,
    classification::brier_score::ENTRY,
    classification::business_value::ENTRY,
    classification::class_balance::ENTRY,
    classification::cohen_kappa::ENTRY,
    classification::confusion_matrix::ENTRY,
    classification::expected_calibration_error::ENTRY,
    classification::f_beta::ENTRY,
    classification::false_negative_rate::ENTRY,
    classification::false_positive_rate::ENTRY,
    classification::gain::ENTRY,
    classification::hamming_loss::ENTRY,
    classification::jaccard::ENTRY,
    classification::lift::ENTRY,
    classification::log_loss::ENTRY,
    classification::matthews_correlation::ENTRY,
    classification::precision::ENTRY,
    classification::precision_recall_table::ENTRY,
    classification::recall::ENTRY,
    classification::roc_auc::ENTRY,
    classification::roc_table::ENTRY,
    classification::top_k_accuracy::ENTRY,
    classification::true_negative_rate::ENTRY,
    column_count::ENTRY,
    column_types::ENTRY,
    columns_with_missing_values::ENTRY,
    conflicting_rows::ENTRY,
    constant_columns::ENTRY,
    correlation::ENTRY,
    correlation_change::ENTRY,
    date_range::ENTRY,
    distribution::ENTRY,
    drift::ENTRY,
    drifted_columns::ENTRY,
    duplicated_columns::ENTRY,
    duplicated_rows::ENTRY,
    empty_columns::ENTRY,
    empty_rows::ENTRY,
    kurtosis::ENTRY,
    label_coverage::ENTRY,
    label_delay::ENTRY,
    max::ENTRY,
    mean::ENTRY,
    mean_shift::ENTRY,
    min::ENTRY,
    missing_values::ENTRY,
    most_frequent_value::ENTRY,
    new_categories::ENTRY,
    non_letter_share::ENTRY,
    null_markers::ENTRY,
    quantile::ENTRY,
    ranking::diversity::ENTRY,
    ranking::f_beta_at_k::ENTRY,
    ranking::hit_rate::ENTRY,
    ranking::item_bias::ENTRY,
    ranking::mean_average_precision::ENTRY,
    ranking::mean_average_recall::ENTRY,
    ranking::mean_reciprocal_rank::ENTRY,
    ranking::ndcg::ENTRY,
    ranking::novelty::ENTRY,
    ranking::personalization::ENTRY,
    ranking::popularity_bias::ENTRY,
    ranking::precision_at_k::ENTRY,
    ranking::recall_at_k::ENTRY,
    ranking::score_entropy::ENTRY,
    ranking::serendipity::ENTRY,
    ranking::user_bias::ENTRY,
    regression::error_bias::ENTRY,
    regression::error_distribution::ENTRY,
    regression::error_normality::ENTRY,
    regression::max_absolute_error::ENTRY,
    regression::mean_absolute_error::ENTRY,
    regression::mean_absolute_percentage_error::ENTRY,
    regression::mean_error::ENTRY,
    regression::median_absolute_error::ENTRY,
    regression::quantile_loss::ENTRY,
    regression::r2_score::ENTRY,
    regression::root_mean_squared_error::ENTRY,
    regression::symmetric_mean_absolute_percentage_error::ENTRY,
    regular_expression_match::ENTRY,
    row_count::ENTRY,
    rows_with_missing_values::ENTRY,
    sentence_count::ENTRY,
    skewness::ENTRY,
    sql::ENTRY,
    standard_deviation::ENTRY,
    strongest_correlation::ENTRY,
    sum::ENTRY,
    text_length::ENTRY,
    unique_values::ENTRY,
    values_in_list::ENTRY,
    values_in_range::ENTRY,
    vanished_categories::ENTRY,
    word_count::ENTRY,
    worst_segments::ENTRY,
];
