//! Third and fourth central moments of a numeric column.

use super::measure::Measure;
use crate::math::ShapeMoments;
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Central moments of the finite values; infinities are counted by themselves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnShape {
    pub finite: ShapeMoments,
    pub infinities: u64,
}

/// Central moments up to the fourth of a numeric column.
pub fn shape(of: impl Into<Measure>) -> Handle<ColumnShape> {
    let of: Measure = of.into();
    Handle::new(format!("shape({})", of.key()), of.columns(), 0, move |_| {
        Ok(State { of: of.clone(), found: ColumnShape::default() })
    })
}

struct State {
    of: Measure,
    found: ColumnShape,
}

impl State {
    fn header(&self) -> Header {
        Header::new("shape", 1, self.of.key())
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let numbers = self.of.numbers(block)?;
        let finite: Vec<f64> = numbers.values.iter().copied().filter(|v| v.is_finite()).collect();
        self.found.infinities += (numbers.values.len() - finite.len()) as u64;
        self.found.finite = self.found.finite.merge(&ShapeMoments::from_block(&finite));
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&self.found)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let other: ColumnShape = self.header().decode(state)?;
        self.found.infinities += other.infinities;
        self.found.finite = self.found.finite.merge(&other.finite);
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.found.clone()))
    }

    fn size(&self) -> usize {
        size_of::<Self>()
    }
}
