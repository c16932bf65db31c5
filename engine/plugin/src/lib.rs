//! The component host: loads plugins, gives them their inputs and nothing else, and holds them to their limits.

mod cache;
mod calls;
mod columns;
mod compiler;
mod component;
mod config;
mod guest;
mod host;
mod inspect;
mod instance;
mod loaded;
mod metric;
mod transform;
mod two_sample;
mod usage;
mod wasi;

pub use columns::data_type;
pub use compiler::{compile_in, serve as serve_compiler};
pub use component::{Wasi, componentize};
pub use host::Host;
pub use inspect::{Grant, Import, Inspection};

/// Bindings of all worlds at once: a plugin exports `about` and one of the others.
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
                export driftline:plugin/two-sample-tests@0.1.0;
            }
        ",
        world: "driftline:host/any",
        ownership: Borrowing { duplicate_if_necessary: true },
        imports: { default: trappable },
    });
}
