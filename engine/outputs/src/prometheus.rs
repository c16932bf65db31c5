//! Outcomes as Prometheus families, and their text in both exposition formats.

use driftline_core::outcome::{Outcome, Status};
use driftline_core::plugin::{FAILURE_REASONS, PluginUse};
use prometheus::proto::{Gauge, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{Encoder, TextEncoder};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Families by name.
#[derive(Default)]
pub struct Families(BTreeMap<String, MetricFamily>);

/// What was asked of each plugin since the start.
#[derive(Default, Clone)]
pub struct PluginUses(BTreeMap<String, PluginUse>);

impl PluginUses {
    /// Adds an outcome's. `seconds` and `peak_memory` stand under its timings.
    pub fn add(&mut self, outcome: &Outcome) {
        for (plugin, used) in &outcome.plugins {
            let sum = self.0.entry(plugin.clone()).or_default();
            sum.calls += used.calls;
            sum.rows += used.rows;
            sum.quarantined = used.quarantined;
            let timing = |name: &str| outcome.timings.get(&format!("{name}.{plugin}")).copied().unwrap_or_default();
            sum.seconds += timing("plugin_seconds");
            sum.peak_memory = timing("plugin_peak_memory_bytes") as u64;
            for (reason, n) in &used.failures {
                *sum.failures.entry(reason.clone()).or_default() += n;
            }
        }
    }
}

type Labels = Vec<(String, String)>;

impl Families {
    /// Adds a sample. A value that no gauge may show is left out, and false comes back.
    pub fn add(&mut self, name: &str, help: &str, kind: MetricType, labels: Labels, value: f64) -> bool {
        if !value.is_finite() {
            return false;
        }
        let family = self.0.entry(name.to_owned()).or_insert_with(|| {
            let mut family = MetricFamily::default();
            family.set_name(name.to_owned());
            family.set_help(help.to_owned());
            family.set_field_type(kind);
            family
        });
        let mut metric = Metric::from_label(labels.into_iter().map(pair).collect());
        match kind {
            MetricType::COUNTER => {
                let mut counter = prometheus::proto::Counter::default();
                counter.set_value(value);
                metric.set_counter(counter);
            }
            _ => {
                let mut gauge = Gauge::default();
                gauge.set_value(value);
                metric.set_gauge(gauge);
            }
        }
        family.mut_metric().push(metric);
        true
    }

    /// Adds everything that an outcome says.
    pub fn add_outcome(&mut self, outcome: &Outcome) {
        let monitor = ("monitor".to_owned(), outcome.monitor.clone());
        let help: BTreeMap<&str, &str> = outcome.families.iter().map(|f| (f.name.as_str(), f.help.as_str())).collect();
        for sample in &outcome.samples {
            let mut labels = vec![monitor.clone()];
            labels.extend(sample.labels.iter().map(|(k, v)| (label_name(k), v.clone())));
            if !sample.labels.contains_key("segment") {
                labels.push(("segment".into(), String::new()));
            }
            labels.sort();
            let help = help.get(sample.name.as_str()).copied().unwrap_or(sample.name.as_str());
            self.add(&format!("driftline_{}", sample.name), help, MetricType::GAUGE, labels, sample.value);
        }
        self.add_statuses(outcome, &monitor);
        self.add_counters(outcome, &monitor);
    }

    fn add_statuses(&mut self, outcome: &Outcome, monitor: &(String, String)) {
        for suite in &outcome.suites {
            let of_suite = |more: Labels| [vec![monitor.clone(), ("suite".into(), suite.name.clone())], more].concat();
            let help = "1 for the suite's status, 0 for the others";
            self.add_status("driftline_suite_status", help, suite.status, &of_suite(Vec::new()));
            for check in &suite.checks {
                let column = ("column".to_owned(), check.column.clone().unwrap_or_default());
                let labels = of_suite(vec![("check".into(), check.id.clone()), column]);
                self.add_status("driftline_check_status", "1 for the check's status, 0 for the others", check.status, &labels);
            }
        }
        self.add_status("driftline_status", "1 for the monitor's status, 0 for the others", outcome.status, std::slice::from_ref(monitor));
    }

    fn add_status(&mut self, name: &str, help: &str, is: Status, labels: &[(String, String)]) {
        for status in Status::ALL {
            let mut labels = labels.to_vec();
            labels.push(("status".into(), status.name().into()));
            labels.sort();
            self.add(name, help, MetricType::GAUGE, labels, f64::from(u8::from(status == is)));
        }
    }

    fn add_counters(&mut self, outcome: &Outcome, monitor: &(String, String)) {
        let help = "what the last evaluation left out or could not use";
        for (reason, n) in &outcome.counters {
            let labels = vec![monitor.clone(), ("reason".into(), reason.clone())];
            self.add("driftline_left_out", help, MetricType::GAUGE, labels, *n as f64);
        }
        let undefined = outcome.suites.iter().flat_map(|s| &s.checks).filter(|c| c.fields.is_empty()).count();
        let undefined = undefined + outcome.undefined.len();
        let help = "checks and records of the last evaluation without a value, whose series are absent";
        self.add("driftline_undefined_values", help, MetricType::GAUGE, vec![monitor.clone()], undefined as f64);
        for (side, rows) in [("reference", outcome.rows.reference), ("current", Some(outcome.rows.current))] {
            if let Some(rows) = rows {
                let labels = vec![monitor.clone(), ("side".into(), side.into())];
                self.add("driftline_rows", "rows of the side", MetricType::GAUGE, labels, rows as f64);
            }
        }
        if let Some(seconds) = outcome.timings.get("total_seconds") {
            let help = "how long the last evaluation took";
            self.add("driftline_evaluation_duration_seconds", help, MetricType::GAUGE, vec![monitor.clone()], *seconds);
        }
    }

    /// Adds what was asked of plugins, and how often they failed. A counter that starts above 0 would hide its first increase, so
    /// every reason is there from the start.
    pub fn add_plugins(&mut self, monitor: &str, uses: &PluginUses) {
        for (plugin, used) in &uses.0 {
            let labels = || vec![("monitor".to_owned(), monitor.to_owned()), ("plugin".to_owned(), plugin.clone())];
            let counters = [
                ("driftline_plugin_calls_total", "calls into the plugin", used.calls as f64),
                ("driftline_plugin_rows_total", "rows that the plugin was given", used.rows as f64),
                ("driftline_plugin_seconds_total", "time within the plugin's calls, on all threads", used.seconds),
            ];
            for (name, help, value) in counters {
                self.add(name, help, MetricType::COUNTER, labels(), value);
            }
            let help = "most linear memory that one instance had in the last evaluation";
            self.add("driftline_plugin_peak_memory_bytes", help, MetricType::GAUGE, labels(), used.peak_memory as f64);
            let help = "1 for a plugin that was not run for having failed in evaluation after evaluation";
            self.add("driftline_plugin_quarantined", help, MetricType::GAUGE, labels(), f64::from(u8::from(used.quarantined)));
            for reason in FAILURE_REASONS {
                let help = "how often a plugin broke its contract or one of its limits";
                let labels = labels().into_iter().chain([("reason".to_owned(), reason.to_owned())]).collect();
                let n = used.failures.get(reason).copied().unwrap_or_default();
                self.add("driftline_plugin_failures_total", help, MetricType::COUNTER, labels, n as f64);
            }
        }
    }

    fn sorted(self) -> Vec<MetricFamily> {
        self.0.into_values().collect()
    }

    /// Prometheus' text format 0.0.4.
    pub fn text(self) -> Result<String, String> {
        let mut out = Vec::new();
        TextEncoder::new().encode(&self.sorted(), &mut out).map_err(|e| e.to_string())?;
        String::from_utf8(out).map_err(|e| e.to_string())
    }

    /// OpenMetrics 1.0: counters are named without `_total` in their TYPE, and the text ends with `# EOF`.
    pub fn open_metrics(self) -> Result<String, String> {
        let counters: BTreeSet<String> = self.0.iter().filter(|(_, f)| f.get_field_type() == MetricType::COUNTER).map(|(name, _)| name.clone()).collect();
        let text = self.text()?;
        let mut out = String::with_capacity(text.len() + 8);
        for line in text.lines() {
            let metadata = line.strip_prefix("# ").and_then(|l| {
                let mut words = l.splitn(3, ' ');
                Some((words.next()?, words.next()?, words.next().unwrap_or("")))
            });
            // Writing to a string cannot fail.
            let _ = match metadata {
                Some((word, name, rest)) => {
                    let family = if counters.contains(name) { name.strip_suffix("_total").unwrap_or(name) } else { name };
                    writeln!(out, "# {word} {family} {rest}")
                }
                None => writeln!(out, "{line}"),
            };
        }
        out.push_str("# EOF\n");
        Ok(out)
    }
}

fn pair((name, value): (String, String)) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name);
    pair.set_value(value);
    pair
}

/// A plugin's label may be named anything; Prometheus' may not.
fn label_name(name: &str) -> String {
    let clean: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    match clean.chars().next() {
        Some(c) if c.is_ascii_digit() => format!("_{clean}"),
        None => "_".into(),
        _ => clean,
    }
}

/// One outcome as a textfile for the node exporter.
pub fn textfile(outcome: &Outcome) -> Result<String, String> {
    let mut families = Families::default();
    families.add_outcome(outcome);
    let mut plugins = PluginUses::default();
    plugins.add(outcome);
    families.add_plugins(&outcome.monitor, &plugins);
    families.text()
}
