//! How often each label was predicted for each true one.

use arrow::array::{Array, Float64Array, StringArray};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Counts by true and predicted label.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Confusion {
    /// Of both columns, ascending: as numbers if all are numbers.
    pub labels: Vec<String>,
    /// By true label, then by predicted label.
    pub counts: Vec<Vec<u64>>,
    /// Rows without a true label, such as those whose label has not come yet.
    pub unlabelled: u64,
    /// Rows with a true label and without a prediction.
    pub unpredicted: u64,
}

/// Where predicted labels come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicted {
    /// A column of labels.
    Label(String),
    /// The positive label where a score reaches a threshold, else any other: true labels are told apart by whether they are the positive one.
    Threshold { score: String, positive: String, threshold: f64 },
    /// The label whose column is the greatest; of equal ones the first.
    Greatest(Vec<(String, String)>),
}

impl Predicted {
    fn columns(&self) -> Vec<String> {
        match self {
            Predicted::Label(column) => vec![column.clone()],
            Predicted::Threshold { score, .. } => vec![score.clone()],
            Predicted::Greatest(columns) => columns.iter().map(|(_, column)| column.clone()).collect(),
        }
    }
}

/// Most labels of a column; more are no labels.
pub const MOST_LABELS: usize = 1_000;

/// The label of rows that are not of the positive one, where only that is known.
pub fn other_than(positive: &str) -> String {
    format!("not {positive}")
}

/// Counts of true and predicted labels, which are read as strings: 1 and "1" are the same label.
pub fn confusion(target: &str, predicted: &Predicted) -> Handle<Confusion> {
    let columns: Vec<String> = [target.to_owned()].into_iter().chain(predicted.columns()).collect();
    let (target, predicted) = (target.to_owned(), predicted.clone());
    Handle::new(format!("confusion({target},{predicted:?})"), columns, false, move |_| {
        Ok(State { target: target.clone(), predicted: predicted.clone(), counts: FxHashMap::default(), labels: BTreeSet::new(), unlabelled: 0, unpredicted: 0 })
    })
}

struct State {
    target: String,
    predicted: Predicted,
    counts: FxHashMap<(Box<str>, Box<str>), u64>,
    labels: BTreeSet<Box<str>>,
    unlabelled: u64,
    unpredicted: u64,
}

type Saved = (Vec<(String, String, u64)>, u64, u64);

/// The predictions of a block.
enum Predictions<'a> {
    Labels(Arc<StringArray>),
    Reached(Float64Array, &'a str, f64),
    Greatest(Vec<(&'a str, Float64Array)>),
}

impl Predictions<'_> {
    fn label(&self, row: usize, other: &str) -> Option<String> {
        match self {
            Predictions::Labels(labels) => labels.is_valid(row).then(|| labels.value(row).to_owned()),
            Predictions::Reached(scores, positive, threshold) => {
                let score = scores.is_valid(row).then(|| scores.value(row)).filter(|score| !score.is_nan())?;
                Some(if score >= *threshold { (*positive).to_owned() } else { other.to_owned() })
            }
            Predictions::Greatest(columns) => {
                let mut best: Option<(f64, &str)> = None;
                for (label, scores) in columns {
                    let score = scores.is_valid(row).then(|| scores.value(row)).filter(|score| !score.is_nan())?;
                    if best.is_none_or(|(most, _)| score > most) {
                        best = Some((score, label));
                    }
                }
                best.map(|(_, label)| label.to_owned())
            }
        }
    }
}

impl State {
    fn header(&self) -> Header {
        Header::new("confusion", 1, format!("{},{:?}", self.target, self.predicted))
    }

    fn predictions(&self, block: &Block) -> Result<Predictions<'_>, String> {
        match &self.predicted {
            Predicted::Label(column) => Ok(Predictions::Labels(block.strings(column)?)),
            Predicted::Threshold { score, positive, threshold } => Ok(Predictions::Reached(block.floats(score)?, positive, *threshold)),
            Predicted::Greatest(columns) => {
                let floats: Result<Vec<_>, String> = columns.iter().map(|(label, column)| Ok((label.as_str(), block.floats(column)?))).collect();
                Ok(Predictions::Greatest(floats?))
            }
        }
    }

    fn add(&mut self, target: &str, predicted: &str, rows: u64) -> Result<(), String> {
        for label in [target, predicted] {
            if !self.labels.contains(label) {
                self.labels.insert(label.into());
            }
        }
        if self.labels.len() > MOST_LABELS {
            return Err(format!("column `{}` and its predictions have more than {MOST_LABELS} labels", self.target));
        }
        *self.counts.entry((target.into(), predicted.into())).or_default() += rows;
        Ok(())
    }
}

/// Labels in ascending order, as numbers if all are.
pub(super) fn ordered(labels: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut labels: Vec<String> = labels.into_iter().collect();
    labels.sort();
    labels.dedup();
    let numbers: Option<Vec<f64>> = labels.iter().map(|label| label.parse().ok()).collect();
    if let Some(numbers) = numbers {
        let mut paired: Vec<(f64, String)> = numbers.into_iter().zip(labels).collect();
        paired.sort_by(|a, b| a.0.total_cmp(&b.0));
        return paired.into_iter().map(|(_, label)| label).collect();
    }
    labels
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let targets = block.strings(&self.target)?;
        let predictions = self.predictions(block)?;
        let positive = if let Predicted::Threshold { positive, .. } = &self.predicted { Some(positive.clone()) } else { None };
        let other = positive.as_deref().map(other_than).unwrap_or_default();
        let (mut found, mut unlabelled, mut unpredicted): (FxHashMap<(String, String), u64>, u64, u64) = Default::default();
        for (row, target) in targets.iter().enumerate() {
            let Some(target) = target else {
                unlabelled += 1;
                continue;
            };
            let Some(label) = predictions.label(row, &other) else {
                unpredicted += 1;
                continue;
            };
            let target = if positive.as_deref().is_none_or(|positive| positive == target) { target } else { &other };
            *found.entry((target.to_owned(), label)).or_default() += 1;
        }
        self.unlabelled += unlabelled;
        self.unpredicted += unpredicted;
        found.into_iter().try_for_each(|((target, predicted), rows)| self.add(&target, &predicted, rows))
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        let mut counts: Vec<(String, String, u64)> = self.counts.iter().map(|((t, p), n)| (t.to_string(), p.to_string(), *n)).collect();
        counts.sort();
        let saved: Saved = (counts, self.unlabelled, self.unpredicted);
        self.header().encode(&saved)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (counts, unlabelled, unpredicted): Saved = self.header().decode(state)?;
        self.unlabelled += unlabelled;
        self.unpredicted += unpredicted;
        counts.into_iter().try_for_each(|(target, predicted, rows)| self.add(&target, &predicted, rows))
    }

    fn finish(&self) -> Result<Finished, String> {
        let labels = ordered(self.labels.iter().map(|label| label.to_string()));
        let place: FxHashMap<&str, usize> = labels.iter().enumerate().map(|(i, label)| (label.as_str(), i)).collect();
        let mut counts = vec![vec![0; labels.len()]; labels.len()];
        for ((target, predicted), rows) in &self.counts {
            counts[place[&**target]][place[&**predicted]] = *rows;
        }
        drop(place);
        Ok(Arc::new(Confusion { labels, counts, unlabelled: self.unlabelled, unpredicted: self.unpredicted }))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.counts.capacity() * (size_of::<(Box<str>, Box<str>)>() + 8) + self.labels.iter().map(|l| l.len() + 16).sum::<usize>()
    }
}
