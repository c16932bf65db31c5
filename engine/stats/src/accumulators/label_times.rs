//! How many rows have their label, those that are too young for one apart.

use super::times::micros;
use arrow::array::Array;
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::{Block, missing};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Rows with and without a label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labelled {
    pub labelled: u64,
    pub unlabelled: u64,
}

impl Labelled {
    pub fn rows(&self) -> u64 {
        self.labelled + self.unlabelled
    }

    fn add(&mut self, other: Labelled) {
        self.labelled += other.labelled;
        self.unlabelled += other.unlabelled;
    }
}

/// Rows by their age at the last time that any row or label has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LabelTimes {
    /// As old as a label may take, or without a time.
    pub due: Labelled,
    /// Younger.
    pub young: Labelled,
}

/// Ages are told apart to this part of the lateness, so that the state stays small.
const PARTS: i64 = 8_192;

/// `labelled_at`, where it is known, may be later than all rows.
pub fn label_times(target: &str, timestamp: &str, labelled_at: Option<&str>, lateness: Duration) -> Handle<LabelTimes> {
    let columns: Vec<String> = [target, timestamp].into_iter().chain(labelled_at).map(str::to_owned).collect();
    let lateness = i64::try_from(lateness.as_micros()).unwrap_or(i64::MAX);
    Handle::new(format!("label_times({columns:?},{lateness})"), columns.clone(), 0, move |_| {
        Ok(State { columns: columns.clone(), lateness, found: Saved::default() })
    })
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Saved {
    last: Option<i64>,
    due: Labelled,
    /// By time in parts of the lateness.
    young: BTreeMap<i64, Labelled>,
}

struct State {
    columns: Vec<String>,
    lateness: i64,
    found: Saved,
}

impl State {
    fn header(&self) -> Header {
        Header::new("label_times", 1, format!("{:?},{}", self.columns, self.lateness))
    }

    fn part(&self, time: i64) -> i64 {
        time.div_euclid((self.lateness / PARTS).max(1))
    }

    /// Time has come to `last`: what was young may be due.
    fn age(&mut self, last: Option<i64>) {
        self.found.last = self.found.last.max(last);
        let Some(last) = self.found.last else { return };
        let young = self.found.young.split_off(&(self.part(last.saturating_sub(self.lateness)) + 1));
        for rows in std::mem::replace(&mut self.found.young, young).into_values() {
            self.found.due.add(rows);
        }
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let unlabelled = missing(block.column(&self.columns[0])?);
        let times = micros(block, &self.columns[1])?;
        let labelled_at = self.columns.get(2).map(|column| micros(block, column)).transpose()?;
        for row in 0..block.rows {
            let one = if unlabelled.value(row) { Labelled { labelled: 0, unlabelled: 1 } } else { Labelled { labelled: 1, unlabelled: 0 } };
            match times.is_valid(row) {
                true => self.found.young.entry(self.part(times.value(row))).or_default().add(one),
                false => self.found.due.add(one),
            }
        }
        self.age(arrow::compute::max(&times).max(labelled_at.and_then(|times| arrow::compute::max(&times))));
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&self.found)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let other: Saved = self.header().decode(state)?;
        self.found.due.add(other.due);
        other.young.into_iter().for_each(|(part, rows)| self.found.young.entry(part).or_default().add(rows));
        self.age(other.last);
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        let mut young = Labelled::default();
        self.found.young.values().for_each(|rows| young.add(*rows));
        Ok(Arc::new(LabelTimes { due: self.found.due, young }))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.found.young.len() * size_of::<(i64, Labelled)>()
    }
}
