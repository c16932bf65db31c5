//! Compiled code, kept by the component's digest and the engine's version.
//!
//! Loading compiled code runs it, so a file is loaded only if the SHA-256 that stands before the code is right, which is of its name (the
//! component's digest and the engine's version) and the code, and only from a folder of this user or of root that nobody else may write. An
//! unusable folder means that code is kept in memory only.

use crate::compiler;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use wasmparser::{ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, Encoding, Parser, Payload};
use wasmtime::Engine;
use wasmtime::component::Component;

const DIGEST: usize = 32;

/// A digest as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Compiles a component, or loads what was compiled before.
pub(crate) fn compile(engine: &Engine, bytes: &[u8], folder: Option<&Path>, most: Duration) -> Result<Component, String> {
    let path = folder.and_then(private).map(|folder| kept_at(engine, bytes, &folder));
    if let Some(component) = path.as_ref().and_then(|p| load(engine, p)) {
        return Ok(component);
    }
    let component = compiler::compile(engine, bytes, most)?;
    if let (Some(path), Ok(code)) = (path, component.serialize())
        && let Err(e) = store(&path, &code)
    {
        tracing::info!("compiled code is kept in memory only: {}: {e}", path.display());
    }
    Ok(component)
}

/// What a file begins with says whether it is a component (WebAssembly's layer 1).
pub(crate) fn is_component(bytes: &[u8]) -> Result<(), String> {
    const MAGIC: &[u8] = b"\0asm";
    const COMPONENT: &[u8] = b"\x0d\0\x01\0";
    let help = "`driftline plugin build` makes one";
    match (bytes.starts_with(MAGIC), bytes.get(4..8)) {
        (true, Some(COMPONENT)) => Ok(()),
        (true, Some([1, 0, 0, 0])) => Err(format!("a WebAssembly module, and not a WebAssembly component: {help}")),
        (true, _) => Err(format!("not a WebAssembly component: it is cut off, or of another version; {help}")),
        (false, _) => Err(format!("not a WebAssembly component, nor any WebAssembly: {help}")),
    }
}

/// Most bytes of a function, and locals in it: the time and memory of compiling grow faster than these. Interpreters stay below.
const LARGEST_FUNCTION: usize = 512 << 10;
const MOST_LOCALS: u32 = 1_000;

/// Instances that one instance of a component comes to, those of nested components included: each may instantiate the one before it twice.
/// What the tools of languages make stays below.
const MOST_INSTANCES: u64 = 1_000;

/// Refuses what would take very long to compile, or endless memory when it is loaded. What gets through is stopped by the limit of time.
pub(crate) fn compilable(bytes: &[u8]) -> Result<(), String> {
    let mut instances = Instances::default();
    for payload in Parser::new(0).parse_all(bytes) {
        // The compiler tells what is no component better than this could.
        let Ok(payload) = payload else { return Ok(()) };
        if instances.add(&payload) > MOST_INSTANCES {
            return Err(format!("its nested components come to more than {MOST_INSTANCES} instances, are more than {DEEPEST} deep, or are handed to others"));
        }
        let Payload::CodeSectionEntry(body) = payload else { continue };
        let size = body.as_bytes().len();
        let locals = body.get_locals_reader().map_or(0, |locals| locals.into_iter().filter_map(Result::ok).map(|(n, _)| n).fold(0, u32::saturating_add));
        if size > LARGEST_FUNCTION || locals > MOST_LOCALS {
            return Err(format!("it has a function of {size} bytes with {locals} locals, which would take too long to compile; {LARGEST_FUNCTION} bytes and {MOST_LOCALS} locals are the limits"));
        }
    }
    Ok(())
}

/// Components within components.
const DEEPEST: usize = 100;

/// Counts the instances of nested components. Components that are handed to others could multiply beyond what is seen: no language's tools make
/// them, and they count as without an end.
#[derive(Default)]
struct Instances {
    /// The modules and components that are being read, the outermost first.
    open: Vec<Opened>,
    /// Of the largest component so far, which one that cannot be told may be.
    most: u64,
}

#[derive(Default)]
struct Opened {
    instances: u64,
    /// Instances of each component of its index space.
    components: Vec<u64>,
    is_component: bool,
}

impl Instances {
    /// Takes what comes next, and gives the instances of the largest component so far.
    fn add(&mut self, payload: &Payload<'_>) -> u64 {
        let most = self.most;
        match payload {
            Payload::Version { encoding, .. } => self.open.push(Opened { is_component: *encoding == Encoding::Component, ..Opened::default() }),
            Payload::End(_) => {
                let Some(ended) = self.open.pop().filter(|ended| ended.is_component) else { return most };
                let of = ended.instances.saturating_add(1);
                self.most = most.max(of);
                self.open.last_mut().into_iter().for_each(|outer| outer.components.push(of));
            }
            _ => self.open.last_mut().into_iter().for_each(|open| open.add(payload, most)),
        }
        let innermost = self.open.last().map_or(0, |open| open.instances);
        if self.open.len() > DEEPEST { u64::MAX } else { self.most.max(innermost) }
    }
}

impl Opened {
    fn add(&mut self, payload: &Payload<'_>, most: u64) {
        let unknown = most.max(1);
        match payload {
            Payload::InstanceSection(made) => self.instances = self.instances.saturating_add(made.count().into()),
            Payload::ComponentInstanceSection(made) => {
                for instance in made.clone().into_iter().flatten() {
                    let of = match instance {
                        ComponentInstance::Instantiate { args, .. } if args.iter().any(|arg| arg.kind == ComponentExternalKind::Component) => u64::MAX,
                        ComponentInstance::Instantiate { component_index, .. } => self.components.get(component_index as usize).copied().unwrap_or(unknown),
                        ComponentInstance::FromExports(_) => 1,
                    };
                    self.instances = self.instances.saturating_add(of);
                }
            }
            // Other ways by which a component gets an index.
            Payload::ComponentAliasSection(aliases) => {
                let is_component = |alias: &ComponentAlias<'_>| match alias {
                    ComponentAlias::InstanceExport { kind, .. } => *kind == ComponentExternalKind::Component,
                    ComponentAlias::Outer { kind, .. } => *kind == ComponentOuterAliasKind::Component,
                    ComponentAlias::CoreInstanceExport { .. } => false,
                };
                let found = aliases.clone().into_iter().flatten().filter(is_component).count();
                self.components.extend(std::iter::repeat_n(unknown, found));
            }
            Payload::ComponentImportSection(imports) if imports.clone().into_iter().flatten().any(|import| import.ty.kind() == ComponentExternalKind::Component) => {
                self.instances = u64::MAX;
            }
            Payload::ComponentExportSection(exports) => {
                let found = exports.clone().into_iter().flatten().filter(|export| export.kind == ComponentExternalKind::Component).count();
                self.components.extend(std::iter::repeat_n(unknown, found));
            }
            _ => {}
        }
    }
}

/// Where the compiled code of a component is kept.
fn kept_at(engine: &Engine, bytes: &[u8], folder: &Path) -> PathBuf {
    folder.join(format!("{}-{}.bin", hex(bytes), version(engine)))
}

/// Compiles a component into the folder, if it is not there already, and gives the file.
pub(crate) fn keep(engine: &Engine, bytes: &[u8], folder: &Path, most: Duration) -> Result<PathBuf, String> {
    let owned = private(folder).ok_or_else(|| format!("{}: it cannot be made, or others may write to it (it must be yours or root's, and its mode 0755 or less)", folder.display()))?;
    compile(engine, bytes, Some(&owned), most)?;
    let path = kept_at(engine, bytes, &owned);
    match load(engine, &path) {
        Some(_) => Ok(path),
        None => Err(format!("{}: it cannot be written", path.display())),
    }
}

/// Tells engines apart whose code does not fit each other.
fn version(engine: &Engine) -> String {
    use std::hash::{Hash, Hasher};
    let mut hasher = std::hash::DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

pub(crate) fn first_line(error: &wasmtime::Error) -> String {
    format!("{error:#}").lines().next().unwrap_or_default().to_owned()
}

/// The folder, if it can be made and nobody can write to it but this user, or root, whom all that runs here is from.
fn private(folder: &Path) -> Option<PathBuf> {
    let kept = || {
        fs::DirBuilder::new().recursive(true).mode(0o755).create(folder).map_err(|e| e.to_string())?;
        let metadata = fs::symlink_metadata(folder).map_err(|e| e.to_string())?;
        let me = fs::metadata("/proc/self").map_err(|e| e.to_string())?.uid();
        let (owner, mode) = (metadata.uid(), metadata.permissions().mode() & 0o777);
        match metadata.is_dir() && [0, me].contains(&owner) && mode & 0o022 == 0 {
            true => Ok(folder.to_path_buf()),
            false => Err(format!("it is no folder, another user's ({owner}), or others may write to it (mode {mode:o})")),
        }
    };
    kept().map_err(|reason: String| tracing::info!("compiled code is kept in memory only: {}: {reason}", folder.display())).ok()
}

/// What stands before the code: a digest of the file's name, which says what it was compiled of and for, and of the code.
fn seal(path: &Path, code: &[u8]) -> impl AsRef<[u8]> {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    Sha256::new().chain_update(name).chain_update(code).finalize()
}

fn load(engine: &Engine, path: &Path) -> Option<Component> {
    let file = fs::read(path).ok()?;
    let (digest, code) = file.split_at_checked(DIGEST)?;
    if seal(path, code).as_ref() != digest {
        tracing::warn!("{} was changed since it was written; it is compiled anew", path.display());
        return None;
    }
    // SAFETY: the bytes are what `Component::serialize` gave to `store`: their digest is right, and the folder is
    // writable by this user alone, who could as well change this program. Wasmtime checks the engine's version.
    unsafe { Component::deserialize(engine, code) }.ok()
}

/// Writes a file whole or not at all, so that several processes may do so at once.
fn store(path: &Path, code: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(seal(path, code).as_ref())?;
    file.write_all(code)?;
    // Read by a container's user, where root compiles ahead of time.
    file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    file.persist(path)?;
    Ok(())
}
