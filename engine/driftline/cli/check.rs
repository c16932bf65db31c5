//! `driftline check`.

use super::print;
use driftline::core::plugin::Info;
use driftline::core::spec::PluginSpec;
use driftline::core::suite::BoundMetric;
use driftline::outputs::table::printable;
use driftline::runtime::groups::groups;
use driftline::runtime::plan::{Plan, Side};
use driftline::{Monitor, OpenError};
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

pub fn check(spec: &Path) -> Result<ExitCode, OpenError> {
    let monitor = Monitor::open(spec)?;
    let plan = monitor.plan()?;
    print(&render(&monitor, &plan))?;
    // The checks of a plugin that is unusable, or unusable for its column, will be errors.
    let fails = |metric: &BoundMetric| metric.metric.is_err() && metric.name.starts_with("plugin_");
    Ok(ExitCode::from(u8::from(!plan.unusable_plugins.is_empty() || plan.metrics.iter().any(fails))))
}

fn side(out: &mut String, name: &str, side: &Side) {
    let rows = side.source.rows().map(|n| format!(", {n} rows")).unwrap_or_default();
    let filter = side.filter.as_ref().map(|f| format!(", where {f}")).unwrap_or_default();
    let _ = writeln!(out, "{name}: {}{rows}{filter}", side.source.location());
}

/// The plan as text. Writing to a string cannot fail.
fn render(monitor: &Monitor, plan: &Plan) -> String {
    let mut out = format!("monitor {}\n", plan.monitor);
    if let Some(reference) = &plan.reference {
        side(&mut out, "reference", reference);
    }
    side(&mut out, "current", &plan.current);
    if let Some(training) = &plan.training {
        side(&mut out, "training", training);
    }
    if !plan.labels.columns.is_empty() {
        let _ = writeln!(out, "labels: {}", plan.labels.location);
    }
    let _ = writeln!(out, "memory {}, of which statistics may keep {}; {} threads{}", bytes(plan.run.memory.0), bytes(plan.run.kept() as u64), plan.threads(), reading(plan));
    let _ = writeln!(out, "\ncolumns");
    let roles = &plan.roles;
    for column in &plan.columns {
        let named = [("id", &roles.id), ("timestamp", &roles.timestamp), ("target", &roles.target), ("prediction", &roles.prediction), ("score", &roles.score), ("user", &roles.user), ("item", &roles.item), ("rank", &roles.rank), ("labelled_at", &roles.labelled_at)];
        let role = named.iter().find(|(_, name)| name.as_ref() == Some(&column.name)).map_or("", |(role, _)| role);
        let comes = plan.labels.columns.contains(&column.name);
        let from = match (&column.plugin, column.in_reference, column.in_current) {
            (Some(plugin), ..) => format!("from plugin {plugin}"),
            (None, ..) if comes => "from the labels".into(),
            _ if plan.ignored.contains(&column.name) => "ignored".into(),
            (None, true, false) => "on the reference side only".into(),
            (None, false, true) if plan.reference.is_some() => "on the current side only".into(),
            _ => String::new(),
        };
        let line = format!("  {:<24} {:<12} {:<16} {role} {from}", column.name, column.kind.name(), column.data_type.to_string());
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if !plan.plugins.is_empty() {
        let _ = writeln!(out, "\nplugins");
    }
    for (spec, info) in &plan.plugins {
        let _ = writeln!(out, "  {:<24} {} {} ({}), sha256 {}", spec.name, printable(&info.name), printable(&info.version), info.kind.name(), info.digest);
        let _ = writeln!(out, "  {:<24} gets {}", "", grants(spec, info));
    }
    for (name, reasons) in &plan.unusable_plugins {
        let _ = writeln!(out, "\nplugin {name} is unusable");
        for reason in reasons {
            let _ = writeln!(out, "  {}", printable(&monitor.line(reason)));
        }
    }
    if !plan.left_out_of_presets.is_empty() {
        let _ = writeln!(out, "\nleft out of presets");
    }
    for reason in &plan.left_out_of_presets {
        let _ = writeln!(out, "  {}", printable(reason));
    }
    for suite in &plan.suites {
        let _ = writeln!(out, "\nsuite {} ({} checks)", suite.name, suite.checks.len());
        for check in &suite.checks {
            let metric = &plan.metrics[check.metric];
            let labels: Vec<&str> = metric.labels.iter().map(|(_, v)| v.as_str()).collect();
            let fail = check.fail.as_ref().map(|c| format!("fail: {}", c.text));
            let warn = check.warn.as_ref().map(|c| format!("warn: {}", c.text));
            let conditions: Vec<String> = match &metric.metric {
                Ok(_) => fail.into_iter().chain(warn).collect(),
                Err(reason) => match plan.unusable_plugins.iter().find(|(_, unusable)| unusable.iter().any(|one| reason.starts_with(&one.message))) {
                    Some((plugin, _)) => vec![format!("error: plugin {plugin} is unusable")],
                    None => vec![format!("error: {}", printable(reason))],
                },
            };
            let line = format!("  {:<32} {} {}", printable(&check.id), metric.name, labels.join(" "));
            let _ = writeln!(out, "{}  {}", line.trim_end(), conditions.join("; "));
        }
    }
    let _ = writeln!(out, "\n{} metrics recorded", plan.records.len());
    for (name, _) in &plan.exports {
        let _ = writeln!(out, "export {name}");
    }
    out
}

/// How what is kept of the rows fits into memory, where their number is known.
fn reading(plan: &Plan) -> String {
    let groups = groups(plan);
    let Some(needs) = groups.iter().map(|group| group.needs).collect::<Option<Vec<_>>>() else { return String::new() };
    let need = needs.into_iter().flatten().fold(0, u64::saturating_add);
    let times = match groups.len() {
        1 => String::new(),
        n => format!(", so that the sides are read {n} times, some columns at a time"),
    };
    let beyond = match groups.iter().all(|group| group.fits(plan.run.kept())) {
        true => "",
        false => "; what exceeds it goes to disk, or is counted beside the reference",
    };
    format!("; of the rows they keep about {}{times}{beyond}", bytes(need))
}

/// What a plugin may have, beside its inputs.
fn grants(spec: &PluginSpec, info: &Info) -> String {
    let granted = spec.frame.grant.iter().map(|grant| grant.name().to_owned());
    let folder = spec.frame.folder.iter().map(|folder| format!("the folder {} (read-only)", folder.get_ref()));
    let granted: Vec<String> = granted.chain(folder).collect();
    let runtime = if info.imports.is_empty() { "" } else { "; its runtime imports WASI, which gives nothing else" };
    match granted.is_empty() {
        true => format!("its inputs and a log{runtime}"),
        false => format!("its inputs, a log, {}{runtime}", granted.join(", ")),
    }
}

fn bytes(n: u64) -> String {
    match n {
        0..1_048_576 => format!("{} KiB", n.div_ceil(1 << 10)),
        _ => format!("{} MiB", n.div_ceil(1 << 20)),
    }
}
