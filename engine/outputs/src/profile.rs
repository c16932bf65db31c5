//! Where the time of an evaluation went, for people.

use driftline_core::outcome::{Outcome, WORK};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Stages in their order, by the name of their wall-clock time and of their work.
const STAGES: [(&str, &str); 6] = [
    ("plan_seconds", "plan"),
    ("reference_seconds", "reference"),
    ("training_seconds", "training"),
    ("current_seconds", "current"),
    ("query_seconds", "query"),
    ("metric_seconds", "metric"),
];

/// Each stage with its wall-clock time, and under it what was done in it: seconds of work on all threads together, most first.
pub fn render(outcome: &Outcome) -> String {
    let mut work: BTreeMap<&str, Vec<(&str, f64)>> = BTreeMap::new();
    for (name, seconds) in &outcome.timings {
        let Some((stage, what)) = name.strip_prefix(WORK).and_then(|name| name.split_once('.')) else { continue };
        work.entry(stage).or_default().push((what, *seconds));
    }
    let mut out = String::from("seconds       wall    work\n");
    // Writing to a string cannot fail.
    for (wall, stage) in STAGES {
        let Some(seconds) = outcome.timings.get(wall) else { continue };
        let _ = writeln!(out, "{stage:<10} {seconds:>7.3}");
        let mut parts = work.remove(stage).unwrap_or_default();
        parts.sort_by(|a, b| b.1.total_cmp(&a.1));
        // What took less than half a millisecond is all 0 here.
        for (what, seconds) in parts.into_iter().filter(|(_, seconds)| *seconds >= 0.000_5) {
            let _ = writeln!(out, "                   {seconds:>7.3}  {what}");
        }
    }
    let total = ["plan_seconds", "total_seconds"].iter().filter_map(|name| outcome.timings.get(*name)).sum::<f64>();
    let _ = writeln!(out, "{:<10} {total:>7.3}", "in all");
    out
}
