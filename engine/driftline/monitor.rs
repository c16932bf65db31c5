//! A spec with everything that it takes to run it.

use driftline_core::catalogue::Catalogue;
use driftline_core::diagnostic::{Diagnostic, Diagnostics, Text};
use driftline_core::outcome::Outcome;
use driftline_core::plugin::{Plugin, PluginHost};
use driftline_core::spec::{self, Environment};
use driftline_plugin::Host;
use driftline_runtime::evaluate::{EvaluateError, Evaluator};
use driftline_runtime::pipeline::Progress;
use driftline_runtime::plan::{Plan, PlanError, Planner, Serving};
use driftline_runtime::state::StateFolder;
use driftline_stats::two_sample::correct;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// The tables of all crates.
pub fn catalogue() -> Catalogue {
    Catalogue {
        metrics: driftline_stats::metrics::ENTRIES.to_vec(),
        tests: driftline_stats::two_sample::ENTRIES.to_vec(),
        presets: driftline_stats::presets::ENTRIES.to_vec(),
        compatibilities: driftline_stats::compatibility::ENTRIES.to_vec(),
        sources: driftline_sources::ENTRIES.to_vec(),
        exporters: driftline_outputs::EXPORTERS.to_vec(),
    }
}

/// Why a monitor cannot be opened or run.
#[derive(Debug)]
pub enum OpenError {
    /// The spec is wrong: its errors as text, with places and excerpts. Exit code 2.
    Spec(String),
    /// The run could not be done. Exit code 3.
    Run(String),
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            OpenError::Spec(message) | OpenError::Run(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<EvaluateError> for OpenError {
    fn from(error: EvaluateError) -> Self {
        OpenError::Run(error.to_string())
    }
}

/// A plugin of a spec by name, or why it cannot be used.
pub type LoadedPlugin = (String, Result<Arc<dyn Plugin>, String>);

/// An opened spec.
#[derive(Clone)]
pub struct Monitor {
    text: Arc<Text>,
    environment: Environment,
    folder: PathBuf,
    host: Arc<Host>,
}

impl Monitor {
    /// Reads a spec with this process's environment. Its errors show when it is planned.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        // A variable that is no Unicode cannot be part of a TOML file.
        let variables = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Self::open_with(path.as_ref(), variables.collect())
    }

    /// Reads a spec with the given environment.
    pub fn open_with(path: &Path, environment: Environment) -> Result<Self, OpenError> {
        let shown = path.display();
        let file = std::fs::read(path).map_err(|e| OpenError::Spec(format!("{shown}: {e}")))?;
        let file = String::from_utf8(file).map_err(|e| {
            OpenError::Spec(format!("{shown}: byte {} is not UTF-8; save the file as UTF-8", e.utf8_error().valid_up_to()))
        })?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf();
        Self::from_text(&shown.to_string(), file, environment, folder)
    }

    /// Takes a spec's text; `shown` names it in errors, and paths in it are relative to `folder`.
    pub fn from_text(shown: &str, file: String, environment: Environment, folder: PathBuf) -> Result<Self, OpenError> {
        let mut text = Text::new(shown, file);
        spec::environment::append_overrides(&mut text, &environment);
        let host = Host::new(code_cache(&environment)).map_err(OpenError::Run)?;
        Ok(Self { text: Arc::new(text), environment, folder, host: Arc::new(host) })
    }

    /// Resolves the spec against the data.
    pub fn plan(&self) -> Result<Plan, OpenError> {
        let mut diagnostics = Diagnostics::default();
        let spec = spec::parse(&self.text, &self.environment, &mut diagnostics);
        let catalogue = catalogue();
        let planner = Planner { catalogue: &catalogue, host: self.host.clone(), queries: Arc::new(driftline_sources::Queries), folder: &self.folder };
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.map_err(|e| OpenError::Run(format!("no runtime: {e}")))?;
        runtime.block_on(planner.plan(spec, diagnostics)).map_err(|PlanError { spec, sources }| {
            let sources: Vec<String> = sources.iter().map(|source| self.line(source)).collect();
            match spec.is_empty() {
                true => OpenError::Run(sources.join("\n")),
                false => OpenError::Spec(sources.iter().fold(self.text.render(&spec, false), |all, source| format!("{all}\n\nerror: {source}"))),
            }
        })
    }

    /// The plan to be evaluated; the log says which plugins cannot be used.
    pub fn ready(&self) -> Result<Plan, OpenError> {
        let plan = self.plan()?;
        for (name, reasons) in &plan.unusable_plugins {
            reasons.iter().for_each(|reason| tracing::error!(plugin = name, "{}", self.line(reason)));
        }
        Ok(plan)
    }

    /// An error of the spec in one line.
    pub fn line(&self, error: &Diagnostic) -> String {
        self.text.line(error)
    }

    /// The spec's plugins without its data; a reason for each that cannot be used.
    pub fn plugins(&self) -> Result<Vec<LoadedPlugin>, OpenError> {
        let mut diagnostics = Diagnostics::default();
        let spec = spec::parse(&self.text, &self.environment, &mut diagnostics);
        if !diagnostics.is_empty() {
            return Err(OpenError::Spec(self.text.render(&diagnostics, false)));
        }
        Ok(spec.plugins.iter().map(|plugin| (plugin.name.clone(), self.host.load(plugin, &self.folder))).collect())
    }

    /// What the spec says of serving, without looking at its data.
    pub fn serving(&self) -> Result<Serving, OpenError> {
        let mut diagnostics = Diagnostics::default();
        let spec = spec::parse(&self.text, &self.environment, &mut diagnostics);
        let catalogue = catalogue();
        let planner = Planner { catalogue: &catalogue, host: self.host.clone(), queries: Arc::new(driftline_sources::Queries), folder: &self.folder };
        planner.serving(spec, diagnostics).map_err(|d| OpenError::Spec(self.text.render(&d, false)))
    }

    /// Evaluates once.
    pub fn run(&self) -> Result<Outcome, OpenError> {
        self.run_with(&|_| {})
    }

    /// Evaluates once and tells how many rows have been read.
    pub fn run_with(&self, progress: Progress<'_>) -> Result<Outcome, OpenError> {
        let started = Instant::now();
        let plan = self.ready()?;
        let planned = started.elapsed().as_secs_f64();
        let mut outcome = self.evaluator(&plan.monitor, plan.run.state.as_deref()).evaluate(&plan, progress)?;
        outcome.timings.insert("plan_seconds".into(), planned);
        Ok(outcome)
    }

    /// Evaluates this monitor's plans, and remembers in `state`.
    pub fn evaluator(&self, monitor: &str, state: Option<&str>) -> Evaluator {
        let state = state.map(|state| self.folder.join(state));
        Evaluator::new(StateFolder::new(state.as_deref(), monitor), correct)
    }
}

/// A host of plugins with this process's cache of compiled code.
pub fn host() -> Result<Host, String> {
    let variables = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
    Host::new(code_cache(&variables.collect()))
}

/// Where compiled plugins are kept: `DRIFTLINE_CACHE`, else the user's cache folder.
fn code_cache(environment: &Environment) -> Option<PathBuf> {
    let set = |name: &str| environment.get(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let user = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|h| h.join(".cache")));
    set("DRIFTLINE_CACHE").or_else(|| user.map(|c| c.join("driftline"))).map(|c| c.join("plugins"))
}
