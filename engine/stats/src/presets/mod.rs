//! Presets, one file each. Adding one: write its file, and add its line below and to [`ENTRIES`].

mod classification;
mod data_drift;
mod data_quality;
mod data_stability;
mod data_summary;
mod no_target_performance;
mod ranking;
mod regression;
mod target_drift;

use driftline_core::catalogue::PresetEntry;

/// The catalogue's table of presets.
pub const ENTRIES: &[PresetEntry] = &[
    classification::ENTRY,
    data_drift::ENTRY,
    data_quality::ENTRY,
    data_stability::ENTRY,
    data_summary::ENTRY,
    no_target_performance::ENTRY,
    ranking::ENTRY,
    regression::ENTRY,
    target_drift::ENTRY,
];
