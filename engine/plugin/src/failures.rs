//! Counts failures by plugin and reason.

use crate::instance::Failure;
use driftline_core::plugin::PluginFailure;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// Shared by a host and all that it loaded.
#[derive(Clone, Default)]
pub(crate) struct Failures(Arc<Mutex<BTreeMap<(String, &'static str), u64>>>);

impl Failures {
    /// Counts a failure and gives its words.
    pub fn count(&self, plugin: &str, failure: Failure) -> String {
        *self.lock().entry((plugin.to_owned(), failure.reason)).or_default() += 1;
        failure.message
    }

    /// The failures since it was last asked.
    pub fn take(&self) -> Vec<PluginFailure> {
        let one = |((plugin, reason), count): ((String, &'static str), u64)| PluginFailure { plugin, reason: reason.into(), count };
        std::mem::take(&mut *self.lock()).into_iter().map(one).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(String, &'static str), u64>> {
        // A count is right even if another thread panicked while it held the lock.
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}
