//! `driftline plugin new`: a plugin that builds at once.

use super::super::print;
use super::build::Manifest;
use super::languages::{COMMON, LANGUAGES, Language};
use driftline::OpenError;
use driftline::core::catalogue::find;
use driftline::core::name::is_identifier;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub(in crate::cli) struct New {
    /// Its name, lower_snake_case, which is its folder's, too.
    name: String,
    /// The language: rust, c, cpp, zig, go, python, javascript.
    #[arg(long, value_parser = LANGUAGES.map(|language| language.name))]
    lang: String,
    /// Where to make the folder.
    #[arg(long = "in", default_value = ".")]
    parent: PathBuf,
}

pub(super) fn new(asked: &New) -> Result<ExitCode, OpenError> {
    if !is_identifier(&asked.name) {
        return Err(OpenError::Spec(format!("`{}` is no name of a plugin: write lower_snake_case, such as word_counts", asked.name)));
    }
    let catalogue = driftline::catalogue();
    let is_taken = find(&catalogue.metrics, &asked.name).is_some() || find(&catalogue.tests, &asked.name).is_some();
    // A spec refuses these; the template for Go has a package of Driftline's name.
    if is_taken || asked.name == "driftline" {
        let whose = if is_taken { "of a metric or test of Driftline" } else { "that plugins know Driftline by" };
        return Err(OpenError::Spec(format!("`{}` is the name {whose}; give the plugin another name", asked.name)));
    }
    // The parser lets through no other.
    let language = LANGUAGES.iter().find(|language| language.name == asked.lang).ok_or_else(|| OpenError::Spec(format!("no language `{}`", asked.lang)))?;
    let folder = asked.parent.join(&asked.name);
    if folder.exists() {
        return Err(OpenError::Spec(format!("{}: it is there already; choose another name, or another folder with --in", folder.display())));
    }
    write(&folder, &asked.name, language).map_err(OpenError::Run)?;
    let shown = folder.display();
    print(&format!("{shown}: a metric in {}; see its README.md. Next:\n\n  cd {shown}\n  driftline plugin build\n  driftline plugin test {}.wasm --data sample.csv --expect expected.json\n", language.title, asked.name))
}

fn write(folder: &Path, name: &str, language: &Language) -> Result<(), String> {
    let manifest = Manifest { name: name.to_owned(), language: language.name.to_owned(), world: "metric".to_owned(), wasi: false };
    let written = [("plugin.toml", manifest.text())];
    let template = COMMON.iter().chain(language.files).map(|(path, content)| (*path, fill(content, name, language)));
    for (path, content) in template.chain(written) {
        let path = folder.join(path);
        let error = |e: std::io::Error| format!("{}: {e}", path.display());
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(error)?;
        }
        std::fs::write(&path, content).map_err(error)?;
    }
    Ok(())
}

fn fill(content: &str, name: &str, language: &Language) -> String {
    content.replace("NAME", name).replace("TOOLCHAIN", language.toolchain).replace("LANGUAGE", language.title)
}
