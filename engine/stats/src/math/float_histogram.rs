//! Counts of floats by their first bits: buckets of equal relative width.

use super::sort::{float, key};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bits of the fraction that a bucket keeps at first: values of a bucket differ by 2^-12 of themselves at most.
const BITS: u32 = 12;
/// Buckets beyond which each keeps one bit less.
const MOST: usize = 1 << 15;
const FRACTION: u32 = f64::MANTISSA_DIGITS - 1;

/// A histogram of floats over all magnitudes. It depends on the values alone, not on their order or their parts: quantiles have a relative
/// error of 2^-bits at most, and how many bits there are follows from how many buckets they fill.
#[derive(Clone, Debug, PartialEq)]
pub struct FloatHistogram {
    bits: u32,
    counts: FxHashMap<u64, u64>,
    count: u64,
    min: f64,
    max: f64,
}

impl Default for FloatHistogram {
    fn default() -> Self {
        Self { bits: BITS, counts: FxHashMap::default(), count: 0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl FloatHistogram {
    pub fn len(&self) -> u64 {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        self.counts.capacity() * (size_of::<(u64, u64)>() + 1)
    }

    /// Adds ascending values without NaN.
    pub fn add_sorted(&mut self, values: &[f64]) {
        let [first, .., last] = values else {
            return values.iter().for_each(|value| self.add(*value, key(*value) >> (FRACTION - self.bits), 1));
        };
        (self.min, self.max) = (self.min.min(*first), self.max.max(*last));
        let mut rest = values;
        while let Some(first) = rest.first() {
            let shift = FRACTION - self.bits;
            let bucket = key(*first) >> shift;
            let run = rest.iter().take_while(|value| key(**value) >> shift == bucket).count();
            self.add(*first, bucket, run as u64);
            rest = &rest[run..];
        }
    }

    fn add(&mut self, value: f64, bucket: u64, n: u64) {
        (self.min, self.max) = (self.min.min(value), self.max.max(value));
        self.count += n;
        *self.counts.entry(bucket).or_default() += n;
        while self.counts.len() > MOST && self.bits > 0 {
            self.coarsen();
        }
    }

    fn coarsen(&mut self) {
        self.bits -= 1;
        for (bucket, n) in std::mem::take(&mut self.counts) {
            *self.counts.entry(bucket >> 1).or_default() += n;
        }
    }

    pub fn merge(&mut self, mut other: FloatHistogram) {
        while self.bits > other.bits {
            self.coarsen();
        }
        while other.bits > self.bits {
            other.coarsen();
        }
        (self.min, self.max) = (self.min.min(other.min), self.max.max(other.max));
        self.count += other.count;
        other.counts.into_iter().for_each(|(bucket, n)| *self.counts.entry(bucket).or_default() += n);
        while self.counts.len() > MOST && self.bits > 0 {
            self.coarsen();
        }
    }

    /// Between which numbers the order statistics of the given ascending ranks lie (0 is the smallest).
    pub fn at_ranks(&self, ranks: &[u64]) -> Vec<(f64, f64)> {
        let mut buckets: Vec<(u64, u64)> = self.counts.iter().map(|(bucket, n)| (*bucket, *n)).collect();
        buckets.sort_unstable();
        let shift = FRACTION - self.bits;
        let (mut found, mut below) = (Vec::with_capacity(ranks.len()), 0);
        let mut wanted = ranks.iter().peekable();
        for (bucket, n) in buckets {
            below += n;
            while wanted.next_if(|rank| **rank < below).is_some() {
                let (low, high) = (float(bucket << shift), float(((bucket + 1) << shift).wrapping_sub(1)));
                found.push((low.max(self.min), high.min(self.max)));
            }
        }
        found
    }
}

/// The histogram in order of its buckets, so that equal ones are equal bytes.
type Saved = (u32, BTreeMap<u64, u64>, u64, f64, f64);

impl Serialize for FloatHistogram {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let counts: BTreeMap<u64, u64> = self.counts.iter().map(|(bucket, n)| (*bucket, *n)).collect();
        (self.bits, counts, self.count, self.min, self.max).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FloatHistogram {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (bits, counts, count, min, max): Saved = Deserialize::deserialize(deserializer)?;
        Ok(Self { bits: bits.min(BITS), counts: counts.into_iter().collect(), count, min, max })
    }
}
