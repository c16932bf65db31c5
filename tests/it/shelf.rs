//! The repository's plugins as components in the engine: what they give agrees with their oracles.

use crate::support::{checks, driftline, outcome, root, text};
use arrow::array::{ArrayRef, AsArray, ListArray, RecordBatch};
use arrow::datatypes::{Float32Type, Float64Type};
use driftline::core::block::Block;
use driftline::core::diagnostic::{Diagnostics, Text};
use driftline::core::plugin::PluginHost;
use driftline::core::spec;
use driftline::plugin::Host;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A component, where it was built; those that are not committed need `plugins/build`.
fn component(name: &str) -> Option<PathBuf> {
    let rebuilt = std::env::var_os("DRIFTLINE_REBUILT").map(PathBuf::from);
    let path = rebuilt.clone().unwrap_or_else(|| root().join("plugins")).join(format!("{name}.wasm"));
    assert!(path.exists() || rebuilt.is_none(), "{} was not built", path.display());
    path.exists().then_some(path)
}

fn golden(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(root().join(path)).expect("the golden file")).expect("JSON")
}

fn numbers(json: &Value) -> Vec<f64> {
    json.as_array().expect("numbers").iter().map(|n| n.as_f64().expect("a number")).collect()
}

fn write_column(folder: &Path, side: &str, values: &[f64]) {
    let lines: String = values.iter().map(|v| format!("{v:?}\n")).collect();
    std::fs::write(folder.join(format!("{side}.csv")), format!("x\n{lines}")).expect("a file is written");
}

fn write_spec(folder: &Path, rest: &str) -> PathBuf {
    let path = folder.join("monitor.toml");
    let sources = "[monitor]\nname = \"shelf\"\n[source.reference]\nkind = \"csv\"\npath = \"reference.csv\"\n[source.current]\nkind = \"csv\"\npath = \"current.csv\"\n";
    std::fs::write(&path, format!("{sources}{rest}")).expect("a file is written");
    path
}

#[test]
fn fligner_killeen_is_scipys() {
    let component = component("fligner_killeen").expect("it is committed");
    let golden = golden("plugins/fligner_killeen/golden.json");
    for case in golden["cases"].as_array().expect("cases") {
        let folder = tempfile::tempdir().expect("a folder");
        write_column(folder.path(), "reference", &numbers(&case["reference"]));
        write_column(folder.path(), "current", &numbers(&case["current"]));
        // By its name as a metric, and as the test of a drift check, in one suite with a correction: one hypothesis.
        let plugin = format!("[columns]\nnumerical = [\"x\"]\n[plugin.scale]\ncomponent = {:?}\npartitions = 2\n", component.display().to_string());
        let suite = "[[suite]]\nname = \"s\"\ncorrection = \"bonferroni\"\n[[suite.check]]\nname = \"metric\"\nmetric = \"scale\"\ncolumns = \"x\"\nfail = \"p_value < 0.01\"\n[[suite.check]]\nname = \"drift\"\nmetric = \"drift\"\ntest = \"scale\"\ncolumns = \"x\"\nfail = \"effect_size > 0.5\"\n";
        let checks = checks(&outcome(&write_spec(folder.path(), &(plugin + suite))));
        assert_eq!(checks.len(), 2);
        for (id, check) in checks {
            for field in ["statistic", "p_value", "effect_size"] {
                let (found, expected) = (check["fields"][field].as_f64(), case[field].as_f64().expect("a number"));
                let found = found.unwrap_or_else(|| panic!("{}: {id}: {check}", case["name"]));
                assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{}: {id}: {field} is {found}, and SciPy's {expected}", case["name"]);
            }
        }
    }
}

#[test]
fn what_a_two_sample_test_cannot_compare_is_an_error_with_its_reason() {
    let component = component("fligner_killeen").expect("it is committed");
    let folder = tempfile::tempdir().expect("a folder");
    write_column(folder.path(), "reference", &[0.0, 2.0]);
    write_column(folder.path(), "current", &[5.0, 7.0]);
    let plugin = format!("[columns]\nnumerical = [\"x\"]\n[plugin.scale]\ncomponent = {:?}\n[[suite]]\nname = \"s\"\n[[suite.check]]\nname = \"a\"\nmetric = \"scale\"\ncolumns = \"x\"\nfail = \"p_value < 0.01\"\n", component.display().to_string());
    let checks = checks(&outcome(&write_spec(folder.path(), &plugin)));
    assert_eq!(checks[0].1["status"], "error");
    assert!(checks[0].1["message"].as_str().is_some_and(|m| m.contains("equally far from the median")), "{}", checks[0].1);
}

#[test]
fn a_two_sample_test_that_cannot_be_loaded_costs_its_own_checks() {
    let folder = tempfile::tempdir().expect("a folder");
    write_column(folder.path(), "reference", &(0..200).map(|i| (f64::from(i) * 0.618).fract()).collect::<Vec<_>>());
    write_column(folder.path(), "current", &(0..200).map(|i| (f64::from(i) * 0.414).fract()).collect::<Vec<_>>());
    let component = component("fligner_killeen").expect("it is committed");
    let run = |pin: &str, checks_of: &str| {
        let plugin = format!("[columns]\nnumerical = [\"x\"]\n[plugin.scale]\ncomponent = {:?}\n{pin}\n[[suite]]\nname = \"s\"\ncorrection = \"bonferroni\"\n[[suite.check]]\nname = \"healthy\"\nmetric = \"drift\"\ncolumns = \"x\"\nfail = \"p_value < 1e-9\"\n{checks_of}", component.display().to_string());
        checks(&outcome(&write_spec(folder.path(), &plugin)))
    };
    let drift = "[[suite.check]]\nname = \"a\"\nmetric = \"drift\"\ntest = { name = \"scale\" }\ncolumns = \"x\"\nfail = \"p_value < 0.01 and effect_size > 0.1\"\n";
    let metric = "[[suite.check]]\nname = \"b\"\nmetric = \"scale\"\ncolumns = \"x\"\nfail = \"statistic > 10\"\n";
    let of = |checks: &[(String, Value)], id: &str| checks.iter().find(|(found, _)| found == id).unwrap_or_else(|| panic!("no {id} in {checks:?}")).1.clone();
    let whole = run("", drift);
    let broken = run(&format!("sha256 = \"{}\"", "0".repeat(64)), &format!("{drift}{metric}"));
    assert_eq!((of(&broken, "a")["status"].as_str(), of(&broken, "b")["status"].as_str()), (Some("error"), Some("error")));
    // What failed counts in the correction as what did not.
    assert_eq!(of(&broken, "healthy"), of(&whole, "healthy"));
}

#[test]
fn a_plugin_is_used_for_what_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    write_column(folder.path(), "reference", &[1.0, 2.0, 3.0]);
    write_column(folder.path(), "current", &[1.0, 2.0, 4.0]);
    let fails = |plugin: &str, check: &str| {
        let component = component(plugin).expect("it is committed").display().to_string();
        let rest = format!("[columns]\nnumerical = [\"x\"]\n[plugin.p]\ncomponent = {component:?}\n[[suite]]\nname = \"s\"\n[[suite.check]]\ncolumns = \"x\"\nfail = \"value > 0\"\n{check}");
        let output = driftline().arg("run").arg(write_spec(folder.path(), &rest)).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    assert!(fails("rounded", "metric = \"drift\"\ntest = \"p\"\n").contains("is a metric, and no two-sample test"));
    let sample = fails("fligner_killeen", "metric = \"p\"\nsample = \"p_value\"\n");
    assert!(sample.contains("no samples to choose from") && sample.contains("p_value < 0.01"), "{sample}");
}

/// The mean samples of a clip whose formula is a sum of tones.
fn tones(clip: &Value) -> Vec<f32> {
    let rate = clip["sample_rate"].as_f64().expect("a rate");
    let tones: Vec<Vec<f64>> = clip["signal"]["tones"].as_array().expect("tones").iter().map(numbers).collect();
    let at = |i: u64| tones.iter().map(|t| t[1] * (2.0 * std::f64::consts::PI * t[0] * i as f64 / rate).sin()).sum::<f64>() as f32;
    (0..clip["length"].as_u64().expect("a length")).map(at).collect()
}

#[test]
fn spectral_features_are_librosas() {
    let component = component("spectral").expect("it is committed");
    let host = Host::new(None).expect("a host");
    let golden = golden("plugins/spectral/dsp/tests/golden.json");
    let mut compared = 0;
    for clip in golden["clips"].as_array().expect("clips").iter().filter(|clip| clip["signal"]["kind"] == "tones") {
        let params = &clip["params"];
        let text = format!(
            "[plugin.spectral]\ncomponent = {:?}\nconfig = {{ sample_rate = {}, n_fft = {}, hop_length = {}, roll_percent = {} }}\n",
            component.display().to_string(), clip["sample_rate"], params["n_fft"], params["hop_length"], params["roll_percent"]
        );
        let text = Text::new("test", text);
        let spec = spec::parse(&text, &Default::default(), &mut Diagnostics::default());
        let plugin = host.load(&spec.plugins[0], Path::new("")).expect("loads");
        let samples = tones(clip).into_iter().map(Some);
        let list = ListArray::from_iter_primitive::<Float32Type, _, _>([Some(samples)]);
        let batch = RecordBatch::try_from_iter([("clip", Arc::new(list) as ArrayRef)]).expect("a batch");
        let bindings = vec![("audio".to_owned(), "clip".to_owned())];
        let outputs = plugin.describe(&bindings, &batch.schema()).expect("a description").outputs;
        let mut transform = plugin.transform(&bindings, &batch.schema(), 2).expect("a transform");
        let columns = transform.apply(&Block::new(&batch)).expect("columns").columns;
        for ((feature, _), column) in outputs.iter().zip(&columns) {
            let found = column.as_primitive::<Float64Type>().value(0);
            let expected = clip["mean"][feature].as_f64().expect("librosa's");
            assert!((found - expected).abs() <= 2e-6 * expected.abs(), "{feature} of {}: {found}, and librosa's {expected}", clip["name"]);
            compared += 1;
        }
    }
    assert!(compared >= 12, "{compared} numbers");
}

#[test]
fn geography_counts_places() {
    let Some(component) = component("geography") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let rows = "latitude,longitude\n52.520009,13.404954\n48.137154,11.576124\n0,0\n95,13\n,13\n40.712776,-74.005974\n";
    std::fs::write(folder.path().join("current.csv"), rows).expect("a file is written");
    let spec = format!("[monitor]\nname = \"shelf\"\n[source.current]\nkind = \"csv\"\npath = \"current.csv\"\n[plugin.area]\ncomponent = {:?}\ninputs = {{ latitude = \"latitude\", longitude = \"longitude\" }}\nconfig = {{ latitude = 52.520008, longitude = 13.404954, radius = 600000 }}\n[[record]]\nmetric = \"area\"\n", component.display().to_string());
    let path = folder.path().join("monitor.toml");
    std::fs::write(&path, &spec).expect("a file is written");
    let outcome = outcome(&path);
    let value = |name: &str| {
        let sample = outcome["samples"].as_array().expect("samples").iter().find(|s| s["name"].as_str().is_some_and(|n| n.contains(name)));
        sample.unwrap_or_else(|| panic!("no {name}: {outcome:#}"))["value"].as_f64().expect("a number")
    };
    // The distances are scikit-learn's (plugins/geography/area_test.go).
    let mean = (0.11119508067319862 + 504301.52557993657 + 6385009.485789925) / 3.0;
    assert!((value("mean_distance") - mean).abs() < 1e-6 * mean);
    assert_eq!((value("impossible_share"), value("nowhere_share")), (0.2, 0.2));
    assert!((value("served_share") - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!(outcome["counters"]["current.unusable_rows.plugin_area(latitude,longitude)"], 1);
    std::fs::write(&path, spec.replace("radius = 600000", "radius = 0")).expect("a file is written");
    let wrong = driftline().arg("run").arg(&path).output().expect("it runs");
    assert!(text(&wrong.stderr).contains("radius"), "{}", text(&wrong.stderr));
}

#[test]
fn plugins_give_what_their_folders_expect() {
    let plugins: [(&str, &[&str]); 3] = [("text_statistics", &[]), ("json_fields", &["--config", "fields = [\"price\", \"user.id\"]"]), ("leading_digits", &[])];
    for (name, config) in plugins {
        let Some(component) = component(name) else { continue };
        let folder = root().join("plugins").join(name);
        let output = driftline().args(["plugin", "test"]).arg(&component).arg("--data").arg(folder.join("sample.csv")).arg("--expect").arg(folder.join("expected.json")).args(config).output().expect("it runs");
        assert!(output.status.success(), "{name}: {}{}", text(&output.stdout), text(&output.stderr));
    }
}
