//! Sums over the relevant items among the first k, as shares of what they might come to.

use super::lists::share;
use crate::accumulators::List;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Averaged {
    /// What a user's sum is divided by.
    over: Over,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Over {
    /// The relevant items, k at most.
    #[default]
    Possible,
    /// All relevant items, also those that have no room among the first k.
    Relevant,
}

/// The mean over relevant items of `of`: how many are found up to one, and its place from 1.
pub(super) fn average(list: &List, k: usize, averaged: &Averaged, of: impl Fn(f64, f64) -> f64) -> f64 {
    let (mut found, mut sum) = (0.0, 0.0);
    for (place, _) in list.top.iter().enumerate().filter(|(_, item)| item.relevance > 0.0) {
        found += 1.0;
        sum += of(found, place as f64 + 1.0);
    }
    let most = if averaged.over == Over::Possible { list.relevant.min(k as u64) } else { list.relevant };
    share(sum, most as f64)
}
