//! What a plugin in a new language must pass: its template is the same small metric in every language, and gives what the
//! engine's own metrics give. The components of the small languages are committed; those with a runtime in them are looked for
//! where `plugins/build` puts them, and must be there where `DRIFTLINE_REBUILT` says that everything was built.

use crate::support::{checks, driftline, outcome, root, text};
use serde_json::Value;
use std::path::{Path, PathBuf};

const SMALL: [&str; 4] = ["rust", "c", "cpp", "zig"];
const LARGE: [&str; 3] = ["go", "python", "javascript"];

/// The components that there are, by language.
fn components() -> Vec<(&'static str, PathBuf)> {
    let rebuilt = std::env::var_os("DRIFTLINE_REBUILT").map(PathBuf::from);
    let folder = rebuilt.clone().unwrap_or_else(|| root().join("plugins")).join("mean_and_max");
    let all = SMALL.iter().chain(&LARGE).map(|language| (*language, folder.join(format!("{language}.wasm"))));
    let must = |language: &str| rebuilt.is_some() || SMALL.contains(&language);
    let found: Vec<_> = all.filter(|(language, path)| path.exists() || must(language)).collect();
    found.iter().for_each(|(language, path)| assert!(path.exists(), "{language}: {} is not there", path.display()));
    found
}

/// Two sides of a column with nulls, NaN, whole and huge values: more than one block, so that states are merged.
fn write_tables(folder: &Path) {
    for (side, shift) in [("reference", 0.0), ("current", 0.25)] {
        let mut csv = String::from("a,b\n");
        for i in 0..70_000 {
            let a = match i % 97 {
                0 => String::new(),
                1 => "NaN".into(),
                _ => format!("{}", (f64::from(i) * 0.618_033_988_749).fract() + shift),
            };
            csv.push_str(&format!("{a},{}\n", (i * 7919) % 1_000_003 - 500_000));
        }
        std::fs::write(folder.join(format!("{side}.csv")), csv).expect("a file is written");
    }
}

fn spec(folder: &Path, components: &[(&str, PathBuf)], more: &str, threads: usize) -> PathBuf {
    let mut text = format!(
        "[monitor]\nname = \"languages\"\n[source.reference]\nkind = \"csv\"\npath = \"reference.csv\"\n[source.current]\nkind = \"csv\"\npath = \"current.csv\"\n[run]\nthreads = {threads}\n"
    );
    let mut checks = String::from("[[suite]]\nname = \"s\"\n");
    for column in ["a", "b"] {
        checks += &format!("[[suite.check]]\nname = \"native_mean_{column}\"\nmetric = \"mean\"\ncolumns = \"{column}\"\nfail = \"value > 1e9\"\n");
        checks += &format!("[[suite.check]]\nname = \"native_max_{column}\"\nmetric = \"max\"\ncolumns = \"{column}\"\nfail = \"value > 1e9\"\n");
    }
    for (language, component) in components {
        text += &format!("[plugin.of_{language}]\ncomponent = {:?}\nlimits = {{ time = \"20s\", memory = \"128MiB\" }}\n{more}", component.display().to_string());
        for sample in ["mean", "max"] {
            checks += &format!("[[suite.check]]\nname = \"{language}_{sample}\"\nmetric = \"of_{language}\"\ncolumns = [\"a\", \"b\"]\nsample = \"{sample}\"\nfail = \"value > 1e9\"\n");
        }
    }
    let path = folder.join("monitor.toml");
    std::fs::write(&path, text + &checks).expect("a file is written");
    path
}

fn values(outcome: &Value) -> Vec<(String, f64)> {
    let value = |(id, check): (String, Value)| {
        let value = check["fields"]["value"].as_f64().unwrap_or_else(|| panic!("{id}: {check}"));
        (id, value)
    };
    checks(outcome).into_iter().map(value).collect()
}

#[test]
fn templates_of_all_languages_give_the_same_numbers_as_the_engine() {
    let folder = tempfile::tempdir().expect("a folder");
    write_tables(folder.path());
    let components = components();
    let once = outcome(&spec(folder.path(), &components, "", 2));
    let found = values(&once);
    let native = |sample: &str, column: &str| found.iter().find(|(id, _)| id.starts_with(&format!("native_{sample}_{column}"))).expect("the engine's own").1;
    for (language, _) in &components {
        for (sample, column) in [("mean", "a"), ("max", "a"), ("mean", "b"), ("max", "b")] {
            let id = format!("{language}_{sample}.{column}");
            let value = found.iter().find(|(found, _)| *found == id).unwrap_or_else(|| panic!("no check {id}")).1;
            let expected = native(sample, column);
            assert!((value - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{id}: {value}, and the engine's is {expected}");
        }
    }
    let unusable = once["counters"]["current.unusable_rows.plugin_of_c(a)"].as_u64();
    let empty = (0..70_000).filter(|i| i % 97 < 2).count() as u64;
    assert_eq!(unusable, Some(empty), "{}", once["counters"]);
    // The number of threads changes nothing; partitions change nothing but the last digits.
    assert_eq!(once["suites"], outcome(&spec(folder.path(), &components, "", 1))["suites"]);
    let parted = values(&outcome(&spec(folder.path(), &components, "partitions = 3\n", 2)));
    for ((id, value), (_, other)) in found.iter().zip(&parted) {
        assert!((value - other).abs() <= 1e-12 * value.abs().max(1.0), "{id}: {value}, and {other} in partitions");
    }
}

#[test]
fn templates_of_all_languages_keep_the_contract() {
    let templates = root().join("engine/driftline/templates/common");
    for (language, component) in components() {
        let (data, expected) = (templates.join("sample.csv"), templates.join("expected.json"));
        let output = driftline().args(["plugin", "test"]).arg(&component).arg("--data").arg(data).arg("--expect").arg(expected).output().expect("it runs");
        assert!(output.status.success(), "{language}: {}{}", text(&output.stdout), text(&output.stderr));
    }
}

#[test]
fn a_new_plugin_is_a_folder_that_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let new = |name: &str, lang: &str| driftline().args(["plugin", "new", name, "--lang", lang, "--in"]).arg(folder.path()).output().expect("it runs");
    for language in SMALL.iter().chain(&LARGE) {
        let made = new(&format!("my_{language}"), language);
        assert!(made.status.success(), "{}", text(&made.stderr));
        let readme = std::fs::read_to_string(folder.path().join(format!("my_{language}/README.md"))).expect("a README");
        for word in ["NAME", "LANGUAGE", "TOOLCHAIN"] {
            assert!(!readme.contains(word), "{language}: {word} is left in the README");
        }
        assert!(readme.contains("driftline plugin build"));
    }
    let again = new("my_c", "c");
    assert_eq!((again.status.code(), text(&again.stderr).contains("there already")), (Some(2), true));
    let named = new("My-Plugin", "c");
    assert!(text(&named.stderr).contains("lower_snake_case"), "{}", text(&named.stderr));
    assert!(!new("other", "cobol").status.success());
    // A spec would refuse them.
    for name in ["mean", "ks", "driftline"] {
        let taken = new(name, "go");
        assert!(taken.status.code() == Some(2) && text(&taken.stderr).contains("give the plugin another name"), "{name}: {}", text(&taken.stderr));
    }
}

#[test]
fn a_build_says_what_is_missing_or_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let build = || driftline().args(["plugin", "build"]).arg(folder.path()).env("PATH", "/nonexistent").env_remove("WASI_SDK_PATH").output().expect("it runs");
    assert!(text(&build().stderr).contains("driftline plugin new"), "{}", text(&build().stderr));
    for (language, words) in [
        ("rust", "rustup.rs"),
        ("c", "pip install ziglang"),
        ("cpp", "pip install ziglang"),
        ("zig", "pip install ziglang"),
        ("go", "go.dev/dl"),
        ("python", "pip install componentize-py"),
        ("javascript", "npm install"),
        ("pyhton", "python"),
    ] {
        std::fs::write(folder.path().join("plugin.toml"), format!("name = \"p\"\nlanguage = \"{language}\"\nworld = \"metric\"\n")).expect("a file");
        let output = build();
        assert!(!output.status.success() && text(&output.stderr).contains(words), "{language}: {}", text(&output.stderr));
    }
    // All that is wrong with it is told at once, at its place.
    std::fs::write(folder.path().join("plugin.toml"), "name = \"P\"\nlanguage = \"c\"\nworld = \"metrics\"\nwasy = true\n").expect("a file");
    let told = text(&build().stderr);
    for words in ["plugin.toml:1:8", "`P` is no name", "plugin.toml:3:9", "did you mean `metric`?", "plugin.toml:4:1", "did you mean `wasi`?"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}
