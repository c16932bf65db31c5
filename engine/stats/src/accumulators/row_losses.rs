//! How wrong a model is in each row, beside what the row is like.

use super::by_key::{ByKey, Key, Weight};
use super::confusion::{Predicted, RowLabels, row_labels};
use super::measure::Error;
use arrow::array::{Array, Float64Array, StringArray};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128_with_seed;

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
    /// The part of the different rows that is kept; 1 unless they would take too much memory.
    pub kept: f64,
    pub unlabelled: u64,
    pub unpredicted: u64,
}

/// Most cells that are kept.
pub const MOST_CELLS: usize = 1 << 21;

/// A column, and whether it holds numbers.
pub type Feature = (String, bool);

/// The losses of rows with their features.
pub fn row_losses(loss: &Loss, features: &[Feature]) -> Handle<RowLosses> {
    let of_loss = match loss {
        Loss::Wrong { target, predicted } => [target.clone()].into_iter().chain(predicted.columns()).collect::<Vec<_>>(),
        Loss::Error { target, prediction, .. } => vec![target.clone(), prediction.clone()],
    };
    let columns = of_loss.into_iter().chain(features.iter().map(|(name, _)| name.clone())).collect();
    let (loss, features) = (loss.clone(), features.to_vec());
    Handle::new(format!("row_losses({loss:?},{features:?})"), columns, false, move |context| {
        Ok(State { loss: loss.clone(), features: features.clone(), seed: context.seed, rows: ByKey::new(MOST_CELLS), unlabelled: 0, unpredicted: 0 })
    })
}

impl Weight for LossRow {
    fn weight(&self) -> usize {
        self.cells.len() + 2
    }
}

struct State {
    loss: Loss,
    features: Vec<Feature>,
    seed: u64,
    rows: ByKey<LossRow>,
    unlabelled: u64,
    unpredicted: u64,
}

type Saved = (ByKey<LossRow>, u64, u64);

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
        Header::new("row_losses", 1, format!("{:?},{:?},{}", self.loss, self.features, self.seed))
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
                self.unlabelled += unlabelled;
                self.unpredicted += unpredicted;
                Ok(losses)
            }
            Loss::Error { target, prediction, of } => {
                let (targets, predictions) = (block.floats(target)?, block.floats(prediction)?);
                let known = |column: &Float64Array, row: usize| column.is_valid(row) && column.value(row).is_finite();
                let mut losses = Vec::with_capacity(block.rows);
                for row in 0..block.rows {
                    let loss = match (known(&targets, row), known(&predictions, row)) {
                        (false, _) => {
                            self.unlabelled += 1;
                            None
                        }
                        (true, false) => {
                            self.unpredicted += 1;
                            None
                        }
                        (true, true) => Some(of.of(targets.value(row), predictions.value(row)) + 0.0).filter(|loss| loss.is_finite()),
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
        let mut bytes = Vec::new();
        for (row, loss) in losses.into_iter().enumerate() {
            let Some(loss) = loss else { continue };
            bytes.clear();
            bytes.extend(loss.to_bits().to_le_bytes());
            columns.iter().for_each(|column| column.write(row, &mut bytes));
            let key: Key = xxh3_128_with_seed(&bytes, self.seed);
            let new = || LossRow { cells: columns.iter().map(|column| column.cell(row)).collect(), loss, count: 0 };
            self.rows.change(key, new, |known| known.count += 1);
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&(&self.rows, self.unlabelled, self.unpredicted))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (rows, unlabelled, unpredicted): Saved = self.header().decode(state)?;
        self.rows.merge(rows, |known, other| known.count += other.count);
        self.unlabelled += unlabelled;
        self.unpredicted += unpredicted;
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        let rows = self.rows.sorted().into_iter().map(|(_, row)| row.clone()).collect();
        Ok(Arc::new(RowLosses { rows, kept: self.rows.kept(), unlabelled: self.unlabelled, unpredicted: self.unpredicted }))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.rows.entries() * (size_of::<(Key, LossRow)>() + self.features.len() * size_of::<Cell>())
    }
}
