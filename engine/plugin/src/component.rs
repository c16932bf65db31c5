//! Makes components of the modules that compilers give.

use wasmparser::{Parser, Payload};
use wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The contract.
const WIT: &str = include_str!("../../../wit/plugin.wit");
/// WASI preview 1 that gives nothing (`plugins/null_wasi`), so that the component asks the host for nothing.
const NULL_WASI: &[u8] = include_bytes!("null_wasi.wasm");

/// What a plugin is for, by the contract's name and the interface that it exports.
const WORLDS: [(&str, &str); 3] = [("transform", "transforms"), ("metric", "metrics"), ("two-sample-test", "two-sample-tests")];

/// What a component's WASI preview 1 imports become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wasi {
    /// Functions of its own that give nothing.
    Nothing,
    /// Imports of WASI 0.2, behind which is what the spec grants.
    Granted,
}

/// Makes a component of a core module that exports one of the contract's worlds. The error says what the module lacks.
pub fn componentize(module: &[u8], wasi: Wasi) -> Result<Vec<u8>, String> {
    let exports = exports(module)?;
    let has = |interface: &str| exports.iter().any(|name| name.starts_with(&format!("driftline:plugin/{interface}@")));
    let (world, _) = WORLDS.iter().find(|(_, interface)| has(interface)).ok_or("it exports none of the contract's interfaces: was it compiled with its bindings?")?;
    let mut resolve = Resolve::default();
    let package = resolve.push_str("plugin.wit", WIT).map_err(|e| e.to_string())?;
    let world = resolve.select_world(&[package], Some(world)).map_err(|e| e.to_string())?;
    let mut module = module.to_vec();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).map_err(|e| format!("{e:#}"))?;
    let encoder = ComponentEncoder::default().module(&module).map_err(|e| format!("{e:#}"))?;
    let adapter = match wasi {
        Wasi::Nothing => NULL_WASI,
        Wasi::Granted => WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
    };
    let encoder = encoder.adapter("wasi_snapshot_preview1", adapter).map_err(|e| format!("{e:#}"))?;
    encoder.realloc_via_memory_grow(true).validate(true).encode().map_err(|e| format!("{e:#}"))
}

/// Names of a core module's exports.
fn exports(module: &[u8]) -> Result<Vec<String>, String> {
    let broken = |e: wasmparser::BinaryReaderError| format!("not a WebAssembly module: {e}");
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ExportSection(section) = payload.map_err(broken)? {
            for export in section {
                names.push(export.map_err(broken)?.name.to_owned());
            }
        }
    }
    Ok(names)
}
