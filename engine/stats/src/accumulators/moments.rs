//! Count, mean, central moments, minimum and maximum of a numeric column.

use crate::math::Moments;
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Moments of the finite values; infinities are counted by themselves, since they have no mean.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnMoments {
    pub finite: Moments,
    pub negative_infinities: u64,
    pub positive_infinities: u64,
}

impl ColumnMoments {
    pub fn infinities(&self) -> u64 {
        self.negative_infinities + self.positive_infinities
    }

    fn merge(&mut self, other: &ColumnMoments) {
        self.finite = self.finite.merge(&other.finite);
        self.negative_infinities += other.negative_infinities;
        self.positive_infinities += other.positive_infinities;
    }
}

/// Moments of a numeric column: two passes over each block about its own mean, merged in double-double.
pub fn moments(column: &str) -> Handle<ColumnMoments> {
    let name = column.to_owned();
    Handle::new(format!("moments({column})"), vec![column.into()], false, move |_| {
        Ok(State { column: name.clone(), moments: ColumnMoments::default() })
    })
}

struct State {
    column: String,
    moments: ColumnMoments,
}

impl State {
    fn header(&self) -> Header {
        Header::new("moments", 1, &self.column)
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
        let numbers = block.numbers(&self.column)?;
        self.moments.merge(&of_block(&numbers.values));
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&self.moments)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        self.moments.merge(&self.header().decode(state)?);
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.moments.clone()))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.column.capacity()
    }
}
