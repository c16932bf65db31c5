//! The two shapes that most metrics have: read one accumulator, or the same accumulator of each column.

use crate::accumulators::{CategoryCounts, ColumnMoments, ColumnShape};
use crate::math::{Moments, ShapeMoments};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Field};
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use std::sync::Arc;

/// A metric that reads one accumulator.
pub(super) struct Single<T> {
    pub handle: Handle<T>,
    pub read: fn(&T) -> Result<Reading, Undefined>,
}

impl<T: Send + Sync + 'static> Metric for Single<T> {
    fn requests(&self) -> Vec<Request> {
        vec![self.handle.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(sides.current.read(&self.handle).and_then(|found| (self.read)(&found)))
    }
}

/// Computes a reading from the columns' results, each with its name.
type ReadEach<T> = fn(&[(&str, Arc<T>)]) -> Result<Reading, Undefined>;

/// A metric that reads the same accumulator of several columns: those that the side has.
pub(super) struct Each<T> {
    pub handles: Vec<(String, Handle<T>)>,
    pub read: ReadEach<T>,
}

impl<T: Send + Sync + 'static> Metric for Each<T> {
    fn requests(&self) -> Vec<Request> {
        self.handles.iter().map(|(_, handle)| handle.request.clone()).collect()
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        if sides.current.rows == 0 {
            return single(Err(Undefined::no_data("there are no rows")));
        }
        let schema = &sides.current.schema;
        let present = self.handles.iter().filter(|(name, _)| schema.column_with_name(name).is_some());
        let found: Result<Vec<(&str, Arc<T>)>, Undefined> =
            present.map(|(name, handle)| Ok((name.as_str(), sides.current.read(handle)?))).collect();
        single(found.and_then(|found| (self.read)(&found)))
    }
}

/// Categories that one side has and the other lacks.
pub(super) struct OneSided {
    pub counts: Handle<CategoryCounts>,
    /// Gives the side that has them, then the one that lacks them, from reference and current.
    pub sides: for<'a> fn(&'a CategoryCounts, &'a CategoryCounts) -> (&'a CategoryCounts, &'a CategoryCounts),
    /// What the note calls them.
    pub word: &'static str,
}

impl OneSided {
    fn read(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let (reference, current) = (sides.reference()?.read(&self.counts)?, sides.current.read(&self.counts)?);
        if reference.total() == 0 || current.total() == 0 {
            return Err(Undefined::no_data("a side has no values"));
        }
        let (having, lacking) = (self.sides)(&reference, &current);
        let found: Vec<&(String, u64)> = having.counts.iter().filter(|(name, _)| lacking.count(name) == 0).collect();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        let share = of_values(found.iter().map(|(_, n)| n).sum(), having.total())?;
        Ok(Reading { note: note(self.word, &names), ..Reading::of([("count", names.len() as f64), ("share", share)]) })
    }
}

impl Metric for OneSided {
    fn requests(&self) -> Vec<Request> {
        vec![self.counts.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.read(sides))
    }
}

/// A metric without labels of its own.
pub(super) fn plain(metric: impl Metric + 'static, fields: &[Field]) -> Built {
    Built { metric: Box::new(metric), labels: Vec::new(), labelled: &[], fields: fields.to_vec(), default_fail: None }
}

/// What a measure of strings came to.
pub(super) fn measured(found: &Moments) -> Result<Reading, Undefined> {
    match found.count {
        0 => Err(Undefined::no_data("the column has no values")),
        _ => Ok(Reading::of([("mean", found.mean.to_f64()), ("min", found.min), ("max", found.max)])),
    }
}

/// The names of a binding's columns.
pub(super) fn names(binding: &Binding<'_>) -> Vec<String> {
    binding.columns.iter().map(|c| c.name.clone()).collect()
}

/// A note that names columns, not all if they are many.
pub(super) fn note(what: &str, names: &[&str]) -> Option<String> {
    const MOST: usize = 8;
    let more = names.len().saturating_sub(MOST);
    let shown = names.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!names.is_empty()).then(|| format!("{what}: {shown}{rest}"))
}

/// `part / whole`, or `no_data` of nothing.
pub(super) fn share(part: u64, whole: u64) -> Result<f64, Undefined> {
    if whole == 0 { Err(Undefined::no_data("there are no rows")) } else { Ok(part as f64 / whole as f64) }
}

/// [`share`] of the values that are there.
pub(super) fn of_values(part: u64, values: u64) -> Result<f64, Undefined> {
    share(part, values).map_err(|_| Undefined::no_data("the column has no values"))
}

/// The moments of a column without infinities.
pub(super) fn finite(found: &ColumnMoments) -> Result<&Moments, Undefined> {
    match (found.infinities(), found.finite.count) {
        (0, 0) => Err(Undefined::no_data("the column has no values")),
        (0, _) if !(found.finite.mean.hi.is_finite() && found.finite.m2.hi.is_finite()) => {
            Err(Undefined::error("the values are too large: the sum of their squares exceeds the largest number"))
        }
        (0, _) => Ok(&found.finite),
        (n, _) => Err(Undefined::error(format!("the column has {n} infinite values"))),
    }
}

/// The higher moments of a column without infinities.
pub(super) fn varying(found: &ColumnShape) -> Result<&ShapeMoments, Undefined> {
    match (found.infinities, found.finite.count) {
        (0, 0) => Err(Undefined::no_data("the column has no values")),
        (0, _) if !found.finite.m4.hi.is_finite() => {
            Err(Undefined::error("the values are too large: the sum of their fourth powers exceeds the largest number"))
        }
        (0, _) => Ok(&found.finite),
        (n, _) => Err(Undefined::error(format!("the column has {n} infinite values"))),
    }
}
