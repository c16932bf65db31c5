//! WASI for runtimes that cannot do without: nothing is behind it unless the spec grants it. Clocks stand still, random
//! bytes are always the same, waiting takes no time, there are no files and no variables, and no socket can be made.

use crate::instance::{Messages, Shared, State, inset};
use bytes::Bytes;
use driftline_core::spec::Grant;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::AsyncWrite;
use wasmtime::StoreContextMut;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream, WasiCli, WasiCliView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::{DynInputStream, DynPollable, OutputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi::p2::bindings::sync::io::streams::{Host as _, HostInputStream as _};
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random, sockets, sync};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView};
use wasmtime_wasi::{Deterministic, FsPerms, HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

/// Streams, files and other resources of one instance: they live in the host's memory.
const MOST_RESOURCES: usize = 1_000;

/// What the spec grants a plugin.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grants {
    pub what: BTreeSet<Grant>,
    pub folder: Option<PathBuf>,
}

/// One instance's WASI, made when it is first used.
pub(crate) struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
}

/// Where what a guest prints goes.
#[derive(Clone)]
struct Printed {
    level: tracing::Level,
    messages: Messages,
    /// What came of a line that has not ended.
    line: Vec<u8>,
}

impl Printed {
    fn tell(&mut self) {
        let (plugin, line) = (&*self.messages.0.plugin, inset(&String::from_utf8_lossy(&self.line)));
        match (line.trim().is_empty(), self.level) {
            (true, _) => {}
            (_, tracing::Level::INFO) => tracing::info!(plugin, "{line}"),
            _ => tracing::warn!(plugin, "{line}"),
        }
        self.line.clear();
    }
}

impl Drop for Printed {
    fn drop(&mut self) {
        self.tell();
    }
}

impl Wasi {
    pub fn new(shared: &Shared) -> Self {
        let grants = &shared.grants;
        let mut wasi = WasiCtxBuilder::new();
        let printed = |level| Printed { level, messages: Messages(shared.clone()), line: Vec::new() };
        wasi.allow_blocking_current_thread(true).allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false).stderr(printed(tracing::Level::WARN));
        if grants.what.contains(&Grant::Stdout) {
            wasi.stdout(printed(tracing::Level::INFO));
        }
        if !grants.what.contains(&Grant::Clock) {
            wasi.wall_clock(Still).monotonic_clock(Still);
        }
        if !grants.what.contains(&Grant::Random) {
            let bytes = || Deterministic::new((0..=255).collect());
            wasi.secure_random(bytes()).insecure_random(bytes()).insecure_random_seed(0);
        }
        if let Some(folder) = &grants.folder
            && let Err(e) = wasi.preopened_dir(folder, "/", FsPerms::ReadOnly)
        {
            tracing::warn!(plugin = &*shared.plugin, "{}: {e}", folder.display());
        }
        let mut table = ResourceTable::new();
        table.set_max_capacity(MOST_RESOURCES);
        Self { context: wasi.build(), table }
    }

    pub fn view(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.context, table: &mut self.table }
    }
}

/// The folder of a spec's grant, if it can be read and holds nothing but files and folders: a pipe would be waited for without
/// an end.
pub(crate) fn folder(of_spec: &Path, granted: &str) -> Result<PathBuf, String> {
    let path = of_spec.join(granted);
    let mut folders = vec![path.clone()];
    while let Some(folder) = folders.pop() {
        let error = |e: std::io::Error| format!("`folder`: {}: {e}", folder.display());
        for entry in std::fs::read_dir(&folder).map_err(error)? {
            let entry = entry.map_err(error)?;
            let kind = entry.file_type().map_err(error)?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if !kind.is_file() && !kind.is_symlink() {
                return Err(format!("`folder`: {} is neither a file nor a folder", entry.path().display()));
            }
        }
    }
    Ok(path)
}

/// A clock that always shows 1970-01-01T00:00:01Z. (Runtimes take zero for a broken clock.)
struct Still;

impl HostWallClock for Still {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        Duration::from_secs(1)
    }
}

impl HostMonotonicClock for Still {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        1_000_000_000
    }
}

impl IsTerminal for Printed {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Printed {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::empty())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Printed {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.messages.take(bytes.len()).map_err(StreamError::Trap)?;
        for byte in bytes {
            if byte == b'\n' { self.tell() } else { self.line.push(byte) }
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(4096)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Printed {
    async fn ready(&mut self) {}
}

fn table(state: &mut State) -> &mut ResourceTable {
    state.ctx().table
}

struct Io;

impl HasData for Io {
    type Data<'a> = &'a mut ResourceTable;
}

/// Adds all that a guest may import of WASI.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::bindings::io::error::add_to_linker::<State, Io>(linker, table)?;
    sync::io::poll::add_to_linker::<State, Io>(linker, table)?;
    sync::io::streams::add_to_linker::<State, Io>(linker, table)?;
    clocks::wall_clock::add_to_linker::<State, WasiClocks>(linker, State::clocks)?;
    clocks::monotonic_clock::add_to_linker::<State, WasiClocks>(linker, State::clocks)?;
    filesystem::preopens::add_to_linker::<State, WasiFilesystem>(linker, State::filesystem)?;
    sync::filesystem::types::add_to_linker::<State, WasiFilesystem>(linker, State::filesystem)?;
    random::random::add_to_linker::<State, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    random::insecure::add_to_linker::<State, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    random::insecure_seed::add_to_linker::<State, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    cli::environment::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::exit::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::stdin::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::stdout::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::stderr::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_input::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_output::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stdin::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stdout::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stderr::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    // Not one socket can be made.
    sockets::instance_network::add_to_linker::<State, WasiSockets>(linker, State::sockets)?;
    sockets::network::add_to_linker::<State, WasiSockets>(linker, &sockets::network::LinkOptions::default(), State::sockets)?;
    sockets::tcp_create_socket::add_to_linker::<State, WasiSockets>(linker, State::sockets)?;
    sockets::ip_name_lookup::add_to_linker::<State, WasiSockets>(linker, State::sockets)?;
    sync::sockets::tcp::add_to_linker::<State, WasiSockets>(linker, State::sockets)?;
    sync::sockets::udp::add_to_linker::<State, WasiSockets>(linker, State::sockets)?;
    sync::sockets::udp_create_socket::add_to_linker::<State, WasiSockets>(linker, State::sockets)?;
    wait_no_time(linker)
}

/// A guest that waits would not be stopped by its time limit, so waiting ends at once.
fn wait_no_time(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut poll = linker.instance("wasi:io/poll@0.2.12")?;
    poll.func_wrap("[method]pollable.ready", |_, (_,): (Resource<DynPollable>,)| Ok((true,)))?;
    poll.func_wrap("[method]pollable.block", |_, (_,): (Resource<DynPollable>,)| Ok(()))?;
    poll.func_wrap("poll", |_, (asked,): (Vec<Resource<DynPollable>>,)| Ok(((0..asked.len() as u32).collect::<Vec<u32>>(),)))?;
    // The only streams that have something to read are files, which are never waited for long. Without waiting a stream would have nothing yet.
    let mut streams = linker.instance("wasi:io/streams@0.2.12")?;
    streams.func_wrap("[method]input-stream.read", |mut state: StoreContextMut<'_, State>, (stream, bytes): (Resource<DynInputStream>, u64)| {
        let table = table(state.data_mut());
        match table.blocking_read(stream, bytes.min(MOST_READ)) {
            Ok(read) => Ok((Ok(read),)),
            Err(e) => Ok((Err(table.convert_stream_error(e)?),)),
        }
    })?;
    linker.allow_shadowing(false);
    Ok(())
}

/// Bytes that are read of a file at once.
const MOST_READ: u64 = 64 << 10;
