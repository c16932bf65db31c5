//! Outputs: the outcome for people ([`table`], [`profile`]) and machines ([`prometheus`]).

pub mod profile;
pub mod prometheus;
pub mod server;
pub mod table;

use driftline_core::catalogue::ExporterEntry;

/// The catalogue's table of exporters.
pub const EXPORTERS: &[ExporterEntry] = &[server::ENTRY];
