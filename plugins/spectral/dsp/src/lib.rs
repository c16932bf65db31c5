//! Spectral features, zero crossings and loudness of audio clips, as librosa 0.11 `feature.spectral_centroid`,
//! `spectral_rolloff`, `spectral_flatness`, `spectral_bandwidth`, `zero_crossing_rate` and `rms` compute them.
//!
//! Centred frames, padded with zeros (for zero crossings with the clip's first and last sample). What is spectral takes
//! the magnitudes under a periodic Hann window; zero crossings and loudness take the samples as they are.
//!
//! Source: Klapuri and Davy (2006), doi:10.1007/0-387-32845-9, chapter 5; Dubnov (2004), doi:10.1109/LSP.2004.831663
//! (flatness); librosa's `feature/spectral.py`.

mod frames;
mod shape;
mod signal;

use frames::{split_powers, window};
use mfcc_dsp::{Fft, hann};

/// Values of a clip's spectrogram (frames times bins). A clip with more is not computed, which bounds its time.
const MOST_VALUES: usize = 1 << 26;

/// What is computed of a clip: the mean over its frames.
pub struct Feature {
    /// librosa's name of the function.
    pub name: &'static str,
    /// A base unit, or empty.
    pub unit: &'static str,
    /// What one frame's value is.
    pub summary: &'static str,
}

/// The features, in the order of the values of [`Spectral::means`].
pub const FEATURES: [Feature; 6] = [
    Feature {
        name: "spectral_centroid",
        unit: "hertz",
        summary: "mean frequency, weighted with the magnitudes of the spectrum",
    },
    Feature {
        name: "spectral_rolloff",
        unit: "hertz",
        summary: "frequency up to which the spectrum has the share `roll_percent` of its magnitude",
    },
    Feature {
        name: "spectral_flatness",
        unit: "ratio",
        summary: "geometric over arithmetic mean of the powers; near 0 for tones, 0.56 for white noise, 1 for silence",
    },
    Feature {
        name: "spectral_bandwidth",
        unit: "hertz",
        summary: "standard deviation of the frequency, weighted with the magnitudes of the spectrum",
    },
    Feature { name: "zero_crossing_rate", unit: "ratio", summary: "changes of sign over the number of samples" },
    Feature { name: "rms", unit: "", summary: "root mean square of the samples, a linear amplitude: 1 is full scale" },
];

/// One value of each feature.
pub type Values = [f64; FEATURES.len()];

/// The analysis parameters; the names are librosa's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Params {
    /// Samples in a frame, at least 2.
    pub n_fft: usize,
    /// Samples from one frame to the next, at least 1.
    pub hop_length: usize,
    /// Share of a spectrum's magnitude up to the roll-off frequency, above 0 and below 1.
    pub roll_percent: f64,
}

/// Computes features; keeps tables and buffers between clips.
pub struct Spectral {
    params: Params,
    fft: Fft<f64>,
    window: Vec<f64>,
    re: Vec<f64>,
    im: Vec<f64>,
}

impl Spectral {
    /// Prepares the tables. The parameters must lie in the bounds that [`Params`] names.
    pub fn new(params: Params) -> Spectral {
        let n_fft = params.n_fft;
        Spectral { params, fft: Fft::new(n_fft), window: hann(n_fft), re: vec![0.0; n_fft], im: vec![0.0; n_fft] }
    }

    /// The mean over all frames of each of [`FEATURES`]. `rate` is in Hz; `samples` must not be empty.
    ///
    /// `None` when the clip is too long for these parameters (more than 2^26 frames times bins).
    pub fn means(&mut self, samples: &[f32], rate: u32) -> Option<Values> {
        let Params { n_fft, hop_length, .. } = self.params;
        let frames = 1 + (samples.len() + n_fft / 2 * 2 - n_fft) / hop_length;
        frames.checked_mul(self.bins()).filter(|&values| values <= MOST_VALUES)?;
        let [centroid, rolloff, flatness, bandwidth] = self.sums_of_shapes(samples, frames, rate);
        let [crossings, rms] = self.sums_of_levels(samples, frames);
        Some([centroid, rolloff, flatness, bandwidth, crossings, rms].map(|sum| sum / frames as f64))
    }

    /// Number of frequencies from 0 Hz to half the sample rate.
    fn bins(&self) -> usize {
        self.params.n_fft / 2 + 1
    }

    /// The sums over all frames of what [`shape::shape`] gives.
    fn sums_of_shapes(&mut self, samples: &[f32], frames: usize, rate: u32) -> [f64; 4] {
        let Params { n_fft, hop_length, roll_percent } = self.params;
        let bins = self.bins();
        let bin_hz = f64::from(rate) / n_fft as f64;
        let mut sums = [0.0; 4];
        for frame in (0..frames).step_by(2) {
            self.transform(samples, frame * hop_length);
            // After an odd last frame the second spectrum belongs to no frame.
            for magnitudes in [&self.re, &self.im].into_iter().take(frames - frame) {
                add(&mut sums, shape::shape(&magnitudes[..bins], bin_hz, roll_percent));
            }
        }
        sums
    }

    /// The sums over all frames of the zero-crossing rate and the root mean square.
    fn sums_of_levels(&self, samples: &[f32], frames: usize) -> [f64; 2] {
        let Params { n_fft, hop_length, .. } = self.params;
        let mut sums = [0.0; 2];
        for frame in 0..frames {
            let part = signal::part(samples, frame * hop_length, n_fft);
            add(&mut sums, [signal::zero_crossing_rate(part, n_fft), signal::rms(part, n_fft)]);
        }
        sums
    }

    /// The magnitudes of the frame at `start` and of the next one: the first bins of `re` and of `im`.
    ///
    /// One complex FFT serves two real frames: the first as its real, the second as its imaginary part.
    fn transform(&mut self, samples: &[f32], start: usize) {
        let Params { n_fft, hop_length, .. } = self.params;
        let bins = self.bins();
        window(&mut self.re, &self.window, samples, start, n_fft / 2);
        window(&mut self.im, &self.window, samples, start + hop_length, n_fft / 2);
        // Equally loud, so that rounding errors of a loud frame do not drown a quiet one; silence stays silent.
        let peaks = [normalize(&mut self.re), normalize(&mut self.im)];
        self.fft.forward(&mut self.re, &mut self.im);
        split_powers(&mut self.re, &mut self.im);
        for (powers, peak) in [&mut self.re, &mut self.im].into_iter().zip(peaks) {
            powers[..bins].iter_mut().for_each(|value| *value = value.sqrt() * peak);
        }
    }
}

fn add<const N: usize>(sums: &mut [f64; N], values: [f64; N]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

/// Divides a frame by its largest absolute value, and returns that; zeros stay as they are.
fn normalize(frame: &mut [f64]) -> f64 {
    let peak = frame.iter().fold(0.0, |peak: f64, value| peak.max(value.abs()));
    if peak > 0.0 {
        frame.iter_mut().for_each(|value| *value /= peak);
    }
    peak
}

#[cfg(test)]
mod tests;
