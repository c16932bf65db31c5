//! Four numbers side by side, one of each of four frames: what is computed of one is computed of all at once.

/// A number of each of four frames.
pub use wide::f32x4 as Lanes;

/// Frames that are worked on together.
pub const LANES: usize = 4;
