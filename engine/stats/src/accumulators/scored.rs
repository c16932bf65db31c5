//! Scores of rows that are of a label and of rows that are not.

use super::confusion::{MOST_LABELS, ordered};
use arrow::array::{Array, Float64Array, StringArray};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Scores of a label, ascending: (score, rows of others, rows of the label).
pub type LabelScores = Vec<(f64, u64, u64)>;

/// Scores by label: of each label's column, how often each score came with rows of that label and of others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scored {
    /// By label, in the order of the columns.
    pub labels: Vec<(String, LabelScores)>,
    /// Rows of each true label, those without a column included, ascending.
    pub targets: Vec<(String, u64)>,
    /// Whether scores share bins of a relative width of 2^-10, since there were too many different ones.
    pub binned: bool,
    /// Rows without a true label.
    pub unlabelled: u64,
    /// Rows with a true label and without a score, or with one that is infinite.
    pub unscored: u64,
}

/// Where scores come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Scores {
    /// Of the positive label; without one the last label in order is.
    Positive { score: String, positive: Option<String> },
    /// Of each label.
    Each(Vec<(String, String)>),
}

/// Most different scores that are kept apart.
pub const MOST_SCORES: usize = 1 << 20;

/// Counts of scores by true label.
pub fn scored(target: &str, scores: &Scores) -> Handle<Scored> {
    let of_scores: Vec<String> = match scores {
        Scores::Positive { score, .. } => vec![score.clone()],
        Scores::Each(columns) => columns.iter().map(|(_, column)| column.clone()).collect(),
    };
    let columns: Vec<String> = [target.to_owned()].into_iter().chain(of_scores.iter().cloned()).collect();
    let (target, scores) = (target.to_owned(), scores.clone());
    Handle::new(format!("scored({target},{scores:?})"), columns, 0, move |_| {
        Ok(State { target: target.clone(), scores: scores.clone(), columns: of_scores.clone(), counts: FxHashMap::default(), labels: FxHashMap::default(), binned: false, unlabelled: 0, unscored: 0 })
    })
}

/// Column, score's bits, true label.
type Key = (u32, u64, Arc<str>);

struct State {
    target: String,
    scores: Scores,
    columns: Vec<String>,
    counts: FxHashMap<Key, u64>,
    labels: FxHashMap<Box<str>, Arc<str>>,
    binned: bool,
    unlabelled: u64,
    unscored: u64,
}

type Saved = (Vec<(u32, u64, String, u64)>, bool, u64, u64);

/// The middle of the bin of a score: its sign, exponent and ten bits of its fraction.
fn binned(bits: u64) -> u64 {
    const KEPT: u64 = 42;
    if f64::from_bits(bits) == 0.0 { 0 } else { (bits >> KEPT << KEPT) | (1 << (KEPT - 1)) }
}

impl State {
    fn header(&self) -> Header {
        Header::new("scored", 1, format!("{},{:?}", self.target, self.scores))
    }

    fn label(&mut self, label: &str) -> Result<Arc<str>, String> {
        if let Some(known) = self.labels.get(label) {
            return Ok(known.clone());
        }
        if self.labels.len() >= MOST_LABELS {
            return Err(format!("column `{}` has more than {MOST_LABELS} labels", self.target));
        }
        let new: Arc<str> = label.into();
        self.labels.insert(label.into(), new.clone());
        Ok(new)
    }

    fn add(&mut self, (column, bits, label): Key, rows: u64) {
        let bits = if self.binned { binned(bits) } else { bits };
        *self.counts.entry((column, bits, label)).or_default() += rows;
        if !self.binned && self.counts.len() > MOST_SCORES {
            self.bin();
        }
    }

    fn bin(&mut self) {
        self.binned = true;
        for ((column, bits, label), rows) in std::mem::take(&mut self.counts) {
            *self.counts.entry((column, binned(bits), label)).or_default() += rows;
        }
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let targets: Arc<StringArray> = block.strings(&self.target)?;
        let scores: Vec<Float64Array> = self.columns.iter().map(|column| block.floats(column)).collect::<Result<_, _>>()?;
        for (row, target) in targets.iter().enumerate() {
            let Some(target) = target else {
                self.unlabelled += 1;
                continue;
            };
            if scores.iter().any(|column| column.is_null(row) || !column.value(row).is_finite()) {
                self.unscored += 1;
                continue;
            }
            let label = self.label(if target == "-0" { "0" } else { target })?;
            for (i, column) in (0u32..).zip(&scores) {
                // -0 is 0.
                let score = column.value(row) + 0.0;
                self.add((i, score.to_bits(), label.clone()), 1);
            }
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        let mut counts: Vec<(u32, u64, String, u64)> = self.counts.iter().map(|((c, s, l), n)| (*c, *s, l.to_string(), *n)).collect();
        counts.sort();
        let saved: Saved = (counts, self.binned, self.unlabelled, self.unscored);
        self.header().encode(&saved)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (counts, binned, unlabelled, unscored): Saved = self.header().decode(state)?;
        if binned && !self.binned {
            self.bin();
        }
        self.unlabelled += unlabelled;
        self.unscored += unscored;
        for (column, bits, label, rows) in counts {
            let label = self.label(&label)?;
            self.add((column, bits, label), rows);
        }
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        let mut targets: BTreeMap<&str, u64> = BTreeMap::new();
        for ((column, _, label), rows) in &self.counts {
            *targets.entry(label).or_default() += if *column == 0 { *rows } else { 0 };
        }
        let order = ordered(targets.keys().map(|label| (*label).to_owned()));
        let of_columns: Vec<String> = match &self.scores {
            Scores::Positive { positive: Some(positive), .. } => vec![positive.clone()],
            Scores::Positive { positive: None, .. } => order.last().cloned().into_iter().collect(),
            Scores::Each(columns) => columns.iter().map(|(label, _)| label.clone()).collect(),
        };
        let mut labels: Vec<BTreeMap<u64, (f64, u64, u64)>> = vec![BTreeMap::new(); of_columns.len()];
        for ((column, bits, label), rows) in &self.counts {
            let Some(name) = of_columns.get(*column as usize) else { continue };
            let score = f64::from_bits(*bits);
            // Ascending as integers: the sign turns the order of negative numbers around.
            let place = if *bits >> 63 == 0 { *bits | 1 << 63 } else { !*bits };
            let entry = labels[*column as usize].entry(place).or_insert((score, 0, 0));
            if **label == **name { entry.2 += rows } else { entry.1 += rows }
        }
        let labels = of_columns.into_iter().zip(labels).map(|(name, scores)| (name, scores.into_values().collect())).collect();
        let targets = order.iter().map(|label| (label.clone(), targets[label.as_str()])).collect();
        Ok(Arc::new(Scored { labels, targets, binned: self.binned, unlabelled: self.unlabelled, unscored: self.unscored }))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.counts.capacity() * (size_of::<Key>() + 8)
    }
}
