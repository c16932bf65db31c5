//! What is kept for each user or item, of a part of them where all would take too much.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use xxhash_rust::xxh3::xxh3_128;

/// Fingerprint of a user, an item or a row: of equal text on all sides.
pub type Key = u128;

/// Values by key. Beyond a weight only a half of the keys are kept, then a quarter and so on: which ones depends on the keys and the
/// seed alone, not on their order, so that states merge and the same users are kept on all sides.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ByKey<V> {
    level: u32,
    weight: usize,
    most: usize,
    /// Which keys go first.
    mask: Key,
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
    pub fn new(most: usize, seed: u64) -> Self {
        Self { level: 0, weight: 0, most, mask: xxh3_128(&seed.to_le_bytes()), map: FxHashMap::default() }
    }

    fn keeps(&self, key: Key) -> bool {
        (key ^ self.mask).trailing_zeros() >= self.level
    }

    /// Changes the value of a key, if the key is kept.
    pub fn change(&mut self, key: Key, new: impl FnOnce() -> V, change: impl FnOnce(&mut V)) {
        if !self.keeps(key) {
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
            self.rise(self.level + 1);
        }
    }

    fn rise(&mut self, level: u32) {
        self.level = level;
        let mask = self.mask;
        self.map.retain(|key, _| (key ^ mask).trailing_zeros() >= level);
        self.weight = self.map.values().map(Weight::weight).sum();
    }

    /// Adds the values of another one.
    pub fn merge(&mut self, other: Self, mut add: impl FnMut(Key, &mut V, V)) {
        self.rise(self.level.max(other.level));
        for (key, value) in other.map {
            if !self.keeps(key) {
                continue;
            }
            match self.map.entry(key) {
                Entry::Occupied(mut known) => {
                    let before = known.get().weight();
                    add(key, known.get_mut(), value);
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
