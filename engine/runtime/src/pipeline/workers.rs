//! Worker threads: each owns some of the accumulators and feeds them what the reader sends.

use super::{Job, Slice};
use arrow::datatypes::DataType;
use driftline_core::accumulator::{Accumulator, Context, Finished, Request};
use driftline_core::block::Block;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// A block or slab, and the rows of it that each slice has.
pub(super) struct Blocks {
    pub lane: Lane,
    pub all: Block,
    pub slices: BTreeMap<String, Result<Block, String>>,
}

impl Blocks {
    pub fn of(&self, slice: &Slice) -> Result<&Block, String> {
        let Some(filter) = slice else { return Ok(&self.all) };
        let block = self.slices.get(filter).ok_or_else(|| format!("where `{filter}` was not read"))?;
        block.as_ref().map_err(Clone::clone)
    }
}

/// Whose result it is: the slice and the accumulator's key.
pub(super) type Place = (Slice, String);

pub(super) struct Fed {
    pub place: Place,
    pub columns: Vec<String>,
    pub lane: Lane,
    pub accumulator: Box<dyn Accumulator>,
}

/// What an accumulator is fed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Blocks,
    Slabs,
}

impl Lane {
    pub fn of(columns: &[String], wide: &BTreeSet<String>) -> Self {
        let many = columns.len() > MANY_COLUMNS;
        if many || columns.iter().any(|column| wide.contains(column)) { Lane::Slabs } else { Lane::Blocks }
    }
}

/// Columns of an accumulator from which on their numbers are too many to be held as whole blocks. Such accumulators (distinct rows, rows with
/// missing values) count, and counts do not depend on cuts.
pub(super) const MANY_COLUMNS: usize = 64;

/// Columns whose values may take any number of bytes. Those that transforms add are numbers, or no wider than a call may give back.
pub(super) fn wide_columns(job: &Job) -> BTreeSet<String> {
    let schema = job.source.schema();
    let wide = |f: &&Arc<arrow::datatypes::Field>| f.data_type().primitive_width().is_none() && *f.data_type() != DataType::Boolean;
    schema.fields().iter().filter(wide).map(|f| f.name().clone()).collect()
}

pub(super) struct Done {
    pub place: Place,
    pub finished: Result<Finished, String>,
    pub state: Option<Result<Vec<u8>, String>>,
    pub unusable: u64,
}

/// Makes each distinct accumulator once; those that cannot be made are results already.
pub(super) fn make(requests: &[(Slice, Request)], context: &Context) -> (Vec<Fed>, Vec<Done>) {
    let distinct: BTreeMap<Place, &Request> = requests.iter().map(|(slice, r)| ((slice.clone(), r.key.clone()), r)).collect();
    let (mut fed, mut failed) = (Vec::new(), Vec::new());
    for (place, request) in distinct {
        let reference = match (&place.0, &context.reference) {
            (Some(filter), Some(reference)) => reference.slice(filter),
            (None, reference) => reference.clone(),
            (Some(_), None) => None,
        };
        match (request.make)(&Context { reference, ..context.clone() }) {
            Ok(accumulator) => fed.push(Fed { place, columns: request.columns.clone(), lane: Lane::Blocks, accumulator }),
            Err(reason) => failed.push(Done { place, finished: Err(reason), state: None, unusable: 0 }),
        }
    }
    (fed, failed)
}

/// Deals the accumulators out to the workers.
pub(super) fn deal(accumulators: &mut Vec<Fed>, workers: usize) -> Vec<Vec<Fed>> {
    let mut shares: Vec<Vec<Fed>> = (0..workers).map(|_| Vec::new()).collect();
    for (i, fed) in accumulators.drain(..).enumerate() {
        shares[i % workers].push(fed);
    }
    shares
}

pub(super) fn work(share: Vec<Fed>, blocks: Receiver<Arc<Blocks>>, keep_states: bool) -> Vec<Done> {
    let mut running: Vec<(Fed, Option<String>)> = share.into_iter().map(|f| (f, None)).collect();
    for block in blocks {
        for (fed, failed) in &mut running {
            if failed.is_none() && fed.lane == block.lane {
                *failed = block.of(&fed.place.0).and_then(|block| fed.accumulator.update(block)).err();
            }
        }
    }
    let finish = |(fed, failed): (Fed, Option<String>)| Done {
        state: keep_states.then(|| failed.clone().map_or_else(|| fed.accumulator.state(), Err)),
        finished: failed.map_or_else(|| fed.accumulator.finish(), Err),
        unusable: fed.accumulator.unusable(),
        place: fed.place,
    };
    running.into_iter().map(finish).collect()
}
