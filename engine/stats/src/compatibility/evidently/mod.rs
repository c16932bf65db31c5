//! Evidently's tests, metrics, presets, drift methods and descriptors, with its default conditions: of its old interface (0.6.7, names that begin
//! with `Test` and names that end in `Metric`) and of its new one (0.7.23).

mod descriptors;
mod methods;
mod metrics;
mod presets;
mod tests;

use driftline_core::catalogue::{Compatibility, Meaning, PresetCheck, Translation};

pub const ENTRY: Compatibility = Compatibility {
    name: "evidently",
    title: "Evidently",
    tables: &[tests::TABLE, metrics::NEW, metrics::OLD, presets::TABLE, methods::TABLE, descriptors::TABLE],
};

/// Evidently draws its dummy labels once, by a fixed seed.
const GUESSED: &str = "Without a reference it must be better than labels guessed with the shares of the true ones come to on average; Evidently guesses once, and by class it raises.";
/// Evidently's constant prediction.
const CONSTANT: &str = "Without a reference it must be better than a constant prediction; Evidently compares the model with itself, so that it always fails.";

/// Where a name's answers are compared with Evidently's.
const SUITES: &str = "evidently_suites.json";
const REPORTS: &str = "evidently_reports.json";
const METHODS: &str = "evidently.json";
const MORE: &str = "evidently_more.json";
const TEXTS: &str = "evidently_texts.json";
const RANKING: &str = "evidently_ranking.json";

/// Evidently counts items from 0.
const FROM_0: &str = "For k Evidently gives the result of k + 1 items, and for as many as the longest list has an error; here k is k.";
const BY_PLACE: &str = "For k Evidently gives the result of k + 1 items. It takes the relevance of the last row in the order of the file, so that the result depends on that order, and counts short lists beyond their end: it is reproduced on sorted rows and lists of k items or more.";

/// A check of a metric with the condition under which Evidently's fails.
const fn check(metric: &'static str, columns: &'static [&'static str], fail: &'static str, alone: Option<&'static str>) -> PresetCheck {
    PresetCheck { name: "", metric, columns, fail, alone, parameters: "" }
}

const fn with(check: PresetCheck, parameters: &'static str) -> PresetCheck {
    PresetCheck { parameters, ..check }
}

const fn named(name: &'static str, check: PresetCheck) -> PresetCheck {
    PresetCheck { name, ..check }
}

const fn checks(name: &'static str, family: &'static str, checks: &'static [PresetCheck], proof: &'static str) -> Translation {
    Translation { name, family, meaning: Meaning::Checks(checks), note: "", proof }
}

const fn elsewhere(name: &'static str, family: &'static str, words: &'static str, proof: &'static str) -> Translation {
    Translation { name, family, meaning: Meaning::Elsewhere(words), note: "", proof }
}

const fn noted(translation: Translation, note: &'static str) -> Translation {
    Translation { note, ..translation }
}

/// The condition that a field is not within 10 % (or what is given) of the reference's, or 1e-12 where that is 0.
macro_rules! not_near {
    ($field:literal) => {
        not_near!($field, "10%")
    };
    ($field:literal, $share:literal) => {
        concat!(
            "(", $field, " > reference.", $field, " + abs(reference.", $field, ") * ", $share, " or ", $field, " < reference.", $field, " - abs(reference.", $field, ") * ", $share, ") and abs(",
            $field, " - reference.", $field, ") > 1e-12"
        )
    };
}

/// The condition that a field exceeds the reference's by more than 10 %, or 1e-12 where that is 0.
macro_rules! above {
    ($field:literal) => {
        concat!($field, " > reference.", $field, " + abs(reference.", $field, ") * 10% and ", $field, " > reference.", $field, " + 1e-12")
    };
}

use {above, not_near};

/// What Evidently's old interface counts as missing beside nulls.
const MARKERS: &str = "markers = [\"\", inf, -inf]";
const EVIDENTLY: &str = "test = \"evidently\"";
