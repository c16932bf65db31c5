//! How often the tests reject at 5 %: under no effect (their size) and under planted ones (their power). The page is
//! `tests/meanings/power.txt`; `DRIFTLINE_COMPLETE=1 cargo test --release` writes it anew.

use crate::support::root;
use arrow::array::{ArrayRef, Float64Array, ListArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Float64Type};
use driftline::core::accumulator::{Context, Finished};
use driftline::core::block::Block;
use driftline::core::catalogue::find;
use driftline::core::column::{Column, Kind};
use driftline::core::diagnostic::Diagnostics;
use driftline::core::profile::Profile;
use driftline::core::spec::{Component, Table};
use driftline::core::two_sample::TwoSampleTest;
use driftline::stats::math::SplitMix;
use std::fmt::Write;
use std::sync::Arc;

const ROWS: usize = 60;
const PAIRS: usize = 200;

fn uniform(random: &mut SplitMix) -> f64 {
    (random.below(1 << 53) as f64 + 0.5) / (1u64 << 53) as f64
}

/// Box and Muller's.
fn normal(random: &mut SplitMix) -> f64 {
    (-2.0 * uniform(random).ln()).sqrt() * (std::f64::consts::TAU * uniform(random)).cos()
}

type Draw = fn(&mut SplitMix) -> f64;

/// What current is drawn from; the reference is standard normal.
const EFFECTS: [(&str, Draw); 6] = [
    ("none", normal),
    ("mean + 0.5", |r| normal(r) + 0.5),
    ("spread x 1.5", |r| normal(r) * 1.5),
    ("two peaks", |r| if uniform(r) < 0.5 { normal(r) * 0.5 - 0.87 } else { normal(r) * 0.5 + 0.87 }),
    ("skewed", |r| -uniform(r).ln() - 1.0),
    ("1 in 10 far", |r| if uniform(r) < 0.1 { normal(r) + 4.0 } else { normal(r) }),
];

const TESTS: [&str; 10] = [
    "anderson_darling", "cramer_von_mises", "epps_singleton", "kolmogorov_smirnov", "kuiper", "levene", "mann_whitney_u", "maximum_mean_discrepancy",
    "mood", "t_test",
];

fn test(name: &str) -> Box<dyn TwoSampleTest> {
    test_of(name, "", Kind::Numerical, DataType::Float64)
}

fn test_of(name: &str, parameters: &str, kind: Kind, data_type: DataType) -> Box<dyn TwoSampleTest> {
    let catalogue = driftline::catalogue();
    let column = Column { name: "x".into(), kind, data_type, in_reference: true, in_current: true, plugin: None, sample: Default::default() };
    let parameters = parameters.to_owned();
    let component = Component { kind: name.into(), kind_span: 0..0, params: Table::written(&parameters, &(0..0)) };
    let built = (find(&catalogue.tests, name).expect("a test").build)(&column, component, &mut Diagnostics::default());
    built.expect("built").test
}

fn profile(test: &dyn TwoSampleTest, values: Vec<f64>) -> Profile {
    profile_of(test, Arc::new(Float64Array::from(values)))
}

fn profile_of(test: &dyn TwoSampleTest, values: ArrayRef) -> Profile {
    let batch = RecordBatch::try_from_iter([("x", values)]).expect("a batch");
    let context = Context { reference: None, memory: 1 << 20, spill: std::env::temp_dir(), seed: 0 };
    let finish = |request: driftline::core::accumulator::Request| -> (String, Result<Finished, String>) {
        let mut accumulator = (request.make)(&context).expect("an accumulator");
        accumulator.update(&Block::new(&batch)).expect("an update");
        (request.key, accumulator.finish())
    };
    Profile::new(batch.num_rows() as u64, batch.schema(), test.requests().into_iter().map(finish).collect())
}

#[test]
fn sizes_are_what_they_promise_and_powers_are_told() {
    let mut page = format!("Rejections at 5 % in {PAIRS} pairs of samples of {ROWS} rows; the reference is standard normal, current as the column says.\n\n{:<26}", "");
    EFFECTS.iter().for_each(|(name, _)| write!(page, "{name:>14}").expect("a string"));
    page.push('\n');
    for name in TESTS {
        let test = test(name);
        write!(page, "{name:<26}").expect("a string");
        for (i, (effect, draw)) in EFFECTS.iter().enumerate() {
            let mut random = SplitMix::new(1 + i as u64);
            let mut rejected = 0;
            for _ in 0..PAIRS {
                let mut sample = |draw: Draw| (0..ROWS).map(|_| draw(&mut random)).collect::<Vec<f64>>();
                let (reference, current) = (profile(&*test, sample(normal)), profile(&*test, sample(*draw)));
                let found = test.compare(&reference, &current).expect("a result");
                rejected += usize::from(found.p_value.expect("a p-value") < 0.05);
            }
            // 10 are expected of 200; more than 20 have a chance of 1 in 1,000.
            assert!(*effect != "none" || rejected <= 20, "{name} rejects {rejected} of {PAIRS} pairs without an effect");
            write!(page, "{:>13} %", rejected * 100 / PAIRS).expect("a string");
        }
        page.push('\n');
    }
    compare_page("power", &page);
}

fn compare_page(name: &str, page: &str) {
    let file = root().join(format!("tests/meanings/{name}.txt"));
    if std::env::var_os("DRIFTLINE_COMPLETE").is_some() {
        std::fs::write(&file, page).expect("written");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), page);
}

#[test]
fn the_interval_of_d_covers_the_true_distance() {
    let test = test("kolmogorov_smirnov");
    // Two normal distributions half a deviation apart: 2 Phi(1/4) - 1.
    let truth = 0.197_412_651_364_847;
    let mut random = SplitMix::new(9);
    let mut covered = 0;
    for _ in 0..PAIRS {
        let reference: Vec<f64> = (0..ROWS).map(|_| normal(&mut random)).collect();
        let current: Vec<f64> = (0..ROWS).map(|_| normal(&mut random) + 0.5).collect();
        let found = test.compare(&profile(&*test, reference), &profile(&*test, current)).expect("a result");
        let (low, high) = found.effect_interval.expect("an interval");
        covered += usize::from(low <= truth && truth <= high);
    }
    assert!(covered * 100 >= PAIRS * 95, "{covered} of {PAIRS}");
}

const VECTORS: usize = 200;
const VECTOR_PAIRS: usize = 100;

type DrawVector = fn(&mut SplitMix) -> [f64; 6];

/// What current's vectors are drawn from; the reference's components are standard normal and independent.
const VECTOR_EFFECTS: [(&str, DrawVector); 5] = [
    ("none", |r| [0; 6].map(|_| normal(r))),
    ("one + 0.5", |r| { let mut v = [0; 6].map(|_| normal(r)); v[2] += 0.5; v }),
    ("all + 0.2", |r| [0; 6].map(|_| normal(r) + 0.2)),
    ("spread x 1.5", |r| [0; 6].map(|_| normal(r) * 1.5)),
    ("correlated", |r| { let common = normal(r); [0; 6].map(|_| 0.8 * common + 0.6 * normal(r)) }),
];

const WORDS: u64 = 200;

type DrawWord = fn(&mut SplitMix) -> u64;

/// What current's words are drawn from, ten a text; the reference's are the first 200 with equal chances.
const TEXT_EFFECTS: [(&str, DrawWord); 5] = [
    ("none", |r| r.below(WORDS)),
    ("1 in 50 new", |r| if r.below(50) == 0 { WORDS + r.below(20) } else { r.below(WORDS) }),
    ("1 in 20 new", |r| if r.below(20) == 0 { WORDS + r.below(20) } else { r.below(WORDS) }),
    ("1 in 10 more", |r| if r.below(10) == 0 { r.below(5) } else { r.below(WORDS) }),
    ("half as many", |r| r.below(WORDS / 2)),
];

/// Rejections at 5 %, or drift by the default rule of a test without a p-value.
fn rejections(test: &dyn TwoSampleTest, mut pair: impl FnMut() -> [ArrayRef; 2], rule: fn(&driftline::core::two_sample::TestResult) -> bool) -> usize {
    (0..VECTOR_PAIRS).filter(|_| {
        let [reference, current] = pair().map(|side| profile_of(test, side));
        rule(&test.compare(&reference, &current).expect("a result"))
    }).count()
}

#[test]
fn sizes_and_powers_over_vectors_and_texts() {
    let nested = DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)));
    let significant = |found: &driftline::core::two_sample::TestResult| found.p_value.is_some_and(|p| p < 0.05);
    type Rule = fn(&driftline::core::two_sample::TestResult) -> bool;
    let tests: [(&str, &str, Rule); 4] = [
        ("domain_classifier", "", significant),
        ("maximum_mean_discrepancy", "permutations = 99", significant),
        ("centroid_distance", "", |found| found.effect_size.is_some_and(|e| e > 0.2)),
        ("drifted_components", "", |found| found.statistic > 0.2),
    ];
    let mut page = format!("Rejections at 5 % in {VECTOR_PAIRS} pairs of samples of {VECTORS} rows; without a p-value, drift by the default rule. Vectors: the reference has six independent standard normal components.\n\n{:<26}", "");
    let title = |page: &mut String, names: &[&str]| { names.iter().for_each(|name| write!(page, "{name:>14}").expect("a string")); page.push('\n'); };
    title(&mut page, &VECTOR_EFFECTS.map(|(name, _)| name));
    for (name, parameters, rule) in tests {
        let test = test_of(name, parameters, Kind::Nested, nested.clone());
        write!(page, "{name:<26}").expect("a string");
        for (i, (effect, draw)) in VECTOR_EFFECTS.iter().enumerate() {
            let mut random = SplitMix::new(1 + i as u64);
            let mut sample = |draw: &DrawVector| -> ArrayRef {
                let rows: Vec<Option<Vec<Option<f64>>>> = (0..VECTORS).map(|_| Some(draw(&mut random).map(Some).to_vec())).collect();
                Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(rows))
            };
            let rejected = rejections(&*test, || [sample(&VECTOR_EFFECTS[0].1), sample(draw)], rule);
            // 5 are expected of 100; more than 13 have a chance of 1 in 2,000.
            assert!(*effect != "none" || rejected <= 13, "{name} rejects {rejected} without an effect");
            write!(page, "{:>12} %", rejected * 100 / VECTOR_PAIRS).expect("a string");
            page.push(' ');
        }
        page.push('\n');
    }
    // Vectors that repeat, more often on one side, are no effect.
    write!(page, "\nOne of ten vectors a row, {} and {VECTORS} rows.\n\n{:<26}{:>14}\n", 3 * VECTORS, "", "none").expect("a string");
    for (name, parameters, rule) in tests {
        let test = test_of(name, parameters, Kind::Nested, nested.clone());
        let mut random = SplitMix::new(31);
        let few: Vec<[f64; 6]> = (0..10).map(|_| VECTOR_EFFECTS[0].1(&mut random)).collect();
        let mut sample = |rows: usize| -> ArrayRef {
            let rows: Vec<Option<Vec<Option<f64>>>> = (0..rows).map(|_| Some(few[random.below(10) as usize].map(Some).to_vec())).collect();
            Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(rows))
        };
        let rejected = rejections(&*test, || [sample(3 * VECTORS), sample(VECTORS)], rule);
        assert!(rejected <= 13, "{name} rejects {rejected} where vectors repeat");
        writeln!(page, "{name:<26}{:>12} %", rejected * 100 / VECTOR_PAIRS).expect("a string");
    }
    write!(page, "\nTexts of ten words; the reference's are 200 words with equal chances.\n\n{:<26}", "").expect("a string");
    title(&mut page, &TEXT_EFFECTS.map(|(name, _)| name));
    let test = test_of("domain_classifier", "", Kind::Text, DataType::Utf8);
    write!(page, "{:<26}", "domain_classifier").expect("a string");
    for (i, (effect, draw)) in TEXT_EFFECTS.iter().enumerate() {
        let mut random = SplitMix::new(11 + i as u64);
        let mut sample = |draw: &DrawWord| -> ArrayRef {
            let mut text = || (0..10).map(|_| format!("word{}", draw(&mut random))).collect::<Vec<_>>().join(" ");
            Arc::new((0..VECTORS).map(|_| Some(text())).collect::<StringArray>())
        };
        let rejected = rejections(&*test, || [sample(&TEXT_EFFECTS[0].1), sample(draw)], significant);
        assert!(*effect != "none" || rejected <= 13, "rejects {rejected} without an effect");
        write!(page, "{:>12} %", rejected * 100 / VECTOR_PAIRS).expect("a string");
        page.push(' ');
    }
    page.push('\n');
    compare_page("power_vectors", &page);
}
