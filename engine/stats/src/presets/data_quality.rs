//! Missing, constant, repeated and dominant values.

use driftline_core::catalogue::{Direction, Doc, NoParameters, PresetCheck, PresetEntry, schema_of};

pub const ENTRY: PresetEntry = PresetEntry {
    doc: Doc {
        name: "data_quality",
        aliases: &[],
        summary: "Missing, constant, repeated and dominant values.",
        description: "Only worse is bad: a share may exceed the reference's by a few points (5 for cells and repeated rows, 10 for a column's missing values, 20 for its most frequent value), a count may not. Without a reference the limits are absolute.",
        formula: "",
        direction: Direction::Neither,
        fields: &[],
        parameters: schema_of::<NoParameters>,
        example: "[[suite]]\nname = \"data_quality\"\npreset = \"data_quality\"",
        reference: "Evidently's DataQualityTestPreset",
    },
    checks: &[
        PresetCheck { name: "missing_cells", metric: "missing_values", columns: &[], fail: "share > reference.share + 5%", alone: Some("share > 5%"), parameters: "" },
        PresetCheck { name: "missing_values", metric: "missing_values", columns: &["*"], fail: "share > reference.share + 10%", alone: Some("share > 50%"), parameters: "" },
        PresetCheck { name: "constant_columns", metric: "constant_columns", columns: &[], fail: "count > reference", alone: Some("count > 0"), parameters: "" },
        PresetCheck { name: "empty_columns", metric: "empty_columns", columns: &[], fail: "count > reference", alone: Some("count > 0"), parameters: "" },
        PresetCheck { name: "duplicated_rows", metric: "duplicated_rows", columns: &[], fail: "share > reference.share + 5%", alone: Some("share > 5%"), parameters: "" },
        PresetCheck { name: "most_frequent_value", metric: "most_frequent_value", columns: &["@categorical"], fail: "share > reference + 20%", alone: Some("share > 95%"), parameters: "" },
    ],
};
