//! A saved reference gives what its rows give.

use crate::support::{checks, driftline, outcome, run, spec, tables, text};
use serde_json::Value;
use std::path::Path;

/// Every test and every metric over the columns of [`tables`], with defaults.
fn everything() -> String {
    let catalogue = driftline::catalogue();
    let mut rest = String::from("[[suite]]\nname = \"s\"\ncorrection = \"bonferroni\"\n[[suite.check]]\nmetric = \"drifted_columns\"\nfail = \"share > 30%\"\n");
    for test in &catalogue.tests {
        use driftline::core::column::Kind;
        let column = match test.accepts {
            accepts if accepts.contains(&Kind::Numerical) => "@numerical",
            accepts if accepts.contains(&Kind::Categorical) => "c",
            // A CSV file has no vectors.
            _ => continue,
        };
        rest += &format!("[[suite.check]]\nname = \"{0}\"\nmetric = \"drift\"\ncolumns = \"{column}\"\ntest = \"{0}\"\n", test.doc.name);
    }
    rest + "[[record]]\npreset = \"data_summary\"\n[[record]]\nmetric = \"mean_shift\"\ncolumns = \"x\"\n[[record]]\nmetric = \"values_in_range\"\ncolumns = \"x\"\n[[record]]\nmetric = \"new_categories\"\ncolumns = \"c\"\n[[suite.check]]\nname = \"same_mean\"\nmetric = \"mean\"\ncolumns = \"y\"\nfail = \"abs(value - reference) > 0.1\"\n[[suite.check]]\nmetric = \"duplicated_rows\"\nfail = \"count > reference\"\n[[suite.check]]\nmetric = \"column_types\"\n"
}

/// The outcome without what must differ.
fn found(spec: &Path) -> Value {
    let mut found = outcome(spec);
    found["spec_digest"] = Value::Null;
    found
}

fn with_profile(folder: &Path, rest: &str) -> std::path::PathBuf {
    let path = spec(folder, rest);
    let text = std::fs::read_to_string(&path).expect("the spec");
    let text = text.replacen("kind = \"csv\"\npath = \"reference.csv\"", "kind = \"profile\"\npath = \"reference.profile\"", 1);
    std::fs::write(&path, text).expect("written");
    path
}

fn make(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_profile_gives_what_the_rows_give() {
    let folder = tables(2_000, 0.1);
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (data, profile) = (file("reference.csv"), file("reference.profile"));
    let printed = make(&["profile", &data, "-o", &profile]);
    assert!(printed.contains("2000 rows, 3 columns"), "{printed}");
    let rows = found(&spec(folder.path(), &everything()));
    assert!(checks(&rows).len() > 30);
    assert_eq!(found(&with_profile(folder.path(), &everything())), rows);
    let shown = make(&["profile", "show", &profile]);
    assert!(shown.contains("moments") && shown.contains("categorical"), "{shown}");

    // The profile of a spec holds what that asks for, its expressions included.
    let rest = "[derived]\ndouble = \"x * 2\"\n[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"drift\"\ncolumns = \"double\"\nwhere = \"c = 'red'\"\n[[record]]\nmetric = \"quantile\"\ncolumns = \"x\"\nq = 0.9\n";
    let path = spec(folder.path(), rest);
    make(&["profile", &path.display().to_string(), "-o", &profile]);
    let rows = found(&path);
    assert_eq!(rows["suites"][0]["checks"][0]["n_reference"], 667);
    assert_eq!(found(&with_profile(folder.path(), rest)), rows);

    // What it does not hold is an error that names it, and of its own check alone.
    let more = format!("{rest}[[suite.check]]\nname = \"other\"\nmetric = \"drift\"\ncolumns = \"y\"\n[[suite.check]]\nname = \"rows\"\nmetric = \"row_count\"\nfail = \"value < reference\"\n");
    let found: std::collections::BTreeMap<String, Value> = checks(&outcome(&with_profile(folder.path(), &more))).into_iter().collect();
    assert!(found["other"]["message"].as_str().expect("a message").contains("ranks(y)"), "{}", found["other"]);
    assert_eq!((&found["other"]["status"], &found["rows"]["status"]), (&"error".into(), &"pass".into()));
}

#[test]
fn profiles_of_shards_merge_into_that_of_the_whole() {
    let folder = tables(2_000, 0.1);
    let file = |name: &str| folder.path().join(name).display().to_string();
    let csv = std::fs::read_to_string(file("reference.csv")).expect("read");
    let lines: Vec<&str> = csv.lines().collect();
    for (name, part) in [("a", &lines[1..701]), ("b", &lines[701..])] {
        std::fs::write(file(&format!("{name}.csv")), format!("{}\n{}\n", lines[0], part.join("\n"))).expect("written");
        make(&["profile", &file(&format!("{name}.csv")), "-o", &file(&format!("{name}.profile"))]);
    }
    make(&["profile", "merge", &file("a.profile"), &file("b.profile"), "-o", &file("reference.profile")]);
    let rows = found(&spec(folder.path(), &everything()));
    let merged = found(&with_profile(folder.path(), &everything()));
    for ((id, whole), (other, joined)) in checks(&rows).iter().zip(&checks(&merged)) {
        assert_eq!((id, &whole["status"]), (other, &joined["status"]));
        for (field, value) in whole["fields"].as_object().expect("fields") {
            let (a, b) = (value.as_f64().expect("a number"), joined["fields"][field].as_f64().expect("a number"));
            assert!((a - b).abs() <= 1e-12 * a.abs().max(1e-3), "{id} {field}: {a} and {b}");
        }
    }
}

#[test]
fn a_profile_that_is_none_is_refused() {
    let folder = tables(50, 0.0);
    let profile = folder.path().join("reference.profile");
    make(&["profile", &folder.path().join("reference.csv").display().to_string(), "-o", &profile.display().to_string()]);
    // What is no profile is not overwritten.
    let data = folder.path().join("reference.csv");
    let before = std::fs::read(&data).expect("read");
    let output = run(&["profile", &data.display().to_string(), "-o", &data.display().to_string()]);
    assert!(output.status.code() == Some(2) && std::fs::read(&data).expect("read") == before, "{}", text(&output.stderr));
    let whole = std::fs::read(&profile).expect("read");
    let spec = with_profile(folder.path(), "[[record]]\nmetric = \"row_count\"\n");
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    for (bytes, words) in [(&changed[..], "damaged"), (&whole[..whole.len() - 5], "damaged"), (&b"x,y\n"[..], "no profile"), (&whole[..25], "")] {
        std::fs::write(&profile, bytes).expect("written");
        let output = driftline().arg("run").arg(&spec).output().expect("runs");
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    }
}
