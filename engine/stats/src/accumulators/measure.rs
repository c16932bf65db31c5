//! What numbers of a row are measured: a column's own, or how far a prediction is from the truth.

use super::times::micros;
use driftline_core::block::{Block, Numbers};
use std::sync::Arc;

/// Numbers of rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// A column's own.
    Column(String),
    /// Of rows that have both a true value and a prediction.
    Error { target: String, prediction: String, of: Error },
    /// Seconds from one time to another, of rows that have both.
    Delay { from: String, to: String },
}

/// How far a prediction is from the true value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Error {
    /// prediction - target
    Signed,
    /// |prediction - target|
    Absolute,
    /// (prediction - target)^2
    Squared,
    /// |prediction - target| / |target|; where the target is 0 over 2^-52, as scikit-learn.
    AbsolutePercentage,
    /// 2 |prediction - target| / (|prediction| + |target|); 0 where both are 0.
    SymmetricPercentage,
    /// The pinball loss of a quantile.
    Pinball(f64),
    /// The target itself.
    Target,
}

impl Error {
    pub fn of(self, target: f64, prediction: f64) -> f64 {
        let error = prediction - target;
        match self {
            Error::Signed => error,
            Error::Absolute => error.abs(),
            Error::Squared => error * error,
            Error::AbsolutePercentage => error.abs() / target.abs().max(f64::EPSILON),
            Error::SymmetricPercentage if error == 0.0 => 0.0,
            Error::SymmetricPercentage => 2.0 * error.abs() / (prediction.abs() + target.abs()),
            Error::Pinball(q) => if error <= 0.0 { -error * q } else { error * (1.0 - q) },
            Error::Target => target,
        }
    }
}

impl From<&str> for Measure {
    fn from(column: &str) -> Self {
        Measure::Column(column.to_owned())
    }
}

impl Measure {
    pub fn columns(&self) -> Vec<String> {
        match self {
            Measure::Column(column) => vec![column.clone()],
            Measure::Error { target, prediction, .. } => vec![target.clone(), prediction.clone()],
            Measure::Delay { from, to } => vec![from.clone(), to.clone()],
        }
    }

    /// Names it among an accumulator's parameters.
    pub fn key(&self) -> String {
        match self {
            Measure::Column(column) => column.clone(),
            Measure::Error { target, prediction, of } => format!("{of:?} of {prediction} for {target}"),
            Measure::Delay { from, to } => format!("delay from {from} to {to}"),
        }
    }

    pub fn numbers(&self, block: &Block) -> Result<Arc<Numbers>, String> {
        let (target, prediction, of) = match self {
            Measure::Column(column) => return block.numbers(column),
            Measure::Error { target, prediction, of } => (block.floats(target)?, block.floats(prediction)?, of),
            Measure::Delay { from, to } => {
                let (from, to) = (micros(block, from)?, micros(block, to)?);
                let values: Vec<f64> = from.iter().zip(to.iter()).filter_map(|(from, to)| Some(to?.saturating_sub(from?) as f64 / 1e6)).collect();
                return Ok(Arc::new(Numbers { missing: (block.rows - values.len()) as u64, values: values.into() }));
            }
        };
        let both = target.iter().zip(prediction.iter()).filter_map(|(t, p)| Some((t.filter(|t| !t.is_nan())?, p.filter(|p| !p.is_nan())?)));
        let values: Vec<f64> = both.map(|(t, p)| of.of(t, p)).map(|v| if v.is_nan() { f64::INFINITY } else { v }).collect();
        let missing = (block.rows - values.len()) as u64;
        Ok(Arc::new(Numbers { values: values.into(), missing }))
    }
}
