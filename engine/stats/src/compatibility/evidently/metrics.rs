//! The metrics of the new interface with the tests that it adds to them, and those of the old one, which judges none.

use super::{CONSTANT, EVIDENTLY, GUESSED, MORE, REPORTS, TEXTS, check, checks, elsewhere, named, noted, not_near, with};
use driftline_core::catalogue::{PresetCheck, Translation};

const fn metric(name: &'static str, of: &'static [PresetCheck], proof: &'static str) -> Translation {
    checks(name, "metric of 0.7", of, proof)
}

const fn had(name: &'static str, words: &'static str, proof: &'static str) -> Translation {
    elsewhere(name, "metric of 0.7", words, proof)
}

const PERFORMANCE: &str = "not there yet";

const fn performance(name: &'static str) -> Translation {
    had(name, PERFORMANCE, "")
}

const INFINITE: &str = "Of infinite values the result is an error, where Evidently's is NaN or infinite.";
const SHARES: &str = "The share is over cells; Evidently divides by rows.";

pub(super) const NEW: &[Translation] = &[
    metric("RowCount", &[check("row_count", &[], not_near!("value"), Some("value == 0"))], REPORTS),
    noted(metric("ColumnCount", &[check("column_count", &[], "value != reference", Some("value == 0"))], REPORTS), "Columns of all types."),
    metric("DuplicatedRowCount", &[check("duplicated_rows", &[], not_near!("count"), Some("count > 0"))], REPORTS),
    metric("DuplicatedColumnsCount", &[check("duplicated_columns", &[], "count > reference.count", Some("count > 0"))], REPORTS),
    metric("AlmostDuplicatedColumnsCount", &[with(check("duplicated_columns", &[], "count > reference.count", Some("count > 0")), "share = 0.95")], REPORTS),
    metric("ConstantColumnsCount", &[check("constant_columns", &[], "count > reference.count", Some("count > 0"))], REPORTS),
    metric("AlmostConstantColumnsCount", &[with(check("almost_constant_columns", &[], "count > reference.count", Some("count > 0")), "missing = true")], REPORTS),
    metric("EmptyRowsCount", &[check("empty_rows", &[], not_near!("count"), Some("count > 0"))], REPORTS),
    metric("EmptyColumnsCount", &[check("empty_columns", &[], "count > reference.count", Some("count > 0"))], REPORTS),
    noted(metric("DatasetMissingValueCount", &[check("missing_values", &[], not_near!("count"), Some("count > 0"))], REPORTS), SHARES),
    metric(
        "MissingValueCount",
        &[
            named("count", check("missing_values", &["*"], not_near!("count"), Some("count > 0"))),
            named("share", check("missing_values", &["*"], not_near!("share"), Some("share > 0"))),
        ],
        REPORTS,
    ),
    noted(metric("MinValue", &[check("min", &["@numerical"], not_near!("value"), None)], REPORTS), INFINITE),
    noted(metric("MaxValue", &[check("max", &["@numerical"], not_near!("value"), None)], REPORTS), INFINITE),
    noted(metric("MeanValue", &[check("mean", &["@numerical"], not_near!("value"), None)], REPORTS), INFINITE),
    metric("MedianValue", &[check("quantile", &["@numerical"], not_near!("value"), None)], MORE),
    noted(metric("StdValue", &[check("standard_deviation", &["@numerical"], not_near!("value"), None)], REPORTS), INFINITE),
    noted(metric("SumValue", &[check("sum", &["@numerical"], not_near!("value"), None)], MORE), INFINITE),
    metric("QuantileValue", &[check("quantile", &["@numerical"], not_near!("value"), None)], REPORTS),
    noted(
        metric(
            "Quantiles",
            &[
                named("25", with(check("quantile", &["@numerical"], not_near!("value"), None), "q = 0.25")),
                named("50", with(check("quantile", &["@numerical"], not_near!("value"), None), "q = 0.5")),
                named("75", with(check("quantile", &["@numerical"], not_near!("value"), None), "q = 0.75")),
            ],
            REPORTS,
        ),
        "Evidently's QuantileValue of the three quartiles, as its presets have it.",
    ),
    metric(
        "CategoryCount",
        &[
            named("count", check("category_share", &["@categorical"], not_near!("count"), None)),
            named("share", check("category_share", &["@categorical"], not_near!("share"), None)),
        ],
        MORE,
    ),
    metric(
        "InRangeValueCount",
        &[
            named("count", check("values_in_range", &["@numerical"], not_near!("inside"), None)),
            named("share", check("values_in_range", &["@numerical"], "abs(share - reference.share) > (1 - reference.share) * 10% and abs(share - reference.share) > 1e-12", None)),
        ],
        MORE,
    ),
    metric(
        "OutRangeValueCount",
        &[
            named("count", check("values_in_range", &["@numerical"], not_near!("count"), None)),
            named("share", check("values_in_range", &["@numerical"], not_near!("share"), None)),
        ],
        MORE,
    ),
    metric(
        "InListValueCount",
        &[
            named("count", check("values_in_list", &["@categorical"], not_near!("inside"), None)),
            named("share", check("values_in_list", &["@categorical"], "abs(share - reference.share) > (1 - reference.share) * 10% and abs(share - reference.share) > 1e-12", None)),
        ],
        MORE,
    ),
    metric(
        "OutListValueCount",
        &[
            named("count", check("values_in_list", &["@categorical"], not_near!("count"), None)),
            named("share", check("values_in_list", &["@categorical"], not_near!("share"), None)),
        ],
        MORE,
    ),
    metric("ValueDrift", &[with(check("drift", &["@numerical", "@categorical", "@text"], "detected == 1", None), EVIDENTLY)], REPORTS),
    metric("DriftedColumnsCount", &[with(check("drifted_columns", &[], "share >= 50%", None), EVIDENTLY)], REPORTS),
    metric("EmbeddingsDrift", &[with(check("drift", &["$vectors"], "statistic > 55%", None), "test = \"domain_classifier\"")], TEXTS),
    noted(metric("Accuracy", &[check("accuracy", &[], not_near!("value", "20%"), Some("value <= dummy"))], REPORTS), GUESSED),
    noted(metric("Precision", &[check("precision", &[], not_near!("value", "20%"), Some("value <= dummy"))], REPORTS), GUESSED),
    noted(metric("Recall", &[check("recall", &[], not_near!("value", "20%"), Some("value <= dummy"))], REPORTS), GUESSED),
    noted(metric("F1Score", &[check("f_beta", &[], not_near!("value", "20%"), Some("value <= dummy"))], REPORTS), GUESSED),
    noted(metric("RocAuc", &[check("roc_auc", &[], not_near!("value", "20%"), Some("value <= dummy"))], REPORTS), GUESSED),
    noted(metric("TPR", &[check("recall", &[], not_near!("value", "20%"), Some("value <= dummy"))], REPORTS), GUESSED),
    noted(metric("TNR", &[check("true_negative_rate", &[], not_near!("value", "20%"), Some("value <= dummy"))], REPORTS), GUESSED),
    noted(metric("LogLoss", &[check("log_loss", &[], not_near!("value", "20%"), Some("value >= dummy"))], REPORTS), GUESSED),
    noted(metric("FPR", &[check("false_positive_rate", &[], not_near!("value", "20%"), Some("value >= dummy"))], REPORTS), GUESSED),
    noted(metric("FNR", &[check("false_negative_rate", &[], not_near!("value", "20%"), Some("value >= dummy"))], REPORTS), GUESSED),
    noted(metric("MAE", &[check("mean_absolute_error", &[], not_near!("value", "10%"), Some("value >= dummy"))], REPORTS), CONSTANT),
    noted(metric("RMSE", &[check("root_mean_squared_error", &[], not_near!("value", "10%"), Some("value >= dummy"))], REPORTS), CONSTANT),
    noted(metric("MAPE", &[check("mean_absolute_percentage_error", &[], not_near!("value", "10%"), Some("value >= dummy"))], REPORTS), "Evidently multiplies by 100 and leaves out rows whose target is 0. Without a reference it must be better than a constant prediction; Evidently compares the model with itself."),
    metric("MeanError", &[check("mean_error", &[], "abs(value) > 1e-12", None)], REPORTS),
    metric("R2Score", &[check("r2_score", &[], not_near!("value"), Some("value <= 0"))], REPORTS),
    metric("AbsMaxError", &[check("max_absolute_error", &[], not_near!("value"), None)], REPORTS),
    had("F1ByLabel", "a record of `f_beta` with `average = \"by_label\"`; Evidently adds no test", REPORTS),
    had("PrecisionByLabel", "a record of `precision` with `average = \"by_label\"`; Evidently adds no test", REPORTS),
    had("RecallByLabel", "a record of `recall` with `average = \"by_label\"`; Evidently adds no test", REPORTS),
    had("RocAucByLabel", "a record of `roc_auc` with `average = \"by_label\"`; Evidently adds no test", REPORTS),
    had("UniqueValueCount", "a record of `category_share` (counts and shares of each value) or `unique_values` (how many there are); Evidently adds no test", REPORTS),
    had("ColumnCorrelations", "a record of `correlation` over `columns`", MORE),
    had("ColumnCorrelationMatrix", "a record of `correlation` over `columns`", MORE),
    had("CorrelationMatrix", "a record of `correlation`", MORE),
    had("DatasetCorrelations", "a record of `correlation` with each `method`", MORE),
    had("GroupBy", "`by = \"column\"` in any check or record", "tests/it/slices.rs"),
    had("RowTestSummary", "a column of [derived] that is 1 for rows that pass, and `mean` of it", TEXTS),
    had("DummyAccuracy", "the field `dummy` of `accuracy`", "tests/it/performance.rs"),
    had("DummyPrecision", "the field `dummy` of `precision`", "tests/it/performance.rs"),
    had("DummyRecall", "the field `dummy` of `recall`", "tests/it/performance.rs"),
    had("DummyF1Score", "the field `dummy` of `f_beta`", "tests/it/performance.rs"),
    had("DummyRocAuc", "the field `dummy` of `roc_auc`", "tests/it/performance.rs"),
    had("DummyLogLoss", "the field `dummy` of `log_loss`", "tests/it/performance.rs"),
    had("DummyTPR", "the field `dummy` of `recall`", "tests/it/performance.rs"),
    had("DummyTNR", "the field `dummy` of `true_negative_rate`", "tests/it/performance.rs"),
    had("DummyFPR", "the field `dummy` of `false_positive_rate`", "tests/it/performance.rs"),
    had("DummyFNR", "the field `dummy` of `false_negative_rate`", "tests/it/performance.rs"),
    had("DummyMAE", "the field `dummy` of `mean_absolute_error`", "tests/it/performance.rs"),
    had("DummyRMSE", "the field `dummy` of `root_mean_squared_error`", "tests/it/performance.rs"),
    had("DummyMAPE", "the field `dummy` of `mean_absolute_percentage_error`", "tests/it/performance.rs"),
    performance("PrecisionTopK"),
    performance("RecallTopK"),
    performance("FBetaTopK"),
    performance("MAP"),
    performance("MRR"),
    performance("NDCG"),
    performance("HitRate"),
    performance("ScoreDistribution"),
    performance("Novelty"),
    performance("Personalization"),
    performance("Diversity"),
    performance("Serendipity"),
    performance("ItemBias"),
    performance("UserBias"),
    performance("PopularityBiasMetric"),
    performance("RecCasesTable"),
];

const fn old(name: &'static str, words: &'static str, proof: &'static str) -> Translation {
    elsewhere(name, "metric of 0.6", words, proof)
}

const fn old_performance(name: &'static str) -> Translation {
    old(name, PERFORMANCE, "")
}

const PLOT: &str = "a plot: the dashboards that `driftline generate dashboard` writes";

pub(super) const OLD: &[Translation] = &[
    old("DatasetSummaryMetric", "records of `row_count`, `column_count`, `missing_values`, `constant_columns`, `almost_constant_columns`, `duplicated_columns`, `empty_rows`, `empty_columns`, `duplicated_rows`", REPORTS),
    old("DatasetMissingValuesMetric", "records of `missing_values` with `markers = [\"\", inf, -inf]`, `rows_with_missing_values`, `columns_with_missing_values`, `null_markers`", REPORTS),
    old("ColumnMissingValuesMetric", "a record of `missing_values` over the column with `markers = [\"\", inf, -inf]`", REPORTS),
    old("ColumnSummaryMetric", "[[record]] preset = \"data_summary\"; numbers are not rounded", REPORTS),
    old("ColumnDriftMetric", "a record of `drift` with `test = \"evidently\"`", REPORTS),
    old("DataDriftTable", "a record of `drift` with `test = \"evidently\"`", REPORTS),
    old("EmbeddingsDriftMetric", "a record of `drift` over the column with `test = \"domain_classifier\"`, `\"centroid_distance\"`, `\"drifted_components\"` or `\"maximum_mean_discrepancy\"`", TEXTS),
    old("DatasetDriftMetric", "a record of `drifted_columns` with `test = \"evidently\"`", REPORTS),
    old("ColumnCategoryMetric", "a record of `category_share` with `category`", MORE),
    old("ColumnQuantileMetric", "a record of `quantile`", REPORTS),
    old("ColumnRegExpMetric", "a record of `regular_expression_match`", MORE),
    old("ColumnValueListMetric", "a record of `values_in_list`", MORE),
    old("ColumnValueRangeMetric", "a record of `values_in_range`", MORE),
    old("ColumnCorrelationsMetric", "a record of `correlation`", MORE),
    old("DatasetCorrelationsMetric", "a record of `correlation` with each `method`", REPORTS),
    old("ConflictTargetMetric", "a record of `conflicting_rows`", MORE),
    old("ConflictPredictionMetric", "a record of `conflicting_rows` with `of = \"prediction\"`", MORE),
    old("DataQualityStabilityMetric", "records of `conflicting_rows`, of the target and of the prediction", MORE),
    old("TextDescriptorsDriftMetric", "columns of [derived] for the descriptors, and `drift` of them", TEXTS),
    old("TextDescriptorsDistribution", "columns of [derived] for the descriptors, and `distribution` of them", TEXTS),
    old("TextDescriptorsCorrelationMetric", "columns of [derived] for the descriptors, and `correlation` of them", TEXTS),
    old("ColumnDistributionMetric", "a record of `distribution` or `category_share`", "tests/it/catalogue.rs"),
    old("ColumnInteractionPlot", PLOT, ""),
    old("ColumnValuePlot", PLOT, ""),
    old("TargetByFeaturesTable", PLOT, ""),
    old("Comment", "words in a report: comments in the TOML file", ""),
    old("ClassificationClassBalance", "a record of `class_balance`", "tests/it/performance.rs"),
    old_performance("ClassificationClassSeparationPlot"),
    old("ClassificationConfusionMatrix", "a record of `confusion_matrix`", "tests/it/performance.rs"),
    old("ClassificationDummyMetric", "the field `dummy` of each metric", "tests/it/performance.rs"),
    old_performance("ClassificationLiftCurve"),
    old("ClassificationLiftTable", "records of `lift` and `gain` with each `share`", "tests/it/performance.rs"),
    old_performance("ClassificationPRCurve"),
    old_performance("ClassificationPRTable"),
    old_performance("ClassificationProbDistribution"),
    old("ClassificationQualityByClass", "records of `precision`, `recall` and `f_beta` with `average = \"by_label\"`", "tests/it/performance.rs"),
    old_performance("ClassificationQualityByFeatureTable"),
    old("ClassificationQualityMetric", "records of `accuracy`, `precision`, `recall`, `f_beta`, `roc_auc`, `log_loss` and the four rates", "tests/it/performance.rs"),
    old_performance("ClassificationRocCurve"),
    old_performance("DiversityMetric"),
    old_performance("FBetaTopKMetric"),
    old_performance("HitRateKMetric"),
    old_performance("ItemBiasMetric"),
    old_performance("MAPKMetric"),
    old_performance("MARKMetric"),
    old_performance("MRRKMetric"),
    old_performance("NDCGKMetric"),
    old_performance("NoveltyMetric"),
    old_performance("PersonalizationMetric"),
    old_performance("PopularityBias"),
    old_performance("PrecisionTopKMetric"),
    old_performance("RecallTopKMetric"),
    old_performance("SerendipityMetric"),
    old_performance("UserBiasMetric"),
    old_performance("RegressionAbsPercentageErrorPlot"),
    old("RegressionDummyMetric", "the field `dummy` of each metric", "tests/it/performance.rs"),
    old_performance("RegressionErrorBiasTable"),
    old_performance("RegressionErrorDistribution"),
    old("RegressionErrorNormality", "a record of `error_normality`", "tests/it/performance.rs"),
    old_performance("RegressionErrorPlot"),
    old("RegressionPerformanceMetrics", "records of `mean_error`, `mean_absolute_error`, `root_mean_squared_error`, `mean_absolute_percentage_error`, `r2_score`, `max_absolute_error`", "tests/it/performance.rs"),
    old_performance("RegressionPredictedVsActualPlot"),
    old_performance("RegressionPredictedVsActualScatter"),
    old("RegressionQualityMetric", "records of `mean_error`, `mean_absolute_error`, `root_mean_squared_error`, `mean_absolute_percentage_error`, `r2_score`, `max_absolute_error`", "tests/it/performance.rs"),
    old_performance("RegressionTopErrorMetric"),
];
