//! How high the true label's probability is among those of all labels.

use arrow::array::{Array, Float64Array};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows by the place of their true label.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelRanks {
    /// By the labels that come before the true one: those of a higher probability, and of equal ones those that are later in order.
    pub places: BTreeMap<u32, u64>,
    /// By true label.
    pub labels: BTreeMap<String, u64>,
    pub unlabelled: u64,
    /// Rows with a true label that lack a probability.
    pub unscored: u64,
    /// Rows whose true label has no column.
    pub foreign: u64,
}

/// Places of the true labels among `columns`, which are a label and its column of probabilities each, in order.
pub fn label_ranks(target: &str, columns: &[(String, String)]) -> Handle<LabelRanks> {
    let names = [target.to_owned()].into_iter().chain(columns.iter().map(|(_, column)| column.clone())).collect();
    let (target, columns) = (target.to_owned(), columns.to_vec());
    Handle::new(format!("label_ranks({target},{columns:?})"), names, 0, move |_| Ok(State { target: target.clone(), columns: columns.clone(), found: LabelRanks::default() }))
}

struct State {
    target: String,
    columns: Vec<(String, String)>,
    found: LabelRanks,
}

impl State {
    fn header(&self) -> Header {
        Header::new("label_ranks", 1, format!("{},{:?}", self.target, self.columns))
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let targets = block.strings(&self.target)?;
        let columns: Vec<Float64Array> = self.columns.iter().map(|(_, column)| block.floats(column)).collect::<Result<_, _>>()?;
        for (row, target) in targets.iter().enumerate() {
            let Some(target) = target.map(|target| if target == "-0" { "0" } else { target }) else {
                self.found.unlabelled += 1;
                continue;
            };
            if columns.iter().any(|column| column.is_null(row) || column.value(row).is_nan()) {
                self.found.unscored += 1;
                continue;
            }
            let Some(own) = self.columns.iter().position(|(label, _)| label == target) else {
                self.found.foreign += 1;
                continue;
            };
            let score = columns[own].value(row);
            let before = columns.iter().enumerate().filter(|(i, column)| column.value(row) > score || (column.value(row) == score && *i > own)).count();
            *self.found.places.entry(before as u32).or_default() += 1;
            *self.found.labels.entry(target.to_owned()).or_default() += 1;
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&self.found)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let other: LabelRanks = self.header().decode(state)?;
        other.places.into_iter().for_each(|(place, rows)| *self.found.places.entry(place).or_default() += rows);
        other.labels.into_iter().for_each(|(label, rows)| *self.found.labels.entry(label).or_default() += rows);
        self.found.unlabelled += other.unlabelled;
        self.found.unscored += other.unscored;
        self.found.foreign += other.foreign;
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.found.clone()))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + 64 * (self.found.places.len() + self.found.labels.len())
    }
}
