//! The Prometheus exporter: `/metrics`, `/-/healthy` and `/-/ready` on one address, shared by all monitors of the process.

use crate::prometheus::{Families, PluginUses};
use ::prometheus::proto::MetricType;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};
use driftline_core::catalogue::{Direction, Doc, ExporterEntry, read_parameters, schema_of};
use driftline_core::exporter::{Event, Exporter, Starting};
use driftline_core::outcome::Outcome;
use futures_core::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

pub const ENTRY: ExporterEntry = ExporterEntry {
    doc: Doc {
        name: "prometheus",
        aliases: &[],
        summary: "Serves the newest outcome to Prometheus.",
        description: "Used by `driftline serve`: /metrics (text, or OpenMetrics by the Accept header), /-/healthy, and /-/ready, which is 503 until \
every monitor has been evaluated once. Monitors with the same address share it. A one-shot `driftline run` serves nothing; use `--output prometheus`.",
        formula: "",
        direction: Direction::Neither,
        fields: &[],
        parameters: schema_of::<Parameters>,
        example: "[export.prometheus]\nlisten = \"127.0.0.1:9464\"",
        reference: "https://prometheus.io/docs/instrumenting/exposition_formats/",
    },
    start: |monitor, component, diagnostics| {
        let parameters: Parameters = read_parameters(component, diagnostics)?;
        let resolved = parameters.listen.get_ref().to_socket_addrs().ok().and_then(|mut all| all.next());
        let Some(address) = resolved else {
            let message = format!("`listen`: `{}` is not an address; write one such as \"127.0.0.1:9464\"", parameters.listen.get_ref());
            diagnostics.error(&parameters.listen.span(), message);
            return None;
        };
        let monitor = monitor.to_owned();
        Some(Box::new(move || -> Starting { Box::pin(start(address, monitor)) }))
    },
};

#[derive(Debug, Deserialize, JsonSchema)]
struct Parameters {
    /// Address and port.
    #[serde(default = "default_listen")]
    #[schemars(with = "String")]
    listen: toml::Spanned<String>,
}

fn default_listen() -> toml::Spanned<String> {
    toml::Spanned::new(0..0, "127.0.0.1:9464".into())
}

/// What is known of a monitor.
#[derive(Default)]
struct Known {
    outcome: Option<Arc<Outcome>>,
    evaluations: u64,
    failures: u64,
    last_success: Option<f64>,
    plugins: PluginUses,
}

/// What one address serves.
struct Shared {
    monitors: Mutex<BTreeMap<String, Known>>,
    /// Monitors that are exported here: readiness waits for all of them.
    expected: Mutex<BTreeSet<String>>,
    stop: watch::Sender<bool>,
    served: tokio::sync::Mutex<Option<tokio::task::JoinHandle<()>>>,
}

/// The addresses that this process serves.
static SERVERS: LazyLock<tokio::sync::Mutex<HashMap<SocketAddr, Arc<Shared>>>> = LazyLock::new(Default::default);

async fn start(address: SocketAddr, monitor: String) -> Result<Arc<dyn Exporter>, String> {
    let mut servers = SERVERS.lock().await;
    if let Some(shared) = servers.get(&address) {
        // It is known from the start, so that one that is never evaluated is missed.
        lock(&shared.monitors).entry(monitor.clone()).or_default();
        if !lock(&shared.expected).insert(monitor.clone()) {
            return Err(format!("monitor `{monitor}` is exported to {address} twice; remove one of the exports, or give it another address"));
        }
        return Ok(Arc::new(Server { shared: shared.clone() }));
    }
    let listener = tokio::net::TcpListener::bind(address).await;
    let listener = listener.map_err(|e| format!("cannot listen on {address}: {e}"))?;
    let (stop, mut stopped) = watch::channel(false);
    let shared = Arc::new(Shared {
        monitors: Mutex::new(BTreeMap::from([(monitor.clone(), Known::default())])),
        expected: Mutex::new(BTreeSet::from([monitor])),
        stop,
        served: tokio::sync::Mutex::new(None),
    });
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/-/healthy", get(|| async { "healthy\n" }))
        .route("/-/ready", get(ready))
        .with_state(shared.clone());
    tracing::info!("serving http://{}/metrics", listener.local_addr().map_or(address, |a| a));
    let task = tokio::spawn(async move {
        let end = async move { drop(stopped.wait_for(|stop| *stop).await) };
        if let Err(e) = axum::serve(listener, router).with_graceful_shutdown(end).await {
            tracing::error!("the server on {address} ended: {e}");
        }
    });
    *shared.served.lock().await = Some(task);
    servers.insert(address, shared.clone());
    Ok(Arc::new(Server { shared }))
}

/// A lock whose holder panicked still holds whole values here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

struct Server {
    shared: Arc<Shared>,
}

impl Exporter for Server {
    fn export(&self, event: Event) -> BoxFuture<'_, Result<(), String>> {
        let mut monitors = lock(&self.shared.monitors);
        match event {
            Event::Evaluated(outcome) => {
                let known = monitors.entry(outcome.monitor.clone()).or_default();
                known.evaluations += 1;
                known.last_success = SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|d| d.as_secs_f64());
                known.plugins.add(&outcome);
                known.outcome = Some(outcome);
            }
            Event::Failed { monitor, .. } => {
                let known = monitors.entry(monitor).or_default();
                known.evaluations += 1;
                known.failures += 1;
            }
        }
        Box::pin(async { Ok(()) })
    }

    fn shutdown(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.shared.stop.send_replace(true);
            if let Some(task) = self.shared.served.lock().await.take() {
                // Open requests get five seconds.
                let _ = tokio::time::timeout(std::time::Duration::from_secs(5), task).await;
            }
        })
    }
}

async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    let evaluated = lock(&shared.monitors).values().filter(|k| k.outcome.is_some()).count();
    match evaluated >= lock(&shared.expected).len() {
        true => "ready\n".into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not every monitor has been evaluated\n").into_response(),
    }
}

async fn metrics(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let families = families(&shared);
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (content_type, text) = match accept.contains("application/openmetrics-text") {
        true => ("application/openmetrics-text; version=1.0.0; charset=utf-8", families.open_metrics()),
        false => ("text/plain; version=0.0.4; charset=utf-8", families.text()),
    };
    match text {
        Ok(text) => ([(header::CONTENT_TYPE, content_type)], text).into_response(),
        Err(e) => (StatusCode::INTERNAL_SERVER_ERROR, e).into_response(),
    }
}

fn families(shared: &Shared) -> Families {
    let mut families = Families::default();
    let version = vec![("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
    families.add("driftline_build_info", "version of the engine", MetricType::GAUGE, version, 1.0);
    for (monitor, known) in lock(&shared.monitors).iter() {
        let label = || vec![("monitor".to_owned(), monitor.clone())];
        let counters = [
            ("driftline_evaluations_total", "evaluations since the start", known.evaluations),
            ("driftline_evaluation_failures_total", "evaluations that could not be done", known.failures),
        ];
        for (name, help, value) in counters {
            families.add(name, help, MetricType::COUNTER, label(), value as f64);
        }
        if let Some(at) = known.last_success {
            let help = "when the last evaluation was done";
            families.add("driftline_last_success_timestamp_seconds", help, MetricType::GAUGE, label(), at);
        }
        families.add_plugins(monitor, &known.plugins);
        if let Some(outcome) = &known.outcome {
            families.add_outcome(outcome);
        }
    }
    families
}
