//! Hostile guests cost their own checks and nothing else: the healthy checks' JSON stays equal, byte for byte.

use crate::support::{checks, outcome, root, spec, tables};
use serde_json::Value;

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
        "many_samples" => ", amount = 100000",
        "huge" => ", amount = 4000000",
        _ => "",
    };
    format!(
        "[plugin.{name}]\ncomponent = {:?}\ninputs = {{ {input} = \"x\" }}\nconfig = {{ behaviour = \"{behaviour}\"{amount} }}\nlimits = {{ memory = \"32MiB\", time = \"300ms\", output = \"1MiB\" }}\n",
        path.display().to_string()
    )
}

const METRICS: [(&str, &str); 9] = [
    ("loop", "time limit"),
    ("memory", "memory limit"),
    ("trap", "trapped"),
    ("error", ""),
    ("many_samples", "output limit"),
    ("nan_sample", "not a finite number"),
    ("other_sample", "did not describe"),
    ("taken_label", "monitor"),
    ("deep_recursion", ""),
];

const TRANSFORMS: [(&str, &str); 6] =
    [("wrong_rows", "rows"), ("wrong_type", "described"), ("missing_column", "columns"), ("huge", "limit"), ("loop", "time limit"), ("trap", "trapped")];

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
    text += "[plugin.absent]\ncomponent = \"absent.wasm\"\n";
    suite += "[[suite.check]]\nname = \"absent\"\nmetric = \"absent\"\nfail = \"value == 0.25\"\n";
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
    assert!(reason("absent").contains("absent.wasm"));
}
