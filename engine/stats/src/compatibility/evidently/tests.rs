//! The tests of the old interface, with their default conditions.

use super::{BY_PLACE, CONSTANT, EVIDENTLY, FROM_0, GUESSED, MARKERS, MORE, RANKING, REPORTS, SUITES, TEXTS, above, check, checks, noted, not_near, with};
use driftline_core::catalogue::{PresetCheck, Translation};

const fn test(name: &'static str, of: &'static [PresetCheck], proof: &'static str) -> Translation {
    checks(name, "test of 0.6", of, proof)
}

const ALL: &[&str] = &["@numerical", "@categorical"];
/// What Evidently tests for drift.
const DRIFTING: &[&str] = &["@numerical", "@categorical", "@text"];
const ROUNDED: &str = "Evidently compares the numbers rounded to two decimals; here they are not rounded.";
const SIGMAS: &str = "Evidently compares the numbers rounded to two decimals, and fails where the reference is constant, as current may be too; here that is `no_data`, and infinite values are an error.";
const INFINITE: &str = "Infinite values lie outside, also where the reference has some.";
const CORRELATED: &str = "Evidently takes the strongest of all pairs, also of two features.";
const PERCENT: &str = "Evidently multiplies by 100 and leaves out rows whose target is 0. Without a reference it must be better than a constant prediction; Evidently compares the model with itself.";
const TRAINING: &str = "Needs [source.training] in place of `additional_data`.";
const PAIRS: &str = "Evidently divides the sum of the distances by the items, not by the pairs; `over = \"pairs\"` does not.";
const LIKED: &str = "Evidently adds up the similarities of all relevant items, so that it falls with every one more; `over = \"pairs\"` does not. Needs [source.training].";
const SHORT: &str = "Evidently takes each list to have k items; `over = \"shown\"` counts them.";
const COVERED: &str = "Needs [source.training]. Evidently takes the reference's items beyond the first k too.";

pub(super) const TABLE: &[Translation] = &[
    test("TestNumberOfRows", &[check("row_count", &[], not_near!("value"), Some("value <= 30"))], SUITES),
    test("TestNumberOfColumns", &[check("column_count", &[], "value != reference", Some("value == 0"))], SUITES),
    test("TestShareOfMissingValues", &[with(check("missing_values", &[], above!("share"), Some("share > 0")), MARKERS)], MORE),
    test("TestNumberOfMissingValues", &[with(check("missing_values", &[], above!("share"), Some("count > 0")), MARKERS)], MORE),
    test("TestNumberOfDifferentMissingValues", &[with(check("missing_values", &[], "kinds != reference.kinds", Some("kinds > 0")), MARKERS)], MORE),
    test("TestColumnShareOfMissingValues", &[with(check("missing_values", &["*"], above!("share"), Some("share > 0")), MARKERS)], MORE),
    test("TestAllColumnsShareOfMissingValues", &[with(check("missing_values", &["*"], above!("share"), Some("share > 0")), MARKERS)], SUITES),
    test("TestColumnNumberOfMissingValues", &[with(check("missing_values", &["*"], above!("share"), Some("count > 0")), MARKERS)], MORE),
    test("TestColumnNumberOfDifferentMissingValues", &[with(check("missing_values", &["*"], "kinds > reference.kinds", Some("kinds > 0")), MARKERS)], MORE),
    test("TestNumberOfColumnsWithMissingValues", &[with(check("columns_with_missing_values", &[], "count > reference.count", Some("count > 0")), MARKERS)], SUITES),
    test("TestShareOfColumnsWithMissingValues", &[with(check("columns_with_missing_values", &[], "share > reference.share", Some("share > 0")), MARKERS)], MORE),
    test("TestNumberOfRowsWithMissingValues", &[with(check("rows_with_missing_values", &[], above!("share"), Some("count > 0")), MARKERS)], SUITES),
    test("TestShareOfRowsWithMissingValues", &[with(check("rows_with_missing_values", &[], above!("share"), Some("share > 0")), MARKERS)], MORE),
    test("TestNumberOfConstantColumns", &[check("constant_columns", &[], "count > reference.count", Some("count > 0"))], SUITES),
    test("TestNumberOfEmptyColumns", &[check("empty_columns", &[], "count > reference.count", Some("count > 0"))], MORE),
    test("TestNumberOfDuplicatedColumns", &[check("duplicated_columns", &[], "count > reference.count", Some("count > 0"))], SUITES),
    test("TestNumberOfDuplicatedRows", &[check("duplicated_rows", &[], not_near!("share"), Some("count > 0"))], SUITES),
    test("TestNumberOfEmptyRows", &[check("empty_rows", &[], not_near!("share"), Some("count > 0"))], MORE),
    noted(
        test("TestColumnsType", &[check("column_types", &[], "missing + retyped > 0", None)], SUITES),
        "A column that current lacks fails the test, where Evidently's comes to no result.",
    ),
    noted(
        test("TestColumnAllConstantValues", &[check("unique_values", &["*"], "count <= 1", Some("count <= 1"))], MORE),
        "As Evidently's, it fails where the column is constant. A column without values is `no_data`.",
    ),
    test("TestColumnAllUniqueValues", &[check("unique_values", &["*"], "share < 1", Some("share < 1"))], MORE),
    test(
        "TestColumnRegExp",
        &[check("regular_expression_match", &["@categorical"], "abs(share - reference.share) > (1 - reference.share) * 10% and abs(share - reference.share) > 1e-12", Some("others > 0"))],
        MORE,
    ),
    test("TestNumberOfDriftedColumns", &[with(check("drifted_columns", &[], "count > columns / 3 - 1", None), EVIDENTLY)], SUITES),
    test("TestShareOfDriftedColumns", &[with(check("drifted_columns", &[], "share >= 30%", None), EVIDENTLY)], SUITES),
    test("TestColumnDrift", &[with(check("drift", DRIFTING, "detected == 1", None), EVIDENTLY)], SUITES),
    noted(test("TestTargetDrift", &[with(check("drift", &["$target"], "detected == 1", None), EVIDENTLY)], SUITES), "Evidently's TestColumnDrift of the target."),
    noted(test("TestPredictionDrift", &[with(check("drift", &["$prediction"], "detected == 1", None), EVIDENTLY)], SUITES), "Evidently's TestColumnDrift of the prediction."),
    test("TestAllFeaturesValueDrift", &[with(check("drift", &["$features"], "detected == 1", None), EVIDENTLY)], SUITES),
    test("TestCustomFeaturesValueDrift", &[with(check("drift", DRIFTING, "detected == 1", None), EVIDENTLY)], MORE),
    test("TestEmbeddingsDrift", &[with(check("drift", &["$vectors"], "statistic > 55%", None), "test = \"domain_classifier\"")], TEXTS),
    test("TestTargetPredictionCorrelation", &[with(check("correlation", &["$target", "$prediction"], "abs(value - reference) > 25%", Some("value <= 0")), "method = \"auto\"")], MORE),
    test("TestHighlyCorrelatedColumns", &[check("strongest_correlation", &[], not_near!("value"), Some("value >= 90%"))], MORE),
    noted(
        test("TestTargetFeaturesCorrelations", &[with(check("strongest_correlation", &[], not_near!("value"), Some("value >= 90%")), "between = \"target_and_features\"\nmethod = \"auto\"")], MORE),
        CORRELATED,
    ),
    noted(
        test(
            "TestPredictionFeaturesCorrelations",
            &[with(check("strongest_correlation", &[], not_near!("value"), Some("value >= 90%")), "between = \"prediction_and_features\"\nmethod = \"auto\"")],
            MORE,
        ),
        CORRELATED,
    ),
    test("TestCorrelationChanges", &[check("correlation_change", &[], "count > 0", None)], MORE),
    noted(test("TestColumnValueMin", &[check("min", &["@numerical"], "value < reference", None)], MORE), ROUNDED),
    noted(test("TestColumnValueMax", &[check("max", &["@numerical"], "value > reference", None)], MORE), ROUNDED),
    noted(test("TestColumnValueMean", &[check("mean", &["@numerical"], not_near!("value"), None)], MORE), ROUNDED),
    noted(test("TestColumnValueMedian", &[check("quantile", &["@numerical"], not_near!("value"), None)], MORE), ROUNDED),
    noted(test("TestColumnValueStd", &[check("standard_deviation", &["@numerical"], not_near!("value"), None)], MORE), ROUNDED),
    test("TestColumnQuantile", &[check("quantile", &["@numerical"], not_near!("value"), None)], MORE),
    noted(test("TestMeanInNSigmas", &[check("mean_shift", &["@numerical"], "abs(value) >= 2", None)], MORE), SIGMAS),
    noted(test("TestNumColumnsMeanInNSigmas", &[check("mean_shift", &["@numerical"], "abs(value) >= 2", None)], SUITES), SIGMAS),
    test("TestNumberOfUniqueValues", &[check("unique_values", ALL, not_near!("count"), Some("count <= 1"))], MORE),
    test("TestUniqueValuesShare", &[check("unique_values", ALL, not_near!("row_share"), None)], MORE),
    noted(test("TestMostCommonValueShare", &[with(check("most_frequent_value", ALL, not_near!("share"), Some("share >= 80%")), "missing = true")], MORE), ROUNDED),
    noted(test("TestAllColumnsMostCommonValueShare", &[with(check("most_frequent_value", ALL, not_near!("share"), Some("share >= 80%")), "missing = true")], SUITES), ROUNDED),
    noted(test("TestValueRange", &[check("values_in_range", &["@numerical"], "count > 0", None)], MORE), INFINITE),
    noted(test("TestNumberOfOutRangeValues", &[check("values_in_range", &["@numerical"], "count > 0", None)], MORE), INFINITE),
    noted(test("TestShareOfOutRangeValues", &[check("values_in_range", &["@numerical"], "share > 1e-12", None)], MORE), INFINITE),
    noted(test("TestNumColumnsOutOfRangeValues", &[check("values_in_range", &["@numerical"], "share > 1e-12", None)], SUITES), INFINITE),
    test("TestValueList", &[with(check("values_in_list", &["@categorical"], "count > 0", None), "missing = true")], MORE),
    test("TestNumberOfOutListValues", &[with(check("values_in_list", &["@categorical"], "count > 0", None), "missing = true")], MORE),
    test("TestShareOfOutListValues", &[with(check("values_in_list", &["@categorical"], "share > 1e-12", None), "missing = true")], MORE),
    test("TestCatColumnsOutOfListValues", &[with(check("values_in_list", &["@categorical"], "share > 1e-12", None), "missing = true")], SUITES),
    test("TestCategoryShare", &[check("category_share", &["@categorical"], not_near!("share"), None)], MORE),
    test("TestCategoryCount", &[check("category_share", &["@categorical"], not_near!("count"), None)], MORE),
    test("TestConflictTarget", &[check("conflicting_rows", &[], "count > 0", Some("count > 0"))], MORE),
    test("TestConflictPrediction", &[with(check("conflicting_rows", &[], "count > 0", Some("count > 0")), "of = \"prediction\"")], MORE),
    noted(test("TestAccuracyScore", &[check("accuracy", &[], not_near!("value", "20%"), Some("value <= dummy"))], REPORTS), GUESSED),
    noted(test("TestF1Score", &[check("f_beta", &[], not_near!("value", "20%"), Some("value <= dummy"))], REPORTS), GUESSED),
    noted(test("TestPrecisionScore", &[check("precision", &[], not_near!("value", "20%"), Some("value <= dummy"))], REPORTS), GUESSED),
    noted(test("TestRecallScore", &[check("recall", &[], not_near!("value", "20%"), Some("value <= dummy"))], REPORTS), GUESSED),
    noted(test("TestRocAuc", &[check("roc_auc", &[], not_near!("value", "20%"), Some("value <= dummy"))], REPORTS), GUESSED),
    noted(test("TestTPR", &[check("recall", &[], not_near!("value", "20%"), Some("value <= dummy"))], REPORTS), GUESSED),
    noted(test("TestTNR", &[check("true_negative_rate", &[], not_near!("value", "20%"), Some("value <= dummy"))], REPORTS), GUESSED),
    noted(test("TestFNR", &[check("false_negative_rate", &[], not_near!("value", "20%"), Some("value >= dummy"))], REPORTS), GUESSED),
    noted(test("TestFPR", &[check("false_positive_rate", &[], not_near!("value", "20%"), Some("value >= dummy"))], REPORTS), GUESSED),
    noted(test("TestLogLoss", &[check("log_loss", &[], not_near!("value", "20%"), Some("value >= dummy"))], REPORTS), GUESSED),
    noted(test("TestF1ByClass", &[with(check("f_beta", &[], not_near!("value", "20%"), Some("value <= dummy")), "average = \"by_label\"")], REPORTS), GUESSED),
    noted(test("TestPrecisionByClass", &[with(check("precision", &[], not_near!("value", "20%"), Some("value <= dummy")), "average = \"by_label\"")], REPORTS), GUESSED),
    noted(test("TestRecallByClass", &[with(check("recall", &[], not_near!("value", "20%"), Some("value <= dummy")), "average = \"by_label\"")], REPORTS), GUESSED),
    noted(test("TestValueMAE", &[check("mean_absolute_error", &[], not_near!("value"), Some("value >= dummy"))], REPORTS), CONSTANT),
    noted(test("TestValueRMSE", &[check("root_mean_squared_error", &[], not_near!("value"), Some("value >= dummy"))], REPORTS), CONSTANT),
    noted(test("TestValueMAPE", &[check("mean_absolute_percentage_error", &[], not_near!("value"), Some("value >= dummy"))], REPORTS), PERCENT),
    noted(test("TestValueMeanError", &[check("mean_error", &[], "abs(value) > 0.1 * standard_deviation", Some("abs(value) > 0.1 * standard_deviation"))], REPORTS), "The standard deviation is that of current's errors."),
    test("TestValueR2Score", &[check("r2_score", &[], not_near!("value"), Some("value <= 0"))], REPORTS),
    test("TestValueAbsMaxError", &[check("max_absolute_error", &[], above!("value"), None)], REPORTS),
    noted(test("TestARP", &[check("popularity_bias", &[], not_near!("average_popularity"), Some("average_popularity <= 0"))], RANKING), TRAINING),
    noted(test("TestCoverage", &[check("popularity_bias", &[], not_near!("coverage"), Some("coverage <= 0"))], RANKING), COVERED),
    noted(test("TestDiversity", &[with(check("diversity", &[], not_near!("value"), Some("value <= 0")), "over = \"items\"")], RANKING), PAIRS),
    noted(test("TestFBetaTopK", &[with(check("f_beta_at_k", &[], not_near!("value"), Some("value <= 0")), "over = \"shown\"")], RANKING), FROM_0),
    noted(test("TestGiniIndex", &[check("popularity_bias", &[], not_near!("gini_recommended"), Some("gini_recommended >= 1"))], RANKING), TRAINING),
    noted(test("TestHitRateK", &[check("hit_rate", &[], not_near!("value"), Some("value <= 0"))], RANKING), FROM_0),
    noted(test("TestMAPK", &[with(check("mean_average_precision", &[], not_near!("value"), Some("value <= 0")), "over = \"relevant\"")], RANKING), BY_PLACE),
    noted(test("TestMARK", &[with(check("mean_average_recall", &[], not_near!("value"), Some("value <= 0")), "over = \"relevant\"")], RANKING), BY_PLACE),
    test("TestMRRK", &[check("mean_reciprocal_rank", &[], not_near!("value"), Some("value <= 0"))], RANKING),
    test("TestNDCGK", &[check("ndcg", &[], not_near!("value"), Some("value <= 0"))], RANKING),
    noted(test("TestNovelty", &[check("novelty", &[], not_near!("value"), Some("value <= 0"))], RANKING), TRAINING),
    noted(test("TestPersonalization", &[with(check("personalization", &[], not_near!("value"), Some("value <= 0")), "over = \"k\"")], RANKING), SHORT),
    noted(test("TestPrecisionTopK", &[with(check("precision_at_k", &[], not_near!("value"), Some("value <= 0")), "over = \"shown\"")], RANKING), FROM_0),
    noted(test("TestRecallTopK", &[check("recall_at_k", &[], not_near!("value"), Some("value <= 0"))], RANKING), FROM_0),
    test("TestScoreEntropy", &[with(check("score_entropy", &[], not_near!("value"), Some("value <= 0")), "of = \"all\"")], RANKING),
    noted(test("TestSerendipity", &[with(check("serendipity", &[], not_near!("value"), Some("value <= 0")), "over = \"training\"")], RANKING), LIKED),
];
