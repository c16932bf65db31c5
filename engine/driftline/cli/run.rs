//! `driftline run`.

use super::print;
use driftline::outputs::{prometheus, table};
use driftline::{Monitor, OpenError, Outcome, Status};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

/// How the outcome is printed.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Output {
    /// For people.
    Table,
    /// The whole outcome (`driftline.outcome/1`).
    Json,
    /// A textfile for the node exporter.
    Prometheus,
}

pub fn run(spec: &Path, output: Output, profile: bool) -> Result<ExitCode, OpenError> {
    let monitor = Monitor::open(spec)?;
    let bar = progress_bar();
    let outcome = monitor.run_with(&|rows| bar.set_position(rows));
    bar.finish_and_clear();
    let outcome = outcome?;
    if profile {
        // A reader of stderr that went away is no error.
        let _ = std::io::stderr().write_all(driftline::outputs::profile::render(&outcome).as_bytes());
    }
    print(&render(&outcome, output)?)?;
    // What is recorded alone has no status.
    let failed = outcome.plugins.values().any(|used| !used.failures.is_empty());
    Ok(ExitCode::from(u8::from(outcome.status >= Status::Fail || failed)))
}

/// Shown on a terminal only.
pub(super) fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {human_pos} rows ({per_sec}, {elapsed})");
    let bar = ProgressBar::new_spinner();
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn render(outcome: &Outcome, output: Output) -> Result<String, OpenError> {
    match output {
        Output::Table => Ok(table::render(outcome, std::io::stdout().is_terminal())),
        Output::Json => {
            let json = serde_json::to_string_pretty(outcome);
            json.map(|j| j + "\n").map_err(|e| OpenError::Run(format!("the outcome cannot be written: {e}")))
        }
        Output::Prometheus => prometheus::textfile(outcome).map_err(OpenError::Run),
    }
}
