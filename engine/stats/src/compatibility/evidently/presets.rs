//! Its presets: lists of its tests and metrics.

use super::{RANKING, REPORTS, SUITES, TEXTS, elsewhere};
use driftline_core::catalogue::{Meaning, Translation};

const fn preset(name: &'static str, names: &'static [&'static str], nearest: &'static str, proof: &'static str) -> Translation {
    Translation { name, family: "preset", meaning: Meaning::Names(names, nearest), note: "", proof }
}

const SUMMARY: &[&str] = &[
    "RowCount",
    "ColumnCount",
    "DuplicatedRowCount",
    "DuplicatedColumnsCount",
    "AlmostDuplicatedColumnsCount",
    "AlmostConstantColumnsCount",
    "EmptyRowsCount",
    "EmptyColumnsCount",
    "ConstantColumnsCount",
    "DatasetMissingValueCount",
    "MissingValueCount",
    "MinValue",
    "MaxValue",
    "MeanValue",
    "StdValue",
    "Quantiles",
];

/// Rates of two labels only where there are two.
const CLASSIFICATION: &[&str] = &["Accuracy", "Precision", "Recall", "F1Score", "RocAuc", "LogLoss", "TPR", "TNR", "FPR", "FNR"];
const REGRESSION: &[&str] = &["MeanError", "MAPE", "RMSE", "MAE", "R2Score", "AbsMaxError"];

/// The metrics of the dataset, and those of each column.
const DATASET: &[&str] = SUMMARY.split_at(10).0;
const VALUES: &[&str] = SUMMARY.split_at(10).1;

pub(super) const TABLE: &[Translation] = &[
    preset(
        "DataStabilityTestPreset",
        &[
            "TestNumberOfRows",
            "TestNumberOfColumns",
            "TestColumnsType",
            "TestAllColumnsShareOfMissingValues",
            "TestNumColumnsOutOfRangeValues",
            "TestCatColumnsOutOfListValues",
            "TestNumColumnsMeanInNSigmas",
        ],
        "data_stability",
        SUITES,
    ),
    preset(
        "DataQualityTestPreset",
        &[
            "TestAllColumnsShareOfMissingValues",
            "TestAllColumnsMostCommonValueShare",
            "TestNumberOfConstantColumns",
            "TestNumberOfDuplicatedColumns",
            "TestNumberOfDuplicatedRows",
        ],
        "data_quality",
        SUITES,
    ),
    preset("DataDriftTestPreset", &["TestShareOfDriftedColumns", "TestTargetDrift", "TestPredictionDrift", "TestAllFeaturesValueDrift", "TestEmbeddingsDrift"], "", SUITES),
    preset(
        "NoTargetPerformanceTestPreset",
        &[
            "TestPredictionDrift",
            "TestShareOfDriftedColumns",
            "TestColumnsType",
            "TestAllColumnsShareOfMissingValues",
            "TestNumColumnsOutOfRangeValues",
            "TestCatColumnsOutOfListValues",
            "TestNumColumnsMeanInNSigmas",
        ],
        "no_target_performance",
        SUITES,
    ),
    preset("DataDriftPreset", &["DriftedColumnsCount", "ValueDrift"], "data_drift", REPORTS),
    preset("TargetDriftPreset", &["TestTargetDrift", "TestPredictionDrift"], "target_drift", REPORTS),
    preset("DataSummaryPreset", SUMMARY, "data_summary", REPORTS),
    preset("DataQualityPreset", SUMMARY, "", REPORTS),
    preset("DatasetStats", DATASET, "", REPORTS),
    preset("ValueStats", VALUES, "", REPORTS),
    elsewhere("TextEvals", "preset", "columns of [derived] for the descriptors, and [[record]] of them", TEXTS),
    preset("ClassificationPreset", CLASSIFICATION, "classification", REPORTS),
    preset("ClassificationQuality", CLASSIFICATION, "", REPORTS),
    elsewhere("ClassificationQualityByLabel", "preset", "records of `precision`, `recall`, `f_beta` and `roc_auc` with `average = \"by_label\"`", REPORTS),
    elsewhere("ClassificationDummyQuality", "preset", "the field `dummy` of each metric", "tests/it/performance.rs"),
    preset("BinaryClassificationTestPreset", &["TestTargetDrift", "TestRocAuc", "TestPrecisionScore", "TestRecallScore", "TestAccuracyScore", "TestF1Score"], "", REPORTS),
    preset(
        "MulticlassClassificationTestPreset",
        &["TestAccuracyScore", "TestF1Score", "TestPrecisionByClass", "TestRecallByClass", "TestNumberOfRows", "TestTargetDrift", "TestRocAuc", "TestLogLoss"],
        "",
        REPORTS,
    ),
    preset("RegressionPreset", REGRESSION, "regression", REPORTS),
    preset("RegressionQuality", REGRESSION, "", REPORTS),
    elsewhere("RegressionDummyQuality", "preset", "the field `dummy` of each metric", "tests/it/performance.rs"),
    preset("RegressionTestPreset", &["TestValueMeanError", "TestValueMAE", "TestValueRMSE", "TestValueMAPE"], "", REPORTS),
    Translation {
        note: "Give each test of labels `top`, the number of rows that count as positive; Evidently takes one row more.",
        ..preset("BinaryClassificationTopKTestPreset", &["TestAccuracyScore", "TestPrecisionScore", "TestRecallScore", "TestF1Score", "TestTargetDrift", "TestRocAuc", "TestLogLoss"], "", REPORTS)
    },
    Translation {
        note: "With [source.training] and the features of items also `PopularityBias`, `Novelty`, `Diversity`, `Serendipity`, `ItemBias` and `UserBias`; Evidently adds the same.",
        ..preset("RecsysPreset", &["PrecisionTopK", "RecallTopK", "FBetaTopK", "MAP", "NDCG", "MRR", "HitRate", "Personalization"], "ranking", RANKING)
    },
    preset("RecsysTestPreset", &["TestPrecisionTopK", "TestRecallTopK", "TestMAPK", "TestNDCGK", "TestHitRateK"], "", RANKING),
];
