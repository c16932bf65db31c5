//! What one frame's samples tell without a spectrum.

/// Samples that are not farther from zero count as zero, and zero as positive (librosa's `threshold`).
const ZERO: f32 = 1e-10;

/// The samples of a clip that lie in the frame of `n_fft` which starts at sample `start - n_fft / 2`.
pub fn part(samples: &[f32], start: usize, n_fft: usize) -> &[f32] {
    let padding = n_fft / 2;
    let end = (start + n_fft - padding).min(samples.len());
    &samples[start.saturating_sub(padding)..end]
}

/// Changes of sign in a part of a frame, over the frame's length. Padding with the clip's own edges adds none.
pub fn zero_crossing_rate(part: &[f32], n_fft: usize) -> f64 {
    let is_negative = |sample: f32| sample < -ZERO;
    let changes = part.windows(2).filter(|pair| is_negative(pair[0]) != is_negative(pair[1])).count();
    changes as f64 / n_fft as f64
}

/// The root mean square of a frame that is zero outside this part.
pub fn rms(part: &[f32], n_fft: usize) -> f64 {
    let squares: f64 = part.iter().map(|&sample| f64::from(sample) * f64::from(sample)).sum();
    (squares / n_fft as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::{part, rms, zero_crossing_rate};

    #[test]
    fn frames_are_centred() {
        let samples = [0.0, 0.1, 0.2, 0.3, 0.4];
        assert_eq!(part(&samples, 0, 4), &samples[..2]);
        assert_eq!(part(&samples, 2, 4), &samples[..4]);
        assert_eq!(part(&samples, 5, 4), &samples[3..]);
        assert_eq!(part(&samples, 0, 3), &samples[..2]);
        assert_eq!(part(&samples, 4, 3), &samples[3..]);
        assert_eq!(part(&samples, 0, 64), &samples);
    }

    #[test]
    fn zero_is_positive() {
        assert_eq!(zero_crossing_rate(&[1.0, -1.0, 0.0, -1e-11, -0.0, -1.0, -0.5], 8), 3.0 / 8.0);
        assert_eq!(zero_crossing_rate(&[-1.0], 8), 0.0);
    }

    #[test]
    fn padding_is_silent() {
        assert_eq!(rms(&[1.0, -1.0], 8), 0.5);
        assert_eq!(rms(&[0.0; 3], 8), 0.0);
    }
}
