//! A logarithm without branches and tables, so that a loop over it becomes SIMD.

/// Bits of the square root of a half: mantissas lie from there to the square root of 2.
const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
const ONE: u64 = 0x3ff0_0000_0000_0000;
/// 2^52: a number below it that is put into its mantissa is added to it.
const TWO_52: u64 = 0x4330_0000_0000_0000;
const MANTISSA: u64 = (1 << 52) - 1;

/// The decimal logarithm of a normal positive number, to 1e-13 of itself (or 1e-15 near 1).
///
/// x = 2^k m; log m = 2 artanh s for s = (m - 1) / (m + 1), which is at most 0.172: eight terms of its series.
#[inline(always)]
pub fn log10(x: f64) -> f64 {
    let bits = x.to_bits() + (ONE - SQRT_HALF);
    let exponent = f64::from_bits(TWO_52 | bits >> 52) - (f64::from_bits(TWO_52) + 1023.0);
    let m = f64::from_bits((bits & MANTISSA) + SQRT_HALF);
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let series = [1.0 / 15.0, 1.0 / 13.0, 1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0, 1.0];
    let sum = series.into_iter().reduce(|sum, term| sum * z + term).unwrap_or(1.0);
    exponent * std::f64::consts::LOG10_2 + 2.0 * s * sum * std::f64::consts::LOG10_E
}

#[cfg(test)]
mod tests {
    use super::log10;

    #[test]
    fn it_is_the_librarys() {
        let numbers = (0..200_000).map(|i| 1e-12 * 1.0003_f64.powi(i));
        for x in numbers.chain([f64::MIN_POSITIVE, 1e-10, 0.5, 0.7071, 0.70711, 1.0, 1.0 + f64::EPSILON, 1.4142, 2.0, 1e300]) {
            let expected = x.log10();
            let tolerance = 1e-15 + 1e-13 * expected.abs();
            assert!((log10(x) - expected).abs() <= tolerance, "{x:e}: {} and {expected}", log10(x));
        }
    }
}
