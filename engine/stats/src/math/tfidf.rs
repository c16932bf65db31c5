//! Texts as vectors of the weights of their words: term frequency by inverse document frequency.
//!
//! Paper: Spärck Jones, "A statistical interpretation of term specificity and its application in retrieval", J. Doc. 28 (1972); the forms
//! of the factors as Manning, Raghavan, Schütze, Introduction to Information Retrieval (2008), section 6.4. Reference implementation:
//! `sklearn.feature_extraction.text.TfidfVectorizer(sublinear_tf=True)`.

use regex::Regex;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Python's `\b\w\w+\b`: its `\w` are letters, numbers and the underscore. The `\w` of this crate also has marks, and
/// `char::is_alphanumeric` has those marks and symbols that count as alphabetic.
static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[\p{L}\p{N}_]{2,}").ok());

/// The words of at least two characters, in lower case, in the order of the text.
///
/// As scikit-learn's default (`lowercase=True`, `token_pattern=r"(?u)\b\w\w+\b"`), but for characters that are newer than the Unicode of
/// its Python. As there, a combining mark ends a word: vowel signs split words of Indic scripts, and an accent that is a character of its
/// own splits a word. In languages without spaces a word is a whole phrase.
pub fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    words_of_lower(&lower).map(str::to_owned).collect()
}

fn words_of_lower(lower: &str) -> impl Iterator<Item = &str> {
    WORD.iter().flat_map(move |word| word.find_iter(lower)).map(|found| found.as_str())
}

/// The words that make the dimensions of vectors, and their weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Vocabulary {
    /// In the order of code points; a word's place is its index.
    words: Vec<String>,
    places: HashMap<String, u32>,
    idf: Vec<f64>,
}

impl Vocabulary {
    /// Of texts with the number of rows that have them: the `most` words that are in most rows; of words in equally many, the first ones in
    /// the order of code points.
    ///
    /// (scikit-learn's `max_features` goes by how often words occur in all, which a single long text can decide.)
    pub fn fit<'a>(texts: impl IntoIterator<Item = (&'a str, u64)>, most: usize) -> Vocabulary {
        let (mut all, mut rows_of) = (0u64, HashMap::<String, u64>::new());
        for (text, rows) in texts.into_iter().filter(|(_, rows)| *rows > 0) {
            all = all.saturating_add(rows);
            let lower = text.to_lowercase();
            let mut found: Vec<&str> = words_of_lower(&lower).collect();
            found.sort_unstable();
            found.dedup();
            for word in found {
                match rows_of.get_mut(word) {
                    Some(count) => *count = count.saturating_add(rows),
                    None => drop(rows_of.insert(word.to_owned(), rows)),
                }
            }
        }
        let mut kept: Vec<(String, u64)> = rows_of.into_iter().collect();
        kept.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        kept.truncate(most.min(u32::MAX as usize));
        kept.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let idf = kept.iter().map(|(_, rows)| smooth_idf(all, *rows)).collect();
        let words: Vec<String> = kept.into_iter().map(|(word, _)| word).collect();
        let places = words.iter().cloned().zip(0..).collect();
        Vocabulary { words, places, idf }
    }

    /// In the order of code points.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Of each word: `ln((1 + n) / (1 + df)) + 1` for a word that `df` of `n` rows have.
    pub fn idf(&self) -> &[f64] {
        &self.idf
    }

    /// The non-zero components of a text, by ascending index: `(1 + ln tf) idf` for a word that it has `tf` times, over the Euclidean norm.
    /// Empty for a text without a word of the vocabulary.
    pub fn transform(&self, text: &str) -> Vec<(u32, f64)> {
        let lower = text.to_lowercase();
        let mut places: Vec<u32> = words_of_lower(&lower).filter_map(|word| self.places.get(word).copied()).collect();
        places.sort_unstable();
        let weight = |equal: &[u32]| (equal[0], (1.0 + (equal.len() as f64).ln()) * self.idf[equal[0] as usize]);
        let mut vector: Vec<(u32, f64)> = places.chunk_by(|a, b| a == b).map(weight).collect();
        // At least 1 where there is a component: idf is.
        let norm = vector.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
        vector.iter_mut().for_each(|(_, weight)| *weight /= norm);
        vector
    }
}

/// As if one more row had every word.
fn smooth_idf(rows: u64, rows_with_word: u64) -> f64 {
    ((1.0 + rows as f64) / (1.0 + rows_with_word as f64)).ln() + 1.0
}
