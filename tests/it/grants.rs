//! What a plugin finds of the machine: nothing, unless the spec grants it.

use crate::support::{driftline, root, spec, tables, text};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// A run with the plugin that looks around, whose table has `granted` in it: what it found, and what was logged.
fn look(folder: &Path, granted: &str) -> (BTreeMap<String, f64>, String) {
    let component = root().join("plugins/hostile/hostile_wasi.wasm");
    let plugin = format!("[plugin.look]\ncomponent = {:?}\n{granted}\n[[record]]\nmetric = \"look\"\ncolumns = \"x\"\n", component.display().to_string());
    let output = driftline().args(["run", "--output", "json"]).arg(spec(folder, &plugin)).output().expect("it runs");
    let outcome: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&output.stderr)));
    let samples = outcome["samples"].as_array().expect("samples").iter();
    let found = samples.filter_map(|s| Some((s["name"].as_str()?.strip_prefix("plugin_look_")?.trim_end_matches("_value").to_owned(), s["value"].as_f64()?)));
    (found.collect(), text(&output.stderr))
}

#[test]
fn a_plugin_finds_what_it_is_granted_and_nothing_else() {
    let folder = tables(50, 0.0);
    std::fs::create_dir(folder.path().join("words")).expect("a folder");
    std::fs::write(folder.path().join("words/word.txt"), "seven!!").expect("a file");
    std::fs::write(folder.path().join("secret.txt"), "secret").expect("a file");

    let (bare, log) = look(folder.path(), "");
    let expected = [("entries", -1.0), ("letters", -1.0), ("seconds", 1.0), ("variables", 0.0), ("waited", 0.0), ("written", 0.0)];
    for (name, value) in expected {
        assert_eq!(bare.get(name), Some(&value), "{name} of {bare:?}");
    }
    assert_eq!(look(folder.path(), "").0, bare, "random bytes are the same in every run");
    assert!(log.contains("said to stderr") && !log.contains("said to stdout"), "{log}");

    let (granted, log) = look(folder.path(), "grant = [\"clock\", \"random\", \"stdout\"]\nfolder = \"words\"\n");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64();
    assert!((now - granted["seconds"]).abs() < 600.0, "{granted:?}");
    assert_ne!(granted["random"], bare["random"]);
    assert_eq!(granted["letters"], 7.0);
    // Not above the folder, and not to be written to.
    assert_eq!((granted["entries"], granted["written"], granted["variables"]), (-1.0, 0.0, 0.0));
    assert_eq!(std::fs::read_dir(folder.path().join("words")).expect("the folder").count(), 1);
    assert!(log.contains("said to stdout"), "{log}");
    // A guest that waits an hour would outlive its time limit, so that it does not wait.
    assert_eq!(granted["waited"], 0.0);
}

#[test]
fn check_shows_what_is_granted() {
    let folder = tables(50, 0.0);
    let component = root().join("plugins/hostile/hostile_wasi.wasm");
    let check = |rest: &str| {
        let plugin = format!("[plugin.look]\ncomponent = {:?}\n{rest}\n[[record]]\nmetric = \"look\"\ncolumns = \"x\"\n", component.display().to_string());
        let output = driftline().arg("check").arg(spec(folder.path(), &plugin)).output().expect("it runs");
        text(&output.stdout) + &text(&output.stderr)
    };
    assert!(check("").contains("gets its inputs and a log; its runtime imports WASI, which gives nothing else"), "{}", check(""));
    assert!(check("grant = [\"stdout\", \"clock\"]").contains("gets its inputs, a log, clock, stdout;"), "{}", check("grant = [\"stdout\", \"clock\"]"));
    assert!(check("folder = \"absent\"").contains("absent"), "{}", check("folder = \"absent\""));
    assert!(check("grant = [\"network\"]").contains("clock"), "{}", check("grant = [\"network\"]"));
}
