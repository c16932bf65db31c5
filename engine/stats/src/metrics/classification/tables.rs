//! Tables of what scores come to at one threshold after the other.

use super::super::shape::plain;
use super::predicted::left_out;
use super::scores::{scores, sizes};
use crate::accumulators::Scored;
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Field, read_parameters};
use driftline_core::diagnostic::Diagnostics;
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Parameters {
    /// Lines of the table: 20 give steps of 5 %.
    #[schemars(range(min = 1, max = 100))]
    lines: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { lines: 20 }
    }
}

/// A line, with the share that tells it apart: of scores ascending (score, rows of others, rows of the label), their numbers of rows, and the line's share.
type LineOf = fn(&[(f64, u64, u64)], u64, u64, f64) -> (String, Reading);

/// A table whose lines are told apart by `label`.
pub(super) fn build_table(name: &'static str, label: &'static str, binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics, fields: &[Field], line_of: LineOf) -> Option<Built> {
    let (span, at) = (component.kind_span.clone(), component.params.span_of("lines"));
    let Parameters { lines } = read_parameters(component, diagnostics)?;
    if !(1..=100).contains(&lines) {
        diagnostics.error(&at, format!("`lines` must be from 1 to 100, not {lines}"));
        return None;
    }
    Some(plain(Table { scored: scores(name, binding, &span, diagnostics)?, lines, label, line_of }, fields))
}

struct Table {
    scored: Handle<Scored>,
    lines: u32,
    label: &'static str,
    line_of: LineOf,
}

impl Table {
    fn readings(&self, sides: Sides<'_>) -> Result<Parts, Undefined> {
        let found = sides.current.read(&self.scored)?;
        let rows: u64 = found.targets.iter().map(|(_, n)| n).sum();
        if rows == 0 {
            return Err(Undefined::no_data(format!("no row has both a true label and a score; {} have no label", found.unlabelled)));
        }
        let note = left_out(found.unlabelled, found.unscored, "finite score");
        let mut parts = Parts::new();
        for (label, scores) in &found.labels {
            let of_label = (found.labels.len() > 1).then(|| ("label".to_owned(), label.clone()));
            match sizes(scores) {
                Ok((others, own)) => parts.extend((1..=self.lines).map(|line| {
                    let (share, reading) = (self.line_of)(scores, others, own, f64::from(line) / f64::from(self.lines));
                    let labels = of_label.iter().cloned().chain([(self.label.to_owned(), share)]).collect();
                    Ok(Reading { labels, n_current: Some(rows), note: note.clone(), ..reading })
                })),
                Err(undefined) => parts.push(Err(undefined)),
            }
        }
        Ok(parts)
    }
}

/// A share as a label.
pub(super) fn percent(share: f64) -> String {
    format!("{}%", (share * 1e4).round() / 1e2)
}

impl Metric for Table {
    fn requests(&self) -> Vec<Request> {
        vec![self.scored.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        self.readings(sides).unwrap_or_else(|undefined| vec![Err(undefined)])
    }
}
