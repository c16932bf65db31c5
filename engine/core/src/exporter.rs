//! Exporters: they send outcomes to machines.

use crate::outcome::Outcome;
use futures_core::future::BoxFuture;
use std::sync::Arc;

/// What happened, for exporters.
#[derive(Clone)]
pub enum Event {
    Evaluated(Arc<Outcome>),
    /// An evaluation could not be done.
    Failed { monitor: String, reason: String },
}

/// A running exporter. Idempotent by the outcome's identity (monitor, window, revision).
pub trait Exporter: Send + Sync {
    fn export(&self, event: Event) -> BoxFuture<'_, Result<(), String>>;
    /// Ends within a bound; what was acknowledged is not lost.
    fn shutdown(&self) -> BoxFuture<'_, ()>;
}

/// Starting an exporter may bind a socket.
pub type Starting = BoxFuture<'static, Result<Arc<dyn Exporter>, String>>;
