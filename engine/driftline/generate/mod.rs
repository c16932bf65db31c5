//! What is derived from the catalogue and the families that it exports.

pub mod compatibility;
pub mod dashboard;
pub mod rules;
pub mod schema;
