//! `driftline plugin`.

mod bench;
mod build;
mod languages;
mod new;
mod test;

use super::print;
use clap::Subcommand;
use driftline::OpenError;
use arrow::datatypes::{Field, Schema};
use driftline::core::catalogue::Direction;
use driftline::core::plugin::{Info, Input, Plugin as Loaded, PluginKind};
use driftline::outputs::table::printable;
use driftline::plugin::{Grant, Inspection};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Subcommand)]
pub(super) enum Plugin {
    /// Write a folder with a plugin that builds at once.
    New(new::New),
    /// Make a component of a plugin's folder.
    Build(build::Build),
    /// Print what a WebAssembly component is, imports and says of itself. Exit code: 1 if it cannot be used.
    Inspect {
        /// The component (.wasm).
        file: PathBuf,
    },
    /// Compile components ahead of time into DRIFTLINE_CACHE, such as for a container that cannot write.
    Compile {
        /// The components (.wasm).
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Compile a component from stdin to stdout, for the process that asked.
    #[command(hide = true)]
    CompileStdin {
        /// Most seconds.
        seconds: u64,
    },
    /// Print what a plugin gives for a file, and check its contract. Exit code: 1 if it breaks it.
    Test(test::Test),
    /// Measure a plugin: its instances, its rows a second beside those of an empty plugin, its memory.
    Bench(bench::Bench),
}

pub(super) fn plugin(asked: &Plugin) -> Result<ExitCode, OpenError> {
    let file = match asked {
        Plugin::Inspect { file } => file,
        Plugin::Compile { files } => return compile(files),
        Plugin::CompileStdin { seconds } => return driftline::plugin::serve_compiler(*seconds).map(|()| ExitCode::SUCCESS).map_err(OpenError::Run),
        Plugin::Test(asked) => return test::test(asked),
        Plugin::Bench(asked) => return bench::bench(asked),
        Plugin::New(asked) => return new::new(asked),
        Plugin::Build(asked) => return build::build(asked),
    };
    let host = driftline::host().map_err(OpenError::Run)?;
    let found = host.inspect(file).map_err(OpenError::Run)?;
    print(&render(file, &found))?;
    Ok(ExitCode::from(u8::from(found.info.is_err())))
}

fn compile(files: &[PathBuf]) -> Result<ExitCode, OpenError> {
    let host = driftline::host().map_err(OpenError::Run)?;
    for file in files {
        let kept = host.compile(file).map_err(OpenError::Run)?;
        print(&format!("{} → {}\n", file.display(), kept.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The inspection as text. Writing to a string cannot fail.
fn render(file: &Path, found: &Inspection) -> String {
    let mut out = format!("{}: {} bytes\nsha256 = \"{}\"\n", file.display(), found.size, found.digest);
    match &found.info {
        Ok(info) => about(&mut out, info),
        Err(reason) => {
            let _ = writeln!(out, "\ncannot be used: {}", printable(reason));
        }
    }
    let _ = writeln!(out, "\nimports{}", if found.imports.is_empty() { ": none" } else { "" });
    for import in &found.imports {
        let grant = match import.grant {
            Grant::Granted => "granted",
            Grant::TypesOnly => "types only",
            Grant::Stub(None) => "for the runtime's sake; gives nothing",
            Grant::Stub(Some(key)) => &format!("gives nothing, unless the spec says {key}"),
            Grant::Refused => "refused: no plugin gets this",
        };
        let _ = writeln!(out, "  {:<40} {grant}", printable(&import.name));
    }
    let _ = writeln!(out, "\nexports");
    for export in &found.exports {
        let _ = writeln!(out, "  {}", printable(export));
    }
    out
}

/// All that a plugin tells, with what it gives for inputs of the types that it likes best.
pub(super) fn page(plugin: &dyn Loaded) -> String {
    let mut out = String::new();
    about(&mut out, plugin.info());
    given(&mut out, plugin);
    out
}

/// What it gives for its config and for inputs of the types that it likes best.
fn given(out: &mut String, plugin: &dyn Loaded) {
    let inputs: Vec<&Input> = plugin.info().inputs.iter().filter(|input| !input.optional).collect();
    let field = |input: &&Input| Some(Field::new(&input.name, driftline::plugin::data_type(input.accepts.first()?)?, true));
    let schema = Schema::new(inputs.iter().filter_map(field).collect::<Vec<_>>());
    let bindings = inputs.iter().map(|input| (input.name.clone(), input.name.clone())).collect();
    let described = match plugin.describe(&bindings, &schema) {
        Ok(described) => described,
        Err(reason) => {
            let _ = writeln!(out, "\nwhat it gives depends on its config: {}", printable(&reason));
            return;
        }
    };
    let _ = writeln!(out, "\ngives");
    for (name, data_type) in &described.outputs {
        let _ = writeln!(out, "  {:<24} {data_type}", printable(name));
    }
    for sample in &described.samples {
        let unit = if sample.unit.is_empty() { String::new() } else { format!(" [{}]", sample.unit) };
        let labels = if sample.labels.is_empty() { String::new() } else { format!(", by {}", sample.labels.join(", ")) };
        let better = match sample.direction {
            Direction::Higher => ", higher is better",
            Direction::Lower => ", lower is better",
            Direction::Neither => "",
        };
        let _ = writeln!(out, "  {:<24} {}", printable(&sample.name), printable(&format!("{}{unit}{labels}{better}", sample.summary)));
    }
}

fn about(out: &mut String, info: &Info) {
    let kind = match info.kind {
        PluginKind::Transform => "transform: adds columns",
        PluginKind::Metric => "metric",
        PluginKind::TwoSampleTest => "two-sample test",
    };
    let _ = writeln!(out, "\n{} {} ({kind})\n{}", printable(&info.name), printable(&info.version), printable(&info.summary));
    let _ = writeln!(out, "\ninputs{}", if info.inputs.is_empty() { ": none" } else { "" });
    for input in &info.inputs {
        let optional = if input.optional { ", optional" } else { "" };
        let _ = writeln!(out, "  {:<16} {}{optional}: {}", printable(&input.name), printable(&input.accepts.join(" or ")), printable(&input.summary));
    }
    let schema = serde_json::from_str::<serde_json::Value>(&info.config_schema).map_or_else(|_| info.config_schema.clone(), |schema| format!("{schema:#}"));
    let _ = writeln!(out, "\nconfig (JSON Schema)");
    for line in schema.lines() {
        let _ = writeln!(out, "  {}", printable(line));
    }
}
