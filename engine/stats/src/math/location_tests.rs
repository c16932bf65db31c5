//! Tests on means and deviations from moments in double-double, so that samples far from zero lose nothing.

use super::dd::Dd;
use super::distributions::student_t_two_sided;
use super::moments::Moments;

/// Student's or Welch's t, or Levene's W.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanTest {
    pub statistic: f64,
    pub p_value: f64,
    pub degrees_of_freedom: f64,
    /// On the scale that the function documents.
    pub effect_size: f64,
}

/// The t test of equal means: Student's with pooled variance, or Welch's (1947).
///
/// `t = (mean_ref - mean_cur) / se`, as `scipy.stats.ttest_ind`, which subtracts rounded means. The effect size is Cohen's d,
/// `(mean_cur - mean_ref)` in pooled standard deviations: positive if current is larger. None when a sample has fewer than two
/// values, neither varies, or a sum overflowed.
pub fn t_test(reference: &Moments, current: &Moments, equal_variances: bool) -> Option<MeanTest> {
    let (n, m) = (reference.count as f64, current.count as f64);
    if reference.count < 2 || current.count < 2 {
        return None;
    }
    let (v, w) = (reference.variance(1)?, current.variance(1)?);
    let difference = (reference.mean - current.mean).to_f64();
    let pooled = ((reference.m2 + current.m2) / Dd::from_u64(reference.count + current.count - 2)).to_f64();
    let (error, freedom) = if equal_variances {
        ((pooled * (1.0 / n + 1.0 / m)).sqrt(), n + m - 2.0)
    } else {
        let (a, b) = (v / n, w / m);
        ((a + b).sqrt(), (a + b).powi(2) / (a * a / (n - 1.0) + b * b / (m - 1.0)))
    };
    let statistic = difference / error;
    let found = MeanTest {
        statistic,
        p_value: student_t_two_sided(statistic, freedom),
        degrees_of_freedom: freedom,
        // From zero, so that equal means give no negative zero.
        effect_size: (0.0 - difference) / pooled.sqrt(),
    };
    (error > 0.0 && found.statistic.is_finite() && found.p_value.is_finite()).then_some(found)
}

/// Levene's test (1960) of equal variances, or Brown and Forsythe's (1974) with deviations from the medians, from the moments of the
/// absolute deviations of each sample from its own centre.
///
/// W for two samples is the square of Student's t of the deviations, and its p-value the same. The effect size is the difference of the mean
/// deviations over their sum, from -1 to 1: positive if current varies more. Reference implementation: `scipy.stats.levene`.
pub fn levene(reference_deviations: &Moments, current_deviations: &Moments) -> Option<MeanTest> {
    let t = t_test(reference_deviations, current_deviations, true)?;
    let (r, c) = (reference_deviations.mean.to_f64(), current_deviations.mean.to_f64());
    Some(MeanTest { statistic: t.statistic * t.statistic, effect_size: (c - r) / (c + r), ..t })
        .filter(|found| found.effect_size.is_finite())
}
