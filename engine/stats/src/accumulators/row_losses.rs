//! How wrong a model is in each row, beside what the row is like.

use super::by_key::{ByKey, Key, Weight};
use super::confusion::{Predicted, RowLabels, row_labels};
use super::fingerprint::Fingerprinter;
use super::measure::Error;
use arrow::array::{Array, ArrayRef, Float64Array, StringArray};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// How wrong a prediction is.
#[derive(Debug, Clone, PartialEq)]
pub enum Loss {
    /// 1 where the predicted label is not the true one, else 0.
    Wrong { target: String, predicted: Predicted },
    /// How far a predicted number is from the true one.
    Error { target: String, prediction: String, of: Error },
}

/// What a row is like in a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    Missing,
    Number(f64),
    Category(Box<str>),
}

/// Rows that are equal in their cells and their loss.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LossRow {
    /// In the order of the features.
    pub cells: Vec<Cell>,
    pub loss: f64,
    pub count: u64,
}

/// Rows with a loss, or a part of them.
#[derive(Debug, Clone, PartialEq)]
pub struct RowLosses {
    /// In an order that depends on the rows alone.
    pub rows: Vec<LossRow>,
    /// The part of the rows that is kept; 1 unless they would take too much memory.
    pub kept: f64,
    pub left_out: LossesLeftOut,
}

/// Rows without a loss.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossesLeftOut {
    pub unlabelled: u64,
    pub unpredicted: u64,
    /// With a loss that is no number.
    pub infinite: u64,
}

/// Most cells that are kept.
pub const MOST_CELLS: usize = 1 << 21;

/// A column, and whether it holds numbers.
pub type Feature = (String, bool);

/// The losses of rows with their features: all as long as those that differ in them fit, else a sample of rows. `identity` are the
/// columns that tell rows apart: rows that are equal in them are in the sample together or not at all.
pub fn row_losses(loss: &Loss, features: &[Feature], identity: &[String]) -> Handle<RowLosses> {
    let of_loss = match loss {
        Loss::Wrong { target, predicted } => [target.clone()].into_iter().chain(predicted.columns()).collect::<Vec<_>>(),
        Loss::Error { target, prediction, .. } => vec![target.clone(), prediction.clone()],
    };
    let columns = of_loss.into_iter().chain(features.iter().map(|(name, _)| name.clone())).chain(identity.iter().cloned()).collect();
    let (loss, features, identity) = (loss.clone(), features.to_vec(), identity.to_vec());
    Handle::new(format!("row_losses({loss:?},{features:?},{identity:?})"), columns, 0, move |context| {
        let sample = ByKey::new(MOST_CELLS, context.seed);
        Ok(State { loss: loss.clone(), features: features.clone(), identity: identity.clone(), seed: context.seed, all: Some(All::default()), sample, left_out: LossesLeftOut::default() })
    })
}

impl Weight for LossRow {
    fn weight(&self) -> usize {
        self.cells.len() + 2
    }
}

/// Rows by what they are like, as long as all fit.
#[derive(Debug, Default, Serialize, Deserialize)]
struct All {
    weight: usize,
    rows: BTreeMap<Key, LossRow>,
}

impl All {
    /// Whether they still fit.
    fn add(&mut self, key: Key, new: impl FnOnce() -> LossRow, count: u64) -> bool {
        let weight = &mut self.weight;
        let known = self.rows.entry(key).or_insert_with(|| {
            let row = new();
            *weight += row.weight();
            row
        });
        known.count += count;
        self.weight <= MOST_CELLS
    }
}

struct State {
    loss: Loss,
    features: Vec<Feature>,
    identity: Vec<String>,
    seed: u64,
    all: Option<All>,
    sample: ByKey<LossRow>,
    left_out: LossesLeftOut,
}

type Saved = (Option<All>, ByKey<LossRow>, LossesLeftOut);

enum Column {
    Numbers(Float64Array),
    Strings(Arc<StringArray>),
}

impl Column {
    fn cell(&self, row: usize) -> Cell {
        match self {
            Column::Numbers(numbers) if numbers.is_valid(row) && !numbers.value(row).is_nan() => Cell::Number(numbers.value(row) + 0.0),
            Column::Strings(strings) if strings.is_valid(row) => Cell::Category(strings.value(row).into()),
            _ => Cell::Missing,
        }
    }

    /// Writes the cell so that different rows are different bytes.
    fn write(&self, row: usize, bytes: &mut Vec<u8>) {
        match self {
            Column::Numbers(numbers) if numbers.is_valid(row) && !numbers.value(row).is_nan() => {
                bytes.push(1);
                bytes.extend((numbers.value(row) + 0.0).to_bits().to_le_bytes());
            }
            Column::Strings(strings) if strings.is_valid(row) => {
                bytes.push(2);
                bytes.extend((strings.value(row).len() as u64).to_le_bytes());
                bytes.extend(strings.value(row).as_bytes());
            }
            _ => bytes.push(0),
        }
    }
}

impl State {
    fn header(&self) -> Header {
        Header::new("row_losses", 1, format!("{:?},{:?},{:?},{}", self.loss, self.features, self.identity, self.seed))
    }

    /// The loss of each row that has one.
    fn losses(&mut self, block: &Block) -> Result<Vec<Option<f64>>, String> {
        match &self.loss {
            Loss::Wrong { target, predicted } => {
                let (mut unlabelled, mut unpredicted) = (0, 0);
                let of_row = |labels: RowLabels| match labels {
                    RowLabels::Unlabelled => {
                        unlabelled += 1;
                        None
                    }
                    RowLabels::Unpredicted => {
                        unpredicted += 1;
                        None
                    }
                    RowLabels::Both(target, answer) => Some(f64::from(u8::from(match predicted {
                        // Of the other labels only that they are others is predicted.
                        Predicted::Threshold { positive, .. } => (target == *positive) != (answer == *positive),
                        _ => target != answer,
                    }))),
                };
                let losses = row_labels(block, target, predicted)?.into_iter().map(of_row).collect();
                self.left_out.unlabelled += unlabelled;
                self.left_out.unpredicted += unpredicted;
                Ok(losses)
            }
            Loss::Error { target, prediction, of } => {
                let (targets, predictions) = (block.floats(target)?, block.floats(prediction)?);
                let known = |column: &Float64Array, row: usize| column.is_valid(row) && !column.value(row).is_nan();
                let mut losses = Vec::with_capacity(block.rows);
                for row in 0..block.rows {
                    let loss = match (known(&targets, row), known(&predictions, row)) {
                        (false, _) => {
                            self.left_out.unlabelled += 1;
                            None
                        }
                        (true, false) => {
                            self.left_out.unpredicted += 1;
                            None
                        }
                        (true, true) => {
                            let loss = of.of(targets.value(row), predictions.value(row)) + 0.0;
                            self.left_out.infinite += u64::from(!loss.is_finite());
                            Some(loss).filter(|loss| loss.is_finite())
                        }
                    };
                    losses.push(loss);
                }
                Ok(losses)
            }
        }
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let losses = self.losses(block)?;
        let column = |(name, is_number): &Feature| if *is_number { block.floats(name).map(Column::Numbers) } else { block.strings(name).map(Column::Strings) };
        let columns: Vec<Column> = self.features.iter().map(column).collect::<Result<_, _>>()?;
        let identity: Vec<ArrayRef> = self.identity.iter().map(|column| block.column(column).cloned()).collect::<Result<_, _>>()?;
        let identity = Fingerprinter::new(0).rows(&identity)?;
        let mut bytes = Vec::new();
        for (row, loss) in losses.into_iter().enumerate() {
            let Some(loss) = loss else { continue };
            let new = || LossRow { cells: columns.iter().map(|column| column.cell(row)).collect(), loss, count: 0 };
            self.sample.change(identity[row], new, |known| known.count += 1);
            let Some(all) = &mut self.all else { continue };
            bytes.clear();
            bytes.extend(loss.to_bits().to_le_bytes());
            columns.iter().for_each(|column| column.write(row, &mut bytes));
            if !all.add(xxh3_128(&bytes), new, 1) {
                self.all = None;
            }
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&(&self.all, &self.sample, self.left_out))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (all, sample, left_out): Saved = self.header().decode(state)?;
        self.sample.merge(sample, |_, known, other| known.count += other.count);
        self.left_out.unlabelled += left_out.unlabelled;
        self.left_out.unpredicted += left_out.unpredicted;
        self.left_out.infinite += left_out.infinite;
        self.all = self.all.take().zip(all).and_then(|(mut known, other)| {
            let fit = other.rows.into_iter().all(|(key, row)| {
                let count = row.count;
                known.add(key, || LossRow { count: 0, ..row }, count)
            });
            fit.then_some(known)
        });
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        let (rows, kept) = match &self.all {
            Some(all) => (all.rows.values().cloned().collect(), 1.0),
            None => (self.sample.sorted().into_iter().map(|(_, row)| row.clone()).collect(), self.sample.kept()),
        };
        Ok(Arc::new(RowLosses { rows, kept, left_out: self.left_out }))
    }

    fn size(&self) -> usize {
        let each = size_of::<(Key, LossRow)>() + self.features.len() * size_of::<Cell>();
        size_of::<Self>() + (self.sample.entries() + self.all.as_ref().map_or(0, |all| 2 * all.rows.len())) * each
    }
}
