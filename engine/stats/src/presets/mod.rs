//! Presets, one file each. Adding one: write its file, and add its line below and to [`ENTRIES`].

mod data_drift;
mod data_quality;
mod data_stability;
mod data_summary;
mod target_drift;

use driftline_core::catalogue::PresetEntry;

/// The catalogue's table of presets.
pub const ENTRIES: &[PresetEntry] = &[
    data_drift::ENTRY,
    data_quality::ENTRY,
    data_stability::ENTRY,
    data_summary::ENTRY,
    target_drift::ENTRY,
];
