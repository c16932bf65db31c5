//! What an evaluation asks of a plugin, how the plugin fails, and for how long it is left alone after that.

use crate::instance::Failure;
use driftline_core::plugin::PluginUse;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};

/// One plugin in one evaluation: shared by all its instances.
#[derive(Default)]
pub(crate) struct Usage {
    pub calls: AtomicU64,
    pub rows: AtomicU64,
    pub nanoseconds: AtomicU64,
    /// Most bytes of one instance.
    pub peak_memory: AtomicU64,
    /// Bytes of messages.
    pub log: AtomicU64,
    /// Bytes of memory of the instances that are alive.
    pub memory: AtomicU64,
    /// Instances that are alive.
    pub instances: AtomicUsize,
    failures: Mutex<Failures>,
}

#[derive(Default)]
struct Failures {
    by_reason: BTreeMap<String, u64>,
    /// The last one that was not the plugin's own word.
    last: Option<String>,
    quarantined: bool,
}

impl Usage {
    /// Counts a failure and gives its words.
    pub fn count(&self, failure: Failure) -> String {
        let mut failures = lock(&self.failures);
        *failures.by_reason.entry(failure.reason.to_owned()).or_default() += 1;
        // A plugin that says what is wrong with its data works.
        if failure.reason != "error" {
            failures.last = Some(failure.message.clone());
        }
        failure.message
    }

    fn told(&self) -> PluginUse {
        let failures = lock(&self.failures);
        PluginUse {
            calls: self.calls.load(Relaxed),
            rows: self.rows.load(Relaxed),
            failures: failures.by_reason.clone(),
            quarantined: failures.quarantined,
            seconds: self.nanoseconds.load(Relaxed) as f64 / 1e9,
            peak_memory: self.peak_memory.load(Relaxed),
        }
    }
}

/// The plugins of a host: those of the evaluation that is going on, and how they did before.
#[derive(Default)]
pub(crate) struct Plugins {
    now: Mutex<BTreeMap<String, Arc<Usage>>>,
    health: Mutex<BTreeMap<String, Health>>,
}

/// How a plugin did in the last evaluations.
struct Health {
    /// Of the component: another one starts anew.
    digest: String,
    /// Evaluations with a failure, in a row.
    failed: u32,
    /// Evaluations that it is still left out of.
    rests: u32,
    last: String,
}

/// Failed evaluations in a row before a plugin rests for one evaluation, then for two, four, eight.
const PATIENCE: u32 = 3;
/// Failed evaluations in a row after which it is not run again.
const MOST_FAILED: u32 = 8;

impl Plugins {
    /// A plugin's use in the evaluation that begins. An error says why it is not run in it.
    pub fn begin(&self, name: &str, digest: &str) -> Result<Arc<Usage>, String> {
        let usage = Arc::new(Usage::default());
        lock(&self.now).insert(name.to_owned(), usage.clone());
        let mut health = lock(&self.health);
        let Some(of) = health.get_mut(name).filter(|of| of.digest == digest) else {
            let fresh = Health { digest: digest.to_owned(), failed: 0, rests: 0, last: String::new() };
            health.insert(name.to_owned(), fresh);
            return Ok(usage);
        };
        if of.failed >= MOST_FAILED {
            lock(&usage.failures).quarantined = true;
            return Err(format!("it is quarantined, for it failed in {} evaluations in a row; replace the component or start again. The last failure: {}", of.failed, of.last));
        }
        if of.rests > 0 {
            of.rests -= 1;
            lock(&usage.failures).quarantined = true;
            return Err(format!("it rests, for it failed in {} evaluations in a row; it is run again after {} more. The last failure: {}", of.failed, of.rests, of.last));
        }
        Ok(usage)
    }

    /// Ends the evaluation.
    pub fn take(&self) -> BTreeMap<String, PluginUse> {
        let now = std::mem::take(&mut *lock(&self.now));
        let mut health = lock(&self.health);
        for (name, usage) in &now {
            let failures = lock(&usage.failures);
            if let Some(of) = health.get_mut(name).filter(|_| !failures.quarantined) {
                of.ended(failures.last.as_deref());
            }
        }
        now.into_iter().map(|(name, usage)| (name, usage.told())).collect()
    }
}

impl Health {
    fn ended(&mut self, failure: Option<&str>) {
        let Some(failure) = failure else {
            self.failed = 0;
            return;
        };
        self.failed += 1;
        self.last = failure.to_owned();
        self.rests = if self.failed < PATIENCE { 0 } else { 1 << (self.failed - PATIENCE).min(3) };
    }
}

/// What a lock guards here is right even if its holder panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}
