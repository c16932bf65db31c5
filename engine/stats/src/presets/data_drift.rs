//! Drift of every column, and of the dataset.

use driftline_core::catalogue::{Direction, Doc, NoParameters, PresetCheck, PresetEntry, schema_of};

pub const ENTRY: PresetEntry = PresetEntry {
    doc: Doc {
        name: "data_drift",
        aliases: &[],
        summary: "Drift of every column, and of the dataset.",
        description: "Each column of numbers, categories, texts or vectors by its default test and condition, and the share of drifted columns. Set `correction` beside it. Needs a reference.",
        formula: "",
        direction: Direction::Neither,
        fields: &[],
        parameters: schema_of::<NoParameters>,
        example: "[[suite]]\nname = \"data_drift\"\npreset = \"data_drift\"",
        reference: "Evidently's DataDriftPreset",
    },
    checks: &[
        PresetCheck { name: "drift", metric: "drift", columns: &["@numerical", "@categorical", "@text", "$vectors"], fail: "", alone: None, parameters: "" },
        PresetCheck { name: "drifted_columns", metric: "drifted_columns", columns: &[], fail: "share >= 50%", alone: None, parameters: "" },
    ],
};
