//! Its descriptors: features of a text, row by row.

use driftline_core::catalogue::Translation;

pub(super) const TABLE: &[Translation] = &[];
