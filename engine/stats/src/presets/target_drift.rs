//! Drift of the target and of the prediction.

use driftline_core::catalogue::{Direction, Doc, NoParameters, PresetCheck, PresetEntry, schema_of};

pub const ENTRY: PresetEntry = PresetEntry {
    doc: Doc {
        name: "target_drift",
        aliases: &[],
        summary: "Drift of the target and of the prediction.",
        description: "The columns that `[columns]` names as `target` and `prediction`, each by its default test and condition. Needs a reference.",
        formula: "",
        direction: Direction::Neither,
        fields: &[],
        parameters: schema_of::<NoParameters>,
        example: "[[suite]]\nname = \"target_drift\"\npreset = \"target_drift\"",
        reference: "Evidently's TargetDriftPreset",
    },
    checks: &[
        PresetCheck { name: "target_drift", metric: "drift", columns: &["$target"], fail: "", alone: None, parameters: "" },
        PresetCheck { name: "prediction_drift", metric: "drift", columns: &["$prediction"], fail: "", alone: None, parameters: "" },
    ],
};
