//! How often the tests reject at 5 %: under no effect (their size) and under planted ones (their power). The page is
//! `tests/meanings/power.txt`; `DRIFTLINE_COMPLETE=1 cargo test --release` writes it anew.

use crate::support::root;
use arrow::array::{ArrayRef, Float64Array, RecordBatch};
use arrow::datatypes::DataType;
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
    let catalogue = driftline::catalogue();
    let column = Column { name: "x".into(), kind: Kind::Numerical, data_type: DataType::Float64, in_reference: true, in_current: true, plugin: None, sample: Default::default() };
    let component = Component { kind: name.into(), kind_span: 0..0, params: Table::new(0..0, Default::default()) };
    let built = (find(&catalogue.tests, name).expect("a test").build)(&column, component, &mut Diagnostics::default());
    built.expect("built").test
}

fn profile(test: &dyn TwoSampleTest, values: Vec<f64>) -> Profile {
    let batch = RecordBatch::try_from_iter([("x", Arc::new(Float64Array::from(values)) as ArrayRef)]).expect("a batch");
    let context = Context { reference: None, memory: 1 << 20, spill: std::env::temp_dir(), seed: 0 };
    let finish = |request: driftline::core::accumulator::Request| -> (String, Result<Finished, String>) {
        let mut accumulator = (request.make)(&context).expect("an accumulator");
        accumulator.update(&Block::new(&batch)).expect("an update");
        (request.key, accumulator.finish())
    };
    Profile::new(ROWS as u64, batch.schema(), test.requests().into_iter().map(finish).collect())
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
    let file = root().join("tests/meanings/power.txt");
    if std::env::var_os("DRIFTLINE_COMPLETE").is_some() {
        std::fs::write(&file, &page).expect("written");
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
