//! Count, mean and sum of squared deviations as a state that merges.
//!
//! Papers: Chan, Golub, LeVeque, "Algorithms for computing the sample variance", Am. Stat. 37 (1983); Pébay, "Formulas for robust,
//! one-pass parallel computation of covariances and arbitrary-order statistical moments", SAND2008-6212. Reference: `numpy.var`.

use super::dd::{Dd, two_sum};

/// Independent sums of a block, so that the passes run on vector registers.
const LANES: usize = 8;

/// Moments of a set of finite numbers.
///
/// Laws: merging is commutative and associative up to 1e-12 of the sum of squared deviations, however the values were split, also
/// when they lie at 1e12 and vary by 1. An empty state changes nothing. A value that is not finite, or deviations beyond 1e150,
/// make `mean` or `m2` not finite: the caller counts such values apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    pub count: u64,
    /// In the unit of the values; 0 without values.
    pub mean: Dd,
    /// `sum (x - mean)^2`, in the squared unit.
    pub m2: Dd,
    /// Infinity without values.
    pub min: f64,
    /// Minus infinity without values.
    pub max: f64,
}

impl Default for Moments {
    fn default() -> Moments {
        Moments { count: 0, mean: Dd::ZERO, m2: Dd::ZERO, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl Moments {
    /// Two passes: a rough mean `c`, then `sum (x - c)` and `sum (x - c)^2` with compensation, which give the mean
    /// `c + sum (x - c) / n` and `m2 = sum (x - c)^2 - (sum (x - c))^2 / n`.
    pub fn from_block(values: &[f64]) -> Moments {
        if values.is_empty() {
            return Moments::default();
        }
        let Sums { centre, first, second, min, max } = sums(values);
        let shift = first / Dd::from_u64(values.len() as u64);
        let m2 = second - first * shift;
        let m2 = if m2.hi < 0.0 { Dd::ZERO } else { m2 };
        Moments { count: values.len() as u64, mean: shift + centre, m2, min, max }
    }

    /// The moments of both sets together.
    #[must_use]
    pub fn merge(&self, other: &Moments) -> Moments {
        if self.count == 0 {
            return *other;
        }
        if other.count == 0 {
            return *self;
        }
        let (ours, theirs) = (Dd::from_u64(self.count), Dd::from_u64(other.count));
        let delta = other.mean - self.mean;
        let share = theirs / (ours + theirs);
        Moments {
            count: self.count.saturating_add(other.count),
            mean: self.mean + delta * share,
            m2: self.m2 + other.m2 + delta * delta * (ours * share),
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        }
    }

    /// `m2 / (count - ddof)`: 0 for the population, 1 for the unbiased estimate; None without enough values.
    pub fn variance(&self, ddof: u64) -> Option<f64> {
        let divisor = self.count.checked_sub(ddof).filter(|divisor| *divisor > 0)?;
        Some((self.m2 / Dd::from_u64(divisor)).to_f64())
    }
}

/// What two passes over a block give.
struct Sums {
    centre: f64,
    first: Dd,
    second: Dd,
    min: f64,
    max: f64,
}

/// The same operations in the same order on wider registers, where there are some: the same result.
fn sums(values: &[f64]) -> Sums {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn wide(values: &[f64]) -> Sums {
            sums_of(values)
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has what `wide` is compiled for.
            return unsafe { wide(values) };
        }
    }
    sums_of(values)
}

#[inline(always)]
fn sums_of(values: &[f64]) -> Sums {
    let centre = rough_mean(values);
    let (first, second) = deviations(values, centre);
    let (min, max) = extremes(values);
    Sums { centre, first, second, min, max }
}

/// Near enough to the mean that deviations lose nothing; scaled first, so that it cannot overflow.
#[inline(always)]
fn rough_mean(values: &[f64]) -> f64 {
    let scale = 1.0 / values.len() as f64;
    let (lanes, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for block in lanes {
        for (sum, value) in sums.iter_mut().zip(block) {
            *sum += value * scale;
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(|value| value * scale).sum::<f64>()
}

/// Compensated `sum (x - centre)` and `sum (x - centre)^2`.
#[inline(always)]
fn deviations(values: &[f64], centre: f64) -> (Dd, Dd) {
    let mut first = [Dd::ZERO; LANES];
    let mut second = [Dd::ZERO; LANES];
    let (lanes, rest) = values.as_chunks::<LANES>();
    for block in lanes {
        for lane in 0..LANES {
            let deviation = block[lane] - centre;
            accumulate(&mut first[lane], deviation);
            accumulate(&mut second[lane], deviation * deviation);
        }
    }
    for (lane, value) in rest.iter().enumerate() {
        let deviation = value - centre;
        accumulate(&mut first[lane], deviation);
        accumulate(&mut second[lane], deviation * deviation);
    }
    (total(&first), total(&second))
}

/// Neumaier's sum without its branch: the low part gathers the errors.
#[inline(always)]
fn accumulate(sum: &mut Dd, value: f64) {
    let next = two_sum(sum.hi, value);
    *sum = Dd { hi: next.hi, lo: sum.lo + next.lo };
}

fn total(lanes: &[Dd; LANES]) -> Dd {
    lanes.iter().fold(Dd::ZERO, |sum, lane| sum + two_sum(lane.hi, lane.lo))
}

#[inline(always)]
fn extremes(values: &[f64]) -> (f64, f64) {
    let (lanes, rest) = values.as_chunks::<LANES>();
    let (mut least, mut greatest) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    for block in lanes {
        for lane in 0..LANES {
            least[lane] = if block[lane] < least[lane] { block[lane] } else { least[lane] };
            greatest[lane] = if block[lane] > greatest[lane] { block[lane] } else { greatest[lane] };
        }
    }
    let least = least.iter().chain(rest).copied().fold(f64::INFINITY, f64::min);
    let greatest = greatest.iter().chain(rest).copied().fold(f64::NEG_INFINITY, f64::max);
    (least, greatest)
}
