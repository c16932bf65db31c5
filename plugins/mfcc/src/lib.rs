//! `mfcc`: the means of mel-frequency cepstral coefficients of audio clips, as columns.
//!
//! The crate `mfcc-dsp` holds the mathematics and knows nothing of WebAssembly; `plugin` speaks the contract.

#[rustfmt::skip]
#[allow(warnings, clippy::all)]
#[path = "../../bindings/rust/transform.rs"]
mod bindings;
mod config;
#[cfg(target_arch = "wasm32")]
#[path = "../../bindings/rust/memory.rs"]
mod memory;
mod plugin;

#[cfg(target_arch = "wasm32")]
bindings::export!(Plugin with_types_in bindings);
#[cfg(target_arch = "wasm32")]
use plugin::Plugin;
