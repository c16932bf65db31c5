//! How well a recommender does.

use driftline_core::catalogue::{Direction, Doc, NoParameters, PresetCheck, PresetEntry, schema_of};

pub const ENTRY: PresetEntry = PresetEntry {
    doc: Doc {
        name: "ranking",
        aliases: &[],
        summary: "How well a recommender does: the order of its items, and how personal and how popular they are.",
        description: "Of the first 10 items of each user. Only worse is bad: measures of the order may fall by a tenth of the reference's value, recommendations may become less personal by 0.05, and fall more unevenly on items by 0.05. Popularity and novelty need [source.training]; without a reference there must be some user who gets something relevant.",
        formula: "",
        direction: Direction::Neither,
        fields: &[],
        parameters: schema_of::<NoParameters>,
        example: "[[suite]]\nname = \"ranking\"\npreset = \"ranking\"",
        reference: "Evidently's RecsysPreset",
    },
    checks: &[
        at_k("ndcg"),
        at_k("mean_average_precision"),
        at_k("mean_reciprocal_rank"),
        at_k("precision_at_k"),
        at_k("recall_at_k"),
        at_k("hit_rate"),
        PresetCheck { name: "personalization", metric: "personalization", columns: &[], fail: "value < reference - 0.05", alone: None, parameters: "" },
        PresetCheck { name: "popularity_bias", metric: "popularity_bias", columns: &[], fail: "gini > reference.gini + 0.05", alone: None, parameters: "" },
        PresetCheck { name: "novelty", metric: "novelty", columns: &[], fail: "value < reference * 90%", alone: None, parameters: "" },
    ],
};

const fn at_k(metric: &'static str) -> PresetCheck {
    PresetCheck { name: metric, metric, columns: &[], fail: "value < reference * 90%", alone: Some("value <= 0"), parameters: "" }
}
