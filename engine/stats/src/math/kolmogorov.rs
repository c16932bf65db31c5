//! The two-sided Kolmogorov-Smirnov distribution of one sample, for finite sizes.
//!
//! Papers: Durbin, "Distribution theory for tests based on the sample distribution function" (1973); Marsaglia, Tsang, Wang,
//! "Evaluating Kolmogorov's distribution", J. Stat. Softw. 8 (2003); Carvalho, "An improved evaluation of Kolmogorov's
//! distribution", J. Stat. Softw. 65 (2015); Simard, L'Ecuyer, "Computing the two-sided Kolmogorov-Smirnov distribution",
//! J. Stat. Softw. 39 (2011); Li-Chien (1956) for the expansion. Reference implementation:
//! `scipy.stats.kstwo.sf`, which is itself accurate to about 1e-6 between the regions where it is exact.

use std::f64::consts::PI;

use super::smirnov::smirnov_sf;
use super::special::stirling_error;

/// Up to this size the middle of the distribution is computed exactly; beyond, the expansion is better than 1e-9.
const EXACT_SIZE: u64 = 20_000;
/// Steps upwards of the counting process that are kept: the share of longer ones is 1/24! = 2e-24.
const BAND: usize = 24;
/// Lanes of the inner loop.
const LANES: usize = 8;

/// `P(D >= d)` for the two-sided statistic `D = sup |F_n - F|` of `n` observations from a continuous distribution.
///
/// With `t = n d` and `s = n d^2`: closed form for `t <= 1`; twice [`smirnov_sf`] for `d >= 1/2`, where both sides cannot be
/// exceeded at once; in the tail twice [`smirnov_sf`] less the probability that both are exceeded, by its expansion; between, one
/// less Durbin's matrix power. Relative error at most 1e-9 for every size (typically 1e-12), tails to 1e-300 included.
///
/// 1 for `d <= 1/(2n)`, 0 for `d >= 1`; NaN when `n` is 0 or `d` is NaN. At most some 50 ms (`n` near 20 000).
pub fn kolmogorov_sf(d: f64, n: u64) -> f64 {
    if n == 0 || d.is_nan() {
        return f64::NAN;
    }
    let size = n as f64;
    let (t, s) = (size * d, size * d * d);
    if d >= 1.0 {
        0.0
    } else if t <= 0.5 {
        1.0
    } else if d >= 0.5 {
        2.0 * smirnov_sf(d, n)
    } else if t <= 1.0 {
        1.0 - (size * (2.0 * t - 1.0).ln() - size + stirling_error(size)).exp() * (2.0 * PI * size).sqrt()
    } else if s < 0.02 {
        1.0 // The complement is below exp(-1/s).
    } else if n > EXACT_SIZE || expansion_suffices(s, size) {
        2.0 * smirnov_sf(d, n) - both_sides(s.sqrt(), size)
    } else {
        1.0 - durbin_cdf(t, n)
    }
    .clamp(0.0, 1.0)
}

/// Whether the error of [`both_sides`], relative to the survival function, is below about 1e-12.
fn expansion_suffices(s: f64, n: f64) -> bool {
    s >= 1.0 && 25.0 * s.powi(4) * (-6.0 * s).exp() < 1e-12 * n * n
}

/// The probability that the statistics of both sides reach `z / sqrt(n)`: the terms `k >= 2` of Li-Chien's expansion
/// `P(D >= d) = 2 sum (-1)^(k-1) exp(-2 k^2 z^2) (1 + ...)`, up to `n^(-3/2)`.
fn both_sides(z: f64, n: f64) -> f64 {
    let mut sum = 0.0;
    for k in 2..64 {
        let k = f64::from(k);
        let term = (-2.0 * (k * z).powi(2)).exp() * li_chien_factor(k, z, n.sqrt());
        sum += if k % 2.0 == 0.0 { term } else { -term };
        if 2.0 * (k * z).powi(2) > 60.0 {
            break;
        }
    }
    2.0 * sum
}

fn li_chien_factor(k: f64, z: f64, root: f64) -> f64 {
    let odd = k % 2.0;
    let (k2, z2) = (k * k, z * z);
    let (f1, f2) = (k2 - odd, 5.0 * k2 + 22.0 - 15.0 * odd);
    let first = -2.0 * k2 * z / 3.0;
    let second = -(f1 - 4.0 * (f1 + 3.0) * k2 * z2 + 8.0 * k2 * k2 * z2 * z2) / 18.0;
    let third = k2 * z / 27.0 * (f2 / 5.0 - 4.0 * (f2 + 45.0) * k2 * z2 / 15.0 + 8.0 * k2 * k2 * z2 * z2);
    1.0 + (first + (second + third / root) / root) / root
}

/// Durbin's matrix in the form of Marsaglia, Tsang and Wang: row `i`, column `j` is `1/(i-j+1)!`, with partial steps in the first
/// column and the last row. Only its action on one row is needed (Carvalho), and only a band of it.
struct Durbin {
    size: usize,
    /// `1/k!` for whole steps.
    whole: [f64; BAND],
    /// `(1 - h^k)/k!` for steps that enter or leave the strip part of the way, by `k`.
    partial: [f64; BAND + 1],
    /// Entry of the last row and first column.
    corner: f64,
}

impl Durbin {
    fn new(t: f64) -> Durbin {
        let half = t.floor() as usize + 1;
        let size = 2 * half - 1;
        let (fraction, h) = (t - t.floor(), half as f64 - t);
        let (mut whole, mut partial, mut factorial) = ([1.0; BAND], [0.0; BAND + 1], 1.0);
        for k in 1..=BAND {
            factorial *= k as f64;
            partial[k] = -(k as f64 * (-fraction).ln_1p()).exp_m1() / factorial;
            if k < BAND {
                whole[k] = 1.0 / factorial;
            }
        }
        let corner = if size <= BAND { corner(h, size) } else { 0.0 };
        Durbin { size, whole, partial, corner }
    }

    /// `next = row * H`. Both are padded with zeros beyond `size`; `row[size - 1]` is zeroed on the way.
    fn step(&self, row: &mut [f64], next: &mut [f64]) {
        let last = std::mem::take(&mut row[self.size - 1]);
        for start in (1..self.size).step_by(LANES) {
            next[start..start + LANES].copy_from_slice(&self.convolve(&row[start - 1..]));
        }
        next[self.size..].fill(0.0);
        next[0] = last * self.corner + row.iter().zip(&self.partial[1..]).take(self.size).map(|(r, p)| r * p).sum::<f64>();
        for k in 1..self.size.min(BAND + 1) {
            next[self.size - k] += last * self.partial[k];
        }
    }

    #[inline]
    fn convolve(&self, row: &[f64]) -> [f64; LANES] {
        let mut sums = [0.0; LANES];
        for (weight, window) in self.whole.iter().zip(row.windows(LANES)) {
            for (sum, value) in sums.iter_mut().zip(window) {
                *sum += weight * value;
            }
        }
        sums
    }
}

fn corner(h: f64, size: usize) -> f64 {
    let power = size as i32;
    let factorial: f64 = (1..=size).map(|k| k as f64).product();
    (1.0 - 2.0 * h.powi(power) + (2.0 * h - 1.0).max(0.0).powi(power)) / factorial
}

/// `P(D < t/n) = n!/n^n (H^n)[k,k]` in the middle of the matrix. The matrix is symmetric about its second diagonal, so the power
/// is the product of the rows of two half powers.
fn durbin_cdf(t: f64, n: u64) -> f64 {
    const STRIDE: u64 = 64;
    const SHIFT: i32 = 92; // e^64 = 2^92.3: the row keeps its size.
    let matrix = Durbin::new(t);
    let padded = matrix.size + BAND + LANES;
    let (mut row, mut next) = (vec![0.0; padded], vec![0.0; padded]);
    row[matrix.size / 2] = 1.0;
    let mut shifts = 0;
    for step in 1..=n / 2 {
        matrix.step(&mut row, &mut next);
        std::mem::swap(&mut row, &mut next);
        if step % STRIDE == 0 {
            row.iter_mut().for_each(|value| *value *= 2f64.powi(-SHIFT));
            shifts += 2 * SHIFT;
        }
    }
    let half = row.clone();
    if n % 2 == 1 {
        matrix.step(&mut row, &mut next);
        std::mem::swap(&mut row, &mut next);
    }
    let entry: f64 = half[..matrix.size].iter().zip(row[..matrix.size].iter().rev()).map(|(a, b)| a * b).sum();
    entry * scale(n as f64, f64::from(shifts))
}

/// `2^shifts n!/n^n`, with `ln 2` in two parts so that the large exponents cancel without error.
fn scale(n: f64, shifts: f64) -> f64 {
    const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let exponent = (shifts * LN_2_HIGH - n) + shifts * LN_2_LOW;
    (exponent + stirling_error(n)).exp() * (2.0 * PI * n).sqrt()
}
