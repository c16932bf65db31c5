//! The generated dashboard and rules on a real Prometheus that scrapes a real `driftline serve`, between whose evaluations
//! one column drifts.

use crate::support::{driftline, root, run, spec, tables, text};
use serde_json::Value;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port()
}

/// Two plugins, one of which fails at each evaluation.
fn plugins() -> String {
    let component = root().join("plugins/hostile/hostile_metric.wasm").display().to_string();
    let table = |name: &str, behaviour: &str| {
        format!("[plugin.{name}]\ncomponent = {component:?}\ninputs = {{ value = \"x\" }}\nconfig = {{ behaviour = \"{behaviour}\" }}\n")
    };
    table("good", "good") + &table("bad", "trap")
}

/// The series of an instant query.
fn query(port: u16, expression: &str) -> Vec<Value> {
    let answer = ureq::get(format!("http://127.0.0.1:{port}/api/v1/query")).query("query", expression).call();
    let text = answer.ok().and_then(|mut r| r.body_mut().read_to_string().ok()).unwrap_or_default();
    let json: Value = serde_json::from_str(&text).unwrap_or_default();
    json["data"]["result"].as_array().cloned().unwrap_or_default()
}

fn value(series: &Value) -> f64 {
    series["value"][1].as_str().and_then(|v| v.parse().ok()).unwrap_or(f64::NAN)
}

fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(90);
    while !done() {
        assert!(Instant::now() < until, "{what}: not within 90 s");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Every expression of every panel.
fn expressions() -> Vec<(String, Vec<String>)> {
    let dashboard = driftline::generate::dashboard::dashboard();
    let panels = dashboard["panels"].as_array().expect("panels").clone();
    let targets = panels.iter().filter(|p| p["type"] != "row").flat_map(|p| {
        p["targets"].as_array().expect("targets").iter().map(|t| {
            let legend = t["legendFormat"].as_str().expect("a legend");
            let labels = legend.split("{{").skip(1).filter_map(|l| l.split("}}").next()).map(str::to_owned).collect();
            (t["expr"].as_str().expect("an expression").to_owned(), labels)
        })
    });
    targets.collect::<Vec<_>>()
}

#[test]
fn committed_files_are_what_is_generated() {
    for (what, file) in [("dashboard", "dashboard.json"), ("rules", "rules.yml")] {
        let committed = std::fs::read_to_string(root().join("examples/grafana").join(file)).expect("the file");
        assert_eq!(text(&run(&["generate", what]).stdout), committed, "run `driftline generate {what}` into {file}");
    }
}

#[test]
fn panels_are_complete_and_do_not_overlap() {
    let dashboard = driftline::generate::dashboard::dashboard();
    let panels = dashboard["panels"].as_array().expect("panels");
    let mut cells = std::collections::BTreeSet::new();
    let mut ids = std::collections::BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64()), "{}", panel["title"]);
        let at = |key: &str| panel["gridPos"][key].as_u64().expect("a position");
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(x < 24 && cells.insert((x, y)), "{} overlaps", panel["title"]);
            }
        }
        if panel["type"] != "row" {
            assert!(panel["description"].as_str().is_some_and(|d| d.len() > 20), "{}", panel["title"]);
            assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{}", panel["title"]);
        }
    }
}

#[test]
fn every_expression_returns_points_and_drift_shows_where_it_is() {
    if Command::new("prometheus").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        assert!(std::env::var_os("CI").is_none(), "CI must have prometheus");
        eprintln!("prometheus is not installed: this test was left out");
        return;
    }
    let folder = tables(400, 0.0);
    let (served, scraped) = (free_port(), free_port());
    let record = |metric: &str, more: &str| format!("[[record]]\nmetric = \"{metric}\"\n{more}\n");
    let performance = [("recall", ""), ("recall", "average = \"by_label\""), ("recall", "by = \"c\""), ("mean_absolute_error", ""), ("log_loss", ""), ("label_coverage", ""), ("worst_segments", ""), ("ndcg", "")];
    let performance: String = performance.iter().map(|(metric, more)| record(metric, more)).collect();
    let columns = "[derived]\nlabel = \"cast(x > 0 as int)\"\nguess = \"cast(c <> 'red' as int)\"\nscore = \"1 / (1 + exp(-y))\"\n[columns]\ntarget = \"label\"\nprediction = \"guess\"\nscore = \"score\"\npositive = \"1\"\nuser = \"y\"\nitem = \"x\"\n";
    let rest = columns.to_owned() + &plugins() + &format!(
        "[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"drift\"\ncolumns = [\"@numerical\", \"@categorical\"]\n[[suite.check]]\nmetric = \"drifted_columns\"\nfail = \"share > 30%\"\n[[suite.check]]\nmetric = \"missing_values\"\nfail = \"count > 0\"\n[[suite.check]]\nmetric = \"duplicated_rows\"\nfail = \"count > 0\"\n[[record]]\nmetric = \"category_share\"\ncolumns = \"c\"\n[[record]]\nmetric = \"mean\"\ncolumns = \"*\"\n{performance}[[record]]\nmetric = \"good\"\n[[record]]\nmetric = \"bad\"\n[export.prometheus]\nlisten = \"127.0.0.1:{served}\"\n[schedule]\nevery = \"300ms\"\n"
    );
    let path = spec(folder.path(), &rest);
    let _serve = Running(driftline().arg("serve").arg(&path).stderr(Stdio::null()).spawn().expect("serve starts"));
    // The alerts wait minutes in production; here a second must do.
    let rules = driftline::generate::rules::rules().replace("for: 2m", "for: 1s").replace("keep_firing_for: 5m", "keep_firing_for: 1s");
    std::fs::write(folder.path().join("rules.yml"), rules).expect("written");
    let config = format!(
        "global: {{ scrape_interval: 500ms, evaluation_interval: 500ms }}\nrule_files: [rules.yml]\nscrape_configs: [{{ job_name: driftline, static_configs: [{{ targets: ['127.0.0.1:{served}'] }}] }}]\n"
    );
    std::fs::write(folder.path().join("prometheus.yml"), config).expect("written");
    let _prometheus = Running(
        Command::new("prometheus")
            .arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{scraped}"))
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus starts"),
    );
    let effect = |column: &str| query(scraped, &format!("driftline_drift_effect_size{{column=\"{column}\"}}")).first().map(value);
    wait("a first scrape", || effect("x").is_some());
    assert!(effect("x").is_some_and(|e| e < 0.1));

    let moved = tables(400, 0.5);
    std::fs::copy(moved.path().join("current.csv"), folder.path().join("next")).expect("copied");
    std::fs::rename(folder.path().join("next"), folder.path().join("current.csv")).expect("renamed");
    wait("drift of x", || effect("x").is_some_and(|e| e > 0.4));
    for calm in ["y", "c"] {
        assert!(effect(calm).is_some_and(|e| e < 0.1), "{calm}");
    }
    wait("an alert", || !query(scraped, "ALERTS{alertname=\"DriftlineCheckFailed\",alertstate=\"firing\",check=\"drift.x\"}").is_empty());
    let others = "ALERTS{alertname=\"DriftlineCheckFailed\",check=~\"drift\\\\..*\",check!=\"drift.x\"}";
    assert!(query(scraped, others).is_empty());

    // Every rule's expression has been evaluated, and without an error.
    let rules = || {
        let answer = ureq::get(format!("http://127.0.0.1:{scraped}/api/v1/rules")).call();
        let text = answer.ok().and_then(|mut r| r.body_mut().read_to_string().ok()).unwrap_or_default();
        let json: Value = serde_json::from_str(&text).unwrap_or_default();
        json["data"]["groups"][0]["rules"].as_array().cloned().unwrap_or_default()
    };
    assert_eq!(rules().len(), driftline::generate::rules::rules().matches("alert:").count());
    wait("all rules", || rules().iter().all(|rule| rule["health"] != "unknown"));
    for rule in rules() {
        assert_eq!(rule["health"], "ok", "{rule}");
    }

    for (expression, labels) in expressions() {
        let resolved = expression.replace("$monitor", ".*").replace("$__rate_interval", "10s");
        wait(&resolved, || !query(scraped, &resolved).is_empty());
        let series = query(scraped, &resolved);
        for label in &labels {
            // A dataset's series has no column, and tests are labels of drift alone.
            let optional = label == "column";
            assert!(optional || series[0]["metric"][label].is_string(), "{resolved} has no label {label}");
        }
    }
}
