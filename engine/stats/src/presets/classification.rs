//! How well a model of labels does.

use driftline_core::catalogue::{Direction, Doc, NoParameters, PresetCheck, PresetEntry, schema_of};

pub const ENTRY: PresetEntry = PresetEntry {
    doc: Doc {
        name: "classification",
        aliases: &[],
        summary: "How well a model of labels does.",
        description: "Only worse is bad: a rate may fall by 5 points, the area under the ROC curve by 2, losses may rise by a fifth; without a reference the model must be better than guessing with the labels' shares. Metrics of scores are left out where the spec names none.",
        formula: "",
        direction: Direction::Neither,
        fields: &[],
        parameters: schema_of::<NoParameters>,
        example: "[[suite]]\nname = \"classification\"\npreset = \"classification\"",
        reference: "Evidently's ClassificationPreset",
    },
    checks: &[
        PresetCheck { name: "accuracy", metric: "accuracy", columns: &[], fail: "value < reference - 5%", alone: Some("value <= dummy"), parameters: "" },
        PresetCheck { name: "precision", metric: "precision", columns: &[], fail: "value < reference - 5%", alone: Some("value <= dummy"), parameters: "" },
        PresetCheck { name: "recall", metric: "recall", columns: &[], fail: "value < reference - 5%", alone: Some("value <= dummy"), parameters: "" },
        PresetCheck { name: "f1", metric: "f_beta", columns: &[], fail: "value < reference - 5%", alone: Some("value <= dummy"), parameters: "" },
        PresetCheck { name: "roc_auc", metric: "roc_auc", columns: &[], fail: "value < reference - 2%", alone: Some("value <= dummy"), parameters: "" },
        PresetCheck { name: "log_loss", metric: "log_loss", columns: &[], fail: "value > reference * 120%", alone: Some("value >= dummy"), parameters: "" },
    ],
};
