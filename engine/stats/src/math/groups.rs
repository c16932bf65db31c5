//! Two sorted samples as groups of equal values: what rank statistics are computed from, in one pass and with sums of integers, so
//! that samples may come from disk and ties lose nothing.

use std::iter::Peekable;

/// The values that are equal, and how many came before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group {
    pub value: f64,
    /// Values of the group in each sample.
    pub reference: u64,
    pub current: u64,
    /// Smaller values in each sample.
    pub reference_before: u64,
    pub current_before: u64,
}

impl Group {
    /// Values of the group in both samples.
    pub fn size(&self) -> u64 {
        self.reference + self.current
    }

    /// Smaller values of both samples.
    pub fn before(&self) -> u64 {
        self.reference_before + self.current_before
    }

    /// Twice the mean rank of the group, from 1.
    pub fn midrank2(&self) -> u64 {
        2 * self.before() + self.size() + 1
    }
}

/// The groups of two ascending samples without NaN.
pub struct Groups<R: Iterator<Item = f64>, C: Iterator<Item = f64>> {
    reference: Peekable<R>,
    current: Peekable<C>,
    reference_before: u64,
    current_before: u64,
}

/// Reads two ascending samples as groups.
pub fn groups<R, C>(reference: impl IntoIterator<IntoIter = R>, current: impl IntoIterator<IntoIter = C>) -> Groups<R, C>
where
    R: Iterator<Item = f64>,
    C: Iterator<Item = f64>,
{
    Groups {
        reference: reference.into_iter().peekable(),
        current: current.into_iter().peekable(),
        reference_before: 0,
        current_before: 0,
    }
}

impl<R: Iterator<Item = f64>, C: Iterator<Item = f64>> Iterator for Groups<R, C> {
    type Item = Group;

    fn next(&mut self) -> Option<Group> {
        let value = match (self.reference.peek(), self.current.peek()) {
            (Some(a), Some(b)) => a.min(*b),
            (Some(a), None) => *a,
            (None, Some(b)) => *b,
            (None, None) => return None,
        };
        let equal = |next: &f64| next.partial_cmp(&value).is_none_or(|order| order.is_le());
        let mut group = Group {
            value,
            reference: 0,
            current: 0,
            reference_before: self.reference_before,
            current_before: self.current_before,
        };
        while self.reference.next_if(equal).is_some() {
            group.reference += 1;
        }
        while self.current.next_if(equal).is_some() {
            group.current += 1;
        }
        self.reference_before += group.reference;
        self.current_before += group.current;
        Some(group)
    }
}
