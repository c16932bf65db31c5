//! Rows, types, ranges, categories and means as in the reference.

use driftline_core::catalogue::{Direction, Doc, NoParameters, PresetCheck, PresetEntry, schema_of};

pub const ENTRY: PresetEntry = PresetEntry {
    doc: Doc {
        name: "data_stability",
        aliases: &[],
        summary: "Rows, types, ranges, categories and means as in the reference.",
        description: "The number of rows may halve or double, columns must have the same types, at most 5 % of a column's values may leave the reference's range or categories, and means may move by two standard deviations. Without a reference only the number of rows is looked at.",
        formula: "",
        direction: Direction::Neither,
        fields: &[],
        parameters: schema_of::<NoParameters>,
        example: "[[suite]]\nname = \"data_stability\"\npreset = \"data_stability\"",
        reference: "Evidently's DataStabilityTestPreset",
    },
    checks: &[
        PresetCheck { name: "row_count", metric: "row_count", columns: &[], fail: "value < reference / 2 or value > reference * 2", alone: Some("value == 0"), parameters: "" },
        PresetCheck { name: "column_types", metric: "column_types", columns: &[], fail: "", alone: None, parameters: "" },
        PresetCheck { name: "values_in_range", metric: "values_in_range", columns: &["@numerical"], fail: "share > 5%", alone: None, parameters: "" },
        PresetCheck { name: "values_in_list", metric: "values_in_list", columns: &["@categorical"], fail: "share > 5%", alone: None, parameters: "" },
        PresetCheck { name: "mean_shift", metric: "mean_shift", columns: &["@numerical"], fail: "", alone: None, parameters: "" },
    ],
};
