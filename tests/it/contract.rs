//! The contract with plugins that were compiled before (`wit/README.md`).

use crate::support::{checks, outcome, root, spec, tables};
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, Store};

/// A WIT file without its documentation.
fn bare(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_released_version_does_not_change() {
    let now = std::fs::read_to_string(root().join("wit/plugin.wit")).expect("the contract");
    let version = now.split_once("package driftline:plugin@").and_then(|(_, rest)| rest.split(';').next()).expect("a version");
    let released = root().join(format!("wit/released/{version}.wit"));
    // A version that has not been released has no components in tests/plugins.
    let compiled = std::fs::read_dir(root().join("tests/plugins")).expect("components").filter_map(Result::ok);
    if compiled.into_iter().any(|entry| entry.file_name().to_string_lossy().contains(version)) {
        let then = std::fs::read_to_string(released).expect("the released contract");
        assert_eq!(bare(&now), bare(&then), "{version} is released: a change of plugin.wit needs another version, see wit/README.md");
    }
}

/// A component that was compiled with a released version.
fn earlier(name: &str) -> String {
    format!("{:?}", root().join(format!("tests/plugins/{name}_0.1.0.wasm")).display().to_string())
}

#[test]
fn plugins_that_were_compiled_before_give_what_they_gave() {
    let folder = tables(1_000, 0.3);
    let text = format!(
        "[plugin.mean_and_max]\ncomponent = {}\n[plugin.scale]\ncomponent = {}\n[plugin.copy]\ncomponent = {}\ninputs = {{ value = \"x\" }}\nprefix = \"copied_\"\n\
         [[suite]]\nname = \"s\"\n\
         [[suite.check]]\nname = \"metric\"\nmetric = \"mean_and_max\"\ncolumns = \"x\"\nsample = \"max\"\nfail = \"value > 10\"\n\
         [[suite.check]]\nname = \"native\"\nmetric = \"max\"\ncolumns = \"x\"\nfail = \"value > 10\"\n\
         [[suite.check]]\nname = \"test\"\nmetric = \"drift\"\ntest = \"scale\"\ncolumns = \"x\"\nfail = \"p_value < 1e-6\"\n\
         [[suite.check]]\nname = \"transform\"\nmetric = \"max\"\ncolumns = \"copied_echo\"\nfail = \"value > 10\"\n",
        earlier("mean_and_max"), earlier("fligner_killeen"), earlier("hostile_transform")
    );
    let checks = checks(&outcome(&spec(folder.path(), &text)));
    let value = |id: &str, field: &str| {
        let check = &checks.iter().find(|(found, _)| found == id).unwrap_or_else(|| panic!("no {id} in {checks:?}")).1;
        check["fields"][field].as_f64().unwrap_or_else(|| panic!("{id}: {check}"))
    };
    assert_eq!(value("metric", "value"), value("native", "value"));
    assert_eq!(value("transform", "value"), value("native", "value"));
    // A shift leaves the spread as it was.
    assert!(value("test", "p_value") > 0.5);
}

/// What a host of the next patch version may do: another function in `log`, which plugins of before do not import.
#[test]
fn a_host_that_provides_more_takes_plugins_of_before() {
    let mut config = Config::new();
    config.wasm_component_model(true);
    let engine = Engine::new(&config).expect("an engine");
    let component = Component::from_file(&engine, root().join("plugins/hostile/hostile_metric.wasm")).expect("a component");
    let mut linker: Linker<()> = Linker::new(&engine);
    let mut log = linker.instance("driftline:plugin/log@0.1.1").expect("an instance");
    log.func_new("log", |_, _, _, _| Ok(())).expect("a function");
    log.func_new("flush", |_, _, _, _| Ok(())).expect("a function");
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &component).expect("it takes what it imports");
    for interface in ["about", "metrics"] {
        let name = format!("driftline:plugin/{interface}@0.1.1");
        assert!(instance.get_export_index(&mut store, None, &name).is_some(), "{name} is found in a plugin of 0.1.0");
    }
    let later = instance.get_export_index(&mut store, None, "driftline:plugin/about@0.2.0");
    assert!(later.is_none(), "another minor version is another contract");
}
