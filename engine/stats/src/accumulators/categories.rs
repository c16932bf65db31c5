//! How often each category occurs.

use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::{Block, Dictionary};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Most distinct categories of a column; more is an error that names the column, since such a column is text.
pub const MOST_CATEGORIES: usize = 100_000;

/// Counts of a column's categories, in order of the category.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryCounts {
    pub counts: Vec<(String, u64)>,
    pub missing: u64,
}

impl CategoryCounts {
    /// Rows with a value.
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|(_, n)| n).sum()
    }

    pub fn count(&self, category: &str) -> u64 {
        let found = self.counts.binary_search_by(|(name, _)| name.as_str().cmp(category));
        found.map_or(0, |i| self.counts[i].1)
    }
}

/// Counts of each distinct value of a column, read as strings.
pub fn categories(column: &str) -> Handle<CategoryCounts> {
    let name = column.to_owned();
    Handle::new(format!("categories({column})"), vec![column.into()], 0, move |_| {
        Ok(State { column: name.clone(), counts: FxHashMap::default(), missing: 0 })
    })
    .with_dictionaries()
}

struct State {
    column: String,
    counts: FxHashMap<Box<str>, u64>,
    missing: u64,
}

impl State {
    fn header(&self) -> Header {
        Header::new("categories", 1, &self.column)
    }

    fn add(&mut self, category: &str, n: u64) -> Result<(), String> {
        if let Some(count) = self.counts.get_mut(category) {
            *count += n;
            return Ok(());
        }
        if self.counts.len() >= MOST_CATEGORIES {
            return Err(format!(
                "column `{}` has more than {MOST_CATEGORIES} categories; declare it under [columns] text or ignore",
                self.column
            ));
        }
        self.counts.insert(category.into(), n);
        Ok(())
    }

    fn finished(&self) -> CategoryCounts {
        let mut counts: Vec<(String, u64)> = self.counts.iter().map(|(k, n)| (k.to_string(), *n)).collect();
        counts.sort_unstable();
        CategoryCounts { counts, missing: self.missing }
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        if let Some(dictionary) = Dictionary::of(block.column(&self.column)?) {
            self.missing += dictionary.missing();
            for (text, n) in dictionary.counts() {
                self.add(text, n)?;
            }
            return Ok(());
        }
        let strings = block.strings(&self.column)?;
        for value in strings.iter() {
            match value {
                Some(category) => self.add(category, 1)?,
                None => self.missing += 1,
            }
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&self.finished())
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let other: CategoryCounts = self.header().decode(state)?;
        self.missing += other.missing;
        other.counts.iter().try_for_each(|(category, n)| self.add(category, *n))
    }

    fn finish(&self) -> Result<Finished, String> {
        Ok(Arc::new(self.finished()))
    }

    fn size(&self) -> usize {
        let keys: usize = self.counts.keys().map(|k| k.len()).sum();
        size_of::<Self>() + keys + self.counts.capacity() * (size_of::<(Box<str>, u64)>() + 1)
    }
}
