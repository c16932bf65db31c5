//! Double-double arithmetic: an unevaluated sum of two floats with about 106 significant bits.
//!
//! Papers: Dekker, "A floating-point technique for extending the available precision", Numer. Math. 18 (1971); Hida, Li, Bailey,
//! "Algorithms for quad-double precision floating point arithmetic", ARITH-15 (2001).
//!
//! The error bounds hold while nothing overflows and no product underflows; beyond that the result is infinite or NaN.

use std::ops::{Add, Div, Mul, Sub};

/// `hi + lo`, where `hi` is the sum rounded to the nearest float. The relative error of one operation is below 2^-100.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Dd {
    pub hi: f64,
    pub lo: f64,
}

/// `a + b` without error (Knuth's TwoSum, six operations, no branch).
#[inline]
pub fn two_sum(a: f64, b: f64) -> Dd {
    let hi = a + b;
    let b_part = hi - a;
    Dd { hi, lo: (a - (hi - b_part)) + (b - b_part) }
}

/// `a * b` without error (one fused multiply-add).
#[inline]
pub fn two_prod(a: f64, b: f64) -> Dd {
    let hi = a * b;
    Dd { hi, lo: a.mul_add(b, -hi) }
}

/// `a + b` without error when `|a| >= |b|` (Dekker's Fast2Sum).
#[inline]
fn fast_two_sum(a: f64, b: f64) -> Dd {
    let hi = a + b;
    Dd { hi, lo: b - (hi - a) }
}

impl Dd {
    pub const ZERO: Dd = Dd { hi: 0.0, lo: 0.0 };

    /// An integer without rounding: 64 bits fit in two floats.
    pub fn from_u64(value: u64) -> Dd {
        let low = value & 0xffff_ffff;
        fast_two_sum((value - low) as f64, low as f64)
    }

    /// An integer rounded to about 106 bits.
    pub fn from_u128(value: u128) -> Dd {
        Dd::from_u64((value >> 64) as u64) * 18_446_744_073_709_551_616.0 + Dd::from_u64(value as u64)
    }

    /// The nearest float.
    #[inline]
    pub fn to_f64(self) -> f64 {
        self.hi
    }
}

impl From<f64> for Dd {
    fn from(value: f64) -> Dd {
        Dd { hi: value, lo: 0.0 }
    }
}

impl Add<f64> for Dd {
    type Output = Dd;
    #[inline]
    fn add(self, other: f64) -> Dd {
        let sum = two_sum(self.hi, other);
        fast_two_sum(sum.hi, sum.lo + self.lo)
    }
}

impl Add for Dd {
    type Output = Dd;
    #[inline]
    fn add(self, other: Dd) -> Dd {
        let high = two_sum(self.hi, other.hi);
        let low = two_sum(self.lo, other.lo);
        let sum = fast_two_sum(high.hi, high.lo + low.hi);
        fast_two_sum(sum.hi, sum.lo + low.lo)
    }
}

impl Sub for Dd {
    type Output = Dd;
    #[inline]
    fn sub(self, other: Dd) -> Dd {
        self + Dd { hi: -other.hi, lo: -other.lo }
    }
}

impl Mul<f64> for Dd {
    type Output = Dd;
    #[inline]
    fn mul(self, other: f64) -> Dd {
        let product = two_prod(self.hi, other);
        fast_two_sum(product.hi, product.lo + self.lo * other)
    }
}

impl Mul for Dd {
    type Output = Dd;
    #[inline]
    fn mul(self, other: Dd) -> Dd {
        let product = two_prod(self.hi, other.hi);
        fast_two_sum(product.hi, product.lo + (self.hi * other.lo + self.lo * other.hi))
    }
}

impl Div for Dd {
    type Output = Dd;
    fn div(self, other: Dd) -> Dd {
        let first = self.hi / other.hi;
        let rest = self - other * first;
        let second = rest.hi / other.hi;
        let third = (rest - other * second).hi / other.hi;
        fast_two_sum(first, second) + third
    }
}
