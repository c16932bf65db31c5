//! Lists of recommendations: where they come from, and means over users.

use super::super::classification::tell;
use super::super::shape::plain;
use crate::accumulators::{Columns, List, Recommended, Relevance, recommended};
use crate::math::Moments;
use arrow::datatypes::DataType;
use driftline_core::accumulator::{Handle, Request};
use driftline_core::catalogue::{Binding, Built, Field, read_parameters};
use driftline_core::diagnostic::{Diagnostic, Diagnostics, Span};
use driftline_core::metric::{Metric, Parts, Reading, Sides, Undefined, single};
use driftline_core::spec::Component;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The first items of a list.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct First {
    /// How many items of a user's list are looked at, the first ones.
    #[schemars(range(min = 1, max = 1000))]
    pub k: usize,
}

impl Default for First {
    fn default() -> Self {
        Self { k: 10 }
    }
}

/// What is relevant, and whose lists count.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Judged {
    /// The target from which on an item is relevant, each as much as any other; without it every target above 0 is.
    pub relevant_from: Option<f64>,
    /// Whose lists count.
    pub users: Users,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Users {
    /// Of those who have a relevant item anywhere in their list.
    #[default]
    WithRelevant,
    /// Of all; a user without a relevant item counts 0.
    All,
}

/// The parameters of metrics of the first items, with those that are a metric's own.
#[derive(JsonSchema)]
#[allow(dead_code)]
pub(super) struct Parameters<Own> {
    #[schemars(flatten)]
    first: First,
    #[schemars(flatten)]
    judged: Judged,
    #[schemars(flatten)]
    own: Own,
}

pub(super) const OF_USERS: [Field; 4] = of_users("ratio");

/// The fields of a mean over users.
pub(super) const fn of_users(unit: &'static str) -> [Field; 4] {
    [
        Field::new("value", unit, "the mean over users"),
        Field::new("low", unit, "lower end of its 95 % confidence interval, users drawn anew"),
        Field::new("high", unit, "upper end of its 95 % confidence interval"),
        Field::new("users", "", "users whose lists count"),
    ]
}

/// Reads `k`, which must be in range.
pub(super) fn first(component: &mut Component<'_>, diagnostics: &mut Diagnostics) -> Option<usize> {
    let at = component.params.span_of("k");
    let First { k } = component.params.take(diagnostics)?;
    if !(1..=1_000).contains(&k) {
        diagnostics.error(&at, format!("`k` must be a number of items from 1 to 1,000, not {k}"));
        return None;
    }
    Some(k)
}

/// Where the spec says that recommendations are.
pub(super) fn columns(metric: &str, binding: &Binding<'_>, span: &Span, diagnostics: &mut Diagnostics) -> Option<Columns> {
    let roles = binding.roles;
    let (Some(user), Some(item)) = (&roles.user, &roles.item) else {
        return tell(diagnostics, span, metric, "a user and an item", "user = \"…\"\nitem = \"…\"");
    };
    let (order, is_rank) = match (&roles.score, &roles.rank) {
        (Some(score), _) => (score, false),
        (None, Some(rank)) => (rank, true),
        (None, None) => return tell(diagnostics, span, metric, "the score or the rank of an item", "score = \"…\"          # the highest first, or\nrank = \"…\"           # from 1"),
    };
    Some(Columns { user: user.clone(), item: item.clone(), order: order.clone(), is_rank })
}

/// The first `k` items of each list with their relevance.
pub(super) fn judged(metric: &str, binding: &Binding<'_>, judged: Judged, k: usize, span: &Span, diagnostics: &mut Diagnostics) -> Option<Handle<Recommended>> {
    let columns = columns(metric, binding, span, diagnostics)?;
    let Some(target) = &binding.roles.target else { return tell(diagnostics, span, metric, "a target that says how relevant an item is", "target = \"…\"") };
    let texts = binding.all.iter().find(|c| c.name == *target).filter(|c| matches!(c.data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View));
    if texts.is_some() {
        let help = "make numbers of it under [derived], such as liked = \"case when clicked = 'yes' then 1 else 0 end\"".to_owned();
        diagnostics.push(Diagnostic::at(span.clone(), format!("`{metric}`: the target `{target}` has texts, and the relevance of an item must be a number")).help(help));
        return None;
    }
    if judged.relevant_from.is_some_and(|from| !from.is_finite()) {
        diagnostics.error(span, format!("`{metric}`: `relevant_from` must be a finite number"));
        return None;
    }
    Some(recommended(&columns, Some(&Relevance { target: target.clone(), from: judged.relevant_from }), k))
}

/// What a metric over training data needs: the columns of the same names there.
pub(super) fn needs_training(metric: &str, binding: &Binding<'_>, wanted: &[&String], span: &Span, diagnostics: &mut Diagnostics) -> Option<()> {
    let Some(there) = binding.training else {
        let message = format!("`{metric}` needs to know what the recommender learnt from");
        let help = "add\n[source.training]\nkind = \"parquet\"\npath = \"…\"".to_owned();
        diagnostics.push(Diagnostic::at(span.clone(), message).help(help));
        return None;
    };
    if let Some(missing) = wanted.iter().find(|name| !there.contains(name)) {
        let names: Vec<String> = there.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("`{metric}` needs the column `{missing}` in [source.training], which has {}", names.join(", "));
        diagnostics.push(Diagnostic::at(span.clone(), message).help("give both sides the same names, such as by a query that writes the file".to_owned()));
        return None;
    }
    Some(())
}

/// What was left out of the lists.
pub(super) fn note(found: &Recommended) -> Option<String> {
    let rows = [(found.unlabelled, "without a target"), (found.unusable, "without a user, an item or a finite order")];
    let mut parts: Vec<String> = rows.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if !parts.is_empty() {
        parts = vec![format!("rows left out: {}", parts.join(", "))];
    }
    parts.extend(sampled(found.lists.len(), found.kept, "users"));
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Of which part of the users or items a result is.
pub(super) fn sampled(n: usize, kept: f64, of: &str) -> Option<String> {
    (kept < 1.0).then(|| format!("of a sample of {n} of the {of}, about 1 in {}", 1.0 / kept))
}

/// Adds to what is told.
pub(super) fn and(reading: Reading, more: impl IntoIterator<Item = String>) -> Reading {
    let notes: Vec<String> = reading.note.clone().into_iter().chain(more).collect();
    Reading { note: (!notes.is_empty()).then(|| notes.join("; ")), ..reading }
}

/// The lists that count.
pub(super) fn counting(found: &Recommended, users: Users) -> Result<Vec<&List>, Undefined> {
    let lists: Vec<&List> = found.lists.iter().map(|(_, list)| list).filter(|list| users == Users::All || list.relevant > 0).collect();
    match (lists.is_empty(), found.lists.is_empty()) {
        (true, true) => Err(Undefined::no_data(format!("there are no recommendations{}", note(found).map_or(String::new(), |note| format!("; {note}"))))),
        (true, false) => Err(Undefined::no_data("no user has a relevant item")),
        _ => Ok(lists),
    }
}

/// The mean of the users' values, with its confidence interval.
pub(super) fn mean_of(values: impl Iterator<Item = f64>, found: &Recommended) -> Reading {
    let Moments { count, mean, m2, .. } = Moments::from_block(&values.collect::<Vec<f64>>());
    let mut reading = Reading::of([("value", mean.to_f64())]);
    if count > 1 {
        let half = 1.959_963_984_540_054 * (m2.to_f64() / (count - 1) as f64 / count as f64).sqrt();
        reading.set("low", mean.to_f64() - half);
        reading.set("high", mean.to_f64() + half);
    }
    reading.set("users", count as f64);
    Reading { n_current: Some(count), note: note(found), ..reading }
}

type OfList = Box<dyn Fn(&List) -> f64 + Send + Sync>;

/// A mean over users of what each list comes to, given `k` and the metric's own parameters.
pub(super) fn of_lists<Own: DeserializeOwned + JsonSchema + Send + Sync + 'static>(
    name: &'static str,
    binding: &Binding<'_>,
    mut component: Component<'_>,
    diagnostics: &mut Diagnostics,
    of: fn(&List, usize, &Own) -> f64,
) -> Option<Built> {
    let span = component.kind_span.clone();
    let (k, own) = (first(&mut component, diagnostics), component.params.take::<Own>(diagnostics));
    let asked: Judged = read_parameters(component, diagnostics)?;
    let (k, own) = (k?, own?);
    let handle = judged(name, binding, asked, k, &span, diagnostics)?;
    Some(plain(OfLists { handle, users: asked.users, of: Box::new(move |list| of(list, k, &own)) }, &OF_USERS))
}

struct OfLists {
    handle: Handle<Recommended>,
    users: Users,
    of: OfList,
}

impl Metric for OfLists {
    fn requests(&self) -> Vec<Request> {
        vec![self.handle.request.clone()]
    }

    fn evaluate(&self, sides: Sides<'_>) -> Parts {
        let reading = || {
            let found = sides.current.read(&self.handle)?;
            let lists = counting(&found, self.users)?;
            let others = found.lists.len() - lists.len();
            let reading = mean_of(lists.into_iter().map(|list| (self.of)(list)), &found);
            Ok(and(reading, (others > 0).then(|| format!("{others} users without a relevant item have no part in it"))))
        };
        single(reading())
    }
}

/// Relevant items among the first k.
pub(super) fn hits(list: &List) -> f64 {
    list.top.iter().filter(|item| item.relevance > 0.0).count() as f64
}

/// A share of what there is; of nothing it is 0.
pub(super) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}
