//! `driftline plugin build`: a component of a plugin's folder.

use super::super::print;
use super::languages::{LANGUAGES, Project};
use driftline::OpenError;
use driftline::core::name::{is_identifier, suggestion};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(in crate::cli) struct Build {
    /// The plugin's folder, with its plugin.toml.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The component [default: NAME.wasm in the folder]
    #[arg(long = "out", short = 'f')]
    file: Option<PathBuf>,
}

const WORLDS: [&str; 3] = ["metric", "transform", "two-sample-test"];
/// Languages whose library asks for WASI preview 1.
const WITH_WASI: [&str; 4] = ["c", "cpp", "zig", "go"];

/// `plugin.toml`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Manifest {
    pub name: String,
    pub language: String,
    /// `metric`, `transform` or `two-sample-test`.
    pub world: String,
    /// Whether clocks, random bytes, stdout and files of its language's library are those that a spec grants, and not none at all.
    #[serde(default)]
    pub wasi: bool,
}

impl Manifest {
    pub fn text(&self) -> String {
        format!("# What `driftline plugin build` needs to know. `world` is metric, transform or two-sample-test.\nname = \"{}\"\nlanguage = \"{}\"\nworld = \"{}\"\n", self.name, self.language, self.world)
    }
}

pub(super) fn build(asked: &Build) -> Result<ExitCode, OpenError> {
    let folder = asked.folder.canonicalize().map_err(|e| OpenError::Spec(format!("{}: {e}", asked.folder.display())))?;
    let at = folder.join("plugin.toml");
    let wrong = |e: String| OpenError::Spec(format!("{}: {e}", at.display()));
    let text = std::fs::read_to_string(&at).map_err(|e| wrong(format!("{e}; `driftline plugin new` makes a folder with one")))?;
    let manifest: Manifest = toml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
    let names = LANGUAGES.map(|language| language.name);
    let language = LANGUAGES.iter().find(|language| language.name == manifest.language).ok_or_else(|| {
        let help = suggestion(&manifest.language, names).unwrap_or_else(|| format!("the languages are {}", names.join(", ")));
        wrong(format!("no language `{}`; {help}", manifest.language))
    })?;
    if !is_identifier(&manifest.name) {
        return Err(wrong(format!("`{}` is no name of a plugin: write lower_snake_case, such as word_counts", manifest.name)));
    }
    if !WORLDS.contains(&manifest.world.as_str()) {
        return Err(wrong(format!("no world `{}`; the worlds are {}", manifest.world, WORLDS.join(", "))));
    }
    if manifest.wasi && !WITH_WASI.contains(&language.name) {
        return Err(wrong(format!("`wasi` is for {}; components in {} ask for what their own tools make them ask for", WITH_WASI.join(", "), language.title)));
    }
    let work = tempfile::tempdir().map_err(|e| OpenError::Run(e.to_string()))?;
    let component = (language.build)(&Project { folder: folder.clone(), world: manifest.world, wasi: manifest.wasi, work }).map_err(OpenError::Run)?;
    let file = asked.file.clone().unwrap_or_else(|| asked.folder.join(format!("{}.wasm", manifest.name)));
    std::fs::write(&file, &component).map_err(|e| OpenError::Run(format!("{}: {e}", file.display())))?;
    print(&format!("{}: {} bytes\n", file.display(), component.len()))
}
