//! Finds, compiles and links components.

use crate::cache;
use crate::instance::{Failure, Log, STACK, Shared, State, TICK};
use crate::loaded::{Linked, Loaded};
use crate::usage::Plugins;
use crate::wasi::{self, Grants};
use crate::world::driftline::plugin::log;
use driftline_core::plugin::{Plugin, PluginHost, PluginUse};
use driftline_core::spec::{LimitsFrame, PluginSpec};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine};

/// Components that are kept in memory: more than a spec has.
const KEPT_COMPONENTS: usize = 32;

/// Runs plugins with Wasmtime.
pub struct Host {
    engine: Engine,
    linker: Linker<State>,
    cache: Option<PathBuf>,
    plugins: Plugins,
    /// Those that were loaded before, by digest: `serve` loads them for every evaluation.
    components: Mutex<BTreeMap<String, Component>>,
}

impl Host {
    /// Keeps compiled code in `cache`, or in memory only.
    pub fn new(cache: Option<PathBuf>) -> Result<Self, String> {
        let engine = engine()?;
        let mut linker = Linker::new(&engine);
        log::add_to_linker::<State, Log>(&mut linker, |state| state).map_err(|e| format!("{e:#}"))?;
        wasi::add_to_linker(&mut linker).map_err(|e| format!("{e:#}"))?;
        let ticking = engine.weak();
        std::thread::spawn(move || {
            while let Some(engine) = ticking.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        });
        Ok(Self { engine, linker, cache, plugins: Plugins::default(), components: Mutex::default() })
    }
}

/// What compiles and runs.
pub(crate) fn engine() -> Result<Engine, String> {
    let mut config = Config::new();
    config.wasm_component_model(true).epoch_interruption(true).max_wasm_stack(STACK);
    // Its results depend on the processor.
    config.wasm_relaxed_simd(false);
    Engine::new(&config).map_err(|e| format!("Wasmtime cannot start: {e:#}"))
}

impl Host {
    /// Compiles a component ahead of time into the cache of compiled code, and gives the file. An error names what is wrong with either.
    pub fn compile(&self, path: &Path) -> Result<PathBuf, String> {
        let at = |e: String| format!("{}: {e}", path.display());
        let bytes = read(path, LimitsFrame::default().component.0).map_err(at)?;
        let folder = self.cache.as_deref().ok_or("there is no folder for compiled code; set DRIFTLINE_CACHE")?;
        cache::keep(&self.engine, &bytes, folder, LimitsFrame::default().compile_time.0).map_err(at)
    }

    fn component(&self, digest: &str, bytes: &[u8], most: Duration) -> Result<Component, String> {
        // Only whole components are ever put in.
        let mut known = self.components.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(component) = known.get(digest) {
            return Ok(component.clone());
        }
        let component = cache::compile(&self.engine, bytes, self.cache.as_deref(), most)?;
        if known.len() == KEPT_COMPONENTS {
            known.pop_first();
        }
        known.insert(digest.to_owned(), component.clone());
        Ok(component)
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn cache(&self) -> Option<&Path> {
        self.cache.as_deref()
    }
}

impl PluginHost for Host {
    fn load(&self, spec: &PluginSpec, folder: &Path) -> Result<Arc<dyn Plugin>, String> {
        let path = folder.join(spec.frame.component.get_ref());
        let named = |e: String| format!("plugin `{}`: {}: {e}", spec.name, path.display());
        let bytes = read(&path, spec.frame.limits.component.0).map_err(named)?;
        let digest = cache::hex(&bytes);
        if let Some(pinned) = spec.frame.sha256.as_ref().map(|pinned| pinned.get_ref()).filter(|pinned| !pinned.eq_ignore_ascii_case(&digest)) {
            if pinned.len() != digest.len() || !pinned.chars().all(|c| c.is_ascii_hexdigit()) {
                return Err(named(format!("`sha256` is {pinned:?}, and no SHA-256 of 64 hexadecimal digits; `driftline plugin inspect` prints it")));
            }
            return Err(named(format!("its SHA-256 is {digest}, and the spec wants {pinned}: the file was changed, or `sha256` is that of another one")));
        }
        let usage = self.plugins.begin(&spec.name, &digest).map_err(named)?;
        // What cannot be compiled or linked would be tried again for every evaluation.
        let failed = |message: String| usage.count(Failure { reason: "unusable", message: named(message) });
        let component = self.component(&digest, &bytes, spec.frame.limits.compile_time.0).map_err(failed)?;
        let pre = self.linker.instantiate_pre(&component).map_err(|e| failed(refused(&e)))?;
        let read = spec.frame.folder.as_ref().map(|granted| wasi::folder(folder, granted.get_ref())).transpose().map_err(named)?;
        let grants = Arc::new(Grants { what: spec.frame.grant.clone(), folder: read });
        let component_type = component.component_type();
        let imports = component_type.imports(&self.engine).map(|(name, _)| name.to_owned());
        let imports: Vec<String> = imports.filter(|name| name.starts_with("wasi:")).collect();
        let (limits, imports_wasi) = (Arc::new(spec.frame.limits.clone()), !imports.is_empty());
        let shared = Shared { plugin: spec.name.as_str().into(), limits, grants, usage: usage.clone(), imports_wasi };
        Ok(Arc::new(Loaded::new(Linked { pre, shared }, spec, digest, imports)?))
    }

    fn take_use(&self) -> BTreeMap<String, PluginUse> {
        self.plugins.take()
    }
}

/// A file, if it has no more bytes than it may.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    // A pipe would be waited for.
    if !std::fs::metadata(path).map_err(|e| e.to_string())?.is_file() {
        return Err("it is no file".into());
    }
    let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    // One more tells a file that goes on, or that never ends.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    match bytes.len() as u64 > most {
        true => Err(format!("it has more bytes than its component limit of {}", bytesize::ByteSize(most).display().iec())),
        false => Ok(bytes),
    }
}

/// A component that wants more than its inputs.
fn refused(error: &wasmtime::Error) -> String {
    let reason = cache::first_line(error);
    let help = if reason.contains("wasi:http") { "; build it without, such as with componentize-js' -d http fetch-event" } else { "" };
    format!("it needs what a plugin does not get: {reason}{help}")
}
