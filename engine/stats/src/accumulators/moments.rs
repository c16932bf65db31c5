//! Count, mean, central moments, minimum and maximum of a numeric column.

use super::measure::Measure;
use crate::math::{Dd, Moments};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use std::sync::Arc;

/// Moments of the finite values; infinities are counted by themselves, since they have no mean.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ColumnMoments {
    pub finite: Moments,
    pub negative_infinities: u64,
    pub positive_infinities: u64,
}

impl ColumnMoments {
    pub fn infinities(&self) -> u64 {
        self.negative_infinities + self.positive_infinities
    }

    /// The serialised form: infinities, count, then mean, m2 (high and low part each), minimum and maximum.
    fn flat(&self) -> ([u64; 3], [f64; 6]) {
        let Moments { count, mean, m2, min, max } = self.finite;
        ([self.negative_infinities, self.positive_infinities, count], [mean.hi, mean.lo, m2.hi, m2.lo, min, max])
    }

    fn from_flat((counts, numbers): ([u64; 3], [f64; 6])) -> Self {
        let [negative_infinities, positive_infinities, count] = counts;
        let [mean_hi, mean_lo, m2_hi, m2_lo, min, max] = numbers;
        let (mean, m2) = (Dd { hi: mean_hi, lo: mean_lo }, Dd { hi: m2_hi, lo: m2_lo });
        Self { finite: Moments { count, mean, m2, min, max }, negative_infinities, positive_infinities }
    }

    fn merge(&mut self, other: &ColumnMoments) {
        self.finite = self.finite.merge(&other.finite);
        self.negative_infinities += other.negative_infinities;
        self.positive_infinities += other.positive_infinities;
    }
}

/// Moments of a numeric column: two passes over each block about its own mean, merged in double-double.
pub fn moments(of: impl Into<Measure>) -> Handle<ColumnMoments> {
    let of: Measure = of.into();
    Handle::new(format!("moments({})", of.key()), of.columns(), 0, move |_| {
        Ok(State { of: of.clone(), moments: ColumnMoments::default() })
    })
}

struct State {
    of: Measure,
    moments: ColumnMoments,
}

impl State {
    fn header(&self) -> Header {
        Header::new("moments", 1, self.of.key())
    }
}

fn of_block(values: &[f64]) -> ColumnMoments {
    if values.iter().all(|v| v.is_finite()) {
        return ColumnMoments { finite: Moments::from_block(values), ..ColumnMoments::default() };
    }
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let count = |infinity: f64| values.iter().filter(|v| **v == infinity).count() as u64;
    ColumnMoments {
        finite: Moments::from_block(&finite),
        negative_infinities: count(f64::NEG_INFINITY),
        positive_infinities: count(f64::INFINITY),
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let numbers = self.of.numbers(block)?;
        self.moments.merge(&of_block(&numbers.values));
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&self.moments.flat())
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        self.moments.merge(&ColumnMoments::from_flat(self.header().decode(state)?));
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.moments.clone()))
    }

    fn size(&self) -> usize {
        size_of::<Self>()
    }
}
