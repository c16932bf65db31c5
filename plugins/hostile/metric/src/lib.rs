//! A metric plugin that misbehaves on request, so that the host's limits can be tested.

#[rustfmt::skip]
#[allow(warnings, clippy::all)]
#[path = "../../../bindings/rust/metric.rs"]
mod bindings;
#[cfg(target_arch = "wasm32")]
#[path = "../../../bindings/rust/memory.rs"]
mod memory;
mod plugin;

#[cfg(target_arch = "wasm32")]
bindings::export!(Plugin with_types_in bindings);
#[cfg(target_arch = "wasm32")]
use plugin::Plugin;
