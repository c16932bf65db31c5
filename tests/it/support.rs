//! What several tests need: the binary, a folder of their own, and tables.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The binary in the repository's folder, with no overriding variables and a compiled-code cache of the tests' own.
pub fn driftline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_driftline"));
    command.current_dir(root()).env("DRIFTLINE_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
    for (name, _) in std::env::vars().filter(|(n, _)| n.starts_with("DRIFTLINE__")) {
        command.env_remove(name);
    }
    command
}

pub fn run(arguments: &[&str]) -> Output {
    driftline().args(arguments).output().expect("the binary runs")
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The outcome of a spec, without its wall-clock times.
pub fn outcome(spec: &Path) -> Value {
    let output = driftline().args(["run", "--output", "json"]).arg(spec).output().expect("the binary runs");
    let mut outcome: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&output.stderr)));
    outcome["timings"] = Value::Null;
    outcome
}

/// A folder with a reference and a current CSV file of `rows` rows: a number `x`, shifted on the current side, a stable
/// number `y`, and a category `c`.
pub fn tables(rows: usize, shift: f64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (side, shift) in [("reference", 0.0), ("current", shift)] {
        let mut csv = String::from("x,y,c\n");
        for i in 0..rows {
            // Two incommensurable steps spread over the unit interval.
            let x = (i as f64 * 0.618_033_988_749).fract() + shift;
            let y = (i as f64 * 0.414_213_562_373).fract();
            csv.push_str(&format!("{x},{y},{}\n", ["red", "green", "blue"][i % 3]));
        }
        std::fs::write(folder.path().join(format!("{side}.csv")), csv).expect("a file is written");
    }
    folder
}

/// Writes a spec over [`tables`]; `rest` follows the sources.
pub fn spec(folder: &Path, rest: &str) -> PathBuf {
    let sources = "[monitor]\nname = \"test\"\n[source.reference]\nkind = \"csv\"\npath = \"reference.csv\"\n[source.current]\nkind = \"csv\"\npath = \"current.csv\"\n";
    let path = folder.join("monitor.toml");
    std::fs::write(&path, format!("{sources}{rest}")).expect("a file is written");
    path
}

/// The checks of an outcome by id.
pub fn checks(outcome: &Value) -> Vec<(String, Value)> {
    let suites = outcome["suites"].as_array().expect("suites");
    let all = suites.iter().flat_map(|s| s["checks"].as_array().expect("checks"));
    all.map(|c| (c["id"].as_str().unwrap_or_default().to_owned(), c.clone())).collect()
}
