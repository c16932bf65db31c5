//! What is kept for each user or item, of a part of them where all would take too much.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::collections::hash_map::Entry;

/// Fingerprint of a user or an item: of equal text and seed on all sides.
pub type Key = u128;

/// Values by key. Beyond a weight only a half of the keys are kept, then a quarter and so on: which ones depends on the keys and the
/// seed alone, not on their order, so that states merge and the same users are kept on all sides.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ByKey<V> {
    level: u32,
    weight: usize,
    most: usize,
    #[serde(serialize_with = "in_order", bound(serialize = "V: Serialize"))]
    map: FxHashMap<Key, V>,
}

/// Equal states are equal bytes.
fn in_order<S: Serializer, V: Serialize>(map: &FxHashMap<Key, V>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(map.iter().collect::<BTreeMap<_, _>>())
}

/// What a value counts towards the most that is kept; it never shrinks.
pub(super) trait Weight {
    fn weight(&self) -> usize;
}

impl<V: Weight> ByKey<V> {
    pub fn new(most: usize) -> Self {
        Self { level: 0, weight: 0, most, map: FxHashMap::default() }
    }

    /// Changes the value of a key, if the key is kept.
    pub fn change(&mut self, key: Key, new: impl FnOnce() -> V, change: impl FnOnce(&mut V)) {
        if key.trailing_zeros() < self.level {
            return;
        }
        let (value, before) = match self.map.entry(key) {
            Entry::Occupied(known) => {
                let known = known.into_mut();
                let before = known.weight();
                (known, before)
            }
            Entry::Vacant(vacant) => (vacant.insert(new()), 0),
        };
        change(value);
        self.weight += value.weight() - before;
        self.reduce();
    }

    fn reduce(&mut self) {
        while self.weight > self.most && self.level < Key::BITS {
            self.level += 1;
            let level = self.level;
            self.map.retain(|key, _| key.trailing_zeros() >= level);
            self.weight = self.map.values().map(Weight::weight).sum();
        }
    }

    /// Adds the values of another one.
    pub fn merge(&mut self, other: Self, mut add: impl FnMut(&mut V, V)) {
        self.level = self.level.max(other.level);
        let level = self.level;
        self.map.retain(|key, _| key.trailing_zeros() >= level);
        self.weight = self.map.values().map(Weight::weight).sum();
        for (key, value) in other.map {
            if key.trailing_zeros() < self.level {
                continue;
            }
            match self.map.entry(key) {
                Entry::Occupied(mut known) => {
                    let before = known.get().weight();
                    add(known.get_mut(), value);
                    self.weight += known.get().weight() - before;
                }
                Entry::Vacant(vacant) => self.weight += vacant.insert(value).weight(),
            }
            self.reduce();
        }
    }

    /// The kept keys, ascending.
    pub fn sorted(&self) -> Vec<(Key, &V)> {
        let mut all: Vec<(Key, &V)> = self.map.iter().map(|(key, value)| (*key, value)).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }

    /// The part of the keys that is kept.
    pub fn kept(&self) -> f64 {
        0.5f64.powi(self.level.min(1_000).cast_signed())
    }

    pub fn entries(&self) -> usize {
        self.map.capacity()
    }
}
