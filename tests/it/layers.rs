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
    let manifest: toml::Table = manifest.parse().expect("TOML");
    let own = ["dependencies", "dev-dependencies", "build-dependencies"].map(|kind| manifest.get(kind).cloned());
    let targets = manifest.get("target").and_then(|t| t.as_table()).cloned().unwrap_or_default();
    let of_targets = targets.values().flat_map(|t| t.as_table().cloned()).flatten().map(|(_, table)| Some(table));
    let tables = own.into_iter().chain(of_targets).flatten().filter_map(|table| table.as_table().cloned());
    // A renamed dependency is what its `package` says.
    let name = |(key, value): (String, toml::Value)| value.get("package").and_then(|p| p.as_str()).unwrap_or(&key).to_owned();
    tables.flatten().map(name).collect()
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
