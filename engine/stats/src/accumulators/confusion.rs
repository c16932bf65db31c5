//! How often each label was predicted for each true one.

use arrow::array::{Array, Float64Array, StringArray};
use arrow::datatypes::DataType;
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Counts by true and predicted label.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Confusion {
    /// Of both columns, ascending: as numbers if all are numbers.
    pub labels: Vec<String>,
    /// By true label, then by predicted label.
    pub counts: Vec<Vec<u64>>,
    /// The positive label, where labels are predicted by a threshold of its score.
    pub positive: Option<String>,
    /// There the true labels that are others, which may share a place in the matrix.
    pub others: Vec<String>,
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
    /// The positive label where a score reaches a threshold, else the other one; of several others only that they are none of it.
    Threshold { score: String, positive: String, threshold: f64 },
    /// The label whose column is the greatest; of equal ones the first.
    Greatest(Vec<(String, String)>),
}

impl Predicted {
    pub(super) fn columns(&self) -> Vec<String> {
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

/// Counts of true and predicted labels, which are read as strings: 1 and "1" are the same label; true is 1 where the other column has numbers.
pub fn confusion(target: &str, predicted: &Predicted) -> Handle<Confusion> {
    let mut predicted = predicted.clone();
    if let Predicted::Greatest(columns) = &mut predicted {
        let order = ordered(columns.iter().map(|(label, _)| label.clone()));
        columns.sort_by_key(|(label, _)| order.iter().position(|name| name == label));
    }
    let columns: Vec<String> = [target.to_owned()].into_iter().chain(predicted.columns()).collect();
    let target = target.to_owned();
    Handle::new(format!("confusion({target},{predicted:?})"), columns, 0, move |_| {
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

/// Whether one of the columns of labels has booleans and the other numbers.
fn booleans_are_numbers(block: &Block, target: &str, predicted: &Predicted) -> Result<bool, String> {
    let Predicted::Label(column) = predicted else { return Ok(false) };
    let types = [block.column(target)?.data_type(), block.column(column)?.data_type()];
    Ok(types.iter().any(|t| **t == DataType::Boolean) && types.iter().any(|t| t.is_numeric()))
}

fn predictions<'a>(block: &Block, predicted: &'a Predicted) -> Result<Predictions<'a>, String> {
    match predicted {
        Predicted::Label(column) => Ok(Predictions::Labels(block.strings(column)?)),
        Predicted::Threshold { score, positive, threshold } => Ok(Predictions::Reached(block.floats(score)?, positive, *threshold)),
        Predicted::Greatest(columns) => {
            let floats: Result<Vec<_>, String> = columns.iter().map(|(label, column)| Ok((label.as_str(), block.floats(column)?))).collect();
            Ok(Predictions::Greatest(floats?))
        }
    }
}

/// The labels of a row.
pub(super) enum RowLabels {
    Unlabelled,
    Unpredicted,
    /// The true label and the predicted one, in one spelling.
    Both(String, String),
}

/// The labels of each row of a block.
pub(super) fn row_labels(block: &Block, target: &str, predicted: &Predicted) -> Result<Vec<RowLabels>, String> {
    let targets = block.strings(target)?;
    let predictions = predictions(block, predicted)?;
    let other = if let Predicted::Threshold { positive, .. } = predicted { other_than(positive) } else { String::new() };
    let as_number = booleans_are_numbers(block, target, predicted)?;
    let named = |label: &str| match label {
        "-0" => "0".to_owned(),
        "true" if as_number => "1".to_owned(),
        "false" if as_number => "0".to_owned(),
        label => label.to_owned(),
    };
    let of_row = |(row, target): (usize, Option<&str>)| match target {
        None => RowLabels::Unlabelled,
        Some(target) => match predictions.label(row, &other) {
            None => RowLabels::Unpredicted,
            Some(predicted) => RowLabels::Both(named(target), named(&predicted)),
        },
    };
    Ok(targets.iter().enumerate().map(of_row).collect())
}

impl State {
    fn header(&self) -> Header {
        Header::new("confusion", 1, format!("{},{:?}", self.target, self.predicted))
    }

    fn positive(&self) -> Option<&str> {
        if let Predicted::Threshold { positive, .. } = &self.predicted { Some(positive) } else { None }
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
pub fn ordered(labels: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut labels: Vec<String> = labels.into_iter().collect();
    labels.sort();
    labels.dedup();
    let numbers: Option<Vec<f64>> = labels.iter().map(|label| label.parse().ok().filter(|n: &f64| n.is_finite())).collect();
    if let Some(numbers) = numbers {
        let mut paired: Vec<(f64, String)> = numbers.into_iter().zip(labels).collect();
        paired.sort_by(|a, b| a.0.total_cmp(&b.0));
        return paired.into_iter().map(|(_, label)| label).collect();
    }
    labels
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let mut found: FxHashMap<(String, String), u64> = FxHashMap::default();
        for labels in row_labels(block, &self.target, &self.predicted)? {
            match labels {
                RowLabels::Unlabelled => self.unlabelled += 1,
                RowLabels::Unpredicted => self.unpredicted += 1,
                RowLabels::Both(target, predicted) => *found.entry((target, predicted)).or_default() += 1,
            }
        }
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
        let other = self.positive().map(other_than).unwrap_or_default();
        let others: BTreeSet<&str> = self.counts.keys().map(|(target, _)| &**target).filter(|target| Some(*target) != self.positive()).collect();
        // By a threshold alone: the one other label is what was predicted, several are one.
        let renamed = |label: &str| match (self.positive(), others.len()) {
            (None, _) => label.to_owned(),
            (Some(positive), _) if label == positive => label.to_owned(),
            (Some(_), 1) => others.first().map_or_else(|| other.clone(), |only| (*only).to_owned()),
            (Some(_), _) => other.clone(),
        };
        let mut by_label: BTreeMap<(String, String), u64> = BTreeMap::new();
        for ((target, predicted), rows) in &self.counts {
            *by_label.entry((renamed(target), renamed(predicted))).or_default() += rows;
        }
        let labels = ordered(by_label.keys().flat_map(|(target, predicted)| [target.clone(), predicted.clone()]));
        let place: BTreeMap<&str, usize> = labels.iter().enumerate().map(|(i, label)| (label.as_str(), i)).collect();
        let mut counts = vec![vec![0; labels.len()]; labels.len()];
        for ((target, predicted), rows) in &by_label {
            counts[place[target.as_str()]][place[predicted.as_str()]] = *rows;
        }
        drop(place);
        let positive = self.positive().map(str::to_owned);
        let others = ordered(others.into_iter().map(str::to_owned));
        Ok(Arc::new(Confusion { labels, counts, positive, others, unlabelled: self.unlabelled, unpredicted: self.unpredicted }))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.counts.capacity() * (size_of::<(Box<str>, Box<str>)>() + 8) + self.counts.keys().map(|(t, p)| t.len() + p.len()).sum::<usize>() + self.labels.iter().map(|l| l.len() + 16).sum::<usize>()
    }
}
