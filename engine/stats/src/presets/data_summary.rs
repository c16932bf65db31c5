//! What is recorded of every column, without judging.

use driftline_core::catalogue::{Direction, Doc, NoParameters, PresetCheck, PresetEntry, schema_of};

pub const ENTRY: PresetEntry = PresetEntry {
    doc: Doc {
        name: "data_summary",
        aliases: &[],
        summary: "What is recorded of every column, without judging.",
        description: "Number of rows and columns, missing and distinct values; mean, deviation, extremes, median and histogram of numbers; shares of categories.",
        formula: "",
        direction: Direction::Neither,
        fields: &[],
        parameters: schema_of::<NoParameters>,
        example: "[[record]]\npreset = \"data_summary\"",
        reference: "Evidently's DataSummaryPreset",
    },
    checks: &[
        PresetCheck { name: "row_count", metric: "row_count", columns: &[], fail: "", alone: Some(""), parameters: "" },
        PresetCheck { name: "column_count", metric: "column_count", columns: &[], fail: "", alone: Some(""), parameters: "" },
        PresetCheck { name: "missing_values", metric: "missing_values", columns: &["*"], fail: "", alone: Some(""), parameters: "" },
        PresetCheck { name: "unique_values", metric: "unique_values", columns: &["@numerical", "@categorical"], fail: "", alone: Some(""), parameters: "" },
        PresetCheck { name: "mean", metric: "mean", columns: &["@numerical"], fail: "", alone: Some(""), parameters: "" },
        PresetCheck { name: "standard_deviation", metric: "standard_deviation", columns: &["@numerical"], fail: "", alone: Some(""), parameters: "" },
        PresetCheck { name: "min", metric: "min", columns: &["@numerical"], fail: "", alone: Some(""), parameters: "" },
        PresetCheck { name: "max", metric: "max", columns: &["@numerical"], fail: "", alone: Some(""), parameters: "" },
        PresetCheck { name: "quantile", metric: "quantile", columns: &["@numerical"], fail: "", alone: Some(""), parameters: "" },
        PresetCheck { name: "distribution", metric: "distribution", columns: &["@numerical"], fail: "", alone: Some(""), parameters: "" },
        PresetCheck { name: "category_share", metric: "category_share", columns: &["@categorical"], fail: "", alone: Some(""), parameters: "" },
    ],
};
