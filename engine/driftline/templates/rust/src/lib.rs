//! The mean and the largest value of a column.

#[rustfmt::skip]
#[allow(warnings, clippy::all)]
mod bindings;
#[cfg(target_arch = "wasm32")]
mod memory;

use bindings::driftline::plugin::log::{Level, log};
use bindings::driftline::plugin::types::{Batch, Data, Encoding, Field, Sample};
use bindings::exports::driftline::plugin::about::{self, Description, Direction, Input, PluginInfo, SampleInfo};
use bindings::exports::driftline::plugin::metrics::{self, GuestAccumulator};
use std::cell::RefCell;

/// The component's exports.
pub struct Plugin;

/// A panic ends the instance; this is how its message reaches the user. Each instance has a hook of its own, so that whatever is
/// called first in one sets it.
fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| log(Level::Error, &panic.to_string())));
}

impl about::Guest for Plugin {
    fn info() -> PluginInfo {
        tell_panics();
        PluginInfo {
            name: "NAME".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Mean and largest value of a column.".into(),
            state_version: 1,
            config_schema: r#"{"type": "object", "additionalProperties": false}"#.into(),
            inputs: vec![Input {
                name: "value".into(),
                summary: "Numbers.".into(),
                accepts: vec!["Float64".into()],
                encoding: Encoding::Typed,
                optional: false,
            }],
        }
    }

    fn describe(_config: String, _inputs: Vec<Field>) -> Result<Description, String> {
        tell_panics();
        let sample = |name: &str, summary: &str| SampleInfo {
            name: name.into(),
            summary: summary.into(),
            unit: String::new(),
            direction: Direction::Neither,
            labels: Vec::new(),
        };
        let samples = vec![sample("mean", "Mean of the finite values."), sample("max", "Largest finite value.")];
        Ok(Description { outputs: Vec::new(), samples })
    }
}

impl metrics::Guest for Plugin {
    type Accumulator = Accumulator;
}

/// What is known of the rows so far.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sums {
    count: u64,
    sum: f64,
    max: f64,
}

impl Sums {
    const EMPTY: Self = Self { count: 0, sum: 0.0, max: f64::NEG_INFINITY };

    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }

    /// Null, NaN and infinite values do not count.
    fn of(values: &[f64], validity: Option<&[u8]>) -> Self {
        let mut sums = Self::EMPTY;
        for (row, &value) in values.iter().enumerate() {
            if value.is_finite() && validity.is_none_or(|valid| valid[row] != 0) {
                sums.add(Self { count: 1, sum: value, max: value });
            }
        }
        sums
    }

    fn to_bytes(self) -> Vec<u8> {
        [self.count.to_le_bytes(), self.sum.to_le_bytes(), self.max.to_le_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let number = |i: usize| bytes.get(8 * i..8 * i + 8)?.try_into().ok();
        let sums = Self { count: u64::from_le_bytes(number(0)?), sum: f64::from_le_bytes(number(1)?), max: f64::from_le_bytes(number(2)?) };
        (bytes.len() == 24).then_some(sums)
    }
}

pub struct Accumulator(RefCell<Sums>);

impl GuestAccumulator for Accumulator {
    fn create(_config: String, _inputs: Vec<Field>, _reference: Option<Vec<u8>>) -> Result<metrics::Accumulator, String> {
        tell_panics();
        Ok(metrics::Accumulator::new(Accumulator(RefCell::new(Sums::EMPTY))))
    }

    fn update(&self, batch: Batch) -> Result<u64, String> {
        let column = batch.columns.iter().find(|column| column.name == "value").ok_or("the batch has no column `value`")?;
        let Data::Float64(values) = &column.data else { return Err("`value` is not Float64".into()) };
        let sums = Sums::of(values, column.validity.as_deref());
        self.0.borrow_mut().add(sums);
        Ok(u64::from(batch.rows) - sums.count)
    }

    fn state(&self) -> Vec<u8> {
        self.0.borrow().to_bytes()
    }

    fn merge(&self, state: Vec<u8>) -> Result<(), String> {
        let other = Sums::from_bytes(&state).ok_or("the state is broken")?;
        self.0.borrow_mut().add(other);
        Ok(())
    }

    /// Without a value there is no mean, so there is no sample.
    fn finish(&self) -> Result<Vec<Sample>, String> {
        let sums = *self.0.borrow();
        let sample = |name: &str, value| Sample { name: name.into(), labels: Vec::new(), value };
        let samples = [sample("mean", sums.sum / sums.count as f64), sample("max", sums.max)];
        Ok(samples.into_iter().filter(|_| sums.count > 0).collect())
    }
}

#[cfg(target_arch = "wasm32")]
bindings::export!(Plugin with_types_in bindings);

#[cfg(test)]
mod tests {
    use super::Sums;

    #[test]
    fn sums_merge() {
        let (values, validity) = ([1.5, f64::NAN, 4.0, 9.0], [1, 1, 1, 0]);
        let whole = Sums::of(&values, Some(&validity));
        let mut merged = Sums::of(&values[2..], Some(&validity[2..]));
        merged.add(Sums::of(&values[..2], Some(&validity[..2])));
        assert_eq!(whole, Sums { count: 2, sum: 5.5, max: 4.0 });
        assert_eq!(Sums::from_bytes(&merged.to_bytes()), Some(whole));
    }
}
