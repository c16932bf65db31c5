//! Hostile guests cost their own checks and nothing else: the healthy checks' JSON stays equal, byte for byte.

use crate::support::{checks, outcome, root, spec, tables};
use serde_json::Value;
use std::path::Path;

const HEALTHY: &str = r#"
[[suite]]
name = "healthy"
correction = "benjamini_hochberg"
[[suite.check]]
metric = "drift"
columns = ["x", "y"]
[[suite.check]]
metric = "missing_values"
fail = "count > 0"
[[suite.check]]
metric = "row_count"
fail = "value == 0"
"#;

fn plugin(name: &str, component: &str, input: &str, behaviour: &str) -> String {
    let path = root().join("plugins/hostile").join(component);
    // Enough to breach the output limit before the memory limit.
    let amount = match behaviour {
        "many_samples" | "log_flood" => ", amount = 100000",
        "label_bomb" => ", amount = 200",
        "huge" => ", amount = 4000000",
        _ => "",
    };
    format!(
        "[plugin.{name}]\ncomponent = {:?}\ninputs = {{ {input} = \"x\" }}\nconfig = {{ behaviour = \"{behaviour}\"{amount} }}\nlimits = {{ memory = \"32MiB\", time = \"300ms\", output = \"1MiB\", samples = 100 }}\n",
        path.display().to_string()
    )
}

const METRICS: [(&str, &str); 17] = [
    ("loop", "time limit"),
    ("memory", "memory limit"),
    ("trap", "trapped"),
    ("error", ""),
    ("many_samples", "output limit"),
    ("nan_sample", "not a finite number"),
    ("other_sample", "did not describe"),
    ("taken_label", "monitor"),
    ("deep_recursion", "stack"),
    ("label_bomb", "samples limit of 100"),
    ("infinite_sample", "not a finite number"),
    ("twice", "twice"),
    ("describe_trap", "trapped"),
    ("describe_lie", "lower_snake_case"),
    ("create_loop", "time limit"),
    ("huge_state", "output limit"),
    ("log_flood", "log limit of 64.0 KiB"),
];

const TRANSFORMS: [(&str, &str); 7] =
    [("wrong_rows", "rows"), ("wrong_type", "described"), ("missing_column", "columns"), ("wrong_name", "in the place of `echo`"), ("huge", "limit"), ("loop", "time limit"), ("trap", "trapped")];

/// Components that are none, or that no plugin may be: name, what the spec says of it, and words of the reason.
const FILES: [(&str, &str, &str); 7] = [
    ("absent", "", "absent.wasm"),
    ("truncated", "", "not a WebAssembly component"),
    ("random_bytes", "", "not a WebAssembly component"),
    ("empty", "", "not a WebAssembly component"),
    ("network", "", "wasi:http"),
    ("large", "", "component limit of 64.0 MiB"),
    // As large, and allowed: the bytes are no code, so nothing comes of it but a wait.
    ("allowed", "inputs = { value = \"x\" }\nconfig = { behaviour = \"loop\" }\nlimits = { component = \"400MiB\", time = \"100ms\" }\n", "time limit"),
];

fn write_files(folder: &Path) {
    let metric = std::fs::read(root().join("plugins/hostile/hostile_metric.wasm")).expect("the component");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(format!("{name}.wasm")), bytes).expect("a file");
    write("truncated", &metric[..metric.len() / 2]);
    write("empty", &[]);
    let mut seed = 1_u32;
    let random = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    });
    write("random_bytes", &random.take(100_000).collect::<Vec<u8>>());
    write("network", &std::fs::read(root().join("plugins/hostile/network.wasm")).expect("the component"));
    // A custom section of 200 MiB, which has no meaning: its length as LEB128, an empty name.
    let length = 200_u32 << 20;
    let leb = (0..5).map(|i| (length >> (7 * i)) as u8 & 0x7f | if i < 4 { 0x80 } else { 0 });
    let large: Vec<u8> = metric.into_iter().chain([0]).chain(leb).chain(std::iter::repeat_n(0, length as usize)).collect();
    write("large", &large);
    std::fs::hard_link(folder.join("large.wasm"), folder.join("allowed.wasm")).expect("a link");
}

#[test]
fn hostile_guests_cost_their_own_checks_alone() {
    let folder = tables(2_000, 0.3);
    let alone = outcome(&spec(folder.path(), HEALTHY));
    let mut text = String::new();
    let mut suite = String::from("[[suite]]\nname = \"hostile\"\n");
    for (behaviour, _) in METRICS {
        text += &plugin(&format!("m_{behaviour}"), "hostile_metric.wasm", "value", behaviour);
        suite += &format!("[[suite.check]]\nname = \"m_{behaviour}\"\nmetric = \"m_{behaviour}\"\nfail = \"value == 0.25\"\n");
    }
    for (behaviour, _) in TRANSFORMS {
        text += &plugin(&format!("t_{behaviour}"), "hostile_transform.wasm", "value", behaviour);
        text += &format!("prefix = \"{behaviour}_\"\n");
        suite += &format!("[[suite.check]]\nname = \"t_{behaviour}\"\nmetric = \"missing_values\"\ncolumns = \"{behaviour}_*\"\nfail = \"value == 0.25\"\n");
    }
    for (name, rest, _) in FILES {
        text += &format!("[plugin.{name}]\ncomponent = \"{name}.wasm\"\n{rest}");
        suite += &format!("[[suite.check]]\nname = \"{name}\"\nmetric = \"{name}\"\nfail = \"value == 0.25\"\n");
    }
    write_files(folder.path());
    let together = outcome(&spec(folder.path(), &format!("{text}{HEALTHY}{suite}")));
    let of = |o: &Value| o["suites"].as_array().expect("suites").iter().find(|s| s["name"] == "healthy").expect("healthy").to_string();
    assert_eq!(of(&alone), of(&together));
    let series = |o: &Value| {
        let samples = o["samples"].as_array().expect("samples").iter();
        samples.filter(|s| !s["name"].as_str().expect("a name").starts_with("plugin_")).map(Value::to_string).collect::<Vec<_>>()
    };
    assert_eq!(series(&alone), series(&together));
    let checks = checks(&together);
    let reason = |prefix: &str| {
        let found: Vec<_> = checks.iter().filter(|(id, _)| id == prefix || id.starts_with(&format!("{prefix}."))).collect();
        assert!(!found.is_empty(), "{prefix} has no check");
        found.iter().for_each(|(id, c)| assert_eq!(c["status"], "error", "{id}: {c}"));
        found[0].1["message"].as_str().unwrap_or_default().to_owned()
    };
    for (behaviour, words) in METRICS {
        let message = reason(&format!("m_{behaviour}"));
        assert!(message.contains(words), "{behaviour}: {message}");
    }
    for (behaviour, words) in TRANSFORMS {
        let message = reason(&format!("t_{behaviour}"));
        assert!(message.contains(words), "{behaviour}: {message}");
    }
    for (name, _, words) in FILES {
        let message = reason(name);
        assert!(message.contains(words), "{name}: {message}");
    }
    // And the next run is as the first.
    assert_eq!(of(&alone), of(&outcome(&spec(folder.path(), HEALTHY))));
}
