//! Whether one clip is clipped or silent.

/// What counts as clipped and as silent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Absolute sample value; full scale is 1.
    pub level: f64,
    /// Consecutive samples at `level`, at least 1.
    pub clipped_run: u32,
    /// Root mean square in decibels relative to full scale.
    pub silence_dbfs: f64,
}

impl Limits {
    /// Whether `clipped_run` consecutive samples reach `level`.
    pub fn is_clipped(&self, samples: &[f32]) -> bool {
        let mut run = 0;
        samples.iter().any(|&sample| {
            run = if f64::from(sample.abs()) >= self.level { run + 1 } else { 0 };
            run == self.clipped_run
        })
    }

    /// Whether the root mean square is below `silence_dbfs`. Digital silence has minus infinity decibels.
    pub fn is_silent(&self, samples: &[f32]) -> bool {
        let square: f64 = samples.iter().map(|&sample| f64::from(sample) * f64::from(sample)).sum();
        10.0 * (square / samples.len() as f64).log10() < self.silence_dbfs
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;

    const LIMITS: Limits = Limits { level: 0.999, clipped_run: 3, silence_dbfs: -60.0 };

    #[test]
    fn a_run_clips_and_single_peaks_do_not() {
        assert!(LIMITS.is_clipped(&[0.0, 1.0, -1.0, 0.9995, 0.0]));
        assert!(!LIMITS.is_clipped(&[1.0, 1.0, 0.5, 1.0, 1.0]));
        assert!(Limits { clipped_run: 1, ..LIMITS }.is_clipped(&[0.5, 1.0]));
    }

    #[test]
    fn silence_is_a_matter_of_the_mean_square() {
        assert!(LIMITS.is_silent(&[0.0; 10]));
        assert!(LIMITS.is_silent(&[0.000_99; 10]));
        assert!(!LIMITS.is_silent(&[0.001_01; 10]));
        assert!(!LIMITS.is_silent(&[0.0, 0.0, 0.0, 0.1]));
    }
}
