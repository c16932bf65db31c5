//! One instance of a plugin, held to its limits in every call.

use crate::cache::first_line;
use crate::world::driftline::plugin::log::{Host as LogHost, Level};
use driftline_core::spec::LimitsFrame;
use std::time::Duration;
use wasmtime::component::{HasData, InstancePre};
use wasmtime::{ResourceLimiter, Store, Trap};

/// Length of a tick of the clock that time limits are counted in.
pub(crate) const TICK: Duration = Duration::from_millis(5);

const MOST_TABLE_ELEMENTS: usize = 100_000;
/// Core instances, memories and tables of one component; each costs the host something, even if it is empty.
const MOST_PARTS: usize = 32;
const MOST_LOG_MESSAGES: u32 = 100;
const LONGEST_LOG_MESSAGE: usize = 1024;

/// What the host keeps for an instance.
pub(crate) struct State {
    plugin: String,
    most_memory: usize,
    /// Bytes of all its linear memories together, and elements of all its tables.
    memory: usize,
    elements: usize,
    /// Whether the memory limit refused a growth: the guest's trap that follows is told as this.
    refused_memory: bool,
    messages: u32,
}

pub(crate) struct Log;

impl HasData for Log {
    type Data<'a> = &'a mut State;
}

impl LogHost for State {
    fn log(&mut self, level: Level, message: String) {
        self.messages += 1;
        if self.messages > MOST_LOG_MESSAGES {
            return;
        }
        let end = message.floor_char_boundary(LONGEST_LOG_MESSAGE);
        let (plugin, message) = (&self.plugin, &message[..end]);
        match level {
            Level::Error => tracing::error!(plugin, "{message}"),
            Level::Warn => tracing::warn!(plugin, "{message}"),
            Level::Info => tracing::info!(plugin, "{message}"),
            Level::Debug => tracing::debug!(plugin, "{message}"),
        }
    }
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, now: usize, desired: usize, _most: Option<usize>) -> wasmtime::Result<bool> {
        let together = self.memory.saturating_add(desired - now);
        if together > self.most_memory {
            self.refused_memory = true;
            return Ok(false);
        }
        self.memory = together;
        Ok(true)
    }

    fn table_growing(&mut self, now: usize, desired: usize, _most: Option<usize>) -> wasmtime::Result<bool> {
        let together = self.elements.saturating_add(desired - now);
        if together <= MOST_TABLE_ELEMENTS {
            self.elements = together;
        }
        Ok(together <= MOST_TABLE_ELEMENTS)
    }

    fn instances(&self) -> usize {
        MOST_PARTS
    }

    fn memories(&self) -> usize {
        MOST_PARTS
    }

    fn tables(&self) -> usize {
        MOST_PARTS
    }
}

/// Why a call failed: a short reason for the counter, and a sentence for the user.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    pub reason: &'static str,
    pub message: String,
}

/// A running instance.
pub(crate) struct Instance {
    store: Store<State>,
    pub handle: wasmtime::component::Instance,
    limits: LimitsFrame,
    /// Set by the first failure; a trapped instance cannot be entered again.
    dead: Option<Failure>,
}

impl Instance {
    pub fn new(plugin: &str, pre: &InstancePre<State>, limits: &LimitsFrame) -> Result<Self, Failure> {
        let most_memory = usize::try_from(limits.memory.0).unwrap_or(usize::MAX);
        let state = State { plugin: plugin.into(), most_memory, memory: 0, elements: 0, refused_memory: false, messages: 0 };
        let mut store = Store::new(pre.engine(), state);
        store.limiter(|state| state);
        arm(&mut store, limits);
        match pre.instantiate(&mut store) {
            Ok(handle) => Ok(Self { store, handle, limits: limits.clone(), dead: None }),
            Err(e) => Err(failure(store.data(), limits, "instantiate", &e)),
        }
    }

    pub fn dead(&self) -> Option<&Failure> {
        self.dead.as_ref()
    }

    /// Makes one call within the limits. The first failure ends the instance.
    pub fn call<R>(
        &mut self,
        name: &str,
        call: impl FnOnce(&mut Store<State>) -> wasmtime::Result<R>,
    ) -> Result<R, Failure> {
        if let Some(failure) = &self.dead {
            return Err(failure.clone());
        }
        arm(&mut self.store, &self.limits);
        call(&mut self.store).map_err(|e| {
            let failure = failure(self.store.data(), &self.limits, name, &e);
            self.dead = Some(failure.clone());
            failure
        })
    }

    /// Reads the exports; not a call into the guest.
    pub fn store(&mut self) -> &mut Store<State> {
        &mut self.store
    }
}

/// Sets the limits of the next call.
fn arm(store: &mut Store<State>, limits: &LimitsFrame) {
    let ticks = limits.time.0.as_millis().div_ceil(TICK.as_millis()) + 1;
    store.set_epoch_deadline(u64::try_from(ticks).unwrap_or(u64::MAX / 2));
    store.set_hostcall_fuel(usize::try_from(limits.output.0).unwrap_or(usize::MAX));
}

fn failure(state: &State, limits: &LimitsFrame, call: &str, error: &wasmtime::Error) -> Failure {
    let bytes = |b: u64| bytesize::ByteSize(b).display().iec().to_string();
    let (reason, what) = match error.downcast_ref::<Trap>() {
        _ if state.refused_memory => ("memory", format!("wanted more than its memory limit of {}", bytes(limits.memory.0))),
        Some(Trap::Interrupt) => ("time", format!("took longer than its time limit of {:?}", limits.time.0)),
        Some(Trap::StackOverflow) => ("stack", "overflowed its stack".to_owned()),
        _ if format!("{error:#}").contains("fuel") => {
            ("output", format!("gave back more than its output limit of {}", bytes(limits.output.0)))
        }
        Some(trap) => ("trap", format!("trapped: {trap}")),
        None => ("error", first_line(error)),
    };
    Failure { reason, message: format!("plugin `{}`: {call} {what}", state.plugin) }
}
