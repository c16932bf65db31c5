//! Guests that no compiler would make: they lie to the host itself, rather than to the user. Each is a metric in WebAssembly's text with one
//! thing wrong; it costs its own check and nothing else.

use crate::support::{checks, driftline, spec, tables, text};
use driftline::plugin::{Wasi, componentize};
use serde_json::Value;
use std::path::Path;
use std::process::Output;

/// What is wrong with a guest; empty parts are as they should be.
#[derive(Default)]
struct Wrong {
    /// Its config's schema.
    schema: String,
    /// The type that its input accepts.
    accepts: String,
    /// Body of `update`: parameters 0 to 3, one result; `$ok` is that of an update that used all rows.
    update: &'static str,
    /// Functions and globals beside.
    also: &'static str,
}

/// Linear memory from address 1024 on.
#[derive(Default)]
struct Memory(Vec<u8>);

impl Memory {
    fn put(&mut self, bytes: &[u8], align: usize) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(align), 0);
        let at = 1024 + self.0.len();
        self.0.extend_from_slice(bytes);
        at as u32
    }

    /// Address and length, as lists and strings have them.
    fn list(&mut self, bytes: &[u8], items: usize, align: usize) -> Vec<u8> {
        words(&[self.put(bytes, align), items as u32])
    }

    fn text(&mut self, text: &str) -> Vec<u8> {
        self.list(text.as_bytes(), text.len(), 1)
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A component with one sample, `value`, of 1; the layout is the Canonical ABI's.
fn component(wrong: &Wrong) -> Vec<u8> {
    let m = &mut Memory::default();
    let or = |given: &str, good: &str| if given.is_empty() { good.to_owned() } else { given.to_owned() };
    let accepts = m.text(&or(&wrong.accepts, "Float64"));
    let input = [m.text("value"), m.text("numbers"), m.list(&accepts, 1, 4), words(&[0])].concat();
    let info = [m.text("crafted"), m.text("0.1.0"), m.text("crafted"), words(&[1]), m.text(&or(&wrong.schema, "{}")), m.list(&input, 1, 4)].concat();
    let info = m.put(&info, 4);
    let sample = [m.text("value"), m.text("a value"), m.text(""), words(&[2]), words(&[0, 0])].concat();
    let described = [words(&[0, 0, 0]), m.list(&sample, 1, 4)].concat();
    let described = m.put(&described, 4);
    let created = m.put(&words(&[0, 0]), 4);
    let ok = m.put(&[0; 16], 8);
    let state = m.list(&[0; 4], 4, 1);
    let (state, merged) = (m.put(&state, 4), m.put(&words(&[0, 0, 0]), 4));
    let given = [m.text("value"), words(&[0, 0]), 1.0_f64.to_le_bytes().to_vec()].concat();
    let given = m.list(&given, 1, 8);
    let finished = [words(&[0]), given].concat();
    let finished = m.put(&finished, 4);
    let data: String = m.0.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let heap = (1024 + m.0.len()).next_multiple_of(65_536);
    let (pages, update, also) = (heap / 65_536 + 64, or(wrong.update, "(call $ok)"), wrong.also);
    let wat = format!(
        r#"(module
        (import "[export]driftline:plugin/metrics@0.1.0" "[resource-new]accumulator" (func $new (param i32) (result i32)))
        (memory (export "memory") {pages})
        (data (i32.const 1024) "{data}")
        ;; Arguments of one call overwrite those of the last.
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const {heap}))
        (func $ok (result i32) (i32.const {ok}))
        {also}
        (func (export "driftline:plugin/about@0.1.0#info") (result i32) (i32.const {info}))
        (func (export "driftline:plugin/about@0.1.0#describe") (param i32 i32 i32 i32) (result i32) (i32.const {described}))
        (func (export "driftline:plugin/metrics@0.1.0#[static]accumulator.create") (param i32 i32 i32 i32 i32 i32 i32) (result i32)
            (i32.store offset=4 (i32.const {created}) (call $new (i32.const 1))) (i32.const {created}))
        (func (export "driftline:plugin/metrics@0.1.0#[method]accumulator.update") (param i32 i32 i32 i32) (result i32) {update})
        (func (export "driftline:plugin/metrics@0.1.0#[method]accumulator.state") (param i32) (result i32) (i32.const {state}))
        (func (export "driftline:plugin/metrics@0.1.0#[method]accumulator.merge") (param i32 i32 i32) (result i32) (i32.const {merged}))
        (func (export "driftline:plugin/metrics@0.1.0#[method]accumulator.finish") (param i32) (result i32) (i32.const {finished}))
        )"#
    );
    let module = wat::parse_str(&wat).unwrap_or_else(|e| panic!("{e}"));
    componentize(&module, Wasi::Nothing).unwrap_or_else(|e| panic!("{e}"))
}

/// Runs it beside a healthy check, with a column named as the guide does, and without `inputs`.
fn run(folder: &Path, wrong: &Wrong, more: &str) -> Output {
    run_component(folder, &component(wrong), more)
}

fn run_component(folder: &Path, component: &[u8], more: &str) -> Output {
    std::fs::write(folder.join("crafted.wasm"), component).expect("a file");
    let rest = format!(
        "[plugin.crafted]\ncomponent = \"crafted.wasm\"\n{more}\n[[suite]]\nname = \"s\"\n[[suite.check]]\nname = \"crafted\"\nmetric = \"crafted\"\ncolumns = \"x\"\nfail = \"value > 5\"\n[[suite.check]]\nname = \"healthy\"\nmetric = \"mean\"\ncolumns = \"y\"\nfail = \"value > 5\"\n"
    );
    driftline().args(["run", "--output", "json"]).arg(spec(folder, &rest)).output().expect("it runs")
}

/// The crafted check's status and message; the healthy one must pass.
fn status(output: &Output) -> (String, String) {
    let outcome: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {} {}", output.status, text(&output.stderr)));
    let checks = checks(&outcome);
    let of = |id: &str| checks.iter().find(|(found, _)| found.starts_with(id)).unwrap_or_else(|| panic!("no {id} in {outcome:#}")).1.clone();
    assert_eq!(of("healthy")["status"], "pass");
    let crafted = of("crafted");
    (crafted["status"].as_str().unwrap_or_default().to_owned(), crafted["message"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_crafted_guest_that_does_nothing_wrong_passes() {
    let folder = tables(100, 0.0);
    assert_eq!(status(&run(folder.path(), &Wrong::default(), "")).0, "pass");
}

#[test]
fn lies_to_the_host_cost_their_own_check() {
    let folder = tables(100, 0.0);
    std::fs::write(folder.path().join("secret.json"), "{\"type\": \"object\"}").expect("a file");
    let file = folder.path().join("secret.json");
    // 2^40 validations.
    let doubling: String = (0..40).map(|i| format!(r##""a{i}": {{"allOf": [{{"$ref": "#/$defs/a{0}"}}, {{"$ref": "#/$defs/a{0}"}}]}}, "##, i + 1)).collect();
    let cases = [
        ("a schema of 2^40 steps", Wrong { schema: format!(r##"{{"$ref": "#/$defs/a0", "$defs": {{{doubling}"a40": {{}}}}}}"##), ..Wrong::default() }, "references"),
        ("a schema that reads a file", Wrong { schema: format!(r#"{{"$ref": "file://{}"}}"#, file.display()), ..Wrong::default() }, "outside of the schema"),
        ("a schema of many patterns", Wrong { schema: format!(r#"{{"patternProperties": {{{}}}}}"#, (0..20).map(|i| format!(r#""\\p{{L}}{{100}}{i}": {{}}"#)).collect::<Vec<_>>().join(", ")), ..Wrong::default() }, "patterns"),
        ("a schema that refers to itself", Wrong { schema: format!(r##"{{"additionalProperties": {{"allOf": [{}]}}}}"##, [r##"{"$ref": "#"}"##; 16].join(", ")), ..Wrong::default() }, "without an end"),
        ("a reference without an end", Wrong { schema: r##"{"$ref": "#"}"##.into(), ..Wrong::default() }, "without an end"),
        ("a schema that refers to itself by name", Wrong { schema: r##"{"additionalProperties": {"$ref": "urn:driftline:config-schema#"}}"##.into(), ..Wrong::default() }, "outside of the schema"),
        ("a schema with another base", Wrong { schema: r##"{"$defs": {"b": {}, "a": {"$id": "x:y", "$defs": {"b": {"additionalProperties": {"$ref": "#/$defs/b"}}}}}}"##.into(), ..Wrong::default() }, "has `$id`"),
        ("a schema of many errors", Wrong { schema: format!(r#"{{"allOf": [{}]}}"#, ["false"; 3000].join(", ")), ..Wrong::default() }, "config"),
        ("a large schema", Wrong { schema: format!(r#"{{"anyOf": [{}{{}}]}}"#, "{}, ".repeat(30_000)), ..Wrong::default() }, "bytes; 65536 are the most"),
        ("a schema that is none", Wrong { schema: r#"{"type": "objct"}"#.into(), ..Wrong::default() }, "not a JSON Schema"),
        ("a schema that nothing fits", Wrong { schema: "false".into(), ..Wrong::default() }, "config"),
        ("a type that nobody knows", Wrong { accepts: "float64".into(), ..Wrong::default() }, "which is no type"),
        ("a type without an end", Wrong { accepts: "List(".repeat(100_000), ..Wrong::default() }, "which is no type"),
        ("a trap in a function with a name", Wrong { update: "(call $burn_fuel) (call $ok)", also: "(func $burn_fuel (unreachable))", ..Wrong::default() }, "unreachable"),
        ("a result of no type", Wrong { update: "(i32.store8 (call $ok) (i32.const 7)) (call $ok)", ..Wrong::default() }, "discriminant"),
        ("a result that is nowhere", Wrong { update: "(i32.const -8)", ..Wrong::default() }, "out of bounds"),
        ("handles without an end", Wrong { update: "(loop $l (drop (call $new (i32.const 1))) (br $l)) (unreachable)", ..Wrong::default() }, "handle"),
        (
            "a loop after a growth that was refused",
            Wrong { update: "(drop (memory.grow (i32.const 60000))) (loop $l (br $l)) (unreachable)", ..Wrong::default() },
            "time limit",
        ),
    ];
    for (what, wrong, words) in cases {
        let (status, message) = status(&run(folder.path(), &wrong, "limits = { time = \"200ms\" }"));
        assert_eq!(status, "error", "{what}: {message}");
        assert!(message.contains(words) && message.len() < 1_000, "{what}: {message}");
    }
}

#[test]
fn limits_of_time_and_instances_do_not_depend_on_threads() {
    let folder = tables(100, 0.0);
    // An instance has 65 pages of 64 KiB.
    let (found, message) = status(&run(folder.path(), &Wrong::default(), "limits = { total_memory = \"1MiB\" }"));
    assert!(found == "error" && message.contains("total_memory limit of 1.0 MiB"), "{message}");
    let (found, message) = status(&run(folder.path(), &Wrong::default(), "limits = { total_time = \"1ns\" }"));
    assert!(found == "error" && message.contains("total_time limit of 1ns"), "{message}");
    let (found, message) = status(&run(folder.path(), &Wrong::default(), "partitions = 3\nlimits = { instances = 2 }"));
    assert!(found == "error" && message.contains("limit of 2 instances"), "{message}");
}

#[test]
fn a_test_without_rows_is_noticed_by_plugin_test() {
    let folder = tables(100, 0.0);
    let wrong = Wrong { update: "(if (i32.eqz (local.get 1)) (then (unreachable))) (call $ok)", ..Wrong::default() };
    let path = folder.path().join("crafted.wasm");
    std::fs::write(&path, component(&wrong)).expect("a file");
    let output = driftline().args(["plugin", "test"]).arg(&path).arg("--data").arg(folder.path().join("current.csv")).args(["--input", "value=x"]).output().expect("it runs");
    let shown = text(&output.stdout);
    assert!(!output.status.success() && shown.contains("fail  takes an empty batch"), "{shown}{}", text(&output.stderr));
}

/// Each component instantiates the one before it twice: 2^40 instances in two kilobytes.
#[test]
fn nested_components_without_an_end_cost_their_own_check() {
    let folder = tables(100, 0.0);
    let nested: String = (1..40).map(|i| format!("(component $c{i} (alias outer 1 $c{0} (component $b)) (instance (instantiate $b)) (instance (instantiate $b)))", i - 1)).collect();
    let bomb = wat::parse_str(format!("(component (component $c0 (core module $m) (core instance (instantiate $m))) {nested} (instance (instantiate $c39)))")).expect("a component");
    assert!(bomb.len() < 5_000, "{}", bomb.len());
    let (found, message) = status(&run_component(folder.path(), &bomb, ""));
    assert!(found == "error" && message.contains("come to more than 1000 instances"), "{message}");
}

/// Components that are handed to others, and components within components without an end.
#[test]
fn odd_nestings_of_components_cost_their_own_check() {
    let folder = tables(100, 0.0);
    let handed = "(component (component $a (import \"x\" (component $x)) (instance (instantiate $x)) (instance (instantiate $x))) (component $b) (instance (instantiate $a (with \"x\" (component $b)))))";
    let handed = wat::parse_str(handed).expect("a component");
    // Each is 8 bytes of a component's beginning in a section of its own, of which the length is written in 5 bytes.
    let start = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];
    let mut deep = start.to_vec();
    for _ in 0..2000 {
        let mut length = deep.len();
        let digits: Vec<u8> = (0..5).map(|i| { let digit = (length & 0x7f) as u8; length >>= 7; if i < 4 { digit | 0x80 } else { digit } }).collect();
        deep = [start.as_slice(), &[4], &digits, &deep].concat();
    }
    for component in [handed, deep] {
        let (found, message) = status(&run_component(folder.path(), &component, ""));
        assert!(found == "error" && message.contains("come to more than 1000 instances"), "{message}");
    }
}

/// A function within all limits of size that takes very long to compile.
#[test]
fn code_that_is_slow_to_compile_costs_its_own_check() {
    let folder = tables(100, 0.0);
    let (locals, loops) = (1_000, 1_000);
    let uses: String = (0..locals).map(|i| format!("(local.set {i} (i32.add (local.get {i}) (i32.const 1)))")).collect();
    let body = format!("{}{uses}{}", "(loop ".repeat(loops), "(br_if 0 (local.get 0)))".repeat(loops));
    let module = format!("(core module $m (func (local{}) {body}))", " i32".repeat(locals));
    let bomb = wat::parse_str(format!("(component {module} (core instance (instantiate $m)))")).expect("a component");
    let (found, message) = status(&run_component(folder.path(), &bomb, "limits = { compile_time = \"1s\" }"));
    assert!(found == "error" && message.contains("compile_time limit of 1s"), "{message}");
}
