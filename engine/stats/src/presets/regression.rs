//! How well a model of numbers does.

use driftline_core::catalogue::{Direction, Doc, NoParameters, PresetCheck, PresetEntry, schema_of};

pub const ENTRY: PresetEntry = PresetEntry {
    doc: Doc {
        name: "regression",
        aliases: &[],
        summary: "How well a model of numbers does.",
        description: "Only worse is bad: errors may grow by a fifth, the mean error may move by half a standard deviation of the errors; without a reference the model must be better than a constant prediction.",
        formula: "",
        direction: Direction::Neither,
        fields: &[],
        parameters: schema_of::<NoParameters>,
        example: "[[suite]]\nname = \"regression\"\npreset = \"regression\"",
        reference: "Evidently's RegressionPreset",
    },
    checks: &[
        PresetCheck { name: "mean_absolute_error", metric: "mean_absolute_error", columns: &[], fail: "value > reference * 120%", alone: Some("value >= dummy"), parameters: "" },
        PresetCheck { name: "root_mean_squared_error", metric: "root_mean_squared_error", columns: &[], fail: "value > reference * 120%", alone: Some("value >= dummy"), parameters: "" },
        PresetCheck { name: "r2_score", metric: "r2_score", columns: &[], fail: "value < reference - 0.1", alone: Some("value <= dummy"), parameters: "" },
        PresetCheck { name: "mean_error", metric: "mean_error", columns: &[], fail: "abs(value - reference) > 0.5 * reference.standard_deviation", alone: Some("abs(value) > 0.5 * standard_deviation"), parameters: "" },
    ],
};
