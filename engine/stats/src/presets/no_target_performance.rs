//! What can be told of a model before its labels come.

use driftline_core::catalogue::{Direction, Doc, NoParameters, PresetCheck, PresetEntry, schema_of};

pub const ENTRY: PresetEntry = PresetEntry {
    doc: Doc {
        name: "no_target_performance",
        aliases: &[],
        summary: "What can be told of a model before its labels come.",
        description: "Drift of the prediction and of the dataset, types, missing values, ranges, categories and means. Needs a reference.",
        formula: "",
        direction: Direction::Neither,
        fields: &[],
        parameters: schema_of::<NoParameters>,
        example: "[[suite]]\nname = \"no_target_performance\"\npreset = \"no_target_performance\"",
        reference: "Evidently's NoTargetPerformanceTestPreset",
    },
    checks: &[
        PresetCheck { name: "prediction_drift", metric: "drift", columns: &["$prediction"], fail: "", alone: None, parameters: "" },
        PresetCheck { name: "drifted_columns", metric: "drifted_columns", columns: &[], fail: "share >= 50%", alone: None, parameters: "" },
        PresetCheck { name: "column_types", metric: "column_types", columns: &[], fail: "", alone: None, parameters: "" },
        PresetCheck { name: "missing_values", metric: "missing_values", columns: &["*"], fail: "share > reference.share + 10%", alone: None, parameters: "" },
        PresetCheck { name: "values_in_range", metric: "values_in_range", columns: &["@numerical"], fail: "share > 5%", alone: None, parameters: "" },
        PresetCheck { name: "values_in_list", metric: "values_in_list", columns: &["@categorical"], fail: "share > 5%", alone: None, parameters: "" },
        PresetCheck { name: "mean_shift", metric: "mean_shift", columns: &["@numerical"], fail: "", alone: None, parameters: "" },
    ],
};
