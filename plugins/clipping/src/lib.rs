//! `clipping`: the shares of clipped and of silent audio clips, overall or for each label.
//!
//! `detect` judges one clip, `counts` is the mergeable state, `plugin` speaks the contract.

#[rustfmt::skip]
#[allow(warnings, clippy::all)]
#[path = "../../bindings/rust/metric.rs"]
mod bindings;
mod config;
mod counts;
mod detect;
mod labels;
#[cfg(target_arch = "wasm32")]
#[path = "../../bindings/rust/memory.rs"]
mod memory;
mod plugin;

#[cfg(target_arch = "wasm32")]
bindings::export!(Plugin with_types_in bindings);
#[cfg(target_arch = "wasm32")]
use plugin::Plugin;
