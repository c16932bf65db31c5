//! The items that each user is recommended first.

use super::by_key::{ByKey, Key, Weight};
use arrow::array::Array;
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::sync::Arc;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// Where recommendations are found in the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    pub user: String,
    pub item: String,
    /// With what the items of a user are ordered by.
    pub order: String,
    /// Whether the order is a place from 1, rather than a score of which the highest comes first.
    pub is_rank: bool,
}

/// What makes an item relevant.
#[derive(Debug, Clone, PartialEq)]
pub struct Relevance {
    pub target: String,
    /// The target from which on an item is relevant, all alike; without it every target above 0 is, and says how much.
    pub from: Option<f64>,
}

/// An item among those of a user.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Recommendation {
    pub score: f64,
    pub item: Key,
    /// 0 if it is not relevant, or not asked for.
    pub relevance: f64,
}

/// What one user was recommended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct List {
    /// All of its items, those beyond the first k too.
    pub shown: u64,
    /// All of its items that are relevant.
    pub relevant: u64,
    /// The first k items.
    pub top: Vec<Recommendation>,
    /// The k highest relevances of all items, descending.
    pub ideal: Vec<f64>,
}

/// The lists of all users, or of a part of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Recommended {
    /// By user, ascending.
    pub lists: Vec<(Key, List)>,
    /// The part of the users whose lists there are; 1 unless they would take too much memory.
    pub kept: f64,
    /// Rows without a user, an item or a finite order.
    pub unusable: u64,
    /// Of the other rows those without a target.
    pub unlabelled: u64,
}

/// Most items that are kept of all users.
pub const MOST_RECOMMENDATIONS: usize = 1 << 20;

/// Fingerprint of a user or an item.
pub(super) fn key(text: &str) -> Key {
    xxh3_128(text.as_bytes())
}

/// A user's order of items with equal scores: drawn, as it were, for each user, and the same in every run.
fn tie(user: Key, item: Key) -> u64 {
    let mut both = [0; 32];
    both[..16].copy_from_slice(&user.to_le_bytes());
    both[16..].copy_from_slice(&item.to_le_bytes());
    xxh3_64(&both)
}

/// The first `k` items of each user.
pub fn recommended(columns: &Columns, relevance: Option<&Relevance>, k: usize) -> Handle<Recommended> {
    let names = [&columns.user, &columns.item, &columns.order].into_iter().chain(relevance.map(|r| &r.target));
    let (names, columns, relevance) = (names.cloned().collect(), columns.clone(), relevance.cloned());
    Handle::new(format!("recommended({columns:?},{relevance:?},{k})"), names, 0, move |context| {
        let lists = ByKey::new(MOST_RECOMMENDATIONS / k.max(1), context.seed);
        Ok(State { columns: columns.clone(), relevance: relevance.clone(), k, seed: context.seed, lists, unusable: 0, unlabelled: 0 })
    })
}

impl Weight for List {
    fn weight(&self) -> usize {
        1
    }
}

impl List {
    /// The different items among the first.
    pub fn items(&self) -> impl Iterator<Item = Key> {
        let mut items: Vec<Key> = self.top.iter().map(|item| item.item).collect();
        items.sort_unstable();
        items.dedup();
        items.into_iter()
    }

    fn add(&mut self, user: Key, new: Recommendation, k: usize) {
        self.shown += 1;
        self.relevant += u64::from(new.relevance > 0.0);
        self.insert(user, new, k);
        insert(&mut self.ideal, new.relevance, k, |a, b| b.total_cmp(a));
    }

    fn insert(&mut self, user: Key, new: Recommendation, k: usize) {
        let by_tie = |a: &Recommendation, b: &Recommendation| tie(user, a.item).cmp(&tie(user, b.item)).then(a.item.cmp(&b.item)).then(b.relevance.total_cmp(&a.relevance));
        insert(&mut self.top, new, k, |a, b| b.score.total_cmp(&a.score).then_with(|| by_tie(a, b)));
    }

    fn merge(&mut self, user: Key, other: List, k: usize) {
        self.shown += other.shown;
        self.relevant += other.relevant;
        other.top.into_iter().for_each(|new| self.insert(user, new, k));
        other.ideal.into_iter().for_each(|new| insert(&mut self.ideal, new, k, |a, b| b.total_cmp(a)));
    }
}

/// Puts a value in its place among the first k.
fn insert<T>(all: &mut Vec<T>, new: T, k: usize, order: impl Fn(&T, &T) -> Ordering) {
    let place = all.partition_point(|known| order(known, &new) != Ordering::Greater);
    if place < k {
        all.truncate(k - 1);
        all.insert(place, new);
    }
}

struct State {
    columns: Columns,
    relevance: Option<Relevance>,
    k: usize,
    seed: u64,
    lists: ByKey<List>,
    unusable: u64,
    unlabelled: u64,
}

type Saved = (ByKey<List>, u64, u64);

impl State {
    fn header(&self) -> Header {
        Header::new("recommended", 1, format!("{:?},{:?},{},{}", self.columns, self.relevance, self.k, self.seed))
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let (users, items) = (block.strings(&self.columns.user)?, block.strings(&self.columns.item)?);
        let order = block.floats(&self.columns.order)?;
        let targets = self.relevance.as_ref().map(|r| block.floats(&r.target)).transpose()?;
        for row in 0..block.rows {
            if users.is_null(row) || items.is_null(row) || order.is_null(row) || !order.value(row).is_finite() {
                self.unusable += 1;
                continue;
            }
            let relevance = match (&targets, &self.relevance) {
                (Some(targets), _) if targets.is_null(row) || !targets.value(row).is_finite() => {
                    self.unlabelled += 1;
                    continue;
                }
                (Some(targets), Some(Relevance { from: Some(from), .. })) => f64::from(u8::from(targets.value(row) >= *from)),
                // A target below 0 is no more irrelevant than 0.
                (Some(targets), _) => targets.value(row).max(0.0),
                (None, _) => 0.0,
            };
            let order = order.value(row) + 0.0;
            if self.columns.is_rank && order < 1.0 {
                return Err(format!("column `{}` has the rank {order}, and the first one is 1; name it `score` under [columns] if more is better", self.columns.order));
            }
            let score = if self.columns.is_rank { -order } else { order };
            let new = Recommendation { score, item: key(items.value(row)), relevance };
            let (user, k) = (key(users.value(row)), self.k);
            self.lists.change(user, List::default, |list| list.add(user, new, k));
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&(&self.lists, self.unusable, self.unlabelled))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (lists, unusable, unlabelled): Saved = self.header().decode(state)?;
        let k = self.k;
        self.lists.merge(lists, |user, list, other| list.merge(user, other, k));
        self.unusable += unusable;
        self.unlabelled += unlabelled;
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        let lists = self.lists.sorted().into_iter().map(|(user, list)| (user, list.clone())).collect();
        Ok(Arc::new(Recommended { lists, kept: self.lists.kept(), unusable: self.unusable, unlabelled: self.unlabelled }))
    }

    fn size(&self) -> usize {
        let each = size_of::<(Key, List)>() + self.k.min(64) * (size_of::<Recommendation>() + 8);
        size_of::<Self>() + self.lists.entries() * each
    }
}
