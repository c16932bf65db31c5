//! `driftline serve`.

use driftline::core::exporter::Exporter;
use driftline::runtime::serve::Monitor as Served;
use driftline::{Monitor, OpenError};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

pub fn serve(specs: &[PathBuf]) -> Result<ExitCode, OpenError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| OpenError::Run(format!("no runtime: {e}")))?;
    // A spec is planned on a runtime of its own, so all are read before this one is entered.
    let mut monitors: Vec<(Served, Starts)> = Vec::new();
    for spec in specs {
        let (served, starts) = monitor(spec)?;
        if monitors.iter().any(|(other, _)| other.name == served.name) {
            let message = format!("{}: there is another monitor named `{}` already; names tell series apart", spec.display(), served.name);
            return Err(OpenError::Spec(message));
        }
        monitors.push((served, starts));
    }
    let result = runtime.block_on(run(monitors));
    // An evaluation that is under way is not waited for: nothing of it was acknowledged.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

type Starts = Vec<(String, driftline::runtime::plan::Start)>;

fn monitor(path: &Path) -> Result<(Served, Starts), OpenError> {
    let monitor = Monitor::open(path)?;
    // A spec that is wrong ends the start; data that is not there yet does not, and is tried again on schedule.
    if let Err(error) = monitor.plan() {
        match error {
            OpenError::Spec(_) => return Err(error),
            OpenError::Run(reason) => tracing::error!(spec = %path.display(), "not ready to be evaluated: {reason}"),
        }
    }
    let serving = monitor.serving()?;
    let schedule = serving.schedule.ok_or_else(|| {
        OpenError::Spec(format!("{}: serving needs a schedule; add\n[schedule]\nevery = \"30s\"", path.display()))
    })?;
    if serving.exports.is_empty() {
        let message = format!("{}: serving needs an export; add\n[export.prometheus]\nlisten = \"127.0.0.1:9464\"", path.display());
        return Err(OpenError::Spec(message));
    }
    let again = monitor.clone();
    let served = Served {
        schedule,
        replan: Arc::new(move || again.ready().map_err(|e| e.to_string())),
        evaluator: monitor.evaluator(&serving.monitor, serving.state.as_deref()),
        name: serving.monitor,
        exporters: Vec::new(),
    };
    Ok((served, serving.exports))
}

async fn run(monitors: Vec<(Served, Starts)>) -> Result<ExitCode, OpenError> {
    let stop = stop_signal()?;
    let mut exporters: Vec<Arc<dyn Exporter>> = Vec::new();
    for (mut served, starts) in monitors {
        for (name, start) in starts {
            let started = start().await.map_err(|e| OpenError::Run(format!("export {name}: {e}")))?;
            served.exporters.push(started.clone());
            exporters.push(started);
        }
        tokio::spawn(served.run());
    }
    stop.await;
    tracing::info!("stopping");
    for exporter in exporters {
        exporter.shutdown().await;
    }
    Ok(ExitCode::SUCCESS)
}

/// Ends with SIGTERM or Ctrl-C.
fn stop_signal() -> Result<impl Future<Output = ()>, OpenError> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |e: std::io::Error| OpenError::Run(format!("signals cannot be received: {e}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
