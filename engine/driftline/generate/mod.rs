//! What is derived from the catalogue.

pub mod schema;
