//! A real `driftline serve` on a real socket: two evaluations, between which one column drifts.

use crate::support::{driftline, spec, tables};
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(url: &str, accept: &str) -> Option<(u16, String, String)> {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let mut response = ureq::Agent::new_with_config(config).get(url).header("Accept", accept).call().ok()?;
    let kind = response.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    Some((response.status().as_u16(), kind, response.body_mut().read_to_string().ok()?))
}

fn wait<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(Instant::now() < until, "no {what} within a minute");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn value(metrics: &str, series: &str) -> Option<f64> {
    metrics.lines().find(|l| l.starts_with(series)).and_then(|l| l.rsplit(' ').next()?.parse().ok())
}

fn effect(metrics: &str, column: &str) -> f64 {
    let series = format!("driftline_drift_effect_size{{column=\"{column}\"");
    value(metrics, &series).unwrap_or_else(|| panic!("no {series} in\n{metrics}"))
}

#[test]
fn drift_shows_in_its_own_series_and_sigterm_ends_it() {
    let folder = tables(400, 0.0);
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let rest = format!(
        "[[suite]]\nname = \"s\"\n[[suite.check]]\nmetric = \"drift\"\ncolumns = \"@numerical\"\n[export.prometheus]\nlisten = \"127.0.0.1:{port}\"\n[schedule]\nevery = \"200ms\"\n"
    );
    let path = spec(folder.path(), &rest);
    let child = driftline().arg("serve").arg(&path).stderr(Stdio::null()).spawn().expect("serve starts");
    let mut served = Served(child);
    let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
    wait("readiness", || get(&url("/-/ready"), "").filter(|r| r.0 == 200));
    assert_eq!(get(&url("/-/healthy"), "").map(|r| r.0), Some(200));
    let before = get(&url("/metrics"), "").expect("metrics").2;
    assert!(effect(&before, "x") < 0.1 && effect(&before, "y") < 0.1);

    let moved = tables(400, 0.5);
    // Replaced whole, as a well-behaved producer does.
    std::fs::copy(moved.path().join("current.csv"), folder.path().join("next")).expect("copied");
    std::fs::rename(folder.path().join("next"), folder.path().join("current.csv")).expect("renamed");
    let after = wait("drift", || get(&url("/metrics"), "").map(|r| r.2).filter(|m| effect(m, "x") > 0.4));
    assert!(effect(&after, "y") < 0.1);
    assert_eq!(value(&after, "driftline_suite_status{monitor=\"test\",status=\"fail\""), Some(1.0));
    assert!(!after.contains("NaN"));
    check_with_promtool(&after);

    let (_, kind, open) = get(&url("/metrics"), "application/openmetrics-text").expect("metrics");
    assert!(kind.starts_with("application/openmetrics-text") && open.ends_with("# EOF\n"));
    assert!(open.contains("# TYPE driftline_evaluations counter"));

    let terminated = Command::new("kill").arg(served.0.id().to_string()).status().expect("kill");
    assert!(terminated.success());
    let status = wait("end", || served.0.try_wait().expect("a child"));
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_monitor_waits_for_its_data_and_the_others_do_not() {
    let (there, absent) = (tables(100, 0.0), tables(100, 0.0));
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let rest = format!("[[record]]\nmetric = \"row_count\"\n[export.prometheus]\nlisten = \"localhost:{port}\"\n[schedule]\nevery = \"200ms\"\n");
    let first = spec(there.path(), &rest);
    let second = spec(absent.path(), &rest);
    let renamed = std::fs::read_to_string(&second).expect("the spec").replace("name = \"test\"", "name = \"late\"");
    std::fs::write(&second, renamed).expect("written");
    let file = absent.path().join("current.csv");
    let kept = std::fs::read(&file).expect("read");
    std::fs::remove_file(&file).expect("removed");
    let _served = Served(driftline().arg("serve").args([&first, &second]).stderr(Stdio::null()).spawn().expect("serve starts"));
    let ready = || get(&format!("http://127.0.0.1:{port}/-/ready"), "").map(|answer| answer.0);
    let metrics = || get(&format!("http://127.0.0.1:{port}/metrics"), "").map(|answer| answer.2).unwrap_or_default();
    let rows = |monitor: &str| value(&metrics(), &format!("driftline_row_count_value{{monitor=\"{monitor}\",segment=\"\"}}"));
    wait("the first monitor", || rows("test"));
    assert_eq!((rows("late"), ready()), (None, Some(503)));
    assert!(value(&metrics(), "driftline_evaluations_total{monitor=\"late\"}").is_some(), "it is missed");
    std::fs::write(&file, kept).expect("written");
    wait("the second monitor", || rows("late"));
    assert_eq!(ready(), Some(200));
}

/// Every metric, over columns that it takes, with all that it can say.
#[test]
fn promtool_has_nothing_against_any_series() {
    let folder = tables(300, 0.1);
    let catalogue = driftline::catalogue();
    // Labels, then numbers.
    let probabilities = "probabilities = { red = \"x\", green = \"y\", blue = \"share\" }\n";
    for (target, prediction, scores) in [("c", "given", "score = \"share\"\n"), ("x", "y", "score = \"share\"\n"), ("lists", "given_lists", ""), ("c", "given", probabilities)] {
        let mut rest = format!("[derived]\nshare = \"abs(x) / 100.0\"\nlists = \"make_array(c)\"\ngiven = \"c\"\ngiven_lists = \"make_array(c)\"\nother = \"y * 2\"\nat = \"to_timestamp_seconds(cast(x * 100 as bigint))\"\n[columns]\ntimestamp = \"at\"\nlabelled_at = \"at\"\ntarget = {target:?}\nprediction = {prediction:?}\n{scores}user = \"c\"\nitem = \"y\"\n[source.training]\nkind = \"csv\"\npath = \"reference.csv\"\n");
        let of_lists = ["hamming_loss", "jaccard", "accuracy", "precision", "recall", "f_beta"];
        for metric in &catalogue.metrics {
            let name = metric.doc.name;
            let left_out = match (target, scores) {
                ("lists", _) => !of_lists.contains(&name),
                (_, scores) if scores == probabilities => name != "top_k_accuracy",
                // Where the target has texts they say nothing of relevance.
                ("c", _) if metric.doc.description.contains("`user`, `item`") => true,
                _ => of_lists[..2].contains(&name) || name == "top_k_accuracy",
            };
            if left_out {
                continue;
            }
            let kind = |kind| metric.accepts.is_empty() || metric.accepts.contains(&kind);
            let columns = match metric.scope {
                driftline::core::catalogue::Scope::Dataset | driftline::core::catalogue::Scope::Rows => "",
                _ if kind(driftline::core::column::Kind::Numerical) => "columns = \"x\"\n",
                _ if kind(driftline::core::column::Kind::Categorical) => "columns = \"c\"\n",
                _ => continue,
            };
            let features = if ["diversity", "serendipity"].contains(&metric.doc.name) { "features = [\"x\", \"y\"]\n" } else { "" };
            rest += &format!("[[record]]\nmetric = \"{}\"\n{columns}{features}", metric.doc.name);
        }
        let output = driftline().args(["run", "-o", "prometheus"]).arg(spec(folder.path(), &rest)).output().expect("runs");
        let metrics = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(metrics.matches("# TYPE").count() > if scores.starts_with("score") { 50 } else { 0 }, "{}", String::from_utf8_lossy(&output.stderr));
        check_with_promtool(&metrics);
    }
}

/// promtool comes with Debian's `prometheus`, which CI installs; elsewhere this part is left out, aloud.
fn check_with_promtool(metrics: &str) {
    let started = Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut promtool) = started else {
        assert!(std::env::var_os("CI").is_none(), "CI must have promtool");
        eprintln!("promtool is not installed: `promtool check metrics` was left out");
        return;
    };
    promtool.stdin.take().expect("a pipe").write_all(metrics.as_bytes()).expect("written");
    let output = promtool.wait_with_output().expect("promtool ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_plugin_that_fails_again_and_again_is_left_alone() {
    let folder = tables(50, 0.0);
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let plugin = |name: &str, behaviour: &str| {
        let component = crate::support::root().join("plugins/hostile/hostile_metric.wasm");
        format!("[plugin.{name}]\ncomponent = {:?}\ninputs = {{ value = \"x\" }}\nconfig = {{ behaviour = \"{behaviour}\" }}\n[[record]]\nmetric = \"{name}\"\n", component.display().to_string())
    };
    let rest = format!("{}{}[export.prometheus]\nlisten = \"127.0.0.1:{port}\"\n[schedule]\nevery = \"20ms\"\n", plugin("bad", "trap"), plugin("good", "good"));
    let log = std::fs::File::create(folder.path().join("log")).expect("a file");
    let child = driftline().arg("serve").arg(spec(folder.path(), &rest)).stderr(log).spawn().expect("serve starts");
    let _served = Served(child);
    let metrics = || get(&format!("http://127.0.0.1:{port}/metrics"), "").map(|r| r.2);
    let number = |series: &str| metrics().and_then(|m| value(&m, series)).unwrap_or(-1.0);
    let bad = "driftline_plugin_failures_total{monitor=\"test\",plugin=\"bad\",reason=\"trap\"}";
    wait("eight failures", || (number(bad) == 8.0).then_some(()));
    wait("the quarantine's reason", || std::fs::read_to_string(folder.path().join("log")).ok().filter(|log| log.contains("quarantined, for it failed in 8 evaluations in a row")));
    let evaluations = number("driftline_evaluations_total{monitor=\"test\"}");
    wait("more evaluations", || (number("driftline_evaluations_total{monitor=\"test\"}") > evaluations + 10.0).then_some(()));
    assert_eq!(number(bad), 8.0, "it is not run any more");
    assert_eq!(number("driftline_plugin_quarantined{monitor=\"test\",plugin=\"bad\"}"), 1.0);
    assert_eq!(number("driftline_plugin_quarantined{monitor=\"test\",plugin=\"good\"}"), 0.0);
    assert_eq!(number("driftline_plugin_good_rows{monitor=\"test\""), 50.0);
    assert!(number("driftline_plugin_rows_total{monitor=\"test\",plugin=\"good\"}") >= 100.0);
    assert!(number("driftline_plugin_calls_total{monitor=\"test\",plugin=\"good\"}") > 10.0);
    assert!(number("driftline_plugin_seconds_total{monitor=\"test\",plugin=\"good\"}") > 0.0);
    assert!(number("driftline_plugin_peak_memory_bytes{monitor=\"test\",plugin=\"good\"}") >= 65_536.0);
    check_with_promtool(&metrics().expect("metrics"));
}
