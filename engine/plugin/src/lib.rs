//! The component host: loads plugins, gives them their inputs and nothing else, and holds them to their limits.

mod cache;
mod columns;
mod host;
mod instance;

pub use host::Host;

/// The bindings of the two worlds.
mod transform_world {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "transform",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

mod metric_world {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "metric",
        ownership: Borrowing { duplicate_if_necessary: true },
        with: {
            "driftline:plugin/types": crate::transform_world::driftline::plugin::types,
            "driftline:plugin/log": crate::transform_world::driftline::plugin::log,
        },
    });
}
