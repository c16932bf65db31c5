//! Corrections of p-values for the number of tests.
//!
//! Each function returns the adjusted p-values in the order given: monotone in the p-values and at most 1. Reference
//! implementation: `scipy.stats.false_discovery_control`. NaN sorts last and stays NaN.

/// `min(1, k p)` for `k` tests (Dunn 1961): controls the probability of any false rejection.
pub fn bonferroni(p_values: &[f64]) -> Vec<f64> {
    let tests = p_values.len() as f64;
    p_values.iter().map(|p| clip(p * tests)).collect()
}

/// `min over j >= rank of p_(j) k / j` (Benjamini, Hochberg, J. R. Stat. Soc. B 57, 1995): controls the false discovery rate of
/// independent or positively dependent tests.
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    step_up(p_values, 1.0)
}

/// Benjamini-Hochberg times `1 + 1/2 + ... + 1/k` (Benjamini, Yekutieli, Ann. Stat. 29, 2001): any dependence.
pub fn benjamini_yekutieli(p_values: &[f64]) -> Vec<f64> {
    let harmonic = (1..=p_values.len()).rev().map(|rank| 1.0 / rank as f64).sum();
    step_up(p_values, harmonic)
}

fn step_up(p_values: &[f64], factor: f64) -> Vec<f64> {
    let tests = p_values.len() as f64;
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![f64::NAN; p_values.len()];
    let mut least = 1.0_f64;
    for (below, index) in order.into_iter().enumerate().rev() {
        let p = p_values[index];
        if !p.is_nan() {
            least = least.min(p * (tests / (below + 1) as f64) * factor);
            adjusted[index] = clip(least);
        }
    }
    adjusted
}

fn clip(p: f64) -> f64 {
    p.clamp(0.0, 1.0)
}
