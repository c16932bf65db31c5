//! Mel-frequency cepstral coefficients (MFCC), as librosa 0.11 `feature.mfcc` computes them.
//!
//! Centred, zero-padded frames, periodic Hann window, power spectrum, Slaney mel filters with Slaney norm, decibels
//! (at least 1e-10, and at most 80 dB below the clip's loudest value), orthonormal DCT-II. Up to the decibels in 32-bit floats, as
//! librosa computes with 32-bit samples: coefficients are within 1e-3 of its (`tests/golden.rs`).
//!
//! The FFT and the window are public: `spectral-dsp` uses them too.
//!
//! Source: Davis and Mermelstein (1980), doi:10.1109/TASSP.1980.1163420; librosa's `feature/spectral.py`.

mod dct;
mod fft;
mod filters;
mod lanes;
mod spectrum;

pub use fft::Fft;
use filters::Filters;
use lanes::{LANES, Lanes};
use spectrum::Spectrum;

/// Power below this is taken as this (librosa's `amin`).
const SMALLEST_POWER: f32 = 1e-10;
/// From here on a spectrum's power may be too large for 32-bit floats, and the smallest power is far below what is told apart.
const LOUD: f32 = (1_u64 << 33) as f32;
/// Decibels below the clip's loudest value that are still told apart (librosa's `top_db`).
const RANGE_DB: f32 = 80.0;
/// Mel filters are kept for this many sample rates; clips of one column rarely have more.
const KEPT_RATES: usize = 8;
/// Values of a clip's mel spectrogram, 4 bytes each: 256 MiB. A clip with more is not computed.
const MOST_VALUES: usize = 1 << 26;

/// The analysis parameters; the names are librosa's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Params {
    /// Number of coefficients (`n_mfcc`), at most `n_mels`.
    pub coefficients: usize,
    /// Samples in a frame, at least 2.
    pub n_fft: usize,
    /// Samples from one frame to the next, at least 1.
    pub hop_length: usize,
    /// Number of mel filters, at least 1.
    pub n_mels: usize,
}

/// Computes coefficients; keeps tables and buffers between clips.
pub struct Mfcc {
    params: Params,
    spectrum: Spectrum,
    dct: Vec<f64>,
    filters: Vec<(u32, Filters)>,
    /// Frames that reach beyond the clip, with zeros there.
    edges: [Vec<f32>; LANES],
    /// The power spectra of four frames, and three zeros.
    powers: Vec<Lanes>,
}

/// A clip's mel spectrogram in decibels: `mels` values of four frames, and so on.
struct Decibels {
    values: Vec<Lanes>,
    frames: usize,
    mels: usize,
}

/// How samples are scaled so that 32-bit floats hold their powers: not at all, but for absurd ones.
struct Level {
    /// A power of two.
    scale: Option<f32>,
    /// What is added for it.
    decibels: f32,
    smallest_power: f32,
}

impl Level {
    fn of(samples: &[f32]) -> Level {
        // Without an early exit a piece becomes SIMD.
        let is_loud = |samples: &[f32]| samples.iter().fold(false, |loud, sample| loud | (sample.abs() >= LOUD));
        let (pieces, rest) = samples.as_chunks::<64>();
        if !pieces.iter().any(|piece| is_loud(piece)) && !is_loud(rest) {
            return Level { scale: None, decibels: 0.0, smallest_power: SMALLEST_POWER };
        }
        let peak = samples.iter().fold(0.0, |peak: f32, sample| peak.max(sample.abs()));
        // 2^126 is the largest whose inverse is a normal number.
        let exponent = ((peak.to_bits() >> 23) as i32 - 127).min(126);
        let decibels = 20.0 * std::f32::consts::LOG10_2 * exponent as f32;
        Level { scale: Some(f32::from_bits(((127 - exponent) as u32) << 23)), decibels, smallest_power: f32::MIN_POSITIVE }
    }
}

impl Decibels {
    /// The values of up to four frames each, and how many they are.
    fn groups(&self) -> impl Iterator<Item = (&[Lanes], usize)> {
        self.values.chunks_exact(self.mels).enumerate().map(|(group, values)| (values, (self.frames - LANES * group).min(LANES)))
    }
}

impl Mfcc {
    /// Prepares the tables. The parameters must lie in the bounds that [`Params`] names.
    pub fn new(params: Params) -> Mfcc {
        let Params { coefficients, n_fft, n_mels, .. } = params;
        Mfcc {
            params,
            spectrum: Spectrum::new(n_fft),
            dct: dct::matrix(coefficients, n_mels),
            filters: Vec::new(),
            edges: std::array::from_fn(|_| vec![0.0; n_fft]),
            powers: vec![Lanes::default(); n_fft / 2 + 1 + 3],
        }
    }

    /// The mean over all frames of each coefficient. `rate` is in Hz; `samples` must not be empty.
    ///
    /// `None` when the clip is too long for these parameters (more than 2^26 frames times filters).
    /// The DCT is linear, so the DCT of the mean spectrum is the mean of the DCTs.
    pub fn means(&mut self, samples: &[f32], rate: u32) -> Option<Vec<f64>> {
        let decibels = self.mel_decibels(samples, rate)?;
        let mut mean = vec![0.0; decibels.mels];
        for (frames, lanes) in decibels.groups() {
            for (sum, values) in mean.iter_mut().zip(frames) {
                *sum += values.to_array()[..lanes].iter().map(|value| f64::from(*value)).sum::<f64>();
            }
        }
        mean.iter_mut().for_each(|sum| *sum /= decibels.frames as f64);
        Some(dct::apply(&self.dct, &mean))
    }

    /// All coefficients, one inner list a frame; otherwise as [`Mfcc::means`].
    pub fn frames(&mut self, samples: &[f32], rate: u32) -> Option<Vec<Vec<f64>>> {
        let decibels = self.mel_decibels(samples, rate)?;
        let frame = |frames: &[Lanes], lane: usize| -> Vec<f64> { frames.iter().map(|values| f64::from(values.to_array()[lane])).collect() };
        let of_group = |(frames, lanes)| (0..lanes).map(move |lane| frame(frames, lane));
        Some(decibels.groups().flat_map(of_group).map(|frame| dct::apply(&self.dct, &frame)).collect())
    }

    fn mel_decibels(&mut self, samples: &[f32], rate: u32) -> Option<Decibels> {
        let Params { n_fft, hop_length, n_mels, .. } = self.params;
        let padding = n_fft / 2;
        let frames = 1 + (samples.len() + 2 * padding - n_fft) / hop_length;
        frames.checked_mul(n_mels).filter(|&values| values <= MOST_VALUES)?;
        let filters = self.filters_for(rate);
        let level = Level::of(samples);
        let scaled: Option<Vec<f32>> = level.scale.map(|scale| samples.iter().map(|sample| sample * scale).collect());
        let samples = scaled.as_deref().unwrap_or(samples);
        let mut values = vec![Lanes::default(); frames.div_ceil(LANES) * n_mels];
        for (group, out) in values.chunks_exact_mut(n_mels).enumerate() {
            // Lanes beyond the last frame have that again, and are not looked at.
            let start = |lane: usize| (LANES * group + lane).min(frames - 1) * hop_length;
            let [a, b, c, d] = &mut self.edges;
            let of_lanes = [(0, a), (1, b), (2, c), (3, d)].map(|(lane, edge)| frame(samples, start(lane), padding, edge));
            self.spectrum.powers(of_lanes, &mut self.powers[..n_fft / 2 + 1]);
            self.filters[filters].1.decibels(&self.powers, level.smallest_power, out);
        }
        let loudest = values.iter().fold(Lanes::splat(f32::NEG_INFINITY), |loudest, values| loudest.fast_max(*values));
        let least = Lanes::splat(loudest.to_array().into_iter().fold(f32::NEG_INFINITY, f32::max) - RANGE_DB);
        values.iter_mut().for_each(|values| *values = values.fast_max(least) + Lanes::splat(level.decibels));
        Some(Decibels { values, frames, mels: n_mels })
    }

    /// The place of the filters for a rate, built when they are not there yet.
    fn filters_for(&mut self, rate: u32) -> usize {
        if let Some(place) = self.filters.iter().position(|(known, _)| *known == rate) {
            return place;
        }
        if self.filters.len() == KEPT_RATES {
            self.filters.remove(0);
        }
        self.filters.push((rate, Filters::new(rate, self.params.n_fft, self.params.n_mels)));
        self.filters.len() - 1
    }
}

/// The frame that starts at sample `start - padding`: of the clip's own samples, or written to `edge`, with zeros outside of the clip.
fn frame<'a>(samples: &'a [f32], start: usize, padding: usize, edge: &'a mut [f32]) -> &'a [f32] {
    let length = edge.len();
    if start >= padding && start - padding + length <= samples.len() {
        return &samples[start - padding..][..length];
    }
    let before = padding.saturating_sub(start).min(length);
    let rest = samples.get((start + before).saturating_sub(padding)..).unwrap_or(&[]);
    let inside = rest.len().min(length - before);
    edge[..before].fill(0.0);
    edge[before..before + inside].copy_from_slice(&rest[..inside]);
    edge[before + inside..].fill(0.0);
    edge
}

/// The periodic Hann window.
pub fn hann(n: usize) -> Vec<f64> {
    (0..n).map(|i| 0.5 - 0.5 * (2.0 * std::f64::consts::PI * i as f64 / n as f64).cos()).collect()
}

#[cfg(test)]
mod tests;
