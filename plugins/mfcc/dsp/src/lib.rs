//! Mel-frequency cepstral coefficients (MFCC), as librosa 0.11 `feature.mfcc` computes them.
//!
//! Centred, zero-padded frames, periodic Hann window, power spectrum, Slaney mel filters with Slaney norm, decibels
//! (at least 1e-10, and at most 80 dB below the clip's loudest value), orthonormal DCT-II.
//!
//! The FFT and the framing are public: `spectral-dsp` uses them too.
//!
//! Source: Davis and Mermelstein (1980), doi:10.1109/TASSP.1980.1163420; librosa's `feature/spectral.py`.

mod dct;
mod fft;
mod filters;
mod logarithm;

pub use fft::Fft;
use filters::Filters;

/// Power below this is taken as this (librosa's `amin`).
const SMALLEST_POWER: f64 = 1e-10;
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
    fft: Fft,
    window: Vec<f64>,
    dct: Vec<f64>,
    filters: Vec<(u32, Filters)>,
    re: Vec<f64>,
    im: Vec<f64>,
}

impl Mfcc {
    /// Prepares the tables. The parameters must lie in the bounds that [`Params`] names.
    pub fn new(params: Params) -> Mfcc {
        let Params { coefficients, n_fft, n_mels, .. } = params;
        Mfcc {
            params,
            fft: Fft::new(n_fft),
            window: hann(n_fft),
            dct: dct::matrix(coefficients, n_mels),
            filters: Vec::new(),
            re: vec![0.0; n_fft],
            im: vec![0.0; n_fft],
        }
    }

    /// The mean over all frames of each coefficient. `rate` is in Hz; `samples` must not be empty.
    ///
    /// `None` when the clip is too long for these parameters (more than 2^26 frames times filters).
    /// The DCT is linear, so the DCT of the mean spectrum is the mean of the DCTs.
    pub fn means(&mut self, samples: &[f32], rate: u32) -> Option<Vec<f64>> {
        let decibels = self.mel_decibels(samples, rate)?;
        let mut mean = vec![0.0; self.params.n_mels];
        for frame in decibels.chunks_exact(self.params.n_mels) {
            mean.iter_mut().zip(frame).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        let frames = (decibels.len() / self.params.n_mels) as f64;
        mean.iter_mut().for_each(|sum| *sum /= frames);
        Some(dct::apply(&self.dct, &mean))
    }

    /// All coefficients, one inner list a frame; otherwise as [`Mfcc::means`].
    pub fn frames(&mut self, samples: &[f32], rate: u32) -> Option<Vec<Vec<f64>>> {
        let decibels = self.mel_decibels(samples, rate)?;
        let frame = |frame: &[f32]| dct::apply(&self.dct, &frame.iter().map(|&v| f64::from(v)).collect::<Vec<_>>());
        Some(decibels.chunks_exact(self.params.n_mels).map(frame).collect())
    }

    /// The mel spectrogram in decibels, frame after frame.
    fn mel_decibels(&mut self, samples: &[f32], rate: u32) -> Option<Vec<f32>> {
        let Params { n_fft, hop_length, n_mels, .. } = self.params;
        let padding = n_fft / 2;
        let frames = 1 + (samples.len() + 2 * padding - n_fft) / hop_length;
        let values = frames.checked_mul(n_mels).filter(|&values| values <= MOST_VALUES)?;
        let filters = self.filters_for(rate);
        let mut decibels = vec![0.0; values];
        // One complex FFT serves two real frames: the first as its real, the second as its imaginary part.
        for (pair, out) in decibels.chunks_mut(2 * n_mels).enumerate() {
            let (first, second) = out.split_at_mut(n_mels);
            let start = 2 * pair * hop_length;
            window(&mut self.re, &self.window, samples, start, padding);
            if second.is_empty() {
                self.im.fill(0.0);
            } else {
                window(&mut self.im, &self.window, samples, start + hop_length, padding);
            }
            self.fft.forward(&mut self.re, &mut self.im);
            split_powers(&mut self.re, &mut self.im);
            self.filters[filters].1.decibels(&self.re, first);
            self.filters[filters].1.decibels(&self.im, second);
        }
        let loudest = decibels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        decibels.iter_mut().for_each(|value| *value = value.max(loudest - RANGE_DB));
        Some(decibels)
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

/// The periodic Hann window.
pub fn hann(n: usize) -> Vec<f64> {
    (0..n).map(|i| 0.5 - 0.5 * (2.0 * std::f64::consts::PI * i as f64 / n as f64).cos()).collect()
}

/// Writes the windowed frame that starts at sample `start - padding`; what lies outside the clip is zero.
pub fn window(frame: &mut [f64], window: &[f64], samples: &[f32], start: usize, padding: usize) {
    let before = padding.saturating_sub(start).min(frame.len());
    let rest = samples.get((start + before).saturating_sub(padding)..).unwrap_or(&[]);
    let inside = rest.len().min(frame.len() - before);
    frame[..before].fill(0.0);
    frame[before + inside..].fill(0.0);
    let (values, weights, samples) = (&mut frame[before..before + inside], &window[before..before + inside], &rest[..inside]);
    // In pieces of a length known to the compiler: it takes no loop, which would cost as much as their arithmetic.
    let ((pieces, values), (weights_of, weights), (samples_of, samples)) = (values.as_chunks_mut::<16>(), weights.as_chunks::<16>(), samples.as_chunks::<16>());
    for ((values, weights), samples) in pieces.iter_mut().zip(weights_of).zip(samples_of) {
        for i in 0..16 {
            values[i] = weights[i] * f64::from(samples[i]);
        }
    }
    for ((value, &weight), &sample) in values.iter_mut().zip(weights).zip(samples) {
        *value = weight * f64::from(sample);
    }
}

/// Turns the transform of two packed real frames into their power spectra: bins 0 to n / 2 of `re` and of `im`.
pub fn split_powers(re: &mut [f64], im: &mut [f64]) {
    let n = re.len();
    let (re, mirrored_re) = re.split_at_mut(n / 2 + 1);
    let (im, mirrored_im) = im.split_at_mut(n / 2 + 1);
    // Bin 0 is its own mirror, and so is bin n / 2 where there is one.
    let alone = if n.is_multiple_of(2) { [0, n / 2] } else { [0, 0] };
    let squares = alone.map(|bin| (re[bin] * re[bin], im[bin] * im[bin]));
    let ((re_of, re_rest), (im_of, im_rest)) = (re[1..=mirrored_re.len()].as_chunks_mut::<8>(), im[1..=mirrored_im.len()].as_chunks_mut::<8>());
    let ((mirror_rest_re, mirrors_re), (mirror_rest_im, mirrors_im)) = (mirrored_re.as_rchunks::<8>(), mirrored_im.as_rchunks::<8>());
    let mirrors = mirrors_re.iter().rev().zip(mirrors_im.iter().rev());
    for ((re, im), (mirror_re, mirror_im)) in re_of.iter_mut().zip(im_of.iter_mut()).zip(mirrors) {
        for i in 0..8 {
            (re[i], im[i]) = split_power([re[i], im[i]], [mirror_re[7 - i], mirror_im[7 - i]]);
        }
    }
    let mirrors = mirror_rest_re.iter().rev().zip(mirror_rest_im.iter().rev());
    for ((re, im), (mirror_re, mirror_im)) in re_rest.iter_mut().zip(im_rest).zip(mirrors) {
        (*re, *im) = split_power([*re, *im], [*mirror_re, *mirror_im]);
    }
    for (bin, squares) in alone.into_iter().zip(squares) {
        (re[bin], im[bin]) = squares;
    }
}

/// The powers of both frames in a bin, from the transform there and at the mirrored bin.
#[inline(always)]
fn split_power([re, im]: [f64; 2], [mirror_re, mirror_im]: [f64; 2]) -> (f64, f64) {
    let (sum_re, difference_re) = (re + mirror_re, re - mirror_re);
    let (sum_im, difference_im) = (im + mirror_im, im - mirror_im);
    ((sum_re * sum_re + difference_im * difference_im) / 4.0, (sum_im * sum_im + difference_re * difference_re) / 4.0)
}

#[cfg(test)]
mod tests;
