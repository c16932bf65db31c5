//! `stats::math` against SciPy (`stats.json`, made by `make_stats.py`) and against exact arithmetic (`stats_exact.json`, made by
//! `make_exact.py`). Statistics agree to 1e-12, p-values to 1e-9, relatively; where exact arithmetic refutes SciPy, `refuted`
//! holds the exact value and it is the oracle. Every test prints its largest relative error (`--nocapture`).

use driftline::stats::math::*;
use serde_json::Value;

const STATS: &str = include_str!("stats.json");
const EXACT: &str = include_str!("stats_exact.json");
pub const STATISTIC: f64 = 1e-12;
pub const P_VALUE: f64 = 1e-9;

/// The largest relative error of a family of cases, and how many there were.
pub struct Family {
    name: &'static str,
    tolerance: f64,
    cases: usize,
    worst: f64,
    worst_id: String,
}

impl Family {
    pub fn new(name: &'static str, tolerance: f64) -> Family {
        Family { name, tolerance, cases: 0, worst: 0.0, worst_id: String::new() }
    }

    pub fn check(&mut self, id: &str, actual: f64, expected: f64) {
        // Where the oracle underflows to 0, the least subnormal number is as good.
        let underflow = expected == 0.0 && (0.0..1e-300).contains(&actual);
        let error = if actual == expected || underflow { 0.0 } else { (actual - expected).abs() / expected.abs() };
        self.cases += 1;
        if error.is_nan() || error > self.worst {
            (self.worst, self.worst_id) = (error, format!("{id}: {actual:e} for {expected:e}"));
        }
        assert!(error <= self.tolerance, "{}: {id}: {actual:e} for {expected:e}, relative error {error:e}", self.name);
    }

    pub fn finish(self) {
        println!("{}: {} cases, largest relative error {:.1e} ({})", self.name, self.cases, self.worst, self.worst_id);
        assert!(self.cases > 0, "{} has no case", self.name);
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A numeric sample, sorted. Read by hand because `serde_json` without `float_roundtrip` misreads the last bit of some floats.
pub fn sample(name: &str) -> Vec<f64> {
    let start = STATS.find(&format!("\"{name}\": [")).unwrap() + name.len() + 5;
    let end = start + STATS[start..].find(']').unwrap();
    let mut values: Vec<f64> = STATS[start..end].split(", ").map(|value| value.parse().unwrap()).collect();
    values.sort_by(f64::total_cmp);
    values
}

pub fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap()
}

pub fn float(value: &Value, key: &str) -> f64 {
    value[key].to_string().parse().unwrap()
}

fn whole(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap()
}

pub fn cases(test: &str) -> Vec<Value> {
    parse(STATS)["cases"].as_array().unwrap().iter().filter(|case| case["test"] == test).cloned().collect()
}

fn exact(family: &str) -> Vec<Value> {
    parse(EXACT)[family].as_array().unwrap().clone()
}

/// What the file says, or the exact value where that refutes it.
fn oracle(case: &Value, field: &str) -> f64 {
    let refuted = exact("refuted").into_iter().find(|row| row["id"] == case["id"] && row["field"] == field);
    refuted.map_or_else(|| float(case, field), |row| float(&row, "exact"))
}

fn kolmogorov_smirnov_of(case: &Value) -> (KolmogorovSmirnov, u64, u64) {
    let (x, y) = (sample(text(case, "reference")), sample(text(case, "current")));
    let (n, m) = (x.len() as u64, y.len() as u64);
    (kolmogorov_smirnov(x.as_slice(), n, y.as_slice(), m).unwrap(), n, m)
}

#[test]
fn two_sample_kolmogorov_smirnov_agrees_with_scipy() {
    let mut statistics = Family::new("ks_2samp statistic", STATISTIC);
    let mut families = [("auto", "two-sided"), ("exact", "two-sided"), ("asymp", "two-sided"), ("asymp", "less"), ("asymp", "greater")]
        .map(|key| (key, Family::new("ks_2samp p-value", P_VALUE)));
    for case in cases("ks_2samp") {
        let (found, n, m) = kolmogorov_smirnov_of(&case);
        let method = text(&case["params"], "method");
        let side = case["params"]["alternative"].as_str().unwrap_or("two-sided");
        let (alternative, d) = match side {
            "less" => (Alternative::Less, found.d_minus),
            "greater" => (Alternative::Greater, found.d_plus),
            _ => (Alternative::TwoSided, found.d),
        };
        let how = match method {
            "auto" => Method::Auto,
            "exact" => Method::Exact,
            _ => Method::Asymptotic,
        };
        statistics.check(text(&case, "id"), d, oracle(&case, "statistic"));
        let family = families.iter_mut().find(|(key, _)| *key == (method, side)).unwrap();
        family.1.check(text(&case, "id"), two_sample_p_value(d, n, m, alternative, how), oracle(&case, "pvalue"));
    }
    statistics.finish();
    families.into_iter().for_each(|(key, family)| {
        print!("{key:?} ");
        family.finish();
    });
}

#[test]
fn wasserstein_distance_agrees_with_scipy() {
    let mut family = Family::new("wasserstein_distance", STATISTIC);
    for case in cases("wasserstein_distance") {
        let (x, y) = (sample(text(&case, "reference")), sample(text(&case, "current")));
        let (n, m) = (x.len() as u64, y.len() as u64);
        family.check(text(&case, "id"), wasserstein(x.as_slice(), n, y.as_slice(), m).unwrap(), oracle(&case, "statistic"));
    }
    family.finish();
}

/// Counts over the deciles of the reference, or of the categories.
pub fn counts(case: &Value) -> [Vec<u64>; 2] {
    let names = [text(case, "reference"), text(case, "current")];
    if case["params"]["bins"] == "reference_deciles" {
        let samples = names.map(sample);
        let rank = |rank: u64| samples[0].get(rank as usize).copied();
        let edges = quantile_edges(samples[0].len() as u64, 10, rank).unwrap();
        return samples.map(|values| {
            let mut histogram = Histogram::new(edges.clone()).unwrap();
            histogram.observe(&values);
            histogram.counts().to_vec()
        });
    }
    let stats = parse(STATS);
    let samples = names.map(|name| stats["samples"][name].as_array().unwrap().clone());
    let mut categories: Vec<&str> = samples.iter().flatten().map(|value| value.as_str().unwrap()).collect();
    categories.sort_unstable();
    categories.dedup();
    samples.each_ref().map(|values| {
        categories.iter().map(|category| values.iter().filter(|value| value == category).count() as u64).collect()
    })
}

#[test]
fn population_stability_index_agrees_with_numpy() {
    let mut family = Family::new("psi", STATISTIC);
    for case in cases("psi") {
        let [reference, current] = counts(&case);
        let index = population_stability_index(&reference, &current, float(&case["params"], "empty_share")).unwrap();
        family.check(text(&case, "id"), index, oracle(&case, "statistic"));
    }
    family.finish();
}

#[test]
fn jensen_shannon_distance_agrees_with_scipy() {
    let mut family = Family::new("jensenshannon_distance", STATISTIC);
    for case in cases("jensenshannon_distance") {
        let [reference, current] = counts(&case);
        family.check(text(&case, "id"), jensen_shannon_distance(&reference, &current).unwrap(), oracle(&case, "statistic"));
    }
    family.finish();
}

#[test]
fn chi_square_contingency_agrees_with_scipy() {
    let mut statistics = Family::new("chi2_contingency statistic", STATISTIC);
    let mut p_values = Family::new("chi2_contingency p-value", P_VALUE);
    for case in cases("chi2_contingency") {
        let [reference, current] = counts(&case);
        let found = chi_square_contingency(&reference, &current, case["params"]["correction"] == true).unwrap();
        statistics.check(text(&case, "id"), found.statistic, oracle(&case, "statistic"));
        p_values.check(text(&case, "id"), found.p_value, oracle(&case, "pvalue"));
    }
    statistics.finish();
    p_values.finish();
}

#[test]
fn corrections_agree_with_scipy() {
    let stats = parse(STATS);
    let floats = |key: &str| -> Vec<f64> {
        stats["corrections"][key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    };
    let p_values = floats("pvalues");
    let mut family = Family::new("corrections", STATISTIC);
    type Correction = fn(&[f64]) -> Vec<f64>;
    let all: [(&str, Correction); 3] = [
        ("bonferroni", bonferroni),
        ("benjamini_hochberg", benjamini_hochberg),
        ("benjamini_yekutieli", benjamini_yekutieli),
    ];
    for (name, correction) in all {
        for (actual, expected) in correction(&p_values).into_iter().zip(floats(name)) {
            family.check(name, actual, expected);
        }
    }
    family.finish();
}

/// One family of `stats_exact.json`.
fn against_exact(name: &'static str, tolerance: f64, field: &str, function: impl Fn(&Value) -> f64) {
    let mut family = Family::new(name, tolerance);
    for row in exact(name) {
        family.check(&row.to_string(), function(&row), float(&row, field));
    }
    family.finish();
}

#[test]
fn kolmogorov_is_exact_to_the_tails() {
    against_exact("kolmogorov", P_VALUE, "sf", |row| kolmogorov_sf(float(row, "d"), whole(row, "n")));
}

#[test]
fn smirnov_is_exact_to_the_tails() {
    against_exact("smirnov", P_VALUE, "sf", |row| smirnov_sf(float(row, "d"), whole(row, "n")));
}

#[test]
fn two_sample_is_exact_to_the_tails() {
    against_exact("two_sample", P_VALUE, "p", |row| {
        let side = if row["two_sided"] == true { Alternative::TwoSided } else { Alternative::Greater };
        two_sample_exact(whole(row, "h"), whole(row, "n"), whole(row, "m"), side)
    });
}

#[test]
fn chi_square_is_exact_to_the_tails() {
    against_exact("chi_square", P_VALUE, "sf", |row| chi_square_sf(float(row, "x"), float(row, "dof")));
}

#[test]
fn moments_are_exact_however_they_are_split() {
    let mut means = Family::new("mean", STATISTIC);
    let mut variances = Family::new("variance", STATISTIC);
    for row in exact("moments") {
        let name = text(&row, "sample");
        let values = sample(name);
        for size in [1, 3, 8, 50, values.len()] {
            let parts: Vec<Moments> = values.chunks(size).map(Moments::from_block).collect();
            let forward = parts.iter().fold(Moments::default(), |all, part| all.merge(part));
            let backward = parts.iter().rev().fold(Moments::default(), |all, part| part.merge(&all));
            for all in [forward, backward] {
                means.check(name, all.mean.to_f64(), float(&row, "mean"));
                variances.check(name, all.variance(0).unwrap(), float(&row, "variance"));
            }
        }
    }
    means.finish();
    variances.finish();
}
