//! The nouns of Driftline and their contracts: the spec and its diagnostics, the catalogue, conditions,
//! accumulators and profiles, metrics and two-sample tests, suites and outcomes.
//!
//! Nothing here reads a file, runs a plugin or talks to a server. Other crates implement these traits;
//! the facade puts their catalogue tables together.

pub mod accumulator;
pub mod block;
pub mod catalogue;
pub mod column;
pub mod condition;
pub mod diagnostic;
pub mod exporter;
pub mod metric;
pub mod name;
pub mod outcome;
pub mod plugin;
pub mod profile;
pub mod query;
pub mod saved;
pub mod source;
pub mod spec;
pub mod suite;
pub mod two_sample;
