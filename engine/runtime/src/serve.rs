//! Evaluating on a schedule until a signal comes.

use crate::evaluate::Evaluator;
use crate::plan::Plan;
use driftline_core::diagnostic::{Diagnostic, Span};
use driftline_core::exporter::{Event, Exporter};
use driftline_core::outcome::Outcome;
use driftline_core::spec::ScheduleFrame;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// When to evaluate again.
#[derive(Debug, Clone)]
pub enum Schedule {
    Every(Duration),
    Cron(Box<croner::Cron>),
}

impl Schedule {
    /// Reads `[schedule]`, which stands at `span`.
    pub fn new(frame: &ScheduleFrame, span: &Span) -> Result<Self, Diagnostic> {
        match (&frame.every, &frame.cron) {
            (Some(every), None) => Ok(Schedule::Every(every.0)),
            (None, Some(cron)) => match croner::Cron::from_str(cron.get_ref()) {
                Ok(parsed) => Ok(Schedule::Cron(Box::new(parsed))),
                Err(e) => {
                    let help = "write minute hour day month weekday, such as \"*/5 * * * *\"".to_owned();
                    Err(Diagnostic::at(cron.span(), format!("`cron`: {e}")).help(help))
                }
            },
            _ => Err(Diagnostic::at(span.clone(), "[schedule] takes one of `every` and `cron`")),
        }
    }
}

/// Time until a cron expression's next evaluation.
fn until_next(cron: &croner::Cron) -> Duration {
    let now = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC);
    let next = cron.find_next_occurrence(&now, false).ok();
    // One without a next time (30 February) is asked again in a day.
    next.and_then(|n| Duration::try_from(n.duration_since(&now)).ok()).unwrap_or(Duration::from_secs(86_400))
}

/// Makes a fresh plan for each evaluation, since files and schemas change.
pub type Replan = Arc<dyn Fn() -> Result<Plan, String> + Send + Sync>;

/// A monitor that is served.
pub struct Monitor {
    pub name: String,
    pub schedule: Schedule,
    pub replan: Replan,
    pub evaluator: Evaluator,
    pub exporters: Vec<Arc<dyn Exporter>>,
}

impl Monitor {
    /// Evaluates at once and then by the schedule, for ever.
    pub async fn run(self) {
        let monitor = Arc::new(self);
        loop {
            let started = tokio::time::Instant::now();
            let this = monitor.clone();
            // A panic of ours must not end the other monitors.
            let result = tokio::task::spawn_blocking(move || this.evaluate()).await;
            let result = result.unwrap_or_else(|e| Err(format!("internal error: {e}")));
            monitor.export(result).await;
            match &monitor.schedule {
                // From start to start; what takes longer is followed at once.
                Schedule::Every(every) => tokio::time::sleep_until(started + *every).await,
                Schedule::Cron(cron) => tokio::time::sleep(until_next(cron)).await,
            }
        }
    }

    fn evaluate(&self) -> Result<Outcome, String> {
        let plan = (self.replan)()?;
        self.evaluator.evaluate(&plan, &|_| {}).map_err(|e| e.to_string())
    }

    async fn export(&self, result: Result<Outcome, String>) {
        let event = match result {
            Ok(outcome) => {
                tracing::info!(monitor = self.name, status = outcome.status.name(), "evaluated");
                Event::Evaluated(Arc::new(outcome))
            }
            Err(reason) => {
                tracing::error!(monitor = self.name, "not evaluated: {reason}");
                Event::Failed { monitor: self.name.clone(), reason }
            }
        };
        for exporter in &self.exporters {
            if let Err(e) = exporter.export(event.clone()).await {
                tracing::error!(monitor = self.name, "not exported: {e}");
            }
        }
    }
}
