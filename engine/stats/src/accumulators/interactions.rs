//! Which user had to do with which items.

use super::by_key::{ByKey, Key, Weight};
use super::recommended::key;
use arrow::array::Array;
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Items by user, and users by item.
#[derive(Debug, Clone, PartialEq)]
pub struct Interactions {
    /// The different items of each user, both ascending.
    pub users: Vec<(Key, Vec<Key>)>,
    /// How many different users an item has.
    pub popularity: FxHashMap<Key, u64>,
    /// The part of the users that is kept; 1 unless they would take too much memory.
    pub kept: f64,
}

/// Most pairs of a user and an item that are kept.
pub const MOST_INTERACTIONS: usize = 1 << 21;

/// The different items of each user.
pub fn interactions(user: &str, item: &str) -> Handle<Interactions> {
    let columns = [user.to_owned(), item.to_owned()];
    Handle::new(format!("interactions({columns:?})"), columns.to_vec(), 0, move |context| {
        Ok(State { columns: columns.clone(), seed: context.seed, users: ByKey::new(MOST_INTERACTIONS, context.seed), unusable: 0 })
    })
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Items(BTreeSet<Key>);

impl Weight for Items {
    fn weight(&self) -> usize {
        self.0.len()
    }
}

struct State {
    columns: [String; 2],
    seed: u64,
    users: ByKey<Items>,
    unusable: u64,
}

impl State {
    fn header(&self) -> Header {
        Header::new("interactions", 1, format!("{:?},{}", self.columns, self.seed))
    }
}

impl Accumulator for State {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let (users, items) = (block.strings(&self.columns[0])?, block.strings(&self.columns[1])?);
        for row in 0..block.rows {
            if users.is_null(row) || items.is_null(row) {
                self.unusable += 1;
                continue;
            }
            let item = key(items.value(row));
            self.users.change(key(users.value(row)), Items::default, |known| {
                known.0.insert(item);
            });
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header().encode(&(&self.users, self.unusable))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (users, unusable): (ByKey<Items>, u64) = self.header().decode(state)?;
        self.users.merge(users, |_, known, new| known.0.extend(new.0));
        self.unusable += unusable;
        Ok(())
    }

    fn finish(&self) -> Result<Finished, String> {
        let users: Vec<(Key, Vec<Key>)> = self.users.sorted().into_iter().map(|(user, items)| (user, items.0.iter().copied().collect())).collect();
        let mut popularity = FxHashMap::default();
        users.iter().flat_map(|(_, items)| items).for_each(|item| *popularity.entry(*item).or_default() += 1);
        Ok(Arc::new(Interactions { users, popularity, kept: self.users.kept() }))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.users.entries() * size_of::<(Key, Items)>() + self.users.sorted().iter().map(|(_, items)| 32 * items.0.len()).sum::<usize>()
    }

    fn unusable(&self) -> u64 {
        self.unusable
    }
}
