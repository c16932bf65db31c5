//! Compiled code, kept by the component's digest and the engine's version.
//!
//! Loading compiled code runs it, so a file is loaded only if the SHA-256 that stands before the code is right, and only
//! from a folder that nobody else may write (mode 0700). An unusable folder means that code is kept in memory only.

use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

const DIGEST: usize = 32;

/// A digest as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Compiles a component, or loads what was compiled before.
pub(crate) fn compile(engine: &Engine, bytes: &[u8], folder: Option<&Path>) -> Result<Component, String> {
    let path = folder.and_then(private).map(|folder| kept_at(engine, bytes, &folder));
    if let Some(component) = path.as_ref().and_then(|p| load(engine, p)) {
        return Ok(component);
    }
    compilable(bytes)?;
    let component = Component::new(engine, bytes).map_err(|e| format!("not a WebAssembly component: {}", first_line(&e)))?;
    if let (Some(path), Ok(code)) = (path, component.serialize())
        && let Err(e) = store(&path, &code)
    {
        tracing::debug!("compiled code is kept in memory only: {}: {e}", path.display());
    }
    Ok(component)
}

/// Most bytes of a function, and locals in it: the time and memory of compiling grow faster than these. Interpreters stay below.
const LARGEST_FUNCTION: usize = 512 << 10;
const MOST_LOCALS: u32 = 1_000;

/// Refuses what would take very long to compile; there is no other way to stop it.
fn compilable(bytes: &[u8]) -> Result<(), String> {
    for payload in wasmparser::Parser::new(0).parse_all(bytes) {
        // The compiler tells what is no component better than this could.
        let Ok(payload) = payload else { return Ok(()) };
        let wasmparser::Payload::CodeSectionEntry(body) = payload else { continue };
        let size = body.as_bytes().len();
        let locals = body.get_locals_reader().map_or(0, |locals| locals.into_iter().filter_map(Result::ok).map(|(n, _)| n).fold(0, u32::saturating_add));
        if size > LARGEST_FUNCTION || locals > MOST_LOCALS {
            return Err(format!("it has a function of {size} bytes with {locals} locals, which would take too long to compile; {LARGEST_FUNCTION} bytes and {MOST_LOCALS} locals are the limits"));
        }
    }
    Ok(())
}

/// Where the compiled code of a component is kept.
fn kept_at(engine: &Engine, bytes: &[u8], folder: &Path) -> PathBuf {
    folder.join(format!("{}-{}.bin", hex(bytes), version(engine)))
}

/// Compiles a component into the folder, if it is not there already, and gives the file.
pub(crate) fn keep(engine: &Engine, bytes: &[u8], folder: &Path) -> Result<PathBuf, String> {
    let owned = private(folder).ok_or_else(|| format!("{}: it cannot be made, or others may write to it (its mode must be 0700)", folder.display()))?;
    compile(engine, bytes, Some(&owned))?;
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

/// The folder, if it can be made and nobody else can write to it.
fn private(folder: &Path) -> Option<PathBuf> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).ok()?;
    let metadata = fs::symlink_metadata(folder).ok()?;
    let mine = metadata.uid() == fs::metadata("/proc/self").ok()?.uid();
    (metadata.is_dir() && mine && metadata.permissions().mode() & 0o077 == 0).then(|| folder.to_path_buf())
}

fn load(engine: &Engine, path: &Path) -> Option<Component> {
    let file = fs::read(path).ok()?;
    let (digest, code) = file.split_at_checked(DIGEST)?;
    if Sha256::digest(code).as_slice() != digest {
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
    file.write_all(&Sha256::digest(code))?;
    file.write_all(code)?;
    file.persist(path)?;
    Ok(())
}
