//! Finds, compiles and links components.

use crate::cache;
use crate::failures::Failures;
use crate::instance::{Log, State, TICK};
use crate::loaded::{Linked, Loaded};
use crate::world::driftline::plugin::log;
use driftline_core::plugin::{Plugin, PluginFailure, PluginHost};
use driftline_core::spec::PluginSpec;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmtime::component::Linker;
use wasmtime::{Config, Engine};

/// Runs plugins with Wasmtime.
pub struct Host {
    engine: Engine,
    linker: Linker<State>,
    cache: Option<PathBuf>,
    failures: Failures,
}

impl Host {
    /// Keeps compiled code in `cache`, or in memory only.
    pub fn new(cache: Option<PathBuf>) -> Result<Self, String> {
        let mut config = Config::new();
        config.wasm_component_model(true).epoch_interruption(true);
        let engine = Engine::new(&config).map_err(|e| format!("Wasmtime cannot start: {e:#}"))?;
        let mut linker = Linker::new(&engine);
        log::add_to_linker::<State, Log>(&mut linker, |state| state).map_err(|e| format!("{e:#}"))?;
        let ticking = engine.weak();
        std::thread::spawn(move || {
            while let Some(engine) = ticking.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        });
        Ok(Self { engine, linker, cache, failures: Failures::default() })
    }
}

impl Host {
    /// Compiles a component ahead of time into the cache of compiled code, and gives the file. An error names what is wrong with either.
    pub fn compile(&self, path: &Path) -> Result<PathBuf, String> {
        let at = |e: String| format!("{}: {e}", path.display());
        let bytes = std::fs::read(path).map_err(|e| at(e.to_string()))?;
        let folder = self.cache.as_deref().ok_or("there is no folder for compiled code; set DRIFTLINE_CACHE")?;
        cache::keep(&self.engine, &bytes, folder).map_err(at)
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
        let bytes = std::fs::read(&path).map_err(|e| format!("plugin `{}`: {}: {e}", spec.name, path.display()))?;
        let named = |e: String| format!("plugin `{}`: {}: {e}", spec.name, path.display());
        let digest = cache::hex(&bytes);
        if let Some(pinned) = spec.frame.sha256.as_ref().map(|pinned| pinned.get_ref()).filter(|pinned| !pinned.eq_ignore_ascii_case(&digest)) {
            return Err(named(format!("its SHA-256 is {digest}, and the spec wants {pinned}: the file was changed, or `sha256` is that of another one")));
        }
        let component = cache::compile(&self.engine, &bytes, self.cache.as_deref()).map_err(named)?;
        let pre = self.linker.instantiate_pre(&component).map_err(|e| named(refused(&e)))?;
        let linked = Linked { pre, name: spec.name.clone(), limits: spec.frame.limits.clone(), failures: self.failures.clone() };
        Ok(Arc::new(Loaded::new(linked, spec, digest).map_err(named)?))
    }

    fn take_failures(&self) -> Vec<PluginFailure> {
        self.failures.take()
    }
}

/// A component that wants more than its inputs.
fn refused(error: &wasmtime::Error) -> String {
    format!("it needs what a plugin does not get: {}", cache::first_line(error))
}
