//! Segments of rows in which a model does significantly worse than elsewhere.

use super::classification::predicted_of;
use super::shape::plain;
use crate::accumulators::{Cell, Error, Feature, Loss, LossRow, RowLosses, row_losses};
use crate::math::{Dd, Moments, fisher_exact, student_t_two_sided, t_test};
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Direction, Doc, Field, MetricEntry, Scope, read_parameters, schema_of};
use driftline_core::column::{Column, Kind, Roles};
use driftline_core::diagnostic::{Diagnostic, Diagnostics};
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

pub const ENTRY: MetricEntry = MetricEntry {
    doc: Doc {
        name: "worst_segments",
        aliases: &[],
        summary: "Segments of rows in which the model does significantly worse than elsewhere.",
        description: "Needs `target` and `prediction` (or a score, or probabilities) under [columns]. Looks at each value or range of one column (categories of `minimum` rows or more, at most 100; each of up to ten different numbers, else ranges) and at each combination of two, of `columns` or of all numbers and categories without a role. A segment is worse if its mean loss is higher than that of all other rows, by Fisher's exact test where labels are right or wrong, and of absolute errors of numbers by Welch's t-test and one with the variance of all rows, of which the larger p-value counts; p-values are corrected for all segments that were looked at (Holm). They are taken one after the other, the clearest first, and a further one only if it is worse also without the rows of those before it, so that what overlaps a bad segment is no other one. One result for each segment, told apart by `slice`, the worst first, with its rows and losses; `count` is their number, and where there is none the one result has count 0; `no_data` where none has rows enough. Rows without a true label or a prediction are left out. Rows that differ in these columns or in the loss are all looked at as long as they have no more than two million cells; beyond, a seeded sample of rows, told apart by `id` under [columns] or else by all their columns.",
        formula: "mean loss of the segment against that of the other rows; Holm (1979) over all segments of `minimum` rows or more",
        direction: Direction::Lower,
        fields: &FIELDS,
        parameters: schema_of::<Parameters>,
        example: "[[suite.check]]\nmetric = \"worst_segments\"\ncolumns = [\"age\", \"country\"]\nminimum = 200\nwarn = \"count > 0\"",
        reference: "Chung et al., Slice Finder, ICDE 2019; Sagadeeva, Boehm, SliceLine, SIGMOD 2021",
    },
    scope: Scope::Dataset,
    accepts: &[],
    compares: false,
    build,
};

const FIELDS: [Field; 7] = [
    Field::new("value", "", "mean loss in the segment: the share of wrong labels, or the mean absolute error"),
    Field::new("overall", "", "mean loss of all rows"),
    Field::new("difference", "", "how much more it is than that of the rows outside"),
    Field::new("rows", "", "rows in the segment"),
    Field::new("share", "ratio", "of all rows"),
    Field::new("corrected_p_value", "ratio", "corrected for all segments that were looked at; no part of a suite's correction"),
    Field::new("count", "", "how many segments are told: those that were found, `most` at most"),
];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Parameters {
    /// Fewest rows of a segment, and of the rows outside of it.
    #[schemars(range(min = 5))]
    minimum: u64,
    /// Chance of a segment where there is none.
    #[schemars(range(min = 0.0, max = 0.5))]
    alpha: f64,
    /// Most ranges of a column of numbers, of about equally many rows.
    #[schemars(range(min = 2, max = 50))]
    ranges: usize,
    /// Most segments that are told.
    #[schemars(range(min = 1, max = 100))]
    most: usize,
    /// Score from which on the positive label counts as predicted, in place of the prediction column.
    threshold: Option<f64>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { minimum: 50, alpha: 0.05, ranges: 5, most: 10, threshold: None }
    }
}

/// Most columns that are looked at: the pairs of them grow with the square.
const MOST_COLUMNS: usize = 100;
/// Most segments that are compared with each other.
const MOST_CANDIDATES: usize = 500;
/// Most categories of a column that are segments: the most frequent ones.
const MOST_CATEGORIES: usize = 100;
/// Numbers with no more different values are segments by value.
const FEW_VALUES: usize = 10;

fn build(binding: &Binding<'_>, component: Component<'_>, diagnostics: &mut Diagnostics) -> Option<Built> {
    let span = component.kind_span.clone();
    let parameters: Parameters = read_parameters(component, diagnostics)?;
    let in_range = parameters.minimum >= 5 && parameters.alpha > 0.0 && parameters.alpha <= 0.5 && (2..=50).contains(&parameters.ranges) && (1..=100).contains(&parameters.most);
    if !in_range {
        diagnostics.error(&span, "`worst_segments`: `minimum` must be 5 or more, `alpha` above 0 and up to 0.5, `ranges` from 2 to 50, `most` from 1 to 100");
        return None;
    }
    let features: Vec<Feature> = binding.columns.iter().filter(|column| is_feature(column, binding.roles)).map(|column| (column.name.clone(), column.kind == Kind::Numerical)).collect();
    if features.is_empty() || features.len() > MOST_COLUMNS {
        let message = format!("`worst_segments` looks at 1 to {MOST_COLUMNS} columns of numbers or categories, and here are {}", features.len());
        diagnostics.push(Diagnostic::at(span, message).help("name them with `columns`".to_owned()));
        return None;
    }
    let roles = binding.roles;
    let kind_of = |name: &Option<String>| name.as_ref().and_then(|name| binding.all.iter().find(|c| c.name == *name)).map(|c| c.kind);
    let loss = match (&roles.target, &roles.prediction, parameters.threshold) {
        (Some(target), Some(prediction), None) if kind_of(&roles.prediction).or(kind_of(&roles.target)) == Some(Kind::Numerical) => {
            Loss::Error { target: target.clone(), prediction: prediction.clone(), of: Error::Absolute }
        }
        (_, _, threshold) => {
            let (target, predicted) = predicted_of("worst_segments", binding, threshold, &span, diagnostics)?;
            Loss::Wrong { target, predicted }
        }
    };
    let others = binding.columns.iter().filter(|column| binding.columns.len() < binding.all.len() && !is_feature(column, roles)).map(|column| column.name.clone()).collect();
    let metric = WorstSegments { losses: row_losses(&loss, &features, &identity(binding)), others, features, is_wrong: matches!(loss, Loss::Wrong { .. }), parameters };
    Some(Built { default_fail: Some("count > 0 and value > overall".to_owned()), ..plain(metric, &FIELDS) })
}

/// The columns that tell rows apart: their id, else all that can be compared.
pub(super) fn identity(binding: &Binding<'_>) -> Vec<String> {
    let has_reference = binding.all.iter().any(|column| column.in_reference);
    let is_there = |column: &&Column| column.in_current && (column.in_reference || !has_reference) && column.plugin.is_none();
    let named = |column: &Column| column.name.clone();
    let id = binding.all.iter().filter(is_there).find(|column| binding.roles.id.as_ref() == Some(&column.name)).map(named);
    match id {
        Some(id) => vec![id],
        None => binding.all.iter().filter(is_there).filter(|column| column.kind != Kind::Nested).map(named).collect(),
    }
}

fn is_feature(column: &Column, roles: &Roles) -> bool {
    let of_roles = [&roles.id, &roles.timestamp, &roles.target, &roles.prediction, &roles.score, &roles.labelled_at, &roles.user, &roles.item, &roles.rank];
    let has_role = of_roles.into_iter().flatten().chain(roles.probabilities.values()).any(|name| *name == column.name);
    matches!(column.kind, Kind::Numerical | Kind::Categorical) && !has_role
}

struct WorstSegments {
    losses: Handle<RowLosses>,
    features: Vec<Feature>,
    /// Columns that were asked for and are no features.
    others: Vec<String>,
    is_wrong: bool,
    parameters: Parameters,
}

/// Rows and their losses, from the mean of all.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    rows: u64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, loss: f64, rows: u64) {
        self.rows += rows;
        self.sum += loss * rows as f64;
        self.squares += loss * loss * rows as f64;
    }

    fn without(self, part: Sums) -> Sums {
        Sums { rows: self.rows - part.rows, sum: self.sum - part.sum, squares: self.squares - part.squares }
    }

    fn mean(self) -> f64 {
        self.sum / self.rows as f64
    }

    fn moments(self) -> Moments {
        let m2 = (self.squares - self.sum * self.mean()).max(0.0);
        Moments { count: self.rows, mean: Dd::from(self.mean()), m2: Dd::from(m2), min: f64::NEG_INFINITY, max: f64::INFINITY }
    }
}

/// A range or value of a column.
type Part = (usize, usize);

/// Rows of one part, or of two at once.
#[derive(Debug, Clone)]
struct Segment {
    parts: Vec<Part>,
    own: Sums,
    p_value: f64,
}

impl Segment {
    fn has(&self, columns: &[Division], row: usize) -> bool {
        self.parts.iter().all(|(column, part)| columns[*column].of_row[row] == Some(*part))
    }
}

/// What the values of a column are divided into.
struct Division {
    /// Values that are too rare for a part of their own.
    others: usize,
    /// The part of each row; none for a category that is too rare.
    of_row: Vec<Option<usize>>,
    names: Vec<String>,
}

impl WorstSegments {
    fn readings(&self, sides: Sides<'_>) -> Result<Vec<Reading>, Undefined> {
        let found = sides.current.read(&self.losses)?;
        let rows: u64 = found.rows.iter().map(|row| row.count).sum();
        if rows == 0 {
            return Err(Undefined::no_data(format!("no row has both a true label and a prediction; {}", left_out(&found).unwrap_or_default())));
        }
        let mean = found.rows.iter().map(|row| row.loss * row.count as f64).sum::<f64>() / rows as f64;
        if self.is_wrong && mean == 1.0 {
            return Err(Undefined::error(format!("none of the {rows} predictions is right: are true and predicted labels written alike?")));
        }
        let mut all = Sums::default();
        found.rows.iter().for_each(|row| all.add(row.loss - mean, row.count));
        let columns: Vec<Division> = self.features.iter().enumerate().map(|(i, (name, is_number))| parts(name, *is_number, i, &found.rows, &self.parameters)).collect();
        let search = Search { all, mean, is_wrong: self.is_wrong, minimum: self.parameters.minimum, alpha: self.parameters.alpha, most: self.parameters.most };
        let (worse, looked_at) = search.worse(&columns, &found.rows);
        if looked_at == 0 {
            return Err(Undefined::no_data(format!("no segment has {} of the {rows} rows that have a label and leaves as many outside", self.parameters.minimum)));
        }
        let scale = 1.0 / found.kept;
        let note = self.note(&found, &columns, looked_at);
        let reading = |segment: Option<&Segment>| {
            let own = segment.map_or(all, |segment| segment.own);
            let outside = all.without(own);
            let difference = if outside.rows == 0 { 0.0 } else { own.mean() - outside.mean() };
            let in_segment = if segment.is_some() { own.rows } else { 0 };
            let mut reading = Reading::of([
                ("value", segment.map_or(mean, |segment| mean + segment.own.mean())),
                ("overall", mean),
                ("difference", difference),
                ("rows", in_segment as f64 * scale),
                ("share", in_segment as f64 / rows as f64),
                ("corrected_p_value", segment.map_or(1.0, |segment| segment.p_value)),
                ("count", worse.len() as f64),
            ]);
            reading.labels = segment.iter().map(|segment| ("slice".to_owned(), name(segment, &columns))).collect();
            Reading { n_current: Some(rows), note: note.clone(), ..reading }
        };
        Ok(if worse.is_empty() { vec![reading(None)] } else { worse.iter().map(|segment| reading(Some(segment))).collect() })
    }

    fn note(&self, found: &RowLosses, columns: &[Division], looked_at: usize) -> Option<String> {
        let mut told = vec![format!("of {looked_at} segments")];
        told.extend(left_out(found));
        if !self.others.is_empty() {
            told.push(format!("not looked at, since they have a role or are neither numbers nor categories: {}", self.others.join(", ")));
        }
        let rare = self.features.iter().zip(columns).filter(|(_, column)| column.others > 0);
        told.extend(rare.map(|((name, _), column)| format!("{} rarer values of {name} not looked at", column.others)));
        if found.kept < 1.0 {
            told.push(format!("in a sample of about 1 row in {}", 1.0 / found.kept));
        }
        Some(told.join("; "))
    }
}

pub(super) fn left_out(found: &RowLosses) -> Option<String> {
    let rows = [(found.left_out.unlabelled, "without a true label"), (found.left_out.unpredicted, "without a prediction"), (found.left_out.infinite, "with an infinite error")];
    let told: Vec<String> = rows.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    (!told.is_empty()).then(|| format!("rows left out: {}", told.join(", ")))
}

fn name(segment: &Segment, columns: &[Division]) -> String {
    segment.parts.iter().map(|(column, part)| columns[*column].names[*part].as_str()).collect::<Vec<_>>().join(" and ")
}

struct Search {
    all: Sums,
    mean: f64,
    is_wrong: bool,
    minimum: u64,
    alpha: f64,
    most: usize,
}

impl Search {
    /// Probability of a difference as large if there is none; none where the rows are not worse than the others.
    fn p_value(&self, own: Sums, others: Sums) -> Option<f64> {
        if own.rows < self.minimum || others.rows < self.minimum || own.mean() <= others.mean() {
            return None;
        }
        if self.is_wrong {
            // Whole numbers, but for rounding.
            let counts = |sums: Sums| {
                let wrong = (sums.sum + self.mean * sums.rows as f64).round() as u64;
                [wrong.min(sums.rows), sums.rows - wrong.min(sums.rows)]
            };
            return fisher_exact(counts(others), counts(own)).map(|found| found.p_value);
        }
        // Welch's test alone would be sure of rows whose losses happen to be equal: without an effect their variance is that of all rows.
        let scored = self.score_test(own, others)?;
        Some(t_test(&others.moments(), &own.moments(), false).map_or(scored, |welch| welch.p_value.max(scored)))
    }

    /// Of equal means, with the variance of all rows together.
    fn score_test(&self, own: Sums, others: Sums) -> Option<f64> {
        let (n, m) = (own.rows as f64, others.rows as f64);
        let both = Sums { rows: own.rows + others.rows, sum: own.sum + others.sum, squares: own.squares + others.squares };
        let error = (both.moments().variance(1)? * (1.0 / n + 1.0 / m)).sqrt();
        (error > 0.0).then(|| student_t_two_sided((own.mean() - others.mean()) / error, n + m - 2.0))
    }

    /// The segments that are worse, the worst first, and how many were looked at.
    fn worse(&self, columns: &[Division], rows: &[LossRow]) -> (Vec<Segment>, usize) {
        let mut segments = Vec::new();
        let (mut looked_at, mut single): (usize, Vec<Vec<Sums>>) = (0, Vec::new());
        let mut look = |parts: Vec<Part>, own: Sums| {
            if own.rows < self.minimum || self.all.rows - own.rows < self.minimum {
                return;
            }
            looked_at += 1;
            segments.extend(self.p_value(own, self.all.without(own)).map(|p_value| Segment { parts, own, p_value }));
        };
        for (c, column) in columns.iter().enumerate() {
            let mut sums = vec![Sums::default(); column.names.len()];
            for (row, part) in rows.iter().zip(&column.of_row) {
                if let Some(part) = part {
                    sums[*part].add(row.loss - self.mean, row.count);
                }
            }
            sums.iter().enumerate().for_each(|(part, own)| look(vec![(c, part)], *own));
            single.push(sums);
        }
        for (a, first) in columns.iter().enumerate() {
            for (b, second) in columns.iter().enumerate().skip(a + 1) {
                let width = second.names.len();
                let mut sums = vec![Sums::default(); first.names.len() * width];
                for (row, (p, q)) in rows.iter().zip(first.of_row.iter().zip(&second.of_row)) {
                    if let (Some(p), Some(q)) = (p, q) {
                        sums[p * width + q].add(row.loss - self.mean, row.count);
                    }
                }
                // What has the same rows as one of its halves is that.
                let is_new = |(i, own): &(usize, &Sums)| own.rows < single[a][i / width].rows && own.rows < single[b][i % width].rows;
                sums.iter().enumerate().filter(is_new).for_each(|(i, own)| look(vec![(a, i / width), (b, i % width)], *own));
            }
        }
        segments.sort_by(|a, b| a.p_value.total_cmp(&b.p_value).then_with(|| a.parts.cmp(&b.parts)));
        // Holm: the i-th smallest of m, times m - i.
        let mut least = 0.0f64;
        for (i, segment) in segments.iter_mut().enumerate() {
            least = least.max((segment.p_value * (looked_at - i) as f64).min(1.0));
            segment.p_value = least;
        }
        segments.retain(|segment| segment.p_value < self.alpha);
        segments.sort_by(|a, b| self.distance(b.own, self.all).total_cmp(&self.distance(a.own, self.all)).then_with(|| a.parts.cmp(&b.parts)));
        segments.truncate(MOST_CANDIDATES);
        (self.apart(segments, columns, rows, looked_at), looked_at)
    }

    /// How many standard errors the rows are worse than the others of `all`.
    fn distance(&self, own: Sums, all: Sums) -> f64 {
        let others = all.without(own);
        let error = |sums: Sums| sums.moments().variance(1).unwrap_or(0.0) / sums.rows as f64;
        // Where no loss varies any difference is one.
        (own.mean() - others.mean()) / (error(own) + error(others)).sqrt().max(f64::MIN_POSITIVE)
    }

    /// One segment after the other, the clearest first, as long as one is worse without the rows of those before it.
    fn apart(&self, mut candidates: Vec<Segment>, columns: &[Division], rows: &[LossRow], looked_at: usize) -> Vec<Segment> {
        let (mut found, mut left) = (Vec::new(), vec![true; rows.len()]);
        while found.len() < self.most && !candidates.is_empty() {
            let mut all = Sums::default();
            rows.iter().zip(&left).filter(|(_, left)| **left).for_each(|(row, _)| all.add(row.loss - self.mean, row.count));
            let of = |segment: &Segment| {
                let mut own = Sums::default();
                let inside = rows.iter().enumerate().filter(|(at, _)| left[*at] && segment.has(columns, *at));
                inside.for_each(|(_, row)| own.add(row.loss - self.mean, row.count));
                own
            };
            let mut clearest: Option<(f64, usize)> = None;
            let mut still = Vec::new();
            for segment in candidates {
                let own = of(&segment);
                // The first ones are significant by Holm's steps already.
                if !found.is_empty() && self.p_value(own, all.without(own)).is_none_or(|p| p * looked_at as f64 >= self.alpha) {
                    continue;
                }
                let distance = self.distance(own, all);
                if clearest.is_none_or(|(most, _)| distance > most) {
                    clearest = Some((distance, still.len()));
                }
                still.push(segment);
            }
            let Some((_, at)) = clearest else { break };
            let segment = still.remove(at);
            for (row, left) in left.iter_mut().enumerate() {
                *left &= !segment.has(columns, row);
            }
            found.push(segment);
            candidates = still;
        }
        found.sort_by(|a, b| b.own.mean().total_cmp(&a.own.mean()).then_with(|| a.parts.cmp(&b.parts)));
        found
    }
}

/// The parts of a column: values where there are few, ranges of numbers, the most frequent categories; what is missing is one too.
fn parts(name: &str, is_number: bool, column: usize, rows: &[LossRow], parameters: &Parameters) -> Division {
    let mut numbers: Vec<(f64, u64)> = Vec::new();
    let mut categories: BTreeMap<&str, u64> = BTreeMap::new();
    for row in rows {
        match &row.cells[column] {
            Cell::Number(number) => numbers.push((*number, row.count)),
            Cell::Category(category) => *categories.entry(category).or_default() += row.count,
            Cell::Missing => {}
        }
    }
    let mut names = vec![format!("{name} is missing")];
    if is_number {
        numbers.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut values: Vec<f64> = numbers.iter().map(|(number, _)| *number).collect();
        values.dedup();
        let is_few = values.len() <= FEW_VALUES.max(parameters.ranges);
        let edges = if is_few { values.iter().skip(1).copied().collect() } else { edges(&numbers, parameters.ranges) };
        for i in 0..=edges.len() {
            names.push(match (i.checked_sub(1).map(|i| edges[i]), edges.get(i)) {
                _ if is_few => values.get(i).map_or_else(String::new, |value| format!("{name} = {value}")),
                (None, None) => format!("{name} is known"),
                (None, Some(to)) => format!("{name} < {to}"),
                (Some(from), None) => format!("{name} >= {from}"),
                (Some(from), Some(to)) => format!("{from} <= {name} < {to}"),
            });
        }
        let part = |row: &LossRow| match row.cells[column] {
            Cell::Number(number) => Some(1 + edges.partition_point(|edge| *edge <= number)),
            _ => Some(0),
        };
        return Division { others: 0, of_row: rows.iter().map(part).collect(), names };
    }
    let mut most: Vec<(&str, u64)> = categories.into_iter().collect();
    most.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let known = most.len();
    most.truncate(MOST_CATEGORIES.min(most.iter().take_while(|(_, rows)| *rows >= parameters.minimum).count()));
    let others = known - most.len();
    names.extend(most.iter().map(|(category, _)| format!("{name} = {category}")));
    let place: BTreeMap<&str, usize> = most.iter().enumerate().map(|(i, (category, _))| (*category, i + 1)).collect();
    let part = |row: &LossRow| match &row.cells[column] {
        Cell::Category(category) => place.get(category.as_ref()).copied(),
        _ => Some(0),
    };
    Division { others, of_row: rows.iter().map(part).collect(), names }
}

/// Where the next range begins: about equally many rows in each, and a value in one alone.
fn edges(sorted: &[(f64, u64)], ranges: usize) -> Vec<f64> {
    let all: u64 = sorted.iter().map(|(_, n)| n).sum();
    let (mut edges, mut before, mut next, mut last) = (Vec::new(), 0, 1, f64::NAN);
    for (number, n) in sorted {
        // The first value that begins at or after the next quantile, if it is another one than the last.
        if before > 0 && before * ranges as u64 >= next * all && *number != last {
            edges.push(shortest(last, *number));
            next = before * ranges as u64 / all + 1;
        }
        before += n;
        last = *number;
    }
    edges
}

/// The number of fewest digits above one and up to the other: what is divided by it is divided by the other.
fn shortest(above: f64, number: f64) -> f64 {
    let rounded = (0..17).map(|digits| format!("{number:.digits$e}")).filter_map(|text| text.parse::<f64>().ok());
    rounded.into_iter().find(|rounded| *rounded > above && *rounded <= number).unwrap_or(number)
}

impl Metric for WorstSegments {
    fn requests(&self) -> Vec<Request> {
        vec![self.losses.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        match self.readings(sides) {
            Ok(readings) => readings.into_iter().map(Ok).collect(),
            Err(undefined) => vec![Err(undefined)],
        }
    }
}
