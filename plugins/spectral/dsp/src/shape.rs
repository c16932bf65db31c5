//! The shape of one frame's spectrum.

/// A sum of magnitudes below this is not divided by: the spectrum is as good as silent (librosa's `util.tiny`).
const SMALLEST_TOTAL: f64 = f32::MIN_POSITIVE as f64;
/// Power below this is taken as this (librosa's `amin`).
const SMALLEST_POWER: f64 = 1e-10;

/// Centroid (Hz), roll-off (Hz), flatness and bandwidth (Hz) of the magnitudes of bins that are `bin_hz` apart.
pub fn shape(magnitudes: &[f64], bin_hz: f64, roll_percent: f64) -> [f64; 4] {
    let total: f64 = magnitudes.iter().sum();
    let divisor = if total < SMALLEST_TOTAL { 1.0 } else { total };
    let centroid = weigh(magnitudes, |bin| bin) / divisor;
    let bandwidth = (weigh(magnitudes, |bin| (bin - centroid).powi(2)) / divisor).sqrt();
    let rolloff = rolloff(magnitudes, roll_percent * total) as f64;
    [centroid * bin_hz, rolloff * bin_hz, flatness(magnitudes), bandwidth * bin_hz]
}

/// The sum of a function of the bins, weighted with their magnitudes.
fn weigh(magnitudes: &[f64], of_bin: impl Fn(f64) -> f64) -> f64 {
    magnitudes.iter().enumerate().map(|(bin, magnitude)| magnitude * of_bin(bin as f64)).sum()
}

/// The first bin at which the running total reaches the threshold, which is below the whole.
fn rolloff(magnitudes: &[f64], threshold: f64) -> usize {
    let mut running = 0.0;
    let below = |magnitude: &&f64| {
        running += **magnitude;
        running < threshold
    };
    magnitudes.iter().take_while(below).count()
}

/// Geometric over arithmetic mean of the powers.
fn flatness(magnitudes: &[f64]) -> f64 {
    let count = magnitudes.len() as f64;
    let power = |magnitude: &f64| (magnitude * magnitude).max(SMALLEST_POWER);
    // One logarithm for three bins: the powers of 32-bit samples are far from 1e±102, so their product is a number.
    let product = |bins: &[f64]| bins.iter().map(power).product::<f64>();
    let logarithms: f64 = magnitudes.chunks(3).map(|bins| product(bins).ln()).sum();
    let sum: f64 = magnitudes.iter().map(power).sum();
    (logarithms / count).exp() / (sum / count)
}

#[cfg(test)]
mod tests {
    use super::shape;

    fn assert_shape(magnitudes: &[f64], roll_percent: f64, expected: [f64; 4]) {
        let found = shape(magnitudes, 10.0, roll_percent);
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-12 * expected, "{found}, not {expected}");
        }
    }

    #[test]
    fn shapes_follow_their_definitions() {
        let flatness = 4e-10_f64.powf(0.25) / ((6.0 + 1e-10) / 4.0);
        assert_shape(&[1.0, 1.0, 2.0, 0.0], 0.5, [12.5, 10.0, flatness, 10.0 * 0.6875_f64.sqrt()]);
        assert_shape(&[1.0, 1.0, 2.0, 0.0], 0.51, [12.5, 20.0, flatness, 10.0 * 0.6875_f64.sqrt()]);
        let flatness = 0.25_f64.powf(0.2) * 1e-8 / ((0.25 + 4e-10) / 5.0);
        assert_shape(&[0.0, 0.0, 0.0, 0.5, 0.0], 0.85, [30.0, 30.0, flatness, 0.0]);
    }

    #[test]
    fn silence_has_no_frequency_and_is_flat() {
        assert_shape(&[0.0; 7], 0.85, [0.0, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn all_of_a_flat_spectrum_is_below_its_last_bin() {
        let [_, rolloff, flatness, _] = shape(&[0.1; 1025], 1.0, 1.0 - f64::EPSILON);
        assert_eq!(rolloff, 1024.0);
        assert!((flatness - 1.0).abs() < 1e-12);
    }
}
