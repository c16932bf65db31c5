//! Losses of probabilities: logarithmic, Brier's, and how far they are from the shares that came true.

use super::scored::Scores;
use crate::math::{Dd, Moments};
use arrow::array::{Array, Float64Array};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A bin of probabilities: how many, and their sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    pub rows: u64,
    pub sum: Dd,
}

/// Losses of the rows of a true label.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelLosses {
    /// If the score is of this label; the sum of the squares runs over all labels where each has a score.
    pub log: Moments,
    pub brier: Moments,
    /// If the score is of another label.
    pub log_of_other: Moments,
    pub brier_of_other: Moments,
    /// By column of scores, bins of equal width from 0 to 1.
    pub bins: Vec<Vec<Calibration>>,
}

/// Losses by true label, ascending.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Losses {
    pub labels: BTreeMap<String, LabelLosses>,
    /// Rows without a true label.
    pub unlabelled: u64,
    /// Rows with a true label and without a score of it.
    pub unscored: u64,
    /// Rows whose true label has no column of scores, where each label has one.
    pub foreign: u64,
    /// Rows with a score outside of 0 to 1, which is no probability: left out.
    pub outside: u64,
}

/// Losses of probabilities, which are cut to 2^-52 from 0 and 1 for the logarithm.
pub fn losses(target: &str, scores: &Scores, bins: usize) -> Handle<Losses> {
    let of: Vec<(Option<String>, String)> = match scores {
        Scores::Positive { score, .. } => vec![(None, score.clone())],
        Scores::Each(columns) => columns.iter().map(|(label, column)| (Some(label.clone()), column.clone())).collect(),
    };
    let columns: Vec<String> = [target.to_owned()].into_iter().chain(of.iter().map(|(_, column)| column.clone())).collect();
    let target = target.to_owned();
    Handle::new(format!("losses({target},{of:?},{bins})"), columns, 0, move |_| {
        Ok(State { target: target.clone(), of: of.clone(), bins, found: Losses::default() })
    })
}

struct State {
    target: String,
    /// Label and column; without a label the score is of a label that is not yet known.
    of: Vec<(Option<String>, String)>,
    bins: usize,
    found: Losses,
}

/// Count, mean, m2, minimum and maximum.
type Flat = (u64, Dd, Dd, f64, f64);
type Saved = (Vec<(String, [Flat; 4], Vec<Vec<Calibration>>)>, [u64; 4]);

fn flat(m: &Moments) -> Flat {
    (m.count, m.mean, m.m2, m.min, m.max)
}

fn unflat((count, mean, m2, min, max): Flat) -> Moments {
    Moments { count, mean, m2, min, max }
}

fn log_loss(probability: f64) -> f64 {
    -probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
}

/// What the rows of a label in a block came to, before it is merged.
#[derive(Default)]
struct Rows {
    log: Vec<f64>,
    brier: Vec<f64>,
    log_of_other: Vec<f64>,
    brier_of_other: Vec<f64>,
    scores: Vec<Vec<f64>>,
}

impl State {
    fn header(&self) -> Header {
        Header::new("losses", 1, format!("{},{:?},{}", self.target, self.of, self.bins))
    }

    fn calibrated(&self, scores: &[f64]) -> Vec<Calibration> {
        let mut bins = vec![Calibration::default(); self.bins];
        for score in scores {
            // The last bin takes 1.
            let place = ((score * self.bins as f64) as usize).min(self.bins - 1);
            bins[place].rows += 1;
            bins[place].sum = bins[place].sum + *score;
        }
        bins
    }

    fn merge_label(&mut self, label: String, other: LabelLosses) {
        let known = self.found.labels.entry(label).or_default();
        known.log = known.log.merge(&other.log);
        known.brier = known.brier.merge(&other.brier);
        known.log_of_other = known.log_of_other.merge(&other.log_of_other);
        known.brier_of_other = known.brier_of_other.merge(&other.brier_of_other);
        if known.bins.is_empty() {
            known.bins = other.bins;
            return;
        }
        for (known, other) in known.bins.iter_mut().flatten().zip(other.bins.into_iter().flatten()) {
            known.rows += other.rows;
            known.sum = known.sum + other.sum;
        }
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let targets = block.strings(&self.target)?;
        let scores: Vec<Float64Array> = self.of.iter().map(|(_, column)| block.floats(column)).collect::<Result<_, _>>()?;
        let mut by_label: BTreeMap<&str, Rows> = BTreeMap::new();
        let [mut unlabelled, mut unscored, mut outside, mut foreign] = [0u64; 4];
        for (row, target) in targets.iter().enumerate() {
            let Some(target) = target else {
                unlabelled += 1;
                continue;
            };
            let own = self.of.iter().position(|(label, _)| label.as_deref().is_none_or(|label| label == target));
            let missing = scores.iter().any(|column| column.is_null(row) || column.value(row).is_nan());
            let (own, false) = (own, missing) else {
                unscored += 1;
                continue;
            };
            let Some(own) = own else {
                foreign += 1;
                continue;
            };
            let probabilities: Vec<f64> = scores.iter().map(|column| column.value(row)).collect();
            if probabilities.iter().any(|p| !(0.0..=1.0).contains(p)) {
                outside += 1;
                continue;
            }
            let rows = by_label.entry(if target == "-0" { "0" } else { target }).or_default();
            let p = probabilities[own];
            rows.log.push(log_loss(p));
            if self.of.len() == 1 {
                rows.brier.push((1.0 - p) * (1.0 - p));
                rows.log_of_other.push(log_loss(1.0 - p));
                rows.brier_of_other.push(p * p);
            } else {
                let square = |(i, p): (usize, &f64)| if i == own { (1.0 - p) * (1.0 - p) } else { p * p };
                rows.brier.push(probabilities.iter().enumerate().map(square).sum());
            }
            rows.scores.resize(scores.len(), Vec::new());
            rows.scores.iter_mut().zip(&probabilities).for_each(|(of, p)| of.push(*p));
        }
        let merged: Vec<(String, LabelLosses)> = by_label.into_iter().map(|(label, rows)| {
            let [log, brier, log_of_other, brier_of_other] = [&rows.log, &rows.brier, &rows.log_of_other, &rows.brier_of_other].map(|values| Moments::from_block(values));
            let bins = rows.scores.iter().map(|scores| self.calibrated(scores)).collect();
            (label.to_owned(), LabelLosses { log, brier, log_of_other, brier_of_other, bins })
        }).collect();
        merged.into_iter().for_each(|(label, losses)| self.merge_label(label, losses));
        self.found.unlabelled += unlabelled;
        self.found.unscored += unscored;
        self.found.outside += outside;
        self.found.foreign += foreign;
        match self.found.labels.len() > super::confusion::MOST_LABELS {
            true => Err(format!("column `{}` has more than {} labels", self.target, super::confusion::MOST_LABELS)),
            false => Ok(()),
        }
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        let labels = self.found.labels.iter().map(|(label, l)| {
            (label.clone(), [&l.log, &l.brier, &l.log_of_other, &l.brier_of_other].map(flat), l.bins.clone())
        });
        let saved: Saved = (labels.collect(), [self.found.unlabelled, self.found.unscored, self.found.outside, self.found.foreign]);
        self.header().encode(&saved)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (labels, [unlabelled, unscored, outside, foreign]): Saved = self.header().decode(state)?;
        self.found.unlabelled += unlabelled;
        self.found.unscored += unscored;
        self.found.outside += outside;
        self.found.foreign += foreign;
        for (label, moments, bins) in labels {
            let [log, brier, log_of_other, brier_of_other] = moments.map(unflat);
            self.merge_label(label, LabelLosses { log, brier, log_of_other, brier_of_other, bins });
        }
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.found.clone()))
    }

    fn size(&self) -> usize {
        let bins = self.of.len() * self.bins * size_of::<Calibration>();
        size_of::<Self>() + self.found.labels.len() * (size_of::<LabelLosses>() + bins)
    }

    fn unusable(&self) -> u64 {
        self.found.outside
    }
}
