//! `driftline run`, `compare`, `check`, `serve`, `plugin`, `list`, `explain`, `schema`, `generate`.

mod check;
mod compare;
mod explain;
mod plugin;
mod profile;
mod run;
mod serve;

use clap::{Parser, Subcommand};
use driftline::{OpenError, catalogue};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Monitors the data and models of machine learning: one binary, one TOML file.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Evaluate once and print the outcome. Exit code: 0 nothing failed, 1 a check is fail or error or a plugin failed, 2 the spec is wrong, 3 the run could not be done.
    Run {
        /// The TOML file.
        spec: PathBuf,
        #[arg(long, short, value_enum, default_value_t = run::Output::Table)]
        output: run::Output,
        /// Print where the time went to stderr: stages, accumulators and metrics. JSON has the same under `timings`.
        #[arg(long)]
        profile: bool,
    },
    /// Compare two files without a spec: the schema, then each column's drift, largest first. Exit code: 0 something was compared, nothing drifted and the schemas agree, 1 otherwise, 2 and 3 as of `run`.
    Compare(compare::Compare),
    /// Save what the reference comes to, so that a spec needs its rows no more (`kind = "profile"`).
    Profile(profile::Profile),
    /// Resolve the spec against the data without running it, and print the plan. Exit code: 1 if a plugin cannot be used, else as of `run`.
    Check { spec: PathBuf },
    /// Evaluate at start and by [schedule], and serve the exporters, until SIGTERM or Ctrl-C.
    Serve {
        #[arg(required = true)]
        specs: Vec<PathBuf>,
    },
    /// Look at a plugin, or test it.
    #[command(subcommand)]
    Plugin(plugin::Plugin),
    /// Print the catalogue: metrics, two-sample tests, sources, exporters.
    List {
        /// A TOML file whose plugins are listed, too.
        spec: Option<PathBuf>,
    },
    /// Print all that is known of a catalogue entry, or of a plugin.
    Explain {
        name: String,
        /// The TOML file that the plugin is in.
        spec: Option<PathBuf>,
    },
    /// Print the spec's JSON Schema.
    Schema,
    /// Print a generated file for the systems around Driftline.
    Generate {
        #[arg(value_enum)]
        what: Generated,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Generated {
    /// The Grafana dashboard (JSON).
    Dashboard,
    /// Prometheus alert rules (YAML).
    Rules,
    /// What Evidently's names are here (Markdown).
    Evidently,
}

/// Runs the command.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log();
    let result = match arguments.command {
        Command::Run { spec, output, profile } => run::run(&spec, output, profile),
        Command::Compare(asked) => compare::compare(&asked),
        Command::Profile(asked) => profile::profile(&asked),
        Command::Check { spec } => check::check(&spec),
        Command::Serve { specs } => serve::serve(&specs),
        Command::Plugin(asked) => plugin::plugin(&asked),
        Command::List { spec } => explain::list(&catalogue(), spec.as_deref()).and_then(|text| print(&text)),
        Command::Explain { name, spec } => explain::explain(&catalogue(), &name, spec.as_deref()),
        Command::Schema => print(&format!("{:#}\n", driftline::generate::schema::schema(&catalogue()))),
        Command::Generate { what: Generated::Dashboard } => {
            print(&format!("{:#}\n", driftline::generate::dashboard::dashboard()))
        }
        Command::Generate { what: Generated::Rules } => print(&driftline::generate::rules::rules()),
        Command::Generate { what: Generated::Evidently } => {
            print(&catalogue().compatibilities.iter().filter(|tool| tool.name == "evidently").map(driftline::generate::compatibility::table).collect::<String>())
        }
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            // A reader of stderr that went away is no error.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::from(if matches!(error, OpenError::Spec(_)) { 2 } else { 3 })
        }
    }
}

/// Logs go to stderr; `DRIFTLINE_LOG` sets the level.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("DRIFTLINE_LOG");
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()).with_target(false).with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE).init();
}

/// Prints to stdout. A reader that went away (`| head`) is not an error.
fn print(text: &str) -> Result<ExitCode, OpenError> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(OpenError::Run(format!("stdout: {e}"))),
        _ => Ok(ExitCode::SUCCESS),
    }
}
