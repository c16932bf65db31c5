//! Other tools' names for what the catalogue has, one folder for each tool.

mod evidently;

use driftline_core::catalogue::Compatibility;

/// The catalogue's table of compatibilities.
pub const ENTRIES: &[Compatibility] = &[evidently::ENTRY];
