//! Audio clips as plugins receive them: lists of samples, or WAV files, one a row.
//!
//! A row that has no usable clip is an [`Unusable`], never a guess: the caller makes it null and counts it.

mod wav;

use std::borrow::Cow;
use std::fmt;

/// A decoded clip: at least one sample, all of them finite.
#[derive(Debug, PartialEq)]
pub struct Clip<'a> {
    /// One channel; full scale is -1 to 1. Several channels are averaged.
    pub samples: Cow<'a, [f32]>,
    /// Samples a second, where the clip itself says so (WAV).
    pub rate: Option<u32>,
}

/// Why a row has no usable clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    Null,
    Empty,
    /// A sample is NaN or infinite.
    NotFinite,
    /// The bytes are not a WAV file that can be read; says why.
    Undecodable(&'static str),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unusable::Null => f.write_str("the row is null"),
            Unusable::Empty => f.write_str("the clip is empty"),
            Unusable::NotFinite => f.write_str("a sample is NaN or infinite"),
            Unusable::Undecodable(reason) => write!(f, "the clip cannot be decoded: {reason}"),
        }
    }
}

/// A column of clips, borrowed from a batch.
pub struct Clips<'a> {
    values: Values<'a>,
    offsets: &'a [u32],
    validity: Option<&'a [u8]>,
}

enum Values<'a> {
    Samples(&'a [f32]),
    Wav(&'a [u8]),
}

impl<'a> Clips<'a> {
    /// Row `i` is the samples `values[offsets[i]..offsets[i + 1]]`; their rate is known elsewhere.
    pub fn of_samples(offsets: &'a [u32], values: &'a [f32], validity: Option<&'a [u8]>) -> Result<Self, String> {
        check_shape(offsets, values.len(), validity)?;
        Ok(Clips { values: Values::Samples(values), offsets, validity })
    }

    /// Row `i` is the WAV file `values[offsets[i]..offsets[i + 1]]`.
    pub fn of_wav(offsets: &'a [u32], values: &'a [u8], validity: Option<&'a [u8]>) -> Result<Self, String> {
        check_shape(offsets, values.len(), validity)?;
        Ok(Clips { values: Values::Wav(values), offsets, validity })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The clip of a row below [`Clips::rows`].
    pub fn get(&self, row: usize) -> Result<Clip<'a>, Unusable> {
        if self.validity.is_some_and(|validity| validity[row] == 0) {
            return Err(Unusable::Null);
        }
        let range = self.offsets[row] as usize..self.offsets[row + 1] as usize;
        let clip = match self.values {
            Values::Samples(values) => Clip { samples: Cow::Borrowed(&values[range]), rate: None },
            Values::Wav(_) if range.is_empty() => return Err(Unusable::Empty),
            Values::Wav(values) => wav::decode(&values[range])?,
        };
        if clip.samples.is_empty() {
            return Err(Unusable::Empty);
        }
        // Without an early exit a piece becomes SIMD; bad samples are rare.
        let has_bad = |samples: &[f32]| samples.iter().fold(false, |bad, sample| bad | !sample.is_finite());
        let (pieces, rest) = clip.samples.as_chunks::<64>();
        if pieces.iter().any(|piece| has_bad(piece)) || has_bad(rest) {
            return Err(Unusable::NotFinite);
        }
        Ok(clip)
    }
}

/// Checked once a batch, so that no row can reach outside its values.
fn check_shape(offsets: &[u32], values: usize, validity: Option<&[u8]>) -> Result<(), String> {
    let ascending = offsets.windows(2).all(|pair| pair[0] <= pair[1]);
    if !ascending || offsets.last().is_none_or(|&last| last as usize > values) {
        return Err("the batch is broken: offsets of `audio` do not fit its values".into());
    }
    if validity.is_some_and(|validity| validity.len() + 1 != offsets.len()) {
        return Err("the batch is broken: validity of `audio` does not fit its rows".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
