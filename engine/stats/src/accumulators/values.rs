//! The values of a numeric column: all of them, or what is left of them where they are too many.

use super::beyond::Beyond;
use super::measure::Measure;
use super::sorted::SortedValues;
use super::spill::{Part, Spill};
use crate::math::{Ascending, MOST_KNOTS, sort_floats};
use driftline_core::accumulator::{Accumulator, Context, Finished, Handle, Header};
use driftline_core::block::Block;
use std::sync::Arc;

/// The distribution of a column's values.
#[derive(Debug, Clone)]
pub enum Ranks {
    Sorted(SortedValues),
    /// Of current, where memory does not hold it: what is known of it beside the reference.
    Beyond(Arc<Beyond>),
}

/// All values of a numeric column: exact at any size, since what exceeds the memory setting is sorted on disk.
pub fn values(of: impl Into<Measure>) -> Handle<SortedValues> {
    let of: Measure = of.into();
    Handle::new(format!("values({})", of.key()), of.columns(), size_of::<f64>(), move |context| {
        Ok(State::new(of.clone(), None, context))
    })
}

/// The distribution of a numeric column: all values as of [`values`], but that those of current are counted beside a reference that
/// is in memory, where they exceed it.
pub fn ranks(column: &str) -> Handle<Ranks> {
    let of = Measure::from(column);
    let key = format!("ranks({column})");
    let known = key.clone();
    let handle = Handle::new(key, of.columns(), size_of::<f64>(), move |context| {
        let reference = context.reference.as_ref().and_then(|reference| reference.read_key::<Ranks>(&known).ok());
        Ok(State::new(of.clone(), Some(reference), context))
    });
    handle.or_from(&values(column), |_| true, |values| Ok(Ranks::Sorted(values.clone())))
}

/// Different values that are counted rather than kept: integers, flags, rounded numbers.
const MOST_COUNTED: usize = 4_096;

/// Values by their bits with their number: open addressing in a table that is at most a third full, and so small that it stays in the cache.
#[derive(Debug)]
struct Counts {
    /// A number of 0 is an empty place.
    places: Vec<(u64, u64)>,
    different: usize,
}

const PLACES: usize = 4 * MOST_COUNTED;

impl Counts {
    fn new() -> Self {
        Self { places: Vec::new(), different: 0 }
    }

    /// False where there is no room for another value.
    fn add(&mut self, value: f64, n: u64) -> bool {
        if self.places.is_empty() {
            self.places = vec![(0, 0); PLACES];
        }
        let bits = value.to_bits();
        // Fibonacci hashing (Knuth, TAOCP 3, 6.4).
        let mut place = (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - PLACES.ilog2())) as usize;
        loop {
            let (known, count) = &mut self.places[place];
            if *count > 0 && *known == bits {
                *count += n;
                return true;
            }
            if *count == 0 {
                if self.different == MOST_COUNTED {
                    return false;
                }
                (*known, *count) = (bits, n);
                self.different += 1;
                return true;
            }
            place = (place + 1) % PLACES;
        }
    }

    fn ascending(&self) -> Vec<(f64, u64)> {
        let taken = self.places.iter().filter(|(_, n)| *n > 0);
        let mut all: Vec<(f64, u64)> = taken.map(|(bits, n)| (f64::from_bits(*bits), *n)).collect();
        all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        all
    }
}

/// What is counted at a knot takes the memory of so many values.
const KNOT_VALUES: usize = 8;

struct State {
    of: Measure,
    /// The reference's distribution, if there is one; none at all where all values are wanted.
    reference: Option<Option<Arc<Ranks>>>,
    missing: u64,
    /// By their bits, as long as they are few.
    counts: Option<Counts>,
    buffer: Vec<f64>,
    /// Values that the buffer may hold.
    room: usize,
    runs: Vec<Part>,
    spill: Spill,
    /// What has been counted beside the reference.
    beyond: Option<Beyond>,
    seed: u64,
}

impl State {
    fn new(of: Measure, reference: Option<Option<Arc<Ranks>>>, context: &Context) -> Self {
        let room = (context.memory / size_of::<f64>()).max(1 << 12);
        let (counts, spill, seed) = (Some(Counts::new()), Spill::new(&context.spill), context.seed);
        Self { of, reference, missing: 0, counts, buffer: Vec::new(), room, runs: Vec::new(), spill, beyond: None, seed }
    }

    fn header(&self) -> Header {
        match self.reference {
            None => Header::new("values", 1, self.of.key()),
            Some(_) => Header::new("ranks", 1, format!("{},{}", self.of.key(), self.seed)),
        }
    }

    fn add(&mut self, values: &[f64]) -> Result<(), String> {
        let Some(counts) = &mut self.counts else { return self.keep(values) };
        let Some(counted) = values.iter().position(|value| !counts.add(*value, 1)) else { return Ok(()) };
        self.keep_counted()?;
        self.keep(&values[counted..])
    }

    /// Each by itself from now on.
    fn keep_counted(&mut self) -> Result<(), String> {
        for (value, n) in self.counts.take().iter().flat_map(Counts::ascending) {
            self.keep_many(value, n)?;
        }
        Ok(())
    }

    fn keep_many(&mut self, value: f64, n: u64) -> Result<(), String> {
        let some = vec![value; usize::try_from(n).unwrap_or(usize::MAX).min(MOST_COUNTED)];
        let mut left = n;
        while left > 0 {
            let now = left.min(some.len() as u64);
            self.keep(&some[..now as usize])?;
            left -= now;
        }
        Ok(())
    }

    fn keep(&mut self, values: &[f64]) -> Result<(), String> {
        let mut rest = values;
        while !rest.is_empty() {
            if self.buffer.len() >= self.room {
                self.make_room()?;
            }
            let (now, later) = rest.split_at(rest.len().min(self.room - self.buffer.len()));
            if self.buffer.capacity() - self.buffer.len() < now.len() {
                // Twice as much, but no more than there is room for.
                let wanted = (2 * self.buffer.capacity()).clamp(self.buffer.len() + now.len(), self.room);
                self.buffer.reserve_exact(wanted - self.buffer.len());
            }
            self.buffer.extend_from_slice(now);
            rest = later;
        }
        Ok(())
    }

    fn make_room(&mut self) -> Result<(), String> {
        sort_floats(&mut self.buffer);
        if self.beyond.is_none() {
            self.beyond = self.reference.as_ref().and_then(|reference| Beyond::beside(reference.as_deref()?, self.room / KNOT_VALUES, self.seed));
        }
        match &mut self.beyond {
            Some(beyond) => beyond.add_sorted(&self.buffer),
            None => self.runs.push(self.spill.append(self.buffer.iter().map(|value| value.to_le_bytes()))?),
        }
        self.buffer.clear();
        Ok(())
    }

    /// With the values that are on disk already.
    fn with_runs(&mut self, mut beyond: Beyond) -> Result<Beyond, String> {
        let kept = SortedValues::from_values(Vec::new()).with(std::mem::take(&mut self.runs), 0);
        let mut chunks = kept.chunks();
        loop {
            let chunk = chunks.next_chunk();
            if chunk.is_empty() {
                break;
            }
            beyond.add_sorted(chunk);
        }
        kept.fault()?;
        Ok(beyond)
    }

    /// With what is left in the buffer.
    fn finished(&self, mut buffer: Vec<f64>, beyond: Option<Beyond>) -> Finished {
        if let Some(mut beyond) = beyond {
            sort_floats(&mut buffer);
            beyond.add_sorted(&buffer);
            beyond.missing = self.missing;
            return Arc::new(Ranks::Beyond(Arc::new(beyond)));
        }
        let sorted = match &self.counts {
            Some(counts) => SortedValues::from_counts(counts.ascending()),
            None => SortedValues::from_values(buffer),
        };
        let sorted = sorted.with(self.runs.clone(), self.missing);
        if self.reference.is_some() { Arc::new(Ranks::Sorted(sorted)) } else { Arc::new(sorted) }
    }
}

/// A state as bytes: values with their number, and what was counted beside the reference.
type Saved = (u64, Vec<(f64, u64)>, Option<Beyond>);

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let numbers = self.of.numbers(block)?;
        self.missing += numbers.missing;
        self.add(&numbers.values)
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        let kept = match &self.counts {
            Some(counts) => SortedValues::from_counts(counts.ascending()),
            None => SortedValues::from_values(self.buffer.clone()).with(self.runs.clone(), 0),
        };
        let mut values: Vec<(f64, u64)> = Vec::new();
        for value in kept.iter() {
            match values.last_mut() {
                Some((last, n)) if last.to_bits() == value.to_bits() => *n += 1,
                _ => values.push((value, 1)),
            }
        }
        kept.fault()?;
        self.header().encode(&(self.missing, values, &self.beyond))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (missing, values, beyond): Saved = self.header().decode(state)?;
        self.missing += missing;
        if let Some(beyond) = beyond {
            self.keep_counted()?;
            match &mut self.beyond {
                Some(ours) => ours.merge(beyond)?,
                None => self.beyond = Some(self.with_runs(beyond)?),
            }
        }
        for (value, n) in values {
            if self.counts.as_mut().is_some_and(|counts| counts.add(value, n)) {
                continue;
            }
            self.keep_counted()?;
            self.keep_many(value, n)?;
        }
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(self.finished(self.buffer.clone(), self.beyond.clone()))
    }

    fn finish_last(mut self: Box<Self>) -> Result<Finished, String> {
        let (buffer, beyond) = (std::mem::take(&mut self.buffer), self.beyond.take());
        Ok(self.finished(buffer, beyond))
    }

    fn spilled(&self) -> u64 {
        self.runs.iter().map(Part::length).sum()
    }

    fn size(&self) -> usize {
        let counts = self.counts.as_ref().map_or(0, |counts| counts.places.capacity() * size_of::<(u64, u64)>());
        let beyond = self.beyond.as_ref().map_or(0, Beyond::size);
        size_of::<Self>() + self.buffer.capacity() * size_of::<f64>() + counts + beyond + self.runs.len() * size_of::<Part>()
    }
}

impl Beyond {
    /// Counts beside a reference that is in memory; none where it is not, or has so few different values that they say little of others.
    fn beside(reference: &Ranks, most: usize, seed: u64) -> Option<Beyond> {
        let Ranks::Sorted(reference) = reference else { return None };
        let knots = reference.knots(most.min(MOST_KNOTS))?;
        Some(Beyond::new(knots, seed))
    }
}

impl Ranks {
    /// Values that are not missing.
    pub fn len(&self) -> u64 {
        match self {
            Ranks::Sorted(values) => values.len(),
            Ranks::Beyond(beyond) => beyond.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn fault(&self) -> Result<(), String> {
        match self {
            Ranks::Sorted(values) => values.fault(),
            Ranks::Beyond(_) => Ok(()),
        }
    }
}
