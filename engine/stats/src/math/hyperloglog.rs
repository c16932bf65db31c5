//! Distinct values in 16 KiB.
//!
//! Papers: Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog", AofA 2007; Ertl, "New cardinality estimation algorithms for HyperLogLog
//! sketches", arXiv:1702.01284 (2017), whose estimate needs no table of corrections.

use serde::{Deserialize, Serialize};

const BITS: u32 = 14;
const REGISTERS: usize = 1 << BITS;
/// Hash bits beyond those that choose the register.
const REST: u32 = u64::BITS - BITS;

/// A sketch of the number of distinct hashes: the same for any order and any parts. Its standard error is 0.81 %.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HyperLogLog {
    registers: Vec<u8>,
}

impl Default for HyperLogLog {
    fn default() -> Self {
        Self { registers: vec![0; REGISTERS] }
    }
}

impl HyperLogLog {
    /// Standard error of the estimate, relative to it.
    pub const ERROR: f64 = 1.04 / 128.0;

    /// Adds a value by its hash of 64 uniform bits.
    pub fn add(&mut self, hash: u64) {
        let register = &mut self.registers[(hash >> REST) as usize];
        let rank = ((hash << BITS) | (1 << (BITS - 1))).leading_zeros() as u8 + 1;
        *register = (*register).max(rank);
    }

    pub fn merge(&mut self, other: &HyperLogLog) {
        self.registers.iter_mut().zip(&other.registers).for_each(|(ours, theirs)| *ours = (*ours).max(*theirs));
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        self.registers.capacity()
    }

    /// Ertl's improved raw estimate.
    pub fn estimate(&self) -> f64 {
        let m = REGISTERS as f64;
        let mut counts = [0.0; REST as usize + 2];
        self.registers.iter().for_each(|rank| counts[usize::from(*rank).min(REST as usize + 1)] += 1.0);
        let mut z = m * tau(1.0 - counts[REST as usize + 1] / m);
        for count in counts[1..=REST as usize].iter().rev() {
            z = 0.5 * (z + count);
        }
        z += m * sigma(counts[0] / m);
        m * m / (2.0 * std::f64::consts::LN_2 * z)
    }
}

/// `x + sum x^(2^k) 2^(k-1)`.
fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

/// `(1 - x - sum (1 - x^(2^-k))^2 2^-k) / 3`.
fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z == before {
            return z / 3.0;
        }
    }
}
