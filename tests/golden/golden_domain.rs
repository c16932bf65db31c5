//! The pieces of the domain classifier of `stats::math` against scikit-learn, SciPy and numpy (`domain.json`, made by `make_domain.py`):
//! TF-IDF vectors and AUC to 1e-12, p-values to 1e-9, coefficients to 1e-8 of their norm.

use crate::golden_math::{Family, P_VALUE, STATISTIC, float, text};
use driftline::stats::math::*;
use serde_json::Value;

const DOMAIN: &str = include_str!("domain.json");

fn domain(family: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(DOMAIN).expect("JSON");
    list(&all[family]).clone()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

fn number(value: &Value) -> f64 {
    value.to_string().parse().expect("a number")
}

fn numbers(value: &Value) -> Vec<f64> {
    list(value).iter().map(number).collect()
}

fn strings(value: &Value) -> Vec<&str> {
    list(value).iter().map(|word| word.as_str().expect("a string")).collect()
}

/// Pairs of a column and a value.
fn entries(value: &Value) -> Vec<(u32, f64)> {
    list(value).iter().map(|pair| (number(&pair[0]) as u32, number(&pair[1]))).collect()
}

#[test]
fn texts_have_the_words_and_vectors_of_scikit_learn() {
    let (mut idf, mut vectors) = (Family::new("idf", STATISTIC), Family::new("TF-IDF", STATISTIC));
    for case in domain("tfidf") {
        let name = text(&case, "name");
        let rows: Vec<(&str, u64)> = list(&case["texts"]).iter().map(|row| (row[0].as_str().expect("a text"), number(&row[1]) as u64)).collect();
        let vocabulary = Vocabulary::fit(rows.iter().copied(), float(&case, "most") as usize);
        assert_eq!(vocabulary.words(), strings(&case["words"]), "{name}");
        assert_eq!(vocabulary.idf().len(), vocabulary.words().len(), "{name}");
        for (found, expected) in vocabulary.idf().iter().zip(numbers(&case["idf"])) {
            idf.check(name, *found, expected);
        }
        let all: Vec<&str> = rows.iter().map(|row| row.0).chain(strings(&case["unseen"])).collect();
        assert_eq!(all.len(), list(&case["vectors"]).len(), "{name}");
        for ((one, tokens), expected) in all.into_iter().zip(list(&case["tokens"])).zip(list(&case["vectors"])) {
            assert_eq!(words(one), strings(tokens), "{name}: {one}");
            let (found, expected) = (vocabulary.transform(one), entries(expected));
            let columns = |vector: &[(u32, f64)]| -> Vec<u32> { vector.iter().map(|entry| entry.0).collect() };
            assert_eq!(columns(&found), columns(&expected), "{name}: {one}");
            found.iter().zip(&expected).for_each(|(found, expected)| vectors.check(one, found.1, expected.1));
        }
    }
    idf.finish();
    vectors.finish();
}

/// A row by its entries, or by all its values.
fn row(value: &Value) -> Vec<(u32, f64)> {
    match list(value).first() {
        Some(Value::Number(_)) => (0..).zip(numbers(value)).collect(),
        _ => entries(value),
    }
}

#[test]
fn logistic_regression_has_the_coefficients_of_scikit_learn() {
    let (mut coefficients, mut scores) = (Family::new("coefficients", 1e-8), Family::new("scores", 1e-8));
    for case in domain("logistic") {
        let name = text(&case, "name");
        let all: Vec<Vec<(u32, f64)>> = list(&case["rows"]).iter().map(row).collect();
        let mut rows = SparseRows::new();
        all.iter().for_each(|row| rows.push(row));
        let weights: Vec<[f64; 2]> = list(&case["weights"]).iter().map(|pair| [number(&pair[0]), number(&pair[1])]).collect();
        let found = logistic_regression(&rows, &weights, float(&case, "lambda")).unwrap_or_else(|| panic!("{name}: nothing"));
        let expected = numbers(&case["coefficients"]);
        // Errors are over the norm of the coefficients, or over the largest score.
        let norm = expected.iter().map(|b| b * b).sum::<f64>().sqrt();
        for (found, expected) in found.weights.iter().zip(&expected) {
            coefficients.check(name, norm + found - expected, norm);
        }
        // Columns at the end without a value have no coefficient here, and 0 there.
        assert!(expected.iter().skip(found.weights.len()).all(|b| b.abs() <= 1e-12 * norm), "{name}");
        let expected = numbers(&case["scores"]);
        let largest = expected.iter().fold(0.0, |largest: f64, score| largest.max(score.abs()));
        scores.check(name, largest + found.intercept - float(&case, "intercept"), largest);
        for (row, expected) in all.iter().zip(expected) {
            scores.check(name, largest + found.score(row) - expected, largest);
        }
    }
    coefficients.finish();
    scores.finish();
}

#[test]
fn logistic_regression_does_not_depend_on_how_rows_are_given() {
    let fit = |rows: &[Vec<(u32, f64)>], weights: &[[f64; 2]]| {
        let mut all = SparseRows::new();
        rows.iter().for_each(|row| all.push(row));
        logistic_regression(&all, weights, 0.01).expect("a minimum")
    };
    let near = |a: &Coefficients, b: &Coefficients| {
        let pairs = a.weights.iter().zip(&b.weights).chain([(&a.intercept, &b.intercept)]);
        assert!(a.weights.len() == b.weights.len() && pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-8), "{a:?} for {b:?}");
    };
    let (x, y, z) = (vec![(0, 1.0), (1, 2.0), (2, -1.0)], vec![(1, 0.5), (2, 3.0)], vec![(0, -2.0), (2, 1.0)]);
    let rows = [x.clone(), y.clone(), z.clone()];
    let expected = fit(&rows, &[[2.0, 1.0], [0.0, 3.0], [1.0, 0.5]]);
    // Columns in another order, split values, counts scaled, rows divided, a row without weight.
    let other = [vec![(2, -1.0), (0, 1.0), (1, 2.0)], vec![(2, 1.0), (1, 0.5), (2, 2.0)], z.clone()];
    near(&fit(&other, &[[20.0, 10.0], [0.0, 30.0], [10.0, 5.0]]), &expected);
    let divided = [x.clone(), x, y.clone(), y, z.clone(), z];
    near(&fit(&divided, &[[2.0, 0.0], [0.0, 1.0], [0.0, 2.0], [0.0, 1.0], [1.0, 0.5], [0.0, 0.0]]), &expected);
}

#[test]
fn logistic_regression_gives_nothing_without_a_problem() {
    let mut rows = SparseRows::new();
    rows.push(&[(0, 1.0)]);
    rows.push(&[]);
    assert_eq!((rows.len(), rows.width(), rows.is_empty()), (2, 1, false));
    let both = [[1.0, 0.0], [0.0, 1.0]];
    assert!(logistic_regression(&rows, &both, 1.0).is_some());
    assert_eq!(logistic_regression(&rows, &both[..1], 1.0), None);
    assert_eq!(logistic_regression(&rows, &[[1.0, 0.0], [2.0, 0.0]], 1.0), None);
    assert_eq!(logistic_regression(&SparseRows::new(), &[], 1.0), None);
    for lambda in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(logistic_regression(&rows, &both, lambda), None);
    }
    for weight in [-1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(logistic_regression(&rows, &[[1.0, 0.0], [weight, 1.0]], 1.0), None);
    }
    for value in [f64::NAN, f64::INFINITY] {
        let mut rows = rows.clone();
        rows.push(&[(0, value)]);
        assert_eq!(logistic_regression(&rows, &[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], 1.0), None);
    }
    let mut broad = rows.clone();
    broad.push(&[(u32::MAX, 1.0)]);
    assert_eq!(logistic_regression(&broad, &[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], 1.0), None);
    // Rows that tell nothing: the shares of the classes.
    let mut equal = SparseRows::new();
    equal.push(&[(3, 2.0)]);
    let found = logistic_regression(&equal, &[[1.0, 3.0]], 1.0).expect("a minimum");
    assert!((found.score(&[(3, 2.0), (9, 1.0)]) - 3.0f64.ln()).abs() < 1e-12, "{found:?}");
}

fn items(case: &Value) -> Vec<(f64, u64, u64)> {
    let score = |item: &Value| item[0].as_str().expect("a score").parse().expect("a number");
    list(&case["items"]).iter().map(|item| (score(item), number(&item[1]) as u64, number(&item[2]) as u64)).collect()
}

#[test]
fn areas_under_the_roc_agree() {
    let (mut areas, mut p_values) = (Family::new("AUC", STATISTIC), Family::new("AUC p-value", P_VALUE));
    let (mut variances, mut intervals) = (Family::new("DeLong variance", STATISTIC), Family::new("AUC interval", STATISTIC));
    for case in domain("roc") {
        let (name, items) = (text(&case, "name"), items(&case));
        let found = roc_auc(&items).unwrap_or_else(|| panic!("{name}: nothing"));
        areas.check(name, found.auc, float(&case, "auc"));
        p_values.check(name, found.p_value, float(&case, "p_value"));
        assert_eq!((found.variance.is_some(), found.interval.is_some()), (case["variance"].is_number(), case["interval"].is_array()), "{name}");
        if let (Some(variance), Some((low, high))) = (found.variance, found.interval) {
            variances.check(name, variance, float(&case, "variance"));
            // Absolutely: a bound may be near 0.
            let expected = numbers(&case["interval"]);
            intervals.check(name, 1.0 + low, 1.0 + expected[0]);
            intervals.check(name, 1.0 + high, 1.0 + expected[1]);
        }
    }
    areas.finish();
    p_values.finish();
    variances.finish();
    intervals.finish();
}

#[test]
fn the_roc_is_the_two_sided_rank_test_above_a_half() {
    for case in domain("roc") {
        let items = items(&case);
        let side = |count: fn(&(f64, u64, u64)) -> u64| -> Vec<f64> {
            let mut scores: Vec<f64> = items.iter().flat_map(|item| std::iter::repeat_n(item.0, count(item) as usize)).collect();
            scores.sort_by(f64::total_cmp);
            scores
        };
        let (negatives, positives) = (side(|item| item.1), side(|item| item.2));
        let (n, m) = (negatives.len() as u64, positives.len() as u64);
        let found = roc_auc(&items).expect("an area");
        let Some(test) = mann_whitney_u(groups(negatives, positives), n, m, true, false) else { continue };
        assert!((test.effect_size - (2.0 * found.auc - 1.0)).abs() < 1e-15, "{case}");
        if found.auc > 0.5 && found.p_value < 0.5 {
            assert!((2.0 * found.p_value / test.p_value - 1.0).abs() < 1e-13, "{case}");
        }
    }
}

#[test]
fn the_roc_gives_nothing_without_two_classes() {
    assert_eq!(roc_auc(&[]), None);
    assert_eq!(roc_auc(&[(1.0, 3, 0), (2.0, 4, 0)]), None);
    assert_eq!(roc_auc(&[(1.0, 0, 3)]), None);
    assert_eq!(roc_auc(&[(1.0, 0, 0)]), None);
    assert_eq!(roc_auc(&[(f64::NAN, 1, 1), (1.0, 2, 3)]), None);
    assert_eq!(roc_auc(&[(1.0, u64::MAX, 1), (2.0, 1, 1)]), None);
    assert_eq!(roc_auc(&[(1.0, u64::MAX, u64::MAX)]), None);
    let most = 1u64 << 30;
    let found = roc_auc(&[(1.0, most, most), (2.0, most, most)]).expect("an area");
    assert!(found.auc == 0.5 && (found.p_value - 0.5).abs() < 1e-6 && found.variance.is_some_and(|v| v > 0.0), "{found:?}");
    assert_eq!(roc_auc(&[(1.0, 2 * most, 0), (2.0, 0, 2 * most)]).map(|found| (found.auc, found.variance)), Some((1.0, Some(0.0))));
}
