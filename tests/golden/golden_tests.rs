//! The two-sample tests of `stats::math` against SciPy (`stats.json`) and against 50-digit arithmetic (`stats_tails.json`, made by
//! `make_tails.py`, which also lists the cases of SciPy that exact arithmetic refutes).

use crate::golden_math::{Family, P_VALUE, STATISTIC, cases, counts, float, sample, text};
use driftline::stats::math::*;
use serde_json::Value;

const TAILS: &str = include_str!("stats_tails.json");

fn tails(family: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(TAILS).expect("JSON");
    all[family].as_array().unwrap_or_else(|| panic!("no {family}")).clone()
}

/// What SciPy says, or the exact value where that refutes it.
fn oracle(case: &Value, field: &str) -> f64 {
    let refuted = tails("refuted").into_iter().find(|row| row["id"] == case["id"] && row["field"] == field);
    refuted.map_or_else(|| float(case, field), |row| float(&row, "exact"))
}

type Samples = (Vec<f64>, Vec<f64>);

/// Runs a family of cases; what gives nothing is a failure.
fn agree(test: &str, statistic: impl Fn(&Samples, &Value) -> Option<(f64, Option<f64>)>) {
    let name: &'static str = Box::leak(test.to_owned().into_boxed_str());
    let (mut statistics, mut p_values) = (Family::new(name, STATISTIC), Family::new(name, P_VALUE));
    let mut has_p_values = false;
    for case in cases(test) {
        let id = text(&case, "id");
        let samples = (sample(text(&case, "reference")), sample(text(&case, "current")));
        let (found, p_value) = statistic(&samples, &case["params"]).unwrap_or_else(|| panic!("{id}: nothing"));
        statistics.check(id, found, oracle(&case, "statistic"));
        if let Some(p_value) = p_value {
            has_p_values = true;
            p_values.check(id, p_value, oracle(&case, "pvalue"));
        }
    }
    statistics.finish();
    if has_p_values {
        p_values.finish();
    }
}

fn grouped((x, y): &Samples) -> (impl Iterator<Item = Group>, u64, u64) {
    (groups(x.iter().copied(), y.iter().copied()), x.len() as u64, y.len() as u64)
}

fn ranked(found: RankTest) -> (f64, Option<f64>) {
    (found.statistic, Some(found.p_value))
}

#[test]
fn mann_whitney_agrees() {
    agree("mannwhitneyu", |samples, params| {
        let (groups, n, m) = grouped(samples);
        mann_whitney_u(groups, n, m, params["use_continuity"] == true, params["method"] == "auto").map(ranked)
    });
}

#[test]
fn brunner_munzel_agrees() {
    agree("brunnermunzel", |samples, _| {
        let (groups, n, m) = grouped(samples);
        brunner_munzel(groups, n, m).map(ranked)
    });
}

#[test]
fn tests_of_scale_agree() {
    agree("mood", |samples, _| {
        let (groups, n, m) = grouped(samples);
        mood(groups, n, m).map(ranked)
    });
    agree("ansari", |samples, _| {
        let (groups, n, m) = grouped(samples);
        ansari_bradley(groups, n, m).map(ranked)
    });
    agree("levene", |(x, y), params| {
        let deviations = |values: &[f64]| {
            let moments = Moments::from_block(values);
            let middle = linear_quantile_ranks(values.len() as u64, 0.5).expect("a median");
            let upper = values[(middle.lower_rank as usize + 1).min(values.len() - 1)];
            let centre = if params["center"] == "mean" { moments.mean } else { lerp_exact(values[middle.lower_rank as usize], upper, middle.fraction) };
            let all: Vec<f64> = values.iter().map(|v| (centre - Dd::from(*v)).to_f64().abs()).collect();
            Moments::from_block(&all)
        };
        levene(&deviations(x), &deviations(y)).map(|found| (found.statistic, Some(found.p_value)))
    });
}

#[test]
fn tests_on_distribution_functions_agree() {
    agree("cramervonmises_2samp", |samples, params| {
        let (groups, n, m) = grouped(samples);
        let method = match params["method"].as_str() {
            Some("exact") => CramerVonMisesMethod::Exact,
            Some("auto") => CramerVonMisesMethod::Auto,
            _ => CramerVonMisesMethod::Asymptotic,
        };
        cramer_von_mises(groups, n, m, method).map(|found| (found.statistic, Some(found.p_value)))
    });
    agree("anderson_ksamp", |samples, params| {
        let (groups, n, m) = grouped(samples);
        let found = anderson_darling(groups, n, m, params["midrank"] == true)?;
        // SciPy clips to its table; ours goes on beyond it.
        Some((found.statistic, Some(found.p_value.clamp(0.001, 0.25))))
    });
    agree("energy_distance", |samples, _| {
        let (groups, n, m) = grouped(samples);
        energy_distance(groups, n, m).map(|found| (found.distance, None))
    });
}

#[test]
fn epps_singleton_agrees() {
    agree("epps_singleton_2samp", |(x, y), _| {
        let mut pooled = [x.as_slice(), y.as_slice()].concat();
        pooled.sort_unstable_by(f64::total_cmp);
        let quantile = |q| {
            let place = linear_quantile_ranks(pooled.len() as u64, q).expect("values");
            let lower = place.lower_rank as usize;
            lerp_exact(pooled[lower], pooled[(lower + 1).min(pooled.len() - 1)], place.fraction)
        };
        let scale = (quantile(0.75) - quantile(0.25)).to_f64() / 2.0;
        let components = |values: &[f64]| {
            let mut found = Components::new(quantile(0.5).to_f64(), scale);
            values.iter().for_each(|v| found.observe(*v));
            found
        };
        epps_singleton(&components(x), &components(y)).map(|found| (found.statistic, Some(found.p_value)))
    });
}

#[test]
fn t_tests_agree() {
    agree("ttest_ind", |(x, y), params| {
        let found = t_test(&Moments::from_block(x), &Moments::from_block(y), params["equal_var"] == true)?;
        Some((found.statistic, Some(found.p_value)))
    });
}

/// Tests and distances of counts: over the reference's deciles, or over categories.
fn agree_on_counts(test: &str, statistic: impl Fn(&[u64], &[u64]) -> Option<(f64, Option<f64>)>) {
    let name: &'static str = Box::leak(test.to_owned().into_boxed_str());
    let (mut statistics, mut p_values) = (Family::new(name, STATISTIC), Family::new(name, P_VALUE));
    let mut has_p_values = false;
    for case in cases(test).into_iter().filter(|case| case["params"]["correction"] != true) {
        let id = text(&case, "id");
        let [reference, current] = counts(&case);
        let (found, p_value) = statistic(&reference, &current).unwrap_or_else(|| panic!("{id}: nothing"));
        statistics.check(id, found, oracle(&case, "statistic"));
        if let Some(p_value) = p_value {
            has_p_values = true;
            p_values.check(id, p_value, oracle(&case, "pvalue"));
        }
    }
    statistics.finish();
    if has_p_values {
        p_values.finish();
    }
}

fn pair(counts: &[u64]) -> [u64; 2] {
    [counts[0], counts[1]]
}

#[test]
fn tests_of_counts_agree() {
    let chi = |found: Option<ChiSquare>| found.map(|found| (found.statistic, Some(found.p_value)));
    agree_on_counts("g_test_contingency", |r, c| chi(g_test_contingency(r, c)));
    agree_on_counts("chisquare_vs_reference", |r, c| chi(chi_square_against_shares(r, c)));
    agree_on_counts("g_test_vs_reference", |r, c| chi(g_test_against_shares(r, c)));
    agree_on_counts("fisher_exact", |r, c| {
        let found = fisher_exact(pair(r), pair(c))?;
        Some((found.odds_ratio?, Some(found.p_value)))
    });
    agree_on_counts("proportions_ztest", |r, c| {
        let found = proportions_z_test(pair(r), pair(c))?;
        Some((found.statistic, Some(found.p_value)))
    });
    agree_on_counts("kl_divergence", |r, c| Some((kullback_leibler(r, c, 1e-4)?, None)));
    agree_on_counts("hellinger_distance", |r, c| Some((hellinger_distance(r, c)?, None)));
    agree_on_counts("total_variation_distance", |r, c| Some((total_variation_distance(r, c)?, None)));
}

#[test]
fn tails_are_exact() {
    let check = |name: &'static str, value: &dyn Fn(&Value) -> f64| {
        let mut family = Family::new(name, P_VALUE);
        for row in tails(name) {
            family.check(&row.to_string(), value(&row), float(&row, "p"));
        }
        family.finish();
    };
    check("normal", &|row| normal_two_sided(float(row, "z")));
    check("student", &|row| student_t_two_sided(float(row, "t"), float(row, "df")));
    check("cramer_von_mises_limit", &|row| cramer_von_mises_limit_sf(float(row, "x")));
    check("anderson_darling_limit", &|row| anderson_darling_limit_sf(float(row, "x")));
}

#[test]
fn skewness_and_kurtosis_are_exact_however_they_are_split() {
    let (mut skewness, mut kurtosis) = (Family::new("skewness", 1e-12), Family::new("kurtosis", 1e-12));
    for row in tails("shapes") {
        let name = text(&row, "sample");
        let values = sample(name);
        for pieces in [1, 2, 7] {
            let size = values.len().div_ceil(pieces);
            let merged = values.chunks(size).map(ShapeMoments::from_block).fold(ShapeMoments::default(), |all, one| all.merge(&one));
            // Relative to the sum of |x - mean|^k, whose mean over the deviation to the k is at least 1.
            let shift = |value: f64| value + if value >= 0.0 { 1.0 } else { -1.0 };
            skewness.check(name, shift(merged.skewness(false).expect("it varies")), shift(float(&row, "skewness")));
            kurtosis.check(name, shift(merged.excess_kurtosis(false).expect("it varies")), shift(float(&row, "kurtosis")));
        }
    }
    skewness.finish();
    kurtosis.finish();
}

#[test]
fn bins_agree_with_numpy() {
    let all: Value = serde_json::from_str(include_str!("edges.json")).expect("JSON");
    let cases = all["cases"].as_array().expect("cases");
    assert!(cases.len() >= 90);
    for case in cases {
        let (name, rule) = (text(case, "sample"), text(case, "rule"));
        let values = sample(name);
        let (n, low, high) = (values.len() as u64, values[0], values[values.len() - 1]);
        let quantile = |q| {
            let place = linear_quantile_ranks(n, q).expect("a rank");
            let upper = values[(place.lower_rank as usize + 1).min(values.len() - 1)];
            lerp(values[place.lower_rank as usize], upper, place.fraction)
        };
        let number = match rule {
            "equal_width" => 7,
            "sturges" => sturges_bins(n),
            "doane" => doane_bins(&ShapeMoments::from_block(&values)).expect("a number"),
            _ => freedman_diaconis_bins(n, quantile(0.75) - quantile(0.25), high - low).expect("a number"),
        };
        let expected: Vec<f64> = case["edges"].as_array().expect("edges").iter().map(|e| e.as_f64().expect("a number")).collect();
        let found = equal_width_edges(low, high, number).expect("edges");
        assert_eq!(found.len(), expected.len(), "{name} by {rule}");
        for (found, expected) in found.iter().zip(&expected).skip(1).take(expected.len() - 2) {
            assert!((found - expected).abs() <= 1e-15 * (high - low).max(expected.abs()), "{name} by {rule}: {found} for {expected}");
        }
    }
}

#[test]
fn correlations_agree_with_scipy() {
    let all: Value = serde_json::from_str(include_str!("correlations.json")).expect("JSON");
    for case in all["cases"].as_array().expect("cases") {
        let n = case["n"].as_u64().expect("a number") as usize;
        let values = |key: &str| sample(text(case, key))[..n].to_vec();
        let (x, straight) = (values("a"), values("b"));
        let y: Vec<f64> = (0..n).map(|i| if i % 2 == 0 { straight[i] } else { straight[n - 1 - i] }).collect();
        let check = |name: &str, found: Option<f64>| {
            let (found, expected) = (found.expect("a coefficient"), float(case, name));
            assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1e-2), "{name} of {case}: {found}");
        };
        check("pearson", CoMoments::from_block(&x, &y).correlation());
        let (a, b) = (CoMoments::from_block(&x[..n / 3], &y[..n / 3]), CoMoments::from_block(&x[n / 3..], &y[n / 3..]));
        check("pearson", a.merge(&b).correlation());
        check("spearman", spearman(&x, &y));
        check("kendall", kendall(&x, &y));
    }
    for case in all["tables"].as_array().expect("tables") {
        let rows = case["table"].as_array().expect("rows").iter().enumerate();
        let cells: Vec<(usize, usize, u64)> = rows
            .flat_map(|(i, row)| row.as_array().expect("a row").iter().enumerate().map(move |(j, n)| (i, j, n.as_u64().expect("a count"))))
            .collect();
        let found = cramers_v_of_table(&cells).expect("a coefficient");
        assert!((found - float(case, "cramers_v")).abs() <= 1e-12, "{case}: {found}");
    }
}

#[test]
fn maximum_mean_discrepancy_agrees_with_its_definition() {
    let all: Value = serde_json::from_str(include_str!("mmd.json")).expect("JSON");
    let cases = all["cases"].as_array().expect("cases");
    assert!(cases.len() >= 5);
    for case in cases {
        let (x, y) = (sample(text(case, "reference")), sample(text(case, "current")));
        let bandwidth = median_distance(&x).expect("a bandwidth");
        let near = |found: f64, key: &str| assert!((found - float(case, key)).abs() <= 1e-12, "{key} of {case}: {found}");
        assert!((bandwidth / float(case, "median") - 1.0).abs() < 1e-15);
        near(Quadratic::new(&x, &y, bandwidth).expect("an estimate").statistic, "quadratic");
        near(mmd_linear(&x, &y, bandwidth).expect("an estimate").0, "linear");
    }
}
