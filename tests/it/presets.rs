//! Presets: checks for a purpose, named by one word.

use crate::support::{checks, driftline, outcome, spec, tables, text};
use serde_json::Value;
use std::collections::BTreeMap;

fn found(folder: &std::path::Path, rest: &str) -> BTreeMap<String, Value> {
    checks(&outcome(&spec(folder, rest))).into_iter().collect()
}

fn suite(preset: &str) -> String {
    format!("[[suite]]\nname = \"{preset}\"\npreset = \"{preset}\"\n")
}

#[test]
fn presets_find_what_they_are_for() {
    let folder = tables(300, 0.4);
    let drift = found(folder.path(), &suite("data_drift"));
    assert_eq!(drift["drift.x"]["status"], "fail");
    assert_eq!(drift["drift.y"]["status"], "pass");
    assert_eq!(drift["drift.c"]["status"], "pass");
    let stability = found(folder.path(), &suite("data_stability"));
    assert_eq!(stability["values_in_range.x"]["status"], "fail");
    assert_eq!(stability["values_in_list.c"]["status"], "pass");
    let quality = found(folder.path(), &suite("data_quality"));
    assert!(quality.values().all(|check| check["status"] == "pass"), "{quality:?}");
    let current = folder.path().join("current.csv");
    let csv = std::fs::read_to_string(&current).expect("a file");
    let emptied: Vec<String> = csv.lines().enumerate().map(|(i, l)| if i % 2 == 1 { format!(",{}", &l[l.find(',').expect("a comma") + 1..]) } else { l.into() }).collect();
    std::fs::write(&current, emptied.join("\n")).expect("written");
    let quality = found(folder.path(), &suite("data_quality"));
    assert_eq!(quality["missing_cells"]["status"], "fail", "{}", quality["missing_cells"]);
    assert_eq!(quality["missing_values.x"]["status"], "fail");
    assert_eq!(quality["missing_values.y"]["status"], "pass");
}

#[test]
fn a_check_of_the_same_name_replaces_the_presets() {
    let folder = tables(100, 0.0);
    let own = "[[suite.check]]\nname = \"row_count\"\nmetric = \"row_count\"\nfail = \"value < 1000\"\n";
    let stability = found(folder.path(), &(suite("data_stability") + own));
    assert_eq!(stability["row_count"]["condition"], "value < 1000");
    let target = found(folder.path(), &(String::from("[columns]\ntarget = \"c\"\n") + &suite("target_drift")));
    assert_eq!(target.keys().collect::<Vec<_>>(), ["target_drift"]);
}

#[test]
fn what_a_preset_cannot_look_at_is_told() {
    let folder = tables(100, 0.0);
    for (rest, word) in [(suite("target_drift"), "has nothing to look at"), (suite("data_summary"), "no condition")] {
        let path = spec(folder.path(), &rest);
        let output = driftline().arg("run").arg(path).output().expect("runs");
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(word), "{}", text(&output.stderr));
    }
    let recorded = outcome(&spec(folder.path(), "[[record]]\npreset = \"data_summary\"\n"));
    let families: std::collections::BTreeSet<&str> = recorded["samples"].as_array().expect("samples").iter().filter_map(|s| s["name"].as_str()).collect();
    for family in ["mean_value", "distribution_share", "category_share_share", "missing_values", "row_count_value"] {
        assert!(families.contains(family), "{families:?}");
    }
}

#[test]
fn weights_make_the_share_of_what_matters() {
    let folder = tables(300, 0.5);
    let rest = |weights: &str| format!("[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"drifted_columns\"\nweights = {weights}\nfail = \"weighted_share > 50%\"\n");
    let check = |weights: &str| checks(&outcome(&spec(folder.path(), &rest(weights)))).remove(0).1;
    let heavy = check("{ x = 3, y = 1 }");
    assert_eq!((&heavy["status"], &heavy["fields"]["weighted_share"], &heavy["fields"]["dataset_drift"]), (&"fail".into(), &0.75.into(), &1.0.into()));
    let light = check("{ x = 1, y = 3 }");
    assert_eq!((&light["status"], &light["fields"]["weighted_share"], &light["fields"]["share"]), (&"pass".into(), &0.25.into(), &(1.0 / 3.0).into()));
    std::fs::write(folder.path().join("current.csv"), "x,y,c\n,1,red\n,2,red\n").expect("written");
    assert_eq!(check("{ x = 1 }")["status"], "no_data");
    let output = crate::support::driftline().arg("run").arg(spec(folder.path(), &rest("{ z = 1 }"))).output().expect("runs");
    assert_eq!(output.status.code(), Some(2), "{}", crate::support::text(&output.stderr));
}
