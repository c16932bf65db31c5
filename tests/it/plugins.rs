//! What plugins get and what is kept of them: the reference's state, compiled code, a reference that has not changed.

use arrow::array::{ArrayRef, Date32Array, DictionaryArray, Float64Array, ListArray, ListBuilder, RecordBatch, StringArray, StringBuilder, TimestampMillisecondArray};
use arrow::datatypes::{Float32Type, Int32Type};
use crate::support::{checks, driftline, outcome, root, spec, tables, text};
use driftline::core::accumulator::Context;
use driftline::core::block::Block;
use driftline::core::diagnostic::{Diagnostics, Text};
use driftline::core::plugin::{PluginHost, PluginResult};
use driftline::plugin::Host;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn with_metric(folder: &Path, behaviour: &str) -> PathBuf {
    let component = root().join("plugins/hostile/hostile_metric.wasm").display().to_string();
    let rest = format!(
        "[plugin.rows]\ncomponent = {component:?}\ninputs = {{ value = \"x\" }}\nconfig = {{ behaviour = \"{behaviour}\" }}\n[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"rows\"\nfail = \"value < 0\"\n"
    );
    spec(folder, &rest)
}

fn keep_rows(path: &Path, rows: usize) {
    let csv = std::fs::read_to_string(path).expect("a file");
    let kept: Vec<&str> = csv.lines().take(rows + 1).collect();
    std::fs::write(path, kept.join("\n") + "\n").expect("written");
}

#[test]
fn a_metric_gets_the_finished_state_of_the_reference() {
    let folder = tables(500, 0.0);
    keep_rows(&folder.path().join("reference.csv"), 123);
    let found = outcome(&with_metric(folder.path(), "reference"));
    let (_, check) = checks(&found).remove(0);
    assert_eq!(check["fields"]["value"], 123.0, "{check}");
    // On the reference itself there is none to compare with, which is not an error of the check.
    assert_eq!(check["status"], "pass", "{check}");
}

/// Runs with a code cache and gives the outcome without times, and what was logged.
fn run_with_cache(spec: &Path, cache: &Path) -> (Value, String) {
    let mut command = driftline();
    let output = command.args(["run", "--output", "json"]).arg(spec).env("DRIFTLINE_CACHE", cache).output().expect("runs");
    let mut found: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&output.stderr)));
    found["timings"] = Value::Null;
    (found, text(&output.stderr))
}

fn only_file(folder: &Path) -> PathBuf {
    let mut files = std::fs::read_dir(folder).expect("the cache").map(|e| e.expect("an entry").path());
    let file = files.next().expect("one compiled component");
    assert_eq!(files.next(), None);
    file
}

#[test]
fn changed_code_is_not_loaded_but_compiled_anew() {
    let (folder, cache) = (tables(100, 0.0), tempfile::tempdir().expect("a folder"));
    let spec = with_metric(folder.path(), "good");
    let (first, _) = run_with_cache(&spec, cache.path());
    let kept = cache.path().join("plugins");
    assert_eq!(std::fs::metadata(&kept).expect("made").permissions().mode() & 0o022, 0);
    let file = only_file(&kept);
    let whole = std::fs::read(&file).expect("compiled code");
    for wrong in [0, 31, 32, whole.len() / 2, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[wrong] ^= 1;
        std::fs::write(&file, changed).expect("written");
        let (again, log) = run_with_cache(&spec, cache.path());
        assert_eq!(again, first);
        assert!(log.contains("was changed since it was written"), "byte {wrong}: {log}");
        assert_eq!(std::fs::read(&file).expect("compiled code").len(), whole.len());
        assert!(!run_with_cache(&spec, cache.path()).1.contains("was changed"), "byte {wrong} was mended");
    }
    std::fs::write(&file, b"short").expect("written");
    assert_eq!(run_with_cache(&spec, cache.path()).0, first);
}

#[test]
fn a_cache_that_cannot_be_written_or_that_others_may_write_is_not_used() {
    let folder = tables(100, 0.0);
    let spec = with_metric(folder.path(), "good");
    let no_folder = folder.path().join("reference.csv");
    let (first, _) = run_with_cache(&spec, &no_folder);
    let shared = tempfile::tempdir().expect("a folder");
    let kept = shared.path().join("plugins");
    std::fs::create_dir(&kept).expect("made");
    std::fs::set_permissions(&kept, std::fs::Permissions::from_mode(0o777)).expect("opened to all");
    assert_eq!(run_with_cache(&spec, shared.path()).0, first);
    assert_eq!(std::fs::read_dir(&kept).expect("the folder").count(), 0);
}

#[test]
fn a_reference_is_read_again_only_when_it_has_changed() {
    let folder = tables(500, 0.0);
    let path = spec(folder.path(), "[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"drift\"\ncolumns = \"x\"\n");
    let monitor = driftline::Monitor::open_with(&path, Default::default()).expect("opens");
    let plan = monitor.plan().unwrap_or_else(|e| panic!("{e}"));
    let evaluator = monitor.evaluator(&plan.monitor, None);
    // Each side tells at least once how many rows have been read.
    let told = AtomicU64::new(0);
    let evaluate = || {
        told.store(0, Ordering::Relaxed);
        let plan = monitor.plan().unwrap_or_else(|e| panic!("{e}"));
        let mut found = evaluator.evaluate(&plan, &|_| {
            told.fetch_add(1, Ordering::Relaxed);
        }).expect("evaluates");
        found.timings.clear();
        (found, told.load(Ordering::Relaxed))
    };
    let (first, both) = evaluate();
    let (second, one) = evaluate();
    assert_eq!(first, second);
    assert_eq!(both, 2 * one, "the reference was read again");
    keep_rows(&folder.path().join("reference.csv"), 200);
    let (third, both_again) = evaluate();
    assert_eq!(both_again, both);
    assert_eq!(third.rows.reference, Some(200));
}

/// The bytes that a plugin sums up of one input beside `value`, of the rows from 1 on: a slice starts at no offset of 0.
fn bytes_of(input: &str, column: ArrayRef) -> f64 {
    let component = root().join("plugins/hostile/hostile_metric.wasm").display().to_string();
    let text = Text::new("test", format!("[plugin.p]\ncomponent = {component:?}\nconfig = {{ behaviour = \"bytes\" }}\n"));
    let plugins = driftline::core::spec::parse(&text, &Default::default(), &mut Diagnostics::default()).plugins;
    let plugin = Host::new(None).expect("a host").load(&plugins[0], &root()).expect("loads");
    let value = Arc::new(Float64Array::from(vec![0.0; column.len()])) as ArrayRef;
    let batch = RecordBatch::try_from_iter([("value", value), ("it", column)]).expect("a batch");
    let batch = batch.slice(1, batch.num_rows() - 1);
    let bindings = vec![("value".to_owned(), "value".to_owned()), (input.to_owned(), "it".to_owned())];
    let request = plugin.samples(&bindings, &batch.schema()).request;
    let context = Context { reference: None, memory: 1 << 20, spill: std::env::temp_dir(), seed: 0 };
    let mut accumulator = (request.make)(&context).expect("an accumulator");
    accumulator.update(&Block::new(&batch)).expect("an update");
    accumulator.finish().expect("a result").downcast::<PluginResult>().expect("a plugin's").samples[0].value
}

#[test]
fn raw_times_and_types_without_a_case_of_their_own_cross() {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| f64::from(*byte)).sum::<f64>();
    let numbers = [7.5f64, 1.25, -3.0, 1e300];
    let expected: f64 = numbers[1..].iter().map(|x| sum(&x.to_le_bytes())).sum();
    assert_eq!(bytes_of("raw", Arc::new(Float64Array::from(numbers.to_vec()))), expected);
    // Bytes, and the offsets 0, 2, 2, 5.
    assert_eq!(bytes_of("raw", Arc::new(StringArray::from(vec!["zz", "ab", "", "cde"]))), sum(b"abcde") + 9.0);
    let lists = [vec![9.0f32], vec![1.5, 2.5], vec![], vec![-1.0]];
    let expected: f64 = lists[1..].iter().flatten().map(|x| sum(&x.to_le_bytes())).sum();
    let array = ListArray::from_iter_primitive::<Float32Type, _, _>(lists.iter().map(|l| Some(l.iter().map(|x| Some(*x)).collect::<Vec<_>>())));
    // The offsets 0, 2, 2, 3.
    assert_eq!(bytes_of("raw", Arc::new(array)), expected + 7.0);
    assert_eq!(bytes_of("time", Arc::new(TimestampMillisecondArray::from(vec![1, 20, 300, 4_000]))), 4_320.0);
    assert_eq!(bytes_of("other", Arc::new(Date32Array::from(vec![9, 258, 1]))), 2.0 + 1.0 + 1.0);
    let mut builder = ListBuilder::new(StringBuilder::new());
    for words in [vec!["zz"], vec!["a", "bc"], vec![]] {
        words.iter().for_each(|word| builder.values().append_value(word));
        builder.append(true);
    }
    // A dictionary without a value, as of a column of nulls.
    let nothing: DictionaryArray<Int32Type> = vec![None::<&str>; 2].into_iter().collect();
    assert_eq!(bytes_of("raw", Arc::new(nothing)), 0.0);
    // Offsets of the lists 0, 2, 2; no validity of the words; their offsets 0, 1, 3; their bytes.
    assert_eq!(bytes_of("other", Arc::new(builder.finish())), 4.0 + 4.0 + sum(b"abc"));
}

/// What `inspect` prints can be pinned, and another file is not run.
#[test]
fn a_pinned_component_is_run_and_another_is_not() {
    let file = root().join("plugins/hostile/hostile_metric.wasm");
    let output = driftline().args(["plugin", "inspect"]).arg(&file).output().expect("runs");
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}");
    for words in ["hostile_metric 0.1.0 (metric)", "driftline:plugin/log@0.1.0               granted", "value            Float64: Any numbers.", "driftline:plugin/metrics@0.1.0"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let digest = told.lines().find_map(|line| line.strip_prefix("sha256 = \"")?.strip_suffix('"')).expect("a digest").to_owned();
    let folder = tables(50, 0.0);
    let run = |digest: &str| {
        let path = with_metric(folder.path(), "good");
        let pinned = std::fs::read_to_string(&path).expect("a spec").replace("inputs = {", &format!("sha256 = \"{digest}\"\ninputs = {{"));
        std::fs::write(&path, pinned).expect("written");
        checks(&outcome(&path)).remove(0).1
    };
    assert_eq!(run(&digest)["status"], "pass");
    let other = run(&digest.replace(&digest[..8], "00000000"));
    assert!(other["status"] == "error" && other["message"].as_str().is_some_and(|m| m.contains(&format!("its SHA-256 is {digest}"))), "{other}");
    // Before and while it is run, the place in the spec is told.
    for (command, code) in [("check", 1), ("run", 1)] {
        let output = driftline().arg(command).arg(folder.path().join("monitor.toml")).output().expect("runs");
        let told = text(&output.stdout) + &text(&output.stderr);
        assert!(output.status.code() == Some(code) && told.contains("monitor.toml:9:9: plugin `rows`: "), "{command}: {told}");
    }
}

#[test]
fn what_is_no_plugin_says_what_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let inspect = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        let output = driftline().args(["plugin", "inspect"]).arg(&path).output().expect("runs");
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let whole = std::fs::read(root().join("plugins/mfcc.wasm")).expect("a component");
    for (name, bytes) in [("text", &b"no component"[..]), ("truncated", &whole[..whole.len() / 2]), ("empty", &[])] {
        let (code, told) = inspect(name, bytes);
        assert!(code == Some(3) && told.contains("not a WebAssembly component"), "{name}: {told}");
    }
    // A component without a world: it can be read, and not be used.
    let (code, told) = inspect("nothing.wasm", b"\0asm\x0d\0\x01\0");
    assert!(code == Some(1) && told.contains("cannot be used") && told.contains("imports: none"), "{told}");
}

fn plugin_test(file: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let file = root().join("plugins").join(file);
    let output = driftline().args(["plugin", "test"]).arg(file).args(["--data"]).arg(root().join("examples/music/current.parquet")).args(arguments).output().expect("runs");
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

/// The examples' plugins keep their contract, and give what they gave.
#[test]
fn good_plugins_pass_their_test() {
    for (file, arguments, shown) in [
        ("clipping.wasm", vec!["--input", "audio=clip"], "clipped"),
        ("mfcc.wasm", vec!["--input", "audio=clip", "--config", "sample_rate = 22050", "--config", "coefficients = 3"], "mfcc_1"),
        ("rounded.wasm", vec!["--input", "value=tempo"], "rounded"),
    ] {
        let (code, told) = plugin_test(file, &arguments);
        assert!(code == Some(0) && told.contains(shown) && !told.contains("fail"), "{file}: {told}");
        let folder = tempfile::tempdir().expect("a folder");
        let expected = folder.path().join("expected.json");
        let as_json = [arguments.as_slice(), &["-o", "json"]].concat();
        std::fs::write(&expected, plugin_test(file, &as_json).1).expect("written");
        let again = [arguments.as_slice(), &["--expect", expected.to_str().expect("a path")]].concat();
        let (code, told) = plugin_test(file, &again);
        assert!(code == Some(0) && told.contains("pass  gives what is expected"), "{file}: {told}");
    }
}

#[test]
fn a_plugin_that_breaks_its_contract_fails_its_test() {
    let with = |behaviour: &str| plugin_test("hostile/hostile_metric.wasm", &["--input", "value=tempo", "--config", &format!("behaviour = {behaviour:?}")]);
    let (code, told) = with("good");
    assert_eq!(code, Some(0), "{told}");
    for (behaviour, rule) in [
        ("trap", "fail  reads the rows"),
        ("nan_sample", "fail  reads the rows"),
        ("loop", "fail  reads the rows"),
        ("bad_state", "fail  gives the same merged from two states"),
        ("merges_once", "fail  gives the same merged from many states"),
        ("under_nulls", "fail  does not look under nulls"),
        ("unusable_batch", "fail  gives the same in batches from one row on"),
    ] {
        let (code, told) = with(behaviour);
        assert!(code == Some(1) && told.contains(rule), "{behaviour}: {told}");
    }
    let numbered = ["--input", "value=tempo", "--config", "behaviour = \"numbered\""];
    let (code, told) = plugin_test("hostile/hostile_transform.wasm", &numbered);
    assert!(code == Some(1) && told.contains("fail  gives the same in two instances"), "{told}");
    // What is asked wrongly is no finding.
    let (code, told) = plugin_test("mfcc.wasm", &[]);
    assert!(code == Some(2) && told.contains("--input audio=COLUMN is missing") && told.contains("clip"), "{told}");
    let (code, told) = plugin_test("mfcc.wasm", &["--input", "audio=clip", "--config", "sample_rat = 22050"]);
    assert!(code == Some(2) && told.contains("sample_rat"), "{told}");
}

/// What is compiled ahead of time is used by a run that cannot write there.
#[test]
fn components_are_compiled_ahead_of_time() {
    let cache = tempfile::tempdir().expect("a folder");
    let file = root().join("plugins/hostile/hostile_metric.wasm");
    let compile = |cache: &Path, file: &Path| {
        let output = driftline().args(["plugin", "compile"]).arg(file).env("DRIFTLINE_CACHE", cache).output().expect("runs");
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let (code, told) = compile(cache.path(), &file);
    let kept = only_file(&cache.path().join("plugins"));
    assert!(code == Some(0) && told.contains(&kept.display().to_string()), "{told}");
    let written = std::fs::metadata(&kept).and_then(|m| m.modified()).expect("a time");
    std::fs::set_permissions(kept.parent().expect("a folder"), std::fs::Permissions::from_mode(0o500)).expect("closed");
    let folder = tables(50, 0.0);
    let (found, _) = run_with_cache(&with_metric(folder.path(), "good"), cache.path());
    assert_eq!(checks(&found).remove(0).1["status"], "pass");
    assert_eq!(std::fs::metadata(&kept).and_then(|m| m.modified()).expect("a time"), written);
    std::fs::set_permissions(kept.parent().expect("a folder"), std::fs::Permissions::from_mode(0o700)).expect("opened");
    // What cannot be kept is said, and not kept in memory without a word.
    let no_folder = folder.path().join("current.csv");
    let (code, told) = compile(&no_folder, &file);
    assert!(code == Some(3) && told.contains("cannot be made"), "{told}");
    let (code, told) = compile(cache.path(), &folder.path().join("current.csv"));
    assert!(code == Some(3) && told.contains("not a WebAssembly component"), "{told}");
}

/// Resident memory of this process in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("a number") * 1024
}

#[test]
fn ten_thousand_runs_leave_memory_flat() {
    let text = Text::new("test", format!("[plugin.p]\ncomponent = {:?}\n", root().join("plugins/mean_and_max/rust.wasm").display().to_string()));
    let spec = driftline::core::spec::parse(&text, &Default::default(), &mut Diagnostics::default());
    let host = Host::new(None).expect("a host");
    let values: ArrayRef = Arc::new(Float64Array::from_iter_values((0..1_000).map(f64::from)));
    let batch = RecordBatch::try_from_iter([("x", values)]).expect("a batch");
    let bindings = vec![("value".to_owned(), "x".to_owned())];
    let context = Context { reference: None, memory: 1 << 20, spill: std::env::temp_dir(), seed: 0 };
    let run = || {
        let plugin = host.load(&spec.plugins[0], &root()).expect("loads");
        let mut accumulator = (plugin.samples(&bindings, &batch.schema()).request.make)(&context).expect("an accumulator");
        accumulator.update(&Block::new(&batch)).expect("an update");
        let result = accumulator.finish().expect("a result").downcast::<PluginResult>().expect("a plugin's");
        assert_eq!(result.samples[0].value, 499.5);
        host.take_use();
    };
    (0..1_000).for_each(|_| run());
    let before = resident();
    (0..9_000).for_each(|_| run());
    let grown = resident().saturating_sub(before);
    // Other tests run in this process, too; an instance alone has 2 MB.
    assert!(grown < 64 << 20, "{grown} bytes more after 10,000 runs");
}

/// What a spec says otherwise than its plugin is told at its place, and costs the plugin's checks alone.
#[test]
fn a_config_that_a_plugin_refuses_costs_its_own_checks() {
    let folder = tables(50, 0.0);
    let component = root().join("plugins/hostile/hostile_metric.wasm").display().to_string();
    let rest = format!(
        "[plugin.rows]\ncomponent = {component:?}\ninputs = {{ value = \"x\" }}\nconfig = {{ behavior = \"good\" }}\nprefix = \"p_\"\n[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"rows\"\nfail = \"value < 0\"\n[[suite.check]]\nmetric = \"row_count\"\nfail = \"value < 50\"\n"
    );
    let path = spec(folder.path(), &rest);
    for command in ["check", "run"] {
        let output = driftline().arg(command).arg(&path).output().expect("runs");
        let told = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command}: {told}");
        for words in ["monitor.toml:12:12: plugin `rows` has no config key `behavior`; did you mean `behaviour`?", "`prefix` is for the columns of a transform"] {
            assert!(told.contains(words), "{command}: {told}");
        }
    }
    let found = outcome(&path);
    let statuses: Vec<Value> = checks(&found).into_iter().map(|(_, check)| check["status"].clone()).collect();
    assert_eq!(statuses, ["error", "pass"]);
    assert_eq!(found["plugins"]["rows"]["failures"]["unusable"], 1, "{found}");
}

/// The column that was there before stays as it is.
#[test]
fn a_transform_that_gives_a_column_that_is_there_costs_its_own_checks() {
    let folder = tables(50, 0.0);
    let component = root().join("plugins/hostile/hostile_transform.wasm").display().to_string();
    let rest = format!(
        "[derived]\necho = \"y\"\n[plugin.again]\ncomponent = {component:?}\ninputs = {{ value = \"x\" }}\n[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"mean\"\ncolumns = \"echo\"\nfail = \"value > 1e9\"\n"
    );
    let path = spec(folder.path(), &rest);
    let output = driftline().arg("run").arg(&path).output().expect("runs");
    let told = text(&output.stderr);
    assert!(output.status.code() == Some(1) && told.contains("adds a column `echo`, which is there already; set `prefix`"), "{told}");
    assert_eq!(checks(&outcome(&path)).remove(0).1["status"], "pass");
}

/// Entries of the cache are of one component each.
#[test]
fn compiled_code_of_another_component_is_not_loaded() {
    let (folder, cache) = (tables(100, 0.0), tempfile::tempdir().expect("a folder"));
    let spec = with_metric(folder.path(), "good");
    let (first, _) = run_with_cache(&spec, cache.path());
    let file = only_file(&cache.path().join("plugins"));
    let other = tempfile::tempdir().expect("a folder");
    let compiled = driftline().args(["plugin", "compile"]).arg(root().join("plugins/rounded.wasm")).env("DRIFTLINE_CACHE", other.path()).output().expect("runs");
    assert!(compiled.status.success(), "{}", text(&compiled.stderr));
    std::fs::copy(only_file(&other.path().join("plugins")), &file).expect("copied");
    let (again, log) = run_with_cache(&spec, cache.path());
    assert!(again == first && log.contains("was changed since it was written"), "{log}");
}

#[test]
fn transforms_give_columns_of_every_type() {
    let folder = tables(50, 0.0);
    std::fs::write(folder.path().join("numbers.csv"), "value\n0\n1\n2\n\n4\n15\n").expect("a file");
    let output = driftline().args(["plugin", "test", "--config", "behaviour = \"types\"", "-o", "json", "--data"]).arg(folder.path().join("numbers.csv")).arg(root().join("plugins/hostile/hostile_transform.wasm")).output().expect("runs");
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    let result: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let columns = result["result"]["columns"].as_array().expect("columns");
    let last: Vec<(&str, String)> = columns.iter().map(|column| (column["type"].as_str().expect("a type"), column["first"][5].to_string())).collect();
    let expected = [
        ("Boolean", "\"true\""),
        ("Int64", "15"),
        ("UInt64", "15"),
        ("Float32", "15.0"),
        ("Float64", "15.0"),
        ("Utf8", "\"15\""),
        ("Binary", "\"3135\""),
        ("Timestamp(ms)", "\"1970-01-01T00:00:15\""),
        ("List(Float32)", "\"[1.0, 2.0, 3.0, 4.0, 5.0]\""),
        ("List(Float64)", "\"[1.0, 2.0, 3.0, 4.0, 5.0]\""),
        ("List(Int64)", "\"[1, 2, 3, 4, 5]\""),
    ];
    assert_eq!(last, expected.map(|(name, value)| (name, value.to_owned())));
    // The row without a number is null in each.
    assert!(columns.iter().all(|column| column["nulls"] == 1 && column["first"][3].is_null()), "{result}");
}

/// What `raw` would lose is refused before anything is run.
#[test]
fn raw_refuses_what_it_would_lose() {
    let mut builder = ListBuilder::new(StringBuilder::new());
    builder.append_value([Some("a"), Some("bc")]);
    let lists: ArrayRef = Arc::new(builder.finish());
    let batch = RecordBatch::try_from_iter([("x", Arc::new(Float64Array::from(vec![1.0])) as ArrayRef), ("lists", lists)]).expect("a batch");
    let path = root().join("plugins/hostile/hostile_metric.wasm").display().to_string();
    let text = Text::new("test", format!("[plugin.p]\ncomponent = {path:?}\n"));
    let spec = driftline::core::spec::parse(&text, &Default::default(), &mut Diagnostics::default());
    let plugin = Host::new(None).expect("a host").load(&spec.plugins[0], Path::new("")).expect("loads");
    let bindings = |input: &str| vec![("value".to_owned(), "x".to_owned()), (input.to_owned(), "lists".to_owned())];
    let refused = plugin.accepts(&bindings("raw"), &batch.schema()).expect_err("refused");
    assert!(refused.contains("List(Utf8)"), "{refused}");
    assert_eq!(plugin.accepts(&bindings("other"), &batch.schema()), Ok(()));
}
