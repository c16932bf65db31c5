//! The languages that plugins are written in: one file each, with its template and its compiler.

mod c;
mod cpp;
mod go;
mod javascript;
mod python;
mod rust;
mod zig;

use driftline::plugin::{Wasi, componentize};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A language.
pub(super) struct Language {
    /// As `--lang` and `plugin.toml` write it.
    pub name: &'static str,
    /// As people write it.
    pub title: &'static str,
    /// Files of the template beside those of all languages. `NAME` stands for the plugin's name.
    pub files: &'static [File],
    /// How to get what it takes: a paragraph of the template's README.
    pub toolchain: &'static str,
    /// Makes the component. An error says what is missing, or what the compiler said.
    pub build: fn(&Project) -> Result<Vec<u8>, String>,
}

/// A file of a template: its path, and its content.
pub(super) type File = (&'static str, &'static str);

/// All of them.
pub(super) const LANGUAGES: [&Language; 7] = [&rust::RUST, &c::C, &cpp::CPP, &zig::ZIG, &go::GO, &python::PYTHON, &javascript::JAVASCRIPT];

/// Files of every template.
pub(super) const COMMON: [File; 5] = [
    ("README.md", include_str!("../../../templates/common/README.md")),
    ("sample.csv", include_str!("../../../templates/common/sample.csv")),
    ("expected.json", include_str!("../../../templates/common/expected.json")),
    (".gitignore", include_str!("../../../templates/common/gitignore")),
    ("wit/plugin.wit", include_str!("../../../../../wit/plugin.wit")),
];

/// The contract's bindings for C, of each world.
const C_BINDINGS: [(&str, [File; 2]); 3] = [
    ("metric", [
        ("bindings/metric.h", include_str!("../../../templates/bindings/metric.h")),
        ("bindings/metric.c", include_str!("../../../templates/bindings/metric.c")),
    ]),
    ("transform", [
        ("bindings/transform.h", include_str!("../../../templates/bindings/transform.h")),
        ("bindings/transform.c", include_str!("../../../templates/bindings/transform.c")),
    ]),
    ("two-sample-test", [
        ("bindings/two_sample_test.h", include_str!("../../../templates/bindings/two_sample_test.h")),
        ("bindings/two_sample_test.c", include_str!("../../../templates/bindings/two_sample_test.c")),
    ]),
];

/// The contract's worlds, each with the interface that its plugins export.
pub(super) const WORLDS: [(&str, &str); 3] = [("metric", "metrics"), ("transform", "transforms"), ("two-sample-test", "two-sample-tests")];
/// How the names of sources end in languages whose compilers fail on another world than plugin.toml's.
const SOURCES: [&str; 7] = ["c", "h", "cpp", "hpp", "zig", "py", "js"];

/// A plugin's folder while it is built.
pub(super) struct Project {
    pub folder: PathBuf,
    /// The contract's name of what it is.
    pub world: String,
    /// Whether it may ask for what a spec grants: time, random bytes, stdout, a folder.
    pub wasi: bool,
    /// Goes when the build is done.
    pub work: tempfile::TempDir,
}

impl Project {
    /// The folder that `bindings` is in: the plugin's own if they are of its world, else one with those of this version.
    fn bindings(&self) -> Result<PathBuf, String> {
        if self.folder.join("bindings").join(format!("{}.h", self.world.replace('-', "_"))).is_file() {
            return Ok(self.folder.clone());
        }
        let of_world = C_BINDINGS.iter().find(|(world, _)| *world == self.world).map(|(_, files)| files);
        for (name, content) in of_world.into_iter().flatten() {
            let path = self.work.path().join(name);
            let error = |e: std::io::Error| format!("{}: {e}", path.display());
            std::fs::create_dir_all(self.work.path().join("bindings")).map_err(error)?;
            std::fs::write(&path, content).map_err(error)?;
        }
        Ok(self.work.path().to_path_buf())
    }

    /// Files of the folder and of its bindings whose name ends in `.extension`, in the order of their names.
    fn sources(&self, extension: &str) -> Result<Vec<PathBuf>, String> {
        let mut sources = Vec::new();
        for folder in [self.folder.clone(), self.bindings()?.join("bindings")] {
            let entries = match std::fs::read_dir(&folder) {
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
                entries => entries.map_err(|e| format!("{}: {e}", folder.display()))?,
            };
            let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
            sources.extend(paths.filter(|path| path.extension() == Some(OsStr::new(extension))));
        }
        sources.sort();
        Ok(sources)
    }

    /// C that defines what the bindings refer to so that a linker would not leave out their description of the world, which
    /// `componentize` adds itself.
    fn described(&self) -> Result<PathBuf, String> {
        let path = self.work.path().join("described.c");
        let world = self.world.replace('-', "_");
        let text = format!("void __component_type_object_force_link_{world}(void) {{}}\n");
        std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(path)
    }

    /// The folder with the contract: the plugin's own, else this version's.
    fn wit(&self) -> Result<PathBuf, String> {
        let (own, made) = (self.folder.join("wit"), self.work.path().join("wit"));
        if own.is_dir() {
            return Ok(own);
        }
        let error = |e: std::io::Error| format!("{}: {e}", made.display());
        std::fs::create_dir_all(&made).map_err(error)?;
        std::fs::write(made.join("plugin.wit"), include_str!("../../../../../wit/plugin.wit")).map_err(error)?;
        Ok(made)
    }

    /// Says that a component is of another world than plugin.toml's. The compilers of Rust and Go do not mind.
    pub fn wrong_world(&self, component: &[u8]) -> Option<String> {
        self.other_world(|interface| {
            // The names of its exports begin so.
            let start = format!("driftline:plugin/{interface}@");
            component.windows(start.len()).any(|bytes| bytes == start.as_bytes())
        })
    }

    /// Says the same of the sources, where a compiler failed.
    pub fn wrong_sources(&self) -> Option<String> {
        let files = std::fs::read_dir(&self.folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
        let sources = files.filter(|path| path.extension().and_then(OsStr::to_str).is_some_and(|extension| SOURCES.contains(&extension)));
        let text: String = sources.filter_map(|path| std::fs::read_to_string(path).ok()).collect();
        // Each language writes `two-sample-tests` in its own way.
        let text = text.to_lowercase().replace('_', "");
        self.other_world(|interface| text.contains(&interface.replace('-', "")))
    }

    /// Names the world whose interface is there, if that of plugin.toml's world is not.
    fn other_world(&self, is_there: impl Fn(&str) -> bool) -> Option<String> {
        let (own, others): (Vec<_>, Vec<_>) = WORLDS.into_iter().partition(|(world, _)| *world == self.world);
        if own.iter().any(|(_, interface)| is_there(interface)) {
            return None;
        }
        let (world, interface) = others.into_iter().find(|(_, interface)| is_there(interface))?;
        Some(format!("plugin.toml says world = \"{}\", but the code is of the world {world}: it has the interface `{interface}`", self.world))
    }

    /// The component of the module that a compiler made.
    fn component(&self, module: &Path) -> Result<Vec<u8>, String> {
        componentize(&self.read(module)?, if self.wasi { Wasi::Granted } else { Wasi::Nothing })
    }

    fn read(&self, made: &Path) -> Result<Vec<u8>, String> {
        std::fs::read(made).map_err(|e| format!("{}: {e}", made.display()))
    }
}

/// The first program that can be started of those that a toolchain may go by, each with its first arguments.
fn find(candidates: &[(PathBuf, &[&str])], probe: &str) -> Option<(PathBuf, Vec<String>)> {
    let works = |(program, first): &&(PathBuf, &[&str])| {
        let answer = Command::new(program).args(*first).arg(probe).output();
        answer.is_ok_and(|answer| answer.status.success())
    };
    candidates.iter().find(works).map(|(program, first)| (program.clone(), first.iter().map(|a| (*a).to_owned()).collect()))
}

/// Runs a compiler; what it prints goes to stderr. The error names the command.
fn run(command: &mut Command) -> Result<(), String> {
    let shown = command.get_program().to_string_lossy().into_owned();
    command.stdout(std::io::stderr());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` failed ({status}); its messages are above")),
        Err(e) => Err(format!("`{shown}` cannot be started: {e}")),
    }
}
