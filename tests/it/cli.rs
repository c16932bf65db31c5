//! Exit codes, outputs, the environment, and equal runs giving equal bytes.

use crate::support::{checks, driftline, outcome, root, run, spec, tables, text};
use serde_json::Value;

const DRIFT: &str = "[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"drift\"\ncolumns = \"@numerical\"\n";

fn code(command: &mut std::process::Command) -> i32 {
    command.output().expect("the binary runs").status.code().expect("an exit code")
}

#[test]
fn exit_codes_tell_who_must_act() {
    let (calm, moved) = (tables(500, 0.0), tables(500, 0.5));
    let run = |path: &std::path::Path| code(driftline().arg("run").arg(path));
    assert_eq!(run(&spec(calm.path(), DRIFT)), 0);
    assert_eq!(run(&spec(moved.path(), DRIFT)), 1);
    assert_eq!(run(&spec(calm.path(), "[nonsense]\n")), 2);
    assert_eq!(run(std::path::Path::new("no_such_file.toml")), 2);
    let unreachable = spec(calm.path(), DRIFT);
    std::fs::remove_file(calm.path().join("current.csv")).expect("removed");
    assert_eq!(run(&unreachable), 3);
}

#[test]
fn only_the_moved_column_drifts() {
    let folder = tables(500, 0.5);
    let found = checks(&outcome(&spec(folder.path(), DRIFT)));
    let status = |id: &str| found.iter().find(|(i, _)| i == id).map(|(_, c)| c["status"].clone()).expect("the check");
    assert_eq!(status("drift.x"), "fail");
    assert_eq!(status("drift.y"), "pass");
}

#[test]
fn threads_and_repetition_change_no_byte() {
    let folder = tables(70_000, 0.01);
    let rest = "[[suite]]\nname = \"s\"\ncorrection = \"bonferroni\"\n[[suite.check]]\nmetric = \"drift\"\ncolumns = [\"@numerical\", \"@categorical\"]\n[[suite.check]]\nmetric = \"duplicated_rows\"\nfail = \"count > 0\"\n[[record]]\nmetric = \"standard_deviation\"\ncolumns = \"@numerical\"\n[[record]]\nmetric = \"quantile\"\ncolumns = \"@numerical\"\n";
    let path = spec(folder.path(), rest);
    let with = |threads: &str, memory: &str| {
        let mut command = driftline();
        command.env("DRIFTLINE__RUN__THREADS", threads).env("DRIFTLINE__RUN__MEMORY", memory);
        let output = command.args(["run", "-o", "json"]).arg(&path).output().expect("the binary runs");
        let mut json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        // The digest covers the overriding variables, which differ here on purpose.
        (json["timings"], json["spec_digest"]) = Default::default();
        json.to_string()
    };
    let once = with("1", "256MiB");
    assert_eq!(once, with("1", "256MiB"));
    assert_eq!(once, with("2", "256MiB"));
    // So little memory that values and fingerprints go to disk.
    assert_eq!(once, with("2", "256KiB"));
}

#[test]
fn the_environment_interpolates_and_overrides() {
    let folder = tables(300, 0.5);
    let path = spec(folder.path(), &DRIFT.replace("@numerical", "${COLUMN:-y}"));
    let run = |variables: &[(&str, &str)]| code(driftline().arg("run").arg(&path).envs(variables.iter().copied()));
    assert_eq!(run(&[]), 0);
    assert_eq!(run(&[("COLUMN", "x")]), 1);
    assert_eq!(run(&[("COLUMN", "x"), ("DRIFTLINE__SOURCE__CURRENT__PATH", "reference.csv")]), 0);
    // An overridden value's own variables need not be set.
    spec(folder.path(), &format!("{DRIFT}[export.prometheus]\nlisten = \"${{LISTEN}}\"\n"));
    assert_eq!(run(&[]), 2);
    assert_eq!(run(&[("DRIFTLINE__EXPORT__PROMETHEUS__LISTEN", "127.0.0.1:0")]), 1);
}

#[test]
fn values_of_the_environment_are_in_no_message() {
    let folder = tables(300, 0.5);
    let plain = folder.path().join("plain.toml");
    std::fs::copy(spec(folder.path(), DRIFT), &plain).expect("copied");
    let listening = spec(folder.path(), &format!("{DRIFT}[export.prometheus]\nlisten = \"${{LISTEN}}\"\n"));
    for (path, variable, value) in [
        (&plain, "DRIFTLINE__RUN__THREADS", "hunter2"),
        (&plain, "DRIFTLINE__RUN__THREADS", "\"hunter2\""),
        (&plain, "DRIFTLINE__RUN__THREADS", "[\"hunter2\", 4711]"),
        (&plain, "DRIFTLINE__RUN__STATE", "4711"),
        (&plain, "DRIFTLINE__RUN__MEMORY", "hunter2"),
        (&plain, "DRIFTLINE__MONITOR__NAME", "hunter2 4711"),
        (&plain, "DRIFTLINE__RUN__MEMORY", "\"hunter2\\\\x 0x4711\""),
        (&plain, "DRIFTLINE__RUN__MEMORY", "\"hunter\\u0032\""),
        (&listening, "LISTEN", "hunter2"),
    ] {
        let output = driftline().arg("run").arg(path).env(variable, value).output().expect("runs");
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{variable}={value}: {error}");
        assert!(error.contains(variable) && !error.contains("hunter2") && !error.contains("4711"), "{variable}={value}: {error}");
    }
}

#[test]
fn parts_of_values_of_the_environment_are_in_no_message_either() {
    let folder = tables(300, 0.5);
    for (check, value) in [
        ("metric = \"regular_expression_match\"\ncolumns = \"c\"\npattern = \"${SECRET}\"", "hunter2*("),
        ("metric = \"mean\"\ncolumns = \"x\"\nfail = \"value > ${SECRET}\"", "hunter2*3"),
        ("metric = \"mean\"\ncolumns = \"x\"\nfail = \"value > 1\"\nwhere = \"${SECRET}\"", "a\thunter2\\x"),
        ("metric = \"mean\"\ncolumns = \"${SECRET}\"\nfail = \"value > 1\"", "hunter2"),
    ] {
        let path = spec(folder.path(), &format!("[[suite]]\nname = \"s\"\n[[suite.check]]\n{check}\n"));
        let output = driftline().arg("run").arg(path).env("SECRET", value).output().expect("runs");
        let error = text(&output.stderr);
        assert!(output.status.code() == Some(2) && !error.contains("hunter2"), "{value}: {error}");
    }
}

#[test]
fn serving_refuses_what_could_not_be_told_apart_or_seen() {
    let folder = tables(300, 0.5);
    let export = "[export.prometheus]\nlisten = \"127.0.0.1:0\"\n[schedule]\nevery = \"1s\"\n";
    let twice = spec(folder.path(), &format!("{DRIFT}{export}"));
    let again = folder.path().join("again.toml");
    std::fs::copy(&twice, &again).expect("copied");
    let output = driftline().arg("serve").args([&twice, &again]).output().expect("runs");
    assert!(output.status.code() == Some(2) && text(&output.stderr).contains("another monitor named `test`"), "{}", text(&output.stderr));
    let silent = spec(folder.path(), &format!("{DRIFT}[schedule]\nevery = \"1s\"\n"));
    let output = driftline().arg("serve").arg(&silent).output().expect("runs");
    assert!(output.status.code() == Some(2) && text(&output.stderr).contains("[export.prometheus]"), "{}", text(&output.stderr));
}

#[test]
fn series_with_other_parameters_are_other_series() {
    let folder = tables(300, 0.5);
    let metrics = ["drifted_columns\"\ntest = { name = \"psi\", bins = 20 }", "drifted_columns\"\ncolumns = \"y\"", "drifted_columns\"", "duplicated_rows\"\ncolumns = \"c\"", "duplicated_rows\"", "category_share\"\ncolumns = \"c\"\nmost = 1", "category_share\"\ncolumns = \"c\"", "category_share\"\ncolumns = \"c\"\nmost = 50"];
    let records: String = metrics.map(|m| format!("[[record]]\nmetric = \"{m}\n")).concat();
    let found = outcome(&spec(folder.path(), &records.replace("drifted_columns\"\ntest", "drifted_columns\"\ncolumns = [\"x\", \"y\"]\ntest")));
    let samples = found["samples"].as_array().expect("samples");
    let labels = |name: &str| {
        let mut of: Vec<String> = samples.iter().filter(|s| s["name"] == name).map(|s| s["labels"].to_string()).collect();
        of.sort();
        of.dedup();
        of
    };
    assert_eq!(labels("duplicated_rows"), ["{\"params\":\"columns=c\"}", "{}"]);
    assert_eq!(labels("drifted_columns"), ["{\"params\":\"bins=20,columns=x,y\",\"test\":\"population_stability_index\"}", "{\"params\":\"columns=y\"}", "{}"]);
    assert_eq!(labels("category_share_share").len(), 2 + 3);
    assert_eq!(found["counters"]["conflicting_series"], Value::Null);
}

#[test]
fn a_record_without_a_value_is_told() {
    let folder = tables(300, 0.5);
    let found = outcome(&spec(folder.path(), "[[record]]\nmetric = \"mean\"\ncolumns = \"x\"\nwhere = \"x > 100\"\n"));
    assert_eq!(found["undefined"][0]["metric"], "mean");
    assert_eq!(found["undefined"][0]["reason"], "the column has no values");
}

#[test]
fn what_fails_stays_in_the_family_and_drifted_columns_is_outside_of_it() {
    let folder = tables(40, 0.2);
    let file = folder.path().join("reference.csv");
    let with_more: String = std::fs::read_to_string(&file).expect("read").lines().enumerate().map(|(i, l)| format!("{l},{}\n", if i == 0 { "gone".into() } else { format!("{i}.5") })).collect();
    std::fs::write(&file, with_more).expect("written");
    let check = |name: &str, columns: &str| format!("[[suite.check]]\nname = \"{name}\"\nmetric = \"drift\"\ncolumns = \"{columns}\"\n");
    let p = |checks_: &str| {
        let found = checks(&outcome(&spec(folder.path(), &format!("[plugin.lost]\ncomponent = \"lost.wasm\"\n[[suite]]\nname = \"s\"\ncorrection = \"bonferroni\"\n{checks_}"))));
        let x = &found.iter().find(|(id, _)| id == "x").expect("x").1["fields"];
        (x["p_value"].as_f64().expect("p") / x["p_value_raw"].as_f64().expect("p")).round()
    };
    let x = check("x", "x");
    assert_eq!(p(&x), 1.0);
    assert_eq!(p(&(x.clone() + &check("y", "y"))), 2.0);
    // A column of one side, and one that an unusable plugin would have added.
    assert_eq!(p(&(x.clone() + &check("y", "y") + &check("gone", "gone"))), 3.0);
    assert_eq!(p(&(x.clone() + &check("lost", "lost_1"))), 2.0);
    for test in ["", "test = \"psi\"\ncolumns = [\"x\", \"y\"]\n"] {
        assert_eq!(p(&(x.clone() + &format!("[[suite.check]]\nmetric = \"drifted_columns\"\n{test}fail = \"share > 30%\"\n"))), 1.0);
    }
}

#[test]
fn state_gives_revisions_and_previous_statuses() {
    let folder = tables(300, 0.0);
    let path = spec(folder.path(), &format!("{DRIFT}[run]\nstate = \"state\"\n"));
    let first = outcome(&path);
    assert_eq!((&first["revision"], &checks(&first)[0].1["previous_status"]), (&0.into(), &serde_json::Value::Null));
    let second = outcome(&path);
    assert_eq!((&second["revision"], &checks(&second)[0].1["previous_status"]), (&1.into(), &"pass".into()));
}

#[test]
fn bad_values_become_null_and_are_counted() {
    let folder = tables(300, 0.0);
    let file = folder.path().join("current.csv");
    let csv = std::fs::read_to_string(&file).expect("read").replacen("0,0,red", "n/a,0,red\n,,", 1);
    std::fs::write(&file, csv).expect("written");
    let rest = "[columns]\nnumerical = [\"x\"]\n[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"missing_values\"\ncolumns = \"x\"\nfail = \"count > 0\"\n";
    let found = outcome(&spec(folder.path(), rest));
    let check = &checks(&found)[0].1;
    assert_eq!((&check["status"], &check["fields"]["count"]), (&"fail".into(), &2.0.into()), "{found}");
    assert_eq!(found["counters"]["current.unparsed_values.x"], 1);
    // The first one is shown with its file and column.
    let path = folder.path().join("monitor.toml");
    let told = text(&driftline().arg("run").arg(&path).output().expect("runs").stderr);
    assert!(told.contains("current.csv: column `x`: \"n/a\" is no Float64, and is null") && told.matches("is no Float64").count() == 1, "{told}");
}

#[test]
fn list_explain_schema_and_check_print() {
    assert!(text(&run(&["list"]).stdout).contains("kolmogorov_smirnov"));
    assert!(text(&run(&["explain", "psi"]).stdout).contains("empty_share"));
    let unknown = run(&["explain", "kolmogorow"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("kolmogorov_smirnov"));
    let schema: serde_json::Value = serde_json::from_slice(&run(&["schema"]).stdout).expect("JSON");
    assert!(schema["properties"]["suite"].is_object());
    let plan = text(&run(&["check", "monitor.toml"]).stdout);
    assert!(plan.contains("mfcc_13") && plan.contains("from plugin mfcc"), "{plan}");
}

#[test]
fn the_readme_names_commands_that_exist() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README");
    assert!(readme.contains("cargo run --release -- run monitor.toml"));
    assert!(readme.contains("cargo test --release"));
}

#[test]
fn compare_tells_the_schema_first_and_the_largest_drift_next() {
    let folder = tables(300, 0.4);
    let file = |name: &str| folder.path().join(name).display().to_string();
    let with_extra = std::fs::read_to_string(file("current.csv")).expect("a file").replace("x,y,c", "x,y,k");
    std::fs::write(file("renamed.csv"), with_extra).expect("written");
    let (reference, current, renamed) = (file("reference.csv"), file("current.csv"), file("renamed.csv"));
    let found = run(&["compare", &reference, &current]);
    assert_eq!(found.status.code(), Some(1), "{}", text(&found.stderr));
    let page = text(&found.stdout);
    let lines: Vec<&str> = page.lines().filter(|l| l.contains("kolmogorov_smirnov") || l.contains("jensen_shannon")).collect();
    assert!(lines[0].starts_with("x ") && lines[0].contains("drift") && lines[0].contains('█'), "{page}");
    assert!(lines[1..].iter().all(|l| !l.contains("drift ")), "{page}");
    assert!(page.contains("1 of 3 drifted"), "{page}");
    let page = text(&run(&["compare", &reference, &renamed, "--column", "y"]).stdout);
    assert!(page.contains("missing: c; extra: k") && !page.contains("\nx "), "{page}");
    let found = run(&["compare", &reference, &reference, "--test", "t_test", "--test", "g_test", "--output", "json"]);
    assert_eq!(found.status.code(), Some(0));
    let json: Value = serde_json::from_slice(&found.stdout).expect("JSON");
    let tests: Vec<&str> = json["suites"][1]["checks"].as_array().expect("checks").iter().filter_map(|c| c["test"].as_str()).collect();
    assert_eq!(tests, ["t_test", "t_test", "g_test"]);
    for (wrong, word) in [(vec!["--column", "nothing"], "matches no column"), (vec!["--test", "nothing"], "no such two-sample test")] {
        let found = run(&[&["compare", &reference, &current], &wrong[..]].concat());
        assert_eq!(found.status.code(), Some(2));
        assert!(text(&found.stderr).contains(word));
    }
    assert_eq!(run(&["compare", "README.md", &current]).status.code(), Some(2));
    // Nothing that was compared is no agreement.
    let empty = folder.path().join("empty.csv").display().to_string();
    std::fs::write(&empty, "x,y,c\n").expect("written");
    assert_eq!(run(&["compare", &reference, &empty]).status.code(), Some(1));
    assert_eq!(run(&["compare", "absent.csv", &current]).status.code(), Some(3));
}

#[test]
fn rows_that_cannot_be_read_are_left_out_and_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("written");
    // Line 3 has a field too few, line 4 one too many, line 5 is not UTF-8; line 6 is quoted over two lines.
    write("a.csv", b"n,c\n1,x\n2\n3,y,z\n4,\xff\n5,\"two\nlines\"\n,\n");
    write("a.ndjson", b"{\"n\":1,\"c\":\"x\"}\n{\"n\":\nnothing\n[1]\n{\"n\":5}\n{\"n\":1.5,\"c\":2} {\"n\":7}\n\n{\"c\":\"y\"}\n");
    for (kind, file, rows, unreadable) in [("csv", "a.csv", 3, 3), ("ndjson", "a.ndjson", 3, 4)] {
        let spec = format!(
            "[monitor]\nname = \"m\"\n[source.current]\nkind = \"{kind}\"\npath = \"{file}\"\n[columns]\nnumerical = [\"n\"]\n[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"row_count\"\nfail = \"value != {rows}\"\n[[suite.check]]\nmetric = \"sum\"\ncolumns = \"n\"\nfail = \"value != 6\"\n"
        );
        write("monitor.toml", spec.as_bytes());
        let found = driftline().args(["run", "--output", "json"]).arg(folder.path().join("monitor.toml")).output().expect("runs");
        assert_eq!(found.status.code(), Some(0), "{kind}: {}{}", text(&found.stdout), text(&found.stderr));
        let json: Value = serde_json::from_slice(&found.stdout).expect("JSON");
        assert_eq!(json["counters"]["current.unreadable_rows"], unreadable, "{kind}");
        let log = text(&found.stderr);
        let line = if kind == "csv" { "line 3 is left out" } else { "line 2 is left out" };
        assert!(log.contains(line), "{log}");
    }
}

#[test]
fn a_profile_tells_where_the_time_went() {
    let folder = tables(200_000, 0.1);
    let path = spec(folder.path(), "[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"drift\"\ncolumns = \"x\"\n").display().to_string();
    let output = run(&["run", &path, "--profile", "--output", "json"]);
    let told = text(&output.stderr);
    for stage in ["plan ", "reference ", "decode", "current ", "metric ", "in all"] {
        assert!(told.contains(stage), "no {stage}: {told}");
    }
    let outcome: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let seconds = |name: &str| outcome["timings"][name].as_f64().unwrap_or_else(|| panic!("no {name}: {}", outcome["timings"]));
    assert!(seconds("work_seconds.current.update.ranks") > 0.0 && seconds("work_seconds.metric.drift.kolmogorov_smirnov") > 0.0);
    assert!(seconds("plan_seconds") + seconds("reference_seconds") + seconds("current_seconds") <= seconds("plan_seconds") + seconds("total_seconds"));
    assert!(run(&["run", &path]).stderr.is_empty());
}

#[test]
fn globs_declare_columns_and_names_tell_more() {
    let folder = tables(300, 0.0);
    let path = spec(folder.path(), "[columns]\ncategorical = [\"?\"]\nnumerical = [\"x\"]\nignore = [\"c*\"]\n[[record]]\nmetric = \"missing_values\"\ncolumns = \"*\"\n").display().to_string();
    let plan = text(&run(&["check", &path]).stdout);
    let kind = |name: &str| plan.lines().find_map(|line| line.trim().strip_prefix(name)?.split_whitespace().next().map(str::to_owned)).unwrap_or_default();
    assert_eq!([kind("x "), kind("y ")], ["numerical", "categorical"]);
    let outcome: Value = serde_json::from_slice(&run(&["run", "--output", "json", &path]).stdout).expect("JSON");
    let columns: Vec<&str> = outcome["samples"].as_array().expect("samples").iter().filter_map(|s| s["labels"]["column"].as_str()).collect();
    assert!(columns.contains(&"x") && !columns.contains(&"c"), "{columns:?}");
}
