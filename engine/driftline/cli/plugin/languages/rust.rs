use super::{Language, Project};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(super) const RUST: Language = Language {
    name: "rust",
    title: "Rust",
    files: &[
        ("Cargo.toml", include_str!("../../../templates/rust/Cargo.toml")),
        ("src/lib.rs", include_str!("../../../templates/rust/src/lib.rs")),
        ("src/bindings.rs", include_str!("../../../../../plugins/bindings/rust/metric.rs")),
        ("src/memory.rs", include_str!("../../../../../plugins/bindings/rust/memory.rs")),
    ],
    toolchain: "It takes Rust (https://rustup.rs) and its WebAssembly target, `rustup target add wasm32-unknown-unknown`. `cargo test` tests\n\
                the mathematics natively. `src/bindings.rs` speaks the contract; it is not edited by hand.",
    build,
};

const TARGET: &str = "wasm32-unknown-unknown";

fn build(project: &Project) -> Result<Vec<u8>, String> {
    has_target()?;
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&project.folder).args(["build", "--release", "--target", TARGET, "--message-format", "json-render-diagnostics"]);
    // What Cargo reads from the environment goes before this.
    cargo.args(["--config", &format!("target.{TARGET}.rustflags = [\"-Ctarget-feature=+simd128\"]")]);
    let built = cargo.stderr(Stdio::inherit()).output().map_err(|e| format!("`cargo` cannot be started: {e}; get Rust from https://rustup.rs"))?;
    if !built.status.success() {
        return Err("`cargo build` failed; its messages are above".into());
    }
    let messages = String::from_utf8_lossy(&built.stdout);
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let files = artifacts.flat_map(|a| a["filenames"].as_array().cloned().unwrap_or_default());
    let made = files.filter_map(|file| file.as_str().map(PathBuf::from)).rfind(|file| file.extension().is_some_and(|e| e == "wasm"));
    project.component(&made.ok_or("Cargo made no .wasm file: Cargo.toml needs [lib] crate-type = [\"cdylib\"]")?)
}

/// Whether the standard library is there for the target, or is built with the plugin.
fn has_target() -> Result<(), String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let sysroot = Command::new(rustc).args(["--print", "sysroot"]).output().map_err(|e| format!("`rustc` cannot be started: {e}; get Rust from https://rustup.rs"))?;
    let sysroot = String::from_utf8_lossy(&sysroot.stdout).trim().to_owned();
    let there = Path::new(&sysroot).join("lib/rustlib").join(TARGET).join("lib").is_dir();
    match there || std::env::var_os("CARGO_UNSTABLE_BUILD_STD").is_some() {
        true => Ok(()),
        false => Err(format!("Rust's standard library for WebAssembly is missing: run `rustup target add {TARGET}`")),
    }
}
