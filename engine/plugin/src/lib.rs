//! The component host: loads plugins, gives them their inputs and nothing else, and holds them to their limits.

mod cache;
mod calls;
mod columns;
mod config;
mod failures;
mod host;
mod inspect;
mod instance;
mod loaded;
mod metric;
mod transform;

pub use host::Host;
pub use inspect::{Grant, Import, Inspection};

/// Bindings of both worlds at once: a plugin exports `about` and one of the other two.
#[allow(clippy::all)]
mod world {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package driftline:host;
            world any {
                import driftline:plugin/log@0.1.0;
                export driftline:plugin/about@0.1.0;
                export driftline:plugin/transforms@0.1.0;
                export driftline:plugin/metrics@0.1.0;
            }
        ",
        world: "driftline:host/any",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}
