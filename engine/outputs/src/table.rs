//! The outcome as a table for people.

use driftline_core::outcome::{CheckOutcome, Outcome, Status};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Suites, checks and reasons as text; coloured for a terminal.
pub fn render(outcome: &Outcome, colour: bool) -> String {
    let mut out = String::new();
    let rows = match outcome.rows.reference {
        Some(reference) => format!("{reference} reference and {} current rows", outcome.rows.current),
        None => format!("{} rows", outcome.rows.current),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{}: {} ({rows})", outcome.monitor, status(outcome.status, colour));
    for suite in &outcome.suites {
        let _ = writeln!(out, "\n{}: {}", suite.name, status(suite.status, colour));
        let width = suite.checks.iter().map(|c| id(c).chars().count()).max().unwrap_or(0);
        for check in &suite.checks {
            let id = id(check);
            let padding = " ".repeat(width - id.chars().count());
            let _ = writeln!(out, "  {} {id}{padding}  {}", status(check.status, colour), printable(&reason(check)));
        }
    }
    let counts = counts(outcome);
    let _ = writeln!(out, "\n{}", counts);
    if outcome.suites.is_empty() {
        let _ = writeln!(out, "{} values recorded; `--output json` or `--output prometheus` shows them", outcome.samples.len());
    }
    for record in &outcome.undefined {
        let column = record.column.as_ref().map(|c| format!(" of {c}")).unwrap_or_default();
        let _ = writeln!(out, "note: no {}{}: {}", record.metric, printable(&column), printable(&record.reason));
    }
    for (name, n) in &outcome.counters {
        let _ = writeln!(out, "note: {} = {n}", printable(name));
    }
    out
}

/// Names come from files: what would move a terminal's cursor is shown as its escape.
pub fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

/// A check's id as it is shown.
fn id(check: &CheckOutcome) -> String {
    printable(&check.id)
}

fn reason(check: &CheckOutcome) -> String {
    let condition = check.condition.as_ref().map(|c| format!("  [{c}]")).unwrap_or_default();
    format!("{}{condition}", check.message)
}

fn counts(outcome: &Outcome) -> String {
    let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
    for check in outcome.suites.iter().flat_map(|s| &s.checks) {
        *counts.entry(check.status).or_default() += 1;
    }
    let shown: Vec<String> = counts.iter().rev().map(|(s, n)| format!("{n} {}", s.name())).collect();
    if shown.is_empty() { "no checks".into() } else { format!("checks: {}", shown.join(", ")) }
}

fn status(status: Status, colour: bool) -> String {
    let name = format!("{:<7}", status.name());
    let code = match status {
        Status::Pass => "32",
        Status::NoData | Status::Warn => "33",
        Status::Fail | Status::Error => "31",
    };
    if colour { format!("\x1b[{code}m{name}\x1b[0m") } else { name }
}
