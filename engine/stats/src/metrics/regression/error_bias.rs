//! Whether a feature is another one where predicted numbers are far too high than where they are far too low.

use super::super::shape::plain;
use super::super::worst_segments::{identity, left_out};
use crate::accumulators::{Cell, Error, Loss, LossRow, RowLosses, row_losses};
use crate::math::{lerp, linear_quantile_ranks};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::column::Kind;
use driftline_core::diagnostic::{Diagnostic, Diagnostics};
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "error_bias",
        aliases: &[],
        summary: "Whether a feature is another one where predicted numbers are far too high than where they are far too low.",
        description: "Needs `target` and `prediction` under [columns], both numbers. The rows whose errors are in the lowest `share` are underestimated, those in the highest overestimated, and the rest are the majority. Of a column of numbers the means of the groups are compared, as a share of the column's whole range; of categories their shares (total variation). Near 0 if the feature has nothing to do with the direction of the error. Rows that lack a target or a prediction are left out, and never taken for wrong. Exact up to 700,000 different pairs of an error and a value; beyond, of a seeded sample of rows, told apart by `id` under [columns] or else by all their columns. Without a row that has all the result is `no_data`, as it is where the errors do not vary; infinite numbers count as missing.",
        formula: "|mean of the overestimated - mean of the underestimated| / (max - min); 1/2 sum |p - q| of categories",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"error_bias\"\ncolumns = \"@numerical\"\nwarn = \"value > 0.2\"",
        reference: "Evidently's RegressionErrorBiasTable",
    },
    scope: Scope::Column,
    accepts: &[Kind::Numerical, Kind::Categorical],
    compares: false,
    build,
};

const FIELDS: [Field; 8] = [
    Field::new("value", "ratio", "how far the groups are from each other"),
    Field::new("underestimated", "", "mean of the column where predictions are far too low; of numbers alone, as the two below"),
    Field::new("majority", "", "mean of the column in between"),
    Field::new("overestimated", "", "mean of the column where predictions are far too high"),
    Field::new("error_underestimated", "", "mean error where predictions are far too low"),
    Field::new("error_majority", "", "mean error in between"),
    Field::new("error_overestimated", "", "mean error where predictions are far too high"),
    Field::new("rows", "", "rows that are far too low or far too high"),
];

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Share of the rows in each of the two groups.
    #[schemars(range(min = 0.0, max = 0.5))]
    share: f64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { share: 0.05 }
    }
}

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let (span, at) = (component.kind_span.clone(), component.params.span_of("share"));
    let Parameters { share } = read_parameters(component, diagnostics)?;
    if !(share > 0.0 && share < 0.5) {
        diagnostics.error(&at, format!("`share` must be above 0 and below 0.5, not {share}"));
        return None;
    }
    let (Some(target), Some(prediction)) = (&binding.roles.target, &binding.roles.prediction) else {
        let help = "add under [columns]\ntarget = \"…\"\nprediction = \"…\"".to_owned();
        diagnostics.push(Diagnostic::at(span, "`error_bias` needs a target and a prediction under [columns]").help(help));
        return None;
    };
    let column = binding.column?;
    let loss = Loss::Error { target: target.clone(), prediction: prediction.clone(), of: Error::Signed };
    Some(plain(ErrorBias { rows: row_losses(&loss, &[(column.name.clone(), column.kind == Kind::Numerical)], &identity(binding)), share }, &FIELDS))
}

struct ErrorBias {
    rows: Handle<RowLosses>,
    share: f64,
}

/// The rows of a group.
#[derive(Default)]
struct Group<'a> {
    rows: f64,
    errors: f64,
    known: f64,
    numbers: f64,
    categories: BTreeMap<&'a str, f64>,
}

impl<'a> Group<'a> {
    fn add(&mut self, row: &'a LossRow) {
        let n = row.count as f64;
        self.rows += n;
        self.errors += n * row.loss;
        match &row.cells[0] {
            Cell::Number(number) if number.is_finite() => {
                self.known += n;
                self.numbers += n * number;
            }
            Cell::Category(category) => {
                self.known += n;
                *self.categories.entry(category).or_default() += n;
            }
            _ => {}
        }
    }
}

impl ErrorBias {
    fn reading(&self, sides: Sides<'_>) -> Result<Reading, Undefined> {
        let found = sides.current.read(&self.rows)?;
        let mut rows: Vec<&LossRow> = found.rows.iter().collect();
        rows.sort_by(|a, b| a.loss.total_cmp(&b.loss));
        let total: u64 = rows.iter().map(|row| row.count).sum();
        let none = || Undefined::no_data(format!("no row has both a target and a prediction; {} have no target", found.left_out.unlabelled));
        let quantile = |level: f64| {
            let rank = linear_quantile_ranks(total, level)?;
            let at = |wanted: u64| {
                let mut before = 0;
                rows.iter().find(|row| { before += row.count; before > wanted }).map(|row| row.loss)
            };
            Some(lerp(at(rank.lower_rank)?, at((rank.lower_rank + 1).min(total - 1))?, rank.fraction))
        };
        let (low, high) = (quantile(self.share).ok_or_else(none)?, quantile(1.0 - self.share).ok_or_else(none)?);
        if low == high {
            return Err(Undefined::no_data("the errors do not vary enough to tell the lowest from the highest"));
        }
        let (mut under, mut most, mut over) = (Group::default(), Group::default(), Group::default());
        for row in &rows {
            let group = if row.loss <= low { &mut under } else if row.loss < high { &mut most } else { &mut over };
            group.add(row);
        }
        if under.known == 0.0 || over.known == 0.0 {
            return Err(Undefined::no_data("one of the groups has no values"));
        }
        let mean = |group: &Group<'_>| group.numbers / group.known;
        let numbers = rows.iter().filter_map(|row| if let Cell::Number(number) = row.cells[0] { Some(number).filter(|n| n.is_finite()) } else { None });
        let (least, largest) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), number| (a.min(number), b.max(number)));
        let is_number = under.categories.is_empty();
        let value = match is_number {
            true if largest > least => (mean(&over) - mean(&under)).abs() / (largest - least),
            true => 0.0,
            false => {
                let names: std::collections::BTreeSet<&str> = under.categories.keys().chain(over.categories.keys()).copied().collect();
                let share = |group: &Group<'_>, name: &str| group.categories.get(name).copied().unwrap_or(0.0) / group.known;
                names.into_iter().map(|name| (share(&over, name) - share(&under, name)).abs()).sum::<f64>() / 2.0
            }
        };
        let mut reading = Reading::of([("value", value)]);
        for (name, group) in [("underestimated", &under), ("majority", &most), ("overestimated", &over)] {
            if is_number && group.known > 0.0 {
                reading.set(name, mean(group));
            }
        }
        for (name, group) in [("error_underestimated", &under), ("error_majority", &most), ("error_overestimated", &over)] {
            if group.rows > 0.0 {
                reading.set(name, group.errors / group.rows);
            }
        }
        reading.set("rows", (under.rows + over.rows) / found.kept);
        let parts = [left_out(&found), (found.kept < 1.0).then(|| format!("in a sample of about 1 row in {}", 1.0 / found.kept))];
        let notes: Vec<String> = parts.into_iter().flatten().collect();
        Ok(Reading { n_current: Some(total), note: (!notes.is_empty()).then(|| notes.join("; ")), ..reading })
    }
}

impl Metric for ErrorBias {
    fn requests(&self) -> Vec<Request> {
        vec![self.rows.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        single(self.reading(sides))
    }
}
