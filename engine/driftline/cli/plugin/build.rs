//! `driftline plugin build`: a component of a plugin's folder.

use super::super::print;
use super::languages::{LANGUAGES, Language, Project, WORLDS};
use driftline::OpenError;
use driftline::core::diagnostic::{Diagnostic, Diagnostics, Text};
use driftline::core::name::{is_identifier, suggestion};
use driftline::core::spec::Table;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use toml::de::DeTable;

#[derive(clap::Args)]
pub(in crate::cli) struct Build {
    /// The plugin's folder, with its plugin.toml.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The component [default: NAME.wasm in the folder]
    #[arg(long = "out", short = 'f')]
    file: Option<PathBuf>,
}

/// Languages whose library asks for WASI preview 1.
const WITH_WASI: [&str; 4] = ["c", "cpp", "zig", "go"];

/// `plugin.toml`.
#[derive(serde::Deserialize, schemars::JsonSchema)]
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

    /// Reads a plugin.toml. The error tells all that is wrong with it, each with its place.
    fn read(path: &Path) -> Result<(Self, &'static Language), OpenError> {
        let shown = path.display().to_string();
        let file = std::fs::read_to_string(path);
        let file = file.map_err(|e| OpenError::Spec(format!("{shown}: {e}; `driftline plugin new` makes a folder with one")))?;
        let (text, mut wrong) = (Text::new(shown, file), Diagnostics::default());
        let read = Self::parse(&text, &mut wrong);
        read.filter(|_| wrong.is_empty()).ok_or_else(|| OpenError::Spec(text.render(&wrong, false)))
    }

    fn parse(text: &Text, wrong: &mut Diagnostics) -> Option<(Self, &'static Language)> {
        let (entries, errors) = DeTable::parse_recoverable(text.file());
        for error in &errors {
            wrong.error(&error.span().unwrap_or(0..0), format!("not valid TOML: {}", error.message()));
        }
        if !errors.is_empty() {
            return None;
        }
        // What is missing is told at the first line.
        let first = 0..text.file().lines().next().map_or(0, str::len);
        let mut table = Table::new(first, entries.into_inner());
        let [name, language, world, wasi] = ["name", "language", "world", "wasi"].map(|key| table.span_of(key));
        let manifest: Option<Self> = table.take(wrong);
        table.finish("plugin.toml", wrong);
        let manifest = manifest?;
        if !is_identifier(&manifest.name) {
            wrong.error(&name, format!("`{}` is no name of a plugin: write lower_snake_case, such as word_counts", manifest.name));
        }
        let worlds = WORLDS.map(|(world, _)| world);
        if !worlds.contains(&manifest.world.as_str()) {
            wrong.push(Diagnostic::at(world, format!("no world `{}`", manifest.world)).help(suggestion(&manifest.world, worlds)));
        }
        let Some(found) = LANGUAGES.into_iter().find(|language| language.name == manifest.language) else {
            let names = LANGUAGES.map(|language| language.name);
            wrong.push(Diagnostic::at(language, format!("no language `{}`", manifest.language)).help(suggestion(&manifest.language, names)));
            return None;
        };
        if manifest.wasi && !WITH_WASI.contains(&found.name) {
            let (languages, title) = (WITH_WASI.join(", "), found.title);
            wrong.error(&wasi, format!("`wasi` is for {languages}; components in {title} ask for what their own tools make them ask for"));
        }
        Some((manifest, found))
    }
}

pub(super) fn build(asked: &Build) -> Result<ExitCode, OpenError> {
    let folder = asked.folder.canonicalize().map_err(|e| OpenError::Spec(format!("{}: {e}", asked.folder.display())))?;
    let (manifest, language) = Manifest::read(&folder.join("plugin.toml"))?;
    let work = tempfile::tempdir().map_err(|e| OpenError::Run(e.to_string()))?;
    let project = Project { folder, world: manifest.world, wasi: manifest.wasi, work };
    let component = (language.build)(&project).map_err(|failed| {
        OpenError::Run(match project.wrong_sources() {
            Some(hint) => format!("{failed}\n{hint}"),
            None => failed,
        })
    })?;
    if let Some(wrong) = project.wrong_world(&component) {
        return Err(OpenError::Spec(wrong));
    }
    let file = asked.file.clone().unwrap_or_else(|| asked.folder.join(format!("{}.wasm", manifest.name)));
    std::fs::write(&file, &component).map_err(|e| OpenError::Run(format!("{}: {e}", file.display())))?;
    print(&format!("{}: {} bytes\n", file.display(), component.len()))
}
