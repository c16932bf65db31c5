//! Slaney's mel filters with Slaney's norm (each filter has the same area), as librosa `filters.mel`.
//!
//! Source: Slaney, Auditory Toolbox 2 (1998), Technical Report 1998-010.

use crate::SMALLEST_POWER;
use crate::logarithm::log10;

/// Hz of one mel on the linear part of the scale.
const HZ_PER_MEL: f64 = 200.0 / 3.0;
/// Where the scale turns from linear to logarithmic, in Hz.
const KNEE_HZ: f64 = 1000.0;
const KNEE_MEL: f64 = KNEE_HZ / HZ_PER_MEL;
/// 27 mel above the knee the frequency is 6.4 times as high.
const STEPS: f64 = 27.0;
const STEPS_RATIO: f64 = 6.4;

/// The filters of one sample rate.
pub struct Filters {
    filters: Vec<Filter>,
    /// Values of a spectrum that they read, with those that weigh nothing.
    reach: usize,
}

/// A filter's weights are zero but for one short run of bins.
struct Filter {
    first: usize,
    /// With zeros up to a multiple of eight.
    weights: Vec<[f64; 8]>,
}

impl Filters {
    /// Filters from 0 Hz to half of `rate` (Hz) for the power spectrum of `n_fft` samples.
    pub fn new(rate: u32, n_fft: usize, n_mels: usize) -> Filters {
        let rate = f64::from(rate);
        let top = mel(rate / 2.0);
        let edges: Vec<f64> = (0..n_mels + 2).map(|i| hertz(top * i as f64 / (n_mels + 1) as f64)).collect();
        let bins: Vec<f64> = (0..=n_fft / 2).map(|bin| bin as f64 * rate / n_fft as f64).collect();
        let filters: Vec<Filter> = edges.windows(3).map(|edges| Filter::new([edges[0], edges[1], edges[2]], &bins)).collect();
        let reach = filters.iter().map(|filter| filter.first + 8 * filter.weights.len()).max().unwrap_or(0);
        Filters { filters, reach }
    }

    /// Each filter's share of the power spectrum, in decibels. Does nothing when `out` is empty. What follows the spectrum in
    /// `power` must be finite.
    pub fn decibels(&self, power: &[f64], out: &mut [f32]) {
        // Only spectra of a few values are too short.
        let mut longer = Vec::new();
        let power = if power.len() < self.reach {
            longer.extend_from_slice(power);
            longer.resize(self.reach, 0.0);
            &longer
        } else {
            power
        };
        // In runs: their logarithms become SIMD.
        let mut shares = [1.0; 64];
        for (out, filters) in out.chunks_mut(64).zip(self.filters.chunks(64)) {
            for (share, filter) in shares.iter_mut().zip(filters) {
                *share = filter.apply(power).max(SMALLEST_POWER);
            }
            for (out, share) in out.iter_mut().zip(&shares) {
                *out = (10.0 * log10(*share)) as f32;
            }
        }
    }
}

impl Filter {
    /// A triangle over three frequencies in Hz.
    fn new([low, centre, high]: [f64; 3], bins: &[f64]) -> Filter {
        let norm = 2.0 / (high - low);
        let weight = |hz: f64| ((hz - low) / (centre - low)).min((high - hz) / (high - centre)) * norm;
        let first = bins.partition_point(|&hz| hz <= low);
        let weights: Vec<f64> = bins[first..].iter().map(|&hz| weight(hz)).take_while(|&weight| weight > 0.0).collect();
        let eights = weights.chunks(8).map(|eight| std::array::from_fn(|lane| eight.get(lane).copied().unwrap_or(0.0)));
        let weights = eights.collect();
        Filter { first, weights }
    }

    fn apply(&self, power: &[f64]) -> f64 {
        // Eight sums side by side: SIMD lanes, at the price of another order of addition.
        let mut sums = [0.0; 8];
        for (power, weights) in power[self.first..].as_chunks::<8>().0.iter().zip(&self.weights) {
            for lane in 0..8 {
                sums[lane] += power[lane] * weights[lane];
            }
        }
        let [a, b, c, d, e, f, g, h] = sums;
        ((a + e) + (b + f)) + ((c + g) + (d + h))
    }
}

fn mel(hz: f64) -> f64 {
    if hz < KNEE_HZ { hz / HZ_PER_MEL } else { KNEE_MEL + (hz / KNEE_HZ).ln() / STEPS_RATIO.ln() * STEPS }
}

fn hertz(mel: f64) -> f64 {
    if mel < KNEE_MEL { mel * HZ_PER_MEL } else { KNEE_HZ * (STEPS_RATIO.ln() / STEPS * (mel - KNEE_MEL)).exp() }
}
