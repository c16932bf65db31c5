//! How far an attribute is from its distribution in training.

use crate::accumulators::Attribute;
use driftline_core::metric::{Reading, Undefined};
use std::collections::BTreeMap;

/// How often the values of an attribute occur; numbers ascend.
#[derive(Default)]
pub(super) struct Shares<'a> {
    numbers: Vec<f64>,
    categories: BTreeMap<&'a str, u64>,
    n: u64,
}

impl<'a> Shares<'a> {
    /// Of items or users with one attribute each.
    pub fn of(attributes: impl Iterator<Item = &'a Vec<Attribute>>) -> Self {
        let mut shares = Self::default();
        for attribute in attributes.flatten() {
            shares.n += 1;
            match attribute {
                Attribute::Number(number) => shares.numbers.push(*number),
                Attribute::Category(category) => *shares.categories.entry(category).or_default() += 1,
            }
        }
        shares.numbers.sort_unstable_by(f64::total_cmp);
        shares
    }
}

/// `now` is the name of the number of those in current.
pub(super) fn distance(now: &'static str, current: &Shares<'_>, training: &Shares<'_>) -> Result<Reading, Undefined> {
    for (shares, side) in [(current, "current"), (training, "training")] {
        if shares.n == 0 {
            return Err(Undefined::no_data(format!("on the {side} side there is no value")));
        }
    }
    let (value, note) = if current.numbers.is_empty() { total_variation(current, training) } else { (smirnov(&current.numbers, &training.numbers), None) };
    let reading = Reading::of([("value", value), (now, current.n as f64), ("training", training.n as f64)]);
    Ok(Reading { n_current: Some(current.n), note, ..reading })
}

fn total_variation(current: &Shares<'_>, training: &Shares<'_>) -> (f64, Option<String>) {
    let share = |shares: &Shares<'_>, name: &str| shares.categories.get(name).map_or(0.0, |n| *n as f64 / shares.n as f64);
    let mut names: Vec<&str> = current.categories.keys().chain(training.categories.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    let differences: Vec<(f64, &str)> = names.into_iter().map(|name| ((share(current, name) - share(training, name)).abs(), name)).collect();
    let most = differences.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name);
    let percent = |shares: &Shares<'_>, name: &str| format!("{:.1} %", 100.0 * share(shares, name));
    let note = most.map(|name| format!("most of all `{name}`: {}, in training {}", percent(current, name), percent(training, name)));
    (differences.iter().map(|(difference, _)| difference).sum::<f64>() / 2.0, note)
}

fn smirnov(a: &[f64], b: &[f64]) -> f64 {
    let (mut i, mut j, mut most) = (0, 0, 0.0f64);
    while i < a.len() && j < b.len() {
        let at = a[i].min(b[j]);
        i += a[i..].partition_point(|x| *x <= at);
        j += b[j..].partition_point(|x| *x <= at);
        most = most.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    most
}
