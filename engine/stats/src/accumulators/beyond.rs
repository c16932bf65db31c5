//! What is known of values that are too many to be kept.

use crate::math::{AnchoredCounts, FloatHistogram, HyperLogLog};
use serde::{Deserialize, Serialize};

/// Counts beside the knots of a reference, a histogram for quantiles, and a sketch of how many values are different.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Beyond {
    pub anchored: AnchoredCounts,
    pub histogram: FloatHistogram,
    pub distinct: HyperLogLog,
    pub missing: u64,
    seed: u64,
}

impl Beyond {
    pub(super) fn new(knots: Vec<f64>, seed: u64) -> Self {
        let (histogram, distinct) = (FloatHistogram::default(), HyperLogLog::default());
        Self { anchored: AnchoredCounts::new(knots), histogram, distinct, missing: 0, seed }
    }

    pub fn len(&self) -> u64 {
        self.histogram.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn add_sorted(&mut self, values: &[f64]) {
        self.anchored.add_sorted(values);
        self.histogram.add_sorted(values);
        let mut before = f64::NAN;
        for value in values {
            if *value != before {
                // One zero of two.
                self.distinct.add(mixed((value + 0.0).to_bits() ^ self.seed));
            }
            before = *value;
        }
    }

    pub(super) fn merge(&mut self, other: Beyond) -> Result<(), String> {
        if !self.anchored.merge(&other.anchored) {
            return Err("states were counted beside different references".into());
        }
        self.histogram.merge(other.histogram);
        self.distinct.merge(&other.distinct);
        Ok(())
    }

    pub(super) fn size(&self) -> usize {
        self.anchored.size() + self.histogram.size() + self.distinct.size()
    }
}

/// Uniform bits from any (the last steps of SplitMix64; Steele, Lea, Flood, OOPSLA 2014).
fn mixed(bits: u64) -> u64 {
    let z = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
