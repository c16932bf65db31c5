//! True and predicted labels of rows that may have several of each.

use super::confusion::{MOST_LABELS, ordered};
use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::DataType;
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Rows of one label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelCells {
    pub true_positive: u64,
    pub false_positive: u64,
    pub false_negative: u64,
}

/// What the sets of labels of all rows come to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelSets {
    /// By label, in order.
    pub labels: Vec<(String, LabelCells)>,
    /// Rows with both sets.
    pub rows: u64,
    /// Rows by how many labels their sets have in common, and how many there are in either.
    pub common: BTreeMap<(u32, u32), u64>,
    pub unlabelled: u64,
    pub unpredicted: u64,
}

/// The sets in two columns of lists. An empty list is a set without labels, and no missing one.
pub fn label_sets(target: &str, prediction: &str) -> Handle<LabelSets> {
    let columns = [target.to_owned(), prediction.to_owned()];
    Handle::new(format!("label_sets({columns:?})"), columns.to_vec(), 0, move |_| Ok(State { columns: columns.clone(), found: Saved::default() }))
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Saved {
    labels: BTreeMap<String, LabelCells>,
    rows: u64,
    common: BTreeMap<(u32, u32), u64>,
    unlabelled: u64,
    unpredicted: u64,
}

struct State {
    columns: [String; 2],
    found: Saved,
}

/// A row's labels; none where there is no list.
struct Lists {
    rows: Vec<Option<std::ops::Range<usize>>>,
    labels: StringArray,
}

impl Lists {
    fn of(name: &str, array: &ArrayRef) -> Result<Self, String> {
        let DataType::List(item) = array.data_type() else {
            let as_list = |item: &Arc<arrow::datatypes::Field>| arrow::compute::cast(array, &DataType::List(item.clone())).map_err(|e| format!("column `{name}`: {e}"));
            return match array.data_type() {
                DataType::LargeList(item) | DataType::FixedSizeList(item, _) => Self::of(name, &as_list(item)?),
                other => Err(format!("column `{name}` of type {other} has no lists of labels")),
            };
        };
        let list = array.as_list::<i32>();
        let labels = arrow::compute::cast(list.values(), &DataType::Utf8).map_err(|e| format!("column `{name}` of lists of {} cannot be read as labels: {e}", item.data_type()))?;
        let offsets = list.value_offsets();
        let rows = (0..list.len()).map(|row| list.is_valid(row).then(|| offsets[row] as usize..offsets[row + 1] as usize)).collect();
        Ok(Self { rows, labels: labels.as_string::<i32>().clone() })
    }

    fn row(&self, row: usize) -> Option<BTreeSet<&str>> {
        self.rows[row].clone().map(|range| range.filter(|i| self.labels.is_valid(*i)).map(|i| self.labels.value(i)).collect())
    }
}

impl State {
    fn header(&self) -> Header {
        Header::new("label_sets", 1, format!("{:?}", self.columns))
    }

    fn add(&mut self, label: &str, cells: LabelCells) -> Result<(), String> {
        if !self.found.labels.contains_key(label) && self.found.labels.len() >= MOST_LABELS {
            return Err(format!("columns {:?} have more than {MOST_LABELS} labels", self.columns));
        }
        let known = self.found.labels.entry(label.to_owned()).or_default();
        known.true_positive += cells.true_positive;
        known.false_positive += cells.false_positive;
        known.false_negative += cells.false_negative;
        Ok(())
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let [targets, predictions] = [0, 1].map(|i| Lists::of(&self.columns[i], block.column(&self.columns[i])?));
        let (targets, predictions) = (targets?, predictions?);
        for row in 0..block.rows {
            let Some(own) = targets.row(row) else {
                self.found.unlabelled += 1;
                continue;
            };
            let Some(predicted) = predictions.row(row) else {
                self.found.unpredicted += 1;
                continue;
            };
            self.found.rows += 1;
            let common = own.intersection(&predicted).count();
            *self.found.common.entry((common as u32, (own.len() + predicted.len() - common) as u32)).or_default() += 1;
            for label in own.union(&predicted) {
                let (is, says) = (u64::from(own.contains(label)), u64::from(predicted.contains(label)));
                self.add(label, LabelCells { true_positive: is & says, false_positive: says & !is & 1, false_negative: is & !says & 1 })?;
            }
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&self.found)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let other: Saved = self.header().decode(state)?;
        self.found.rows += other.rows;
        self.found.unlabelled += other.unlabelled;
        self.found.unpredicted += other.unpredicted;
        other.common.into_iter().for_each(|(sizes, rows)| *self.found.common.entry(sizes).or_default() += rows);
        other.labels.into_iter().try_for_each(|(label, cells)| self.add(&label, cells))
    }

    fn finish(&self) -> Result<Finished, String> {
        let Saved { labels, rows, common, unlabelled, unpredicted } = &self.found;
        let labels = ordered(labels.keys().cloned()).into_iter().map(|label| { let cells = labels[&label]; (label, cells) }).collect();
        Ok(Arc::new(LabelSets { labels, rows: *rows, common: common.clone(), unlabelled: *unlabelled, unpredicted: *unpredicted }))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + 64 * (self.found.labels.len() + self.found.common.len())
    }
}
