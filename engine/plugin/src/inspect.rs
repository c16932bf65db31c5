//! What a component is, wants and says of itself, whether it can be used or not.

use crate::cache;
use crate::host::{Host, read};
use driftline_core::plugin::{Info, PluginHost};
use driftline_core::spec::{Config, LimitsFrame, PluginFrame, PluginSpec};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;
use std::path::Path;
use toml::Spanned;
use wasmtime::component::types::ComponentItem;

/// All that a plugin gets beside its inputs.
const LOG: &str = "driftline:plugin/log@0.1.0";

/// Something that a component imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    pub name: String,
    pub grant: Grant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    Granted,
    /// Types without functions: there is nothing to grant.
    TypesOnly,
    /// A part of WASI that is there for the runtime's sake, and gives nothing unless the spec has this key.
    Stub(Option<&'static str>),
    Refused,
}

/// What is known of a file.
pub struct Inspection {
    /// Bytes.
    pub size: u64,
    /// SHA-256 as hexadecimal digits.
    pub digest: String,
    pub imports: Vec<Import>,
    pub exports: Vec<String>,
    /// What it says of itself, or why it cannot be used.
    pub info: Result<Info, String>,
}

impl Host {
    /// Looks at a file. An error means that there is none, or that it is no component.
    pub fn inspect(&self, path: &Path) -> Result<Inspection, String> {
        let at = |e: String| format!("{}: {e}", path.display());
        let bytes = read(path, LimitsFrame::default().component.0).map_err(at)?;
        let component = cache::compile(self.engine(), &bytes, self.cache(), LimitsFrame::default().compile_time.0).map_err(at)?;
        let of = component.component_type();
        let imports = of.imports(self.engine()).map(|(name, item)| Import { name: name.to_owned(), grant: self.grant(name, &item.ty) }).collect();
        let exports = of.exports(self.engine()).map(|(name, _)| name.to_owned()).collect();
        let info = self.load(&alone(path), Path::new("")).map(|plugin| plugin.info().clone());
        Ok(Inspection { size: bytes.len() as u64, digest: cache::hex(&bytes), imports, exports, info })
    }

    fn grant(&self, name: &str, item: &ComponentItem) -> Grant {
        let functions = |item: &ComponentItem| match item {
            ComponentItem::ComponentInstance(instance) => instance.exports(self.engine()).any(|(_, item)| !matches!(item.ty, ComponentItem::Type(_))),
            item => !matches!(item, ComponentItem::Type(_)),
        };
        match (name == LOG, functions(item), stub(name)) {
            (true, ..) => Grant::Granted,
            (false, _, Some(key)) => Grant::Stub(key),
            (false, false, None) => Grant::TypesOnly,
            (false, true, None) => Grant::Refused,
        }
    }
}

/// The key that grants what is behind an interface of WASI; `None` for an interface that plugins may not have at all.
pub(crate) fn stub(interface: &str) -> Option<Option<&'static str>> {
    let name = interface.split('@').next().unwrap_or(interface);
    match name {
        "wasi:cli/stdout" => Some(Some("grant = [\"stdout\"]")),
        name if name.starts_with("wasi:clocks/") => Some(Some("grant = [\"clock\"]")),
        name if name.starts_with("wasi:random/") => Some(Some("grant = [\"random\"]")),
        name if name.starts_with("wasi:filesystem/") => Some(Some("folder = \"…\"")),
        name if ["wasi:io/", "wasi:cli/", "wasi:sockets/"].iter().any(|part| name.starts_with(part)) => Some(None),
        _ => None,
    }
}

/// A file as a plugin of a spec that says nothing more.
fn alone(path: &Path) -> PluginSpec {
    let name = path.file_stem().map_or_else(|| "plugin".into(), |stem| stem.to_string_lossy().into_owned());
    let component = Spanned::new(0..0, path.to_string_lossy().into_owned());
    let frame = PluginFrame { component, sha256: None, inputs: BTreeMap::new(), prefix: String::new(), partitions: NonZeroU16::MIN, grant: BTreeSet::new(), folder: None, limits: LimitsFrame::default() };
    PluginSpec { name, span: 0..0, frame, config: Config::empty(0..0) }
}
