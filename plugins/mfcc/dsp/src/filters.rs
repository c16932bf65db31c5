//! Slaney's mel filters with Slaney's norm (each filter has the same area), as librosa `filters.mel`.
//!
//! Source: Slaney, Auditory Toolbox 2 (1998), Technical Report 1998-010.

use crate::lanes::Lanes;

/// Hz of one mel on the linear part of the scale.
const HZ_PER_MEL: f64 = 200.0 / 3.0;
/// Where the scale turns from linear to logarithmic, in Hz.
const KNEE_HZ: f64 = 1000.0;
const KNEE_MEL: f64 = KNEE_HZ / HZ_PER_MEL;
/// 27 mel above the knee the frequency is 6.4 times as high.
const STEPS: f64 = 27.0;
const STEPS_RATIO: f64 = 6.4;

/// The filters of one sample rate.
pub struct Filters(Vec<Filter>);

/// A filter's weights are zero but for one short run of bins.
struct Filter {
    first: usize,
    /// With zeros up to a multiple of four.
    weights: Vec<[f32; 4]>,
}

impl Filters {
    /// Filters from 0 Hz to half of `rate` (Hz) for the power spectrum of `n_fft` samples.
    pub fn new(rate: u32, n_fft: usize, n_mels: usize) -> Filters {
        let rate = f64::from(rate);
        let top = mel(rate / 2.0);
        let edges: Vec<f64> = (0..n_mels + 2).map(|i| hertz(top * i as f64 / (n_mels + 1) as f64)).collect();
        let bins: Vec<f64> = (0..=n_fft / 2).map(|bin| bin as f64 * rate / n_fft as f64).collect();
        Filters(edges.windows(3).map(|edges| Filter::new([edges[0], edges[1], edges[2]], &bins)).collect())
    }

    /// Each filter's share of the power spectra, in decibels; what is below `smallest` counts as that. Three zeros follow the spectra.
    #[inline(never)]
    pub fn decibels(&self, powers: &[Lanes], smallest: f32, out: &mut [Lanes]) {
        for (out, filter) in out.iter_mut().zip(&self.0) {
            *out = filter.apply(powers).fast_max(Lanes::splat(smallest)).ln() * (10.0 * std::f32::consts::LOG10_E);
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
        let fours = weights.chunks(4).map(|four| std::array::from_fn(|i| four.get(i).map_or(0.0, |weight| *weight as f32)));
        Filter { first, weights: fours.collect() }
    }

    fn apply(&self, powers: &[Lanes]) -> Lanes {
        let mut sum = Lanes::default();
        for (powers, weights) in powers[self.first..].as_chunks::<4>().0.iter().zip(&self.weights) {
            sum += (powers[0] * weights[0] + powers[1] * weights[1]) + (powers[2] * weights[2] + powers[3] * weights[3]);
        }
        sum
    }
}

fn mel(hz: f64) -> f64 {
    if hz < KNEE_HZ { hz / HZ_PER_MEL } else { KNEE_MEL + (hz / KNEE_HZ).ln() / STEPS_RATIO.ln() * STEPS }
}

fn hertz(mel: f64) -> f64 {
    if mel < KNEE_MEL { mel * HZ_PER_MEL } else { KNEE_HZ * (STEPS_RATIO.ln() / STEPS * (mel - KNEE_MEL)).exp() }
}
