//! The manifests hold to the layers: an edge that the design forbids fails here.

use crate::support::root;

/// Which crates of ours each crate may depend on, and the heavy dependency that stays inside it.
const ALLOWED: [(&str, &[&str]); 6] = [
    ("core", &[]),
    ("stats", &["core"]),
    ("plugin", &["core"]),
    ("sources", &["core"]),
    ("runtime", &["core"]),
    ("outputs", &["core"]),
];

const KEPT: [(&str, &str); 5] =
    [("wasmtime", "plugin"), ("datafusion", "sources"), ("axum", "outputs"), ("prometheus", "outputs"), ("croner", "runtime")];

fn manifest(name: &str) -> String {
    std::fs::read_to_string(root().join("engine").join(name).join("Cargo.toml")).expect("a manifest")
}

fn dependencies(name: &str) -> Vec<String> {
    let manifest = manifest(name);
    let section = manifest.split("[dependencies]").nth(1).expect("dependencies");
    let section = section.split("\n[").next().unwrap_or(section);
    section.lines().filter_map(|l| l.split(['.', ' ', '=']).next()).filter(|n| !n.is_empty()).map(str::to_owned).collect()
}

#[test]
fn no_crate_depends_on_its_sibling() {
    for (name, allowed) in ALLOWED {
        let found = dependencies(name);
        assert!(!found.is_empty());
        for dependency in found.iter().filter_map(|d| d.strip_prefix("driftline-")) {
            assert!(allowed.contains(&dependency), "engine/{name} must not depend on engine/{dependency}");
        }
    }
}

#[test]
fn heavy_dependencies_stay_inside_one_crate() {
    for (dependency, home) in KEPT {
        for (name, _) in ALLOWED {
            let has = dependencies(name).iter().any(|d| d == dependency);
            assert_eq!(has, name == home, "{dependency} in engine/{name}");
        }
    }
    for (name, _) in ALLOWED {
        for facade_only in ["anyhow", "clap"] {
            assert!(!dependencies(name).iter().any(|d| d == facade_only), "{facade_only} in engine/{name}");
        }
    }
}

#[test]
fn guests_never_see_the_engine() {
    for entry in std::fs::read_dir(root().join("plugins")).expect("plugins") {
        let manifest = entry.expect("an entry").path().join("Cargo.toml");
        if let Ok(text) = std::fs::read_to_string(&manifest) {
            assert!(!text.contains("engine"), "{}", manifest.display());
        }
    }
}
