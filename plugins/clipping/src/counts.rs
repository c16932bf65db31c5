//! The mergeable state: how many clips of each label there were, and of which kind.

use crate::detect::Limits;
use std::collections::BTreeMap;

/// The meaning of the bytes that [`Counts::to_bytes`] gives.
pub const STATE_VERSION: u32 = 1;

/// Clips of one label.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub clips: u64,
    pub clipped: u64,
    pub silent: u64,
}

impl Count {
    pub fn add(&mut self, other: Count) {
        self.clips = self.clips.saturating_add(other.clips);
        self.clipped = self.clipped.saturating_add(other.clipped);
        self.silent = self.silent.saturating_add(other.silent);
    }
}

/// Counts by label, in the labels' order; without labels all clips stand under the empty one.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts(pub BTreeMap<String, Count>);

impl Counts {
    pub fn add(&mut self, label: &str, count: Count) {
        match self.0.get_mut(label) {
            Some(known) => known.add(count),
            None => _ = self.0.insert(label.into(), count),
        }
    }

    /// Little-endian: version, the limits, whether there are labels, the number of labels; then for each label its length,
    /// its bytes, and its three counts.
    pub fn to_bytes(&self, limits: &Limits, labelled: bool) -> Vec<u8> {
        let mut bytes = header(limits, labelled);
        bytes.extend((self.0.len() as u32).to_le_bytes());
        for (label, count) in &self.0 {
            bytes.extend((label.len() as u32).to_le_bytes());
            bytes.extend(label.as_bytes());
            bytes.extend([count.clips, count.clipped, count.silent].map(u64::to_le_bytes).as_flattened());
        }
        bytes
    }

    /// Reads what [`Counts::to_bytes`] wrote under the same limits.
    pub fn from_bytes(state: &[u8], limits: &Limits, labelled: bool) -> Result<Counts, String> {
        let rest = state.strip_prefix(header(limits, labelled).as_slice());
        let mut reader = Reader(rest.ok_or("the state is of another version or config of `clipping`")?);
        let labels = reader.labels().ok_or("the state of `clipping` is broken")?;
        Ok(Counts(labels))
    }
}

fn header(limits: &Limits, labelled: bool) -> Vec<u8> {
    let mut bytes = STATE_VERSION.to_le_bytes().to_vec();
    bytes.extend(limits.level.to_le_bytes());
    bytes.extend(limits.clipped_run.to_le_bytes());
    bytes.extend(limits.silence_dbfs.to_le_bytes());
    bytes.push(u8::from(labelled));
    bytes
}

/// Takes values from the front; `None` when the bytes do not make sense.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn labels(&mut self) -> Option<BTreeMap<String, Count>> {
        let mut labels = BTreeMap::new();
        for _ in 0..self.u32()? {
            let length = self.u32()? as usize;
            let label = std::str::from_utf8(self.take(length)?).ok()?;
            let count = Count { clips: self.u64()?, clipped: self.u64()?, silent: self.u64()? };
            let possible = count.clipped.max(count.silent) <= count.clips;
            let new = labels.insert(label.to_owned(), count).is_none();
            (possible && new).then_some(())?;
        }
        self.0.is_empty().then_some(labels)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::{Count, Counts};
    use crate::detect::Limits;

    const LIMITS: Limits = Limits { level: 0.999, clipped_run: 3, silence_dbfs: -60.0 };

    fn counts() -> Counts {
        let mut counts = Counts::default();
        counts.add("speech", Count { clips: 3, clipped: 1, silent: 0 });
        counts.add("music", Count { clips: 2, clipped: 0, silent: 2 });
        counts
    }

    #[test]
    fn bytes_keep_everything() {
        let bytes = counts().to_bytes(&LIMITS, true);
        assert_eq!(Counts::from_bytes(&bytes, &LIMITS, true), Ok(counts()));
    }

    #[test]
    fn foreign_and_broken_bytes_are_refused() {
        let bytes = counts().to_bytes(&LIMITS, true);
        assert!(Counts::from_bytes(&bytes, &LIMITS, false).is_err());
        assert!(Counts::from_bytes(&bytes, &Limits { clipped_run: 4, ..LIMITS }, true).is_err());
        for end in 0..bytes.len() {
            assert!(Counts::from_bytes(&bytes[..end], &LIMITS, true).is_err(), "{end} bytes");
        }
        assert!(Counts::from_bytes(&[&bytes[..], &[0]].concat(), &LIMITS, true).is_err());
        let mut impossible = Counts::default();
        impossible.add("a", Count { clips: 1, clipped: 2, silent: 0 });
        assert!(Counts::from_bytes(&impossible.to_bytes(&LIMITS, true), &LIMITS, true).is_err());
    }
}
