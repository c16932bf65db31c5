//! What can be measured of strings, and how many match a pattern.

use crate::math::{Dd, Moments};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use regex::Regex;
use std::sync::Arc;
use unicode_segmentation::UnicodeSegmentation;

/// A number that a string has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextMeasure {
    /// Characters (Unicode scalar values).
    Length,
    /// Words with a letter or digit, by Unicode Standard Annex 29.
    Words,
    /// Sentences with a letter or digit, by Unicode Standard Annex 29.
    Sentences,
    /// Characters that are neither letters nor white space over all characters; 0 for an empty string.
    NonLetterShare,
}

impl TextMeasure {
    fn name(self) -> &'static str {
        match self {
            TextMeasure::Length => "text_length",
            TextMeasure::Words => "word_count",
            TextMeasure::Sentences => "sentence_count",
            TextMeasure::NonLetterShare => "non_letter_share",
        }
    }

    fn of(self, text: &str) -> f64 {
        match self {
            TextMeasure::Length => text.chars().count() as f64,
            TextMeasure::Words => text.unicode_words().count() as f64,
            TextMeasure::Sentences => text.unicode_sentences().count() as f64,
            TextMeasure::NonLetterShare => {
                let others = text.chars().filter(|c| !c.is_alphabetic() && !c.is_whitespace()).count();
                others as f64 / text.chars().count().max(1) as f64
            }
        }
    }
}

/// Moments of a measure of a column's strings.
pub fn text_measure(column: &str, measure: TextMeasure) -> Handle<Moments> {
    let name = column.to_owned();
    Handle::new(format!("{}({column})", measure.name()), vec![column.into()], 0, move |_| {
        Ok(Measured { column: name.clone(), measure, moments: Moments::default() })
    })
}

struct Measured {
    column: String,
    measure: TextMeasure,
    moments: Moments,
}

impl Measured {
    fn header(&self) -> Header {
        Header::new(self.measure.name(), 1, &self.column)
    }
}

impl Accumulator for Measured {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let strings = block.strings(&self.column)?;
        let measured: Vec<f64> = strings.iter().flatten().map(|text| self.measure.of(text)).collect();
        self.moments = self.moments.merge(&Moments::from_block(&measured));
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        let Moments { count, mean, m2, min, max } = self.moments;
        self.header().encode(&(count, mean, m2, min, max))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (count, mean, m2, min, max): (u64, Dd, Dd, f64, f64) = self.header().decode(state)?;
        self.moments = self.moments.merge(&Moments { count, mean, m2, min, max });
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.moments))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.column.capacity()
    }
}

/// Strings that are there, and how many match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PatternMatches {
    pub values: u64,
    pub matching: u64,
}

/// Strings that a regular expression matches somewhere.
pub fn pattern_matches(column: &str, pattern: Regex) -> Handle<PatternMatches> {
    let name = column.to_owned();
    Handle::new(format!("pattern_matches({column},{pattern})"), vec![column.into()], 0, move |_| {
        Ok(Pattern { column: name.clone(), pattern: pattern.clone(), found: PatternMatches::default() })
    })
}

struct Pattern {
    column: String,
    pattern: Regex,
    found: PatternMatches,
}

impl Pattern {
    fn header(&self) -> Header {
        Header::new("pattern_matches", 1, format!("{} {}", self.column, self.pattern))
    }
}

impl Accumulator for Pattern {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        for text in block.strings(&self.column)?.iter().flatten() {
            self.found.values += 1;
            self.found.matching += u64::from(self.pattern.is_match(text));
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&(self.found.values, self.found.matching))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (values, matching): (u64, u64) = self.header().decode(state)?;
        self.found.values += values;
        self.found.matching += matching;
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.found))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.column.capacity() + self.pattern.as_str().len()
    }
}
