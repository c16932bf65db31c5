//! One instance of a plugin, held to its limits in every call.

use crate::usage::Usage;
use crate::wasi::{Grants, Wasi};
use crate::world::driftline::plugin::log::{Host as LogHost, Level};
use driftline_core::spec::LimitsFrame;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant as Clock};
use wasmtime::component::{HasData, InstancePre};
use wasmtime::{ResourceLimiter, Store, Trap};
use wasmtime_wasi::{WasiCtxView, WasiView};

/// Length of a tick of the clock that time limits are counted in.
pub(crate) const TICK: Duration = Duration::from_millis(5);

/// Bytes of the stack of a guest's code.
pub(crate) const STACK: usize = 512 << 10;

/// Core instances, memories and tables of one component; each costs the host something, even if it is empty.
const MOST_PARTS: usize = 64;

/// What all instances of a plugin share in one evaluation.
#[derive(Clone)]
pub(crate) struct Shared {
    pub plugin: Arc<str>,
    pub limits: Arc<LimitsFrame>,
    pub grants: Arc<Grants>,
    pub usage: Arc<Usage>,
    /// Whether the component imports WASI, whose functions may block.
    pub imports_wasi: bool,
}

/// A limit that an instance ran into: the guest's trap that follows is told as this.
#[derive(Debug, Clone, Copy, thiserror::Error)]
enum Breach {
    #[error("memory")]
    Memory,
    #[error("total memory")]
    TotalMemory,
    #[error("table")]
    Table,
    #[error("log")]
    Log,
}

/// What the host keeps for an instance.
pub(crate) struct State {
    shared: Shared,
    /// Bytes of all its linear memories together, and elements of all its tables.
    memory: usize,
    elements: usize,
    /// The last growth of memory that was allowed.
    growing: usize,
    /// A growth that was refused.
    refused: Option<Breach>,
    /// Made when it is first asked for.
    wasi: Option<Wasi>,
}

/// The bytes of messages that are left to a plugin.
#[derive(Clone)]
pub(crate) struct Messages(pub Shared);

impl Messages {
    /// Takes as many bytes, or fails.
    pub fn take(&self, bytes: usize) -> wasmtime::Result<()> {
        let before = self.0.usage.log.fetch_add(bytes as u64, Relaxed);
        if before + bytes as u64 > self.0.limits.log.0 { Err(Breach::Log.into()) } else { Ok(()) }
    }
}

/// As much of a guest's words as a person reads.
pub(crate) fn short(text: &str) -> String {
    const MOST: usize = 2_000;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} … ({} bytes more)", &text[..end], text.len() - end),
        None => text.to_owned(),
    }
}

/// A guest's words in the log: what follows on other lines is set in, so that it cannot be taken for a line of the log's own.
pub(crate) fn inset(text: &str) -> String {
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    let shown: String = text.chars().map(|c| if control(c) { '\u{fffd}' } else { c }).collect();
    shown.trim_end().replace('\n', "\n    ")
}

pub(crate) struct Log;

impl HasData for Log {
    type Data<'a> = &'a mut State;
}

impl LogHost for State {
    fn log(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        // An empty message costs something, too.
        Messages(self.shared.clone()).take(message.len().max(16))?;
        let (plugin, message) = (&*self.shared.plugin, inset(&message));
        match level {
            Level::Error => tracing::error!(plugin, "{message}"),
            Level::Warn => tracing::warn!(plugin, "{message}"),
            Level::Info => tracing::info!(plugin, "{message}"),
            Level::Debug => tracing::debug!(plugin, "{message}"),
        }
        Ok(())
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let shared = &self.shared;
        let make = || Wasi::new(shared);
        self.wasi.get_or_insert_with(make).view()
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.shared.usage.memory.fetch_sub(self.memory as u64, Relaxed);
    }
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, now: usize, desired: usize, _most: Option<usize>) -> wasmtime::Result<bool> {
        self.growing = 0;
        let together = self.memory.saturating_add(desired - now);
        let most = usize::try_from(self.shared.limits.memory.0).unwrap_or(usize::MAX);
        if together > most {
            self.refused = Some(Breach::Memory);
            return Ok(false);
        }
        let more = (desired - now) as u64;
        let of_all = self.shared.usage.memory.fetch_add(more, Relaxed) + more;
        if of_all > self.shared.limits.total_memory.0 {
            self.shared.usage.memory.fetch_sub(more, Relaxed);
            self.refused = Some(Breach::TotalMemory);
            return Ok(false);
        }
        (self.memory, self.growing) = (together, desired - now);
        self.shared.usage.peak_memory.fetch_max(together as u64, Relaxed);
        Ok(true)
    }

    /// Beyond the memory's own maximum, or the machine's.
    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        let back = std::mem::take(&mut self.growing);
        self.memory -= back;
        self.shared.usage.memory.fetch_sub(back as u64, Relaxed);
        Ok(())
    }

    fn table_growing(&mut self, now: usize, desired: usize, _most: Option<usize>) -> wasmtime::Result<bool> {
        let together = self.elements.saturating_add(desired - now);
        if together > self.shared.limits.table {
            self.refused = Some(Breach::Table);
            return Ok(false);
        }
        self.elements = together;
        Ok(true)
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

/// Counts an instance for as long as it lives.
struct Alive(Arc<Usage>);

impl Alive {
    fn new(shared: &Shared) -> Result<Self, Failure> {
        let before = shared.usage.instances.fetch_add(1, Relaxed);
        let alive = Self(shared.usage.clone());
        let most = shared.limits.instances;
        match before < most {
            true => Ok(alive),
            false => Err(Failure { reason: "instances", message: format!("plugin `{}`: more than its limit of {most} instances at once", shared.plugin) }),
        }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.instances.fetch_sub(1, Relaxed);
    }
}

/// A running instance.
pub(crate) struct Instance {
    store: Store<State>,
    pub handle: wasmtime::component::Instance,
    shared: Shared,
    /// Set by the first failure; a trapped instance cannot be entered again.
    dead: Option<Failure>,
    _alive: Alive,
}

impl Instance {
    pub fn new(pre: &InstancePre<State>, shared: &Shared) -> Result<Self, Failure> {
        let alive = Alive::new(shared)?;
        let state = State { shared: shared.clone(), memory: 0, growing: 0, elements: 0, refused: None, wasi: None };
        let mut store = Store::new(pre.engine(), state);
        store.limiter(|state| state);
        let handle = timed(&mut store, shared, "instantiate", |store| pre.instantiate(store))?;
        Ok(Self { store, handle, shared: shared.clone(), dead: None, _alive: alive })
    }

    pub fn dead(&self) -> Option<&Failure> {
        self.dead.as_ref()
    }

    /// Makes one call within the limits. The first failure ends the instance.
    pub fn call<R: Send>(
        &mut self,
        name: &str,
        call: impl FnOnce(&mut Store<State>) -> wasmtime::Result<R> + Send,
    ) -> Result<R, Failure> {
        if let Some(failure) = &self.dead {
            return Err(failure.clone());
        }
        // How many instances there are, and so how often they are made, depends on the number of threads.
        if name != "create" {
            self.shared.usage.calls.fetch_add(1, Relaxed);
        }
        let result = timed(&mut self.store, &self.shared, name, call);
        if let Err(failure) = &result {
            self.dead = Some(failure.clone());
        }
        result
    }

    /// Reads the exports; not a call into the guest.
    pub fn store(&mut self) -> &mut Store<State> {
        &mut self.store
    }
}

/// Runs the guest's code within the limits, and adds the time that it took.
fn timed<R: Send>(
    store: &mut Store<State>,
    shared: &Shared,
    name: &str,
    call: impl FnOnce(&mut Store<State>) -> wasmtime::Result<R> + Send,
) -> Result<R, Failure> {
    let _span = tracing::debug_span!("plugin_call", plugin = &*shared.plugin, call = name).entered();
    let (limits, usage) = (&shared.limits, &shared.usage);
    let left = limits.total_time.0.saturating_sub(Duration::from_nanos(usage.nanoseconds.load(Relaxed)));
    if left.is_zero() {
        let what = beyond_total_time(limits);
        return Err(Failure { reason: "total_time", message: format!("plugin `{}`: {name} {what}", shared.plugin) });
    }
    store.data_mut().refused = None;
    let allowed = limits.time.0.min(left);
    let ticks = allowed.as_millis().div_ceil(TICK.as_millis()) + 1;
    store.set_epoch_deadline(u64::try_from(ticks).unwrap_or(u64::MAX / 2));
    store.set_hostcall_fuel(usize::try_from(limits.output.0).unwrap_or(usize::MAX));
    let started = Clock::now();
    // A thread of an async runtime must not block.
    let result = match shared.imports_wasi && tokio::runtime::Handle::try_current().is_ok() {
        true => std::thread::scope(|scope| scope.spawn(|| call(store)).join().unwrap_or_else(|_| Err(wasmtime::Error::msg("internal error: the call panicked")))),
        false => call(store),
    };
    let took = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
    usage.nanoseconds.fetch_add(took, Relaxed);
    result.map_err(|e| failure(store.data(), name, allowed < limits.time.0, &e))
}

fn beyond_total_time(limits: &LimitsFrame) -> String {
    format!("went beyond its total_time limit of {:?} in one evaluation", limits.total_time.0)
}

/// Says what ended a call. `total` tells that the time left of the whole evaluation's was shorter than that of a call.
fn failure(state: &State, call: &str, total: bool, error: &wasmtime::Error) -> Failure {
    let limits = &state.shared.limits;
    let bytes = |b: u64| bytesize::ByteSize(b).display().iec().to_string();
    let trap = error.downcast_ref::<Trap>();
    // A guest that went on after a refused growth was stopped by something else.
    let refused = state.refused.filter(|_| !matches!(trap, Some(Trap::Interrupt | Trap::StackOverflow)));
    let breach = error.downcast_ref::<Breach>().copied().or(refused);
    // The other lines are a backtrace, with names that the guest chose.
    let cause = error.root_cause().to_string();
    let (reason, what) = match (breach, trap) {
        (Some(Breach::Memory), _) => ("memory", format!("wanted more than its memory limit of {}", bytes(limits.memory.0))),
        (Some(Breach::TotalMemory), _) => ("total_memory", format!("wanted more than the total_memory limit of {} for all of its instances", bytes(limits.total_memory.0))),
        (Some(Breach::Table), _) => ("table", format!("wanted more than its table limit of {} elements", limits.table)),
        (Some(Breach::Log), _) => ("log", format!("wrote more to the log than its log limit of {}", bytes(limits.log.0))),
        (_, Some(Trap::Interrupt)) if total => ("total_time", beyond_total_time(limits)),
        (_, Some(Trap::Interrupt)) => ("time", format!("took longer than its time limit of {:?}", limits.time.0)),
        (_, Some(Trap::StackOverflow)) => ("stack", format!("overflowed its stack of {}", bytes(STACK as u64))),
        (_, None) if cause.contains("fuel") => {
            ("output", format!("gave back more than its output limit of {}", bytes(limits.output.0)))
        }
        (_, Some(trap)) => ("trap", format!("trapped: {trap}")),
        (_, None) if error.is::<wasmtime_wasi::I32Exit>() => ("trap", "wanted to end the process".to_owned()),
        // What it gave back is no value of the contract.
        (_, None) => ("trap", format!("failed: {}", cause.lines().next().unwrap_or_default())),
    };
    Failure { reason, message: format!("plugin `{}`: {call} {what}", state.shared.plugin) }
}
