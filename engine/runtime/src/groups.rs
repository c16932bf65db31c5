//! What is read together. Where the values of all columns exceed `[run] memory`, but those of some columns do not, sides whose columns can be
//! read one by one are read group by group, and what one group keeps is dropped before the next.

use crate::pipeline::{Place, Requests, distinct, place, row_bytes};
use crate::plan::Plan;
use driftline_core::accumulator::Request;
use std::collections::{BTreeMap, BTreeSet};

/// Accumulators that are read together, and what is computed of them.
#[derive(Debug)]
pub struct ColumnGroup {
    pub places: BTreeSet<Place>,
    pub items: Vec<Item>,
    /// Keys of those that keep values.
    keeping: BTreeSet<String>,
    /// Bytes that all rows of the reference and of current take in them; none where that is not known before they are read.
    pub needs: Option<[u64; 2]>,
}

/// Something to compute, by its place in the plan's metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// One of the comparisons that a metric is made of.
    Comparison(usize, usize),
    /// After its comparisons.
    Metric(usize),
}

impl ColumnGroup {
    /// Whether all that is kept fits.
    pub fn fits(&self, memory: usize) -> bool {
        self.needs.is_none_or(|[reference, current]| fits(reference.saturating_add(current), memory))
    }

    /// Whether the accumulator of that key keeps values.
    pub fn keeps_values(&self, key: &str) -> bool {
        self.keeping.contains(key)
    }

    /// The memory for each side's values: half of it, or where that is too little for one side, what the reference takes and the rest for current.
    /// Where both do not fit the reference has half of it at most.
    pub fn memory(&self, all: usize) -> [usize; 2] {
        let Some([reference, current]) = self.needs else { return [all / 2, all / 2] };
        if fits(reference.max(current), all / 2) {
            return [all / 2, all - all / 2];
        }
        let most = if fits(reference.saturating_add(current), all) { all } else { all / 2 };
        let of_reference = usize::try_from(reference).map_or(most, |reference| reference.min(most));
        [of_reference, all - of_reference]
    }
}

fn fits(need: u64, memory: usize) -> bool {
    usize::try_from(need).is_ok_and(|need| need <= memory)
}

/// The groups of a plan, one at least.
pub fn groups(plan: &Plan) -> Vec<ColumnGroup> {
    let wants = wants(plan);
    let (all, types) = (wants.iter().flat_map(|want| want.requests.clone()).collect::<Requests>(), plan.current.source.schema());
    let requests: Requests = distinct(&all).into_iter().map(|((slice, _), request)| (slice, request.clone().of(&types))).collect();
    let outputs: BTreeSet<&String> = plan.transforms.iter().flat_map(|t| &t.outputs).collect();
    let sides = || plan.reference.iter().chain([&plan.current]);
    let bins = match needs(plan) {
        None => vec![Bin { requests, needs: None }],
        Some(needs) if sides().all(|side| side.source.is_columnar()) => packed(parts(&requests, &wants, &outputs), &needs, plan.run.kept()),
        Some(needs) => packed(vec![requests], &needs, plan.run.kept()),
    };
    let group = |bin: Bin| {
        let keeping = bin.requests.iter().filter(|(_, request)| request.row_bytes > 0).map(|(_, request)| request.key.clone());
        ColumnGroup { places: bin.requests.iter().map(place).collect(), items: Vec::new(), keeping: keeping.collect(), needs: bin.needs }
    };
    let mut groups: Vec<ColumnGroup> = bins.into_iter().map(group).collect();
    for want in wants {
        // All that it keeps values in is read together, and nothing else that it needs after that.
        let read = |request| groups.iter().position(|group| group.places.contains(&place(request)));
        let at = want.requests.iter().filter_map(read).max().unwrap_or(groups.len() - 1);
        groups[at].items.push(want.item);
    }
    groups.iter_mut().for_each(|group| group.items.sort());
    groups
}

/// What is computed, with the accumulators that it needs.
struct Want {
    item: Item,
    requests: Requests,
    /// Whether it needs them all at once, which a metric made of comparisons does not.
    together: bool,
}

fn wants(plan: &Plan) -> Vec<Want> {
    let mut wants = Vec::new();
    for (i, bound) in plan.metrics.iter().enumerate() {
        let mut want = |item, requests: Vec<Request>, together| {
            let requests = requests.into_iter().map(|request| (bound.filter.clone(), request)).collect();
            wants.push(Want { item, requests, together });
        };
        let Ok(metric) = &bound.metric else {
            want(Item::Metric(i), Vec::new(), true);
            continue;
        };
        let comparisons = metric.comparisons();
        comparisons.iter().enumerate().for_each(|(j, comparison)| want(Item::Comparison(i, j), comparison.requests(), true));
        want(Item::Metric(i), metric.requests(), comparisons.is_empty());
    }
    wants
}

/// What the rows of the reference and of current take at most in some accumulators, where their numbers are known: each row in each slice.
fn needs(plan: &Plan) -> Option<impl Fn(&Requests) -> [u64; 2]> {
    let rows = [plan.reference.as_ref().map_or(Some(0), |side| side.source.rows())?, plan.current.source.rows()?];
    Some(move |requests: &Requests| rows.map(|rows| rows.saturating_mul(row_bytes(requests) as u64)))
}

/// Accumulators that are read together. The first part has those that keep no values, that read several columns, and that read what transforms
/// add; each other one has a column's.
fn parts(requests: &Requests, wants: &[Want], outputs: &BTreeSet<&String>) -> Vec<Requests> {
    let index: BTreeMap<Place, usize> = requests.iter().enumerate().map(|(i, request)| (place(request), i)).collect();
    let is_first = |i: usize| matches!(requests[i].1.columns.as_slice(), columns if columns.len() != 1 || outputs.contains(&columns[0]));
    let mut joined = Joined((0..requests.len()).collect());
    let mut of_column: BTreeMap<&str, usize> = BTreeMap::new();
    for i in (0..requests.len()).filter(|i| !is_first(*i)) {
        joined.join(i, *of_column.entry(&requests[i].1.columns[0]).or_insert(i));
    }
    for want in wants.iter().filter(|want| want.together) {
        let needed: Vec<usize> = want.requests.iter().filter_map(|request| index.get(&place(request)).copied()).collect();
        let keeps = |i: &usize| requests[*i].1.row_bytes > 0;
        if let Some(kept) = needed.iter().copied().find(keeps) {
            // What reads several columns and keeps nothing comes first anyway.
            needed.iter().filter(|i| keeps(i) || !is_first(**i)).for_each(|i| joined.join(*i, kept));
        }
    }
    for (i, (slice, request)) in requests.iter().enumerate() {
        let sources = request.derived.iter().filter_map(|derived| index.get(&(slice.clone(), derived.source.key.clone())));
        sources.for_each(|source| joined.join(i, *source));
    }
    let mut by_root: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    (0..requests.len()).for_each(|i| by_root.entry(joined.root(i)).or_default().push(i));
    let (mut first, mut rest): (Requests, Vec<Requests>) = Default::default();
    for indices in by_root.into_values() {
        let part: Requests = indices.iter().map(|i| requests[*i].clone()).collect();
        match row_bytes(&part) == 0 || indices.into_iter().any(is_first) {
            true => first.extend(part),
            false => rest.push(part),
        }
    }
    [first].into_iter().chain(rest).collect()
}

/// Accumulators that are read together.
struct Bin {
    requests: Requests,
    needs: Option<[u64; 2]>,
}

/// Disjoint sets of numbers (Galler and Fischer 1964, doi:10.1145/364099.364331): each number's parent is another one of its set, or itself.
struct Joined(Vec<usize>);

impl Joined {
    fn root(&mut self, mut i: usize) -> usize {
        while self.0[i] != i {
            self.0[i] = self.0[self.0[i]];
            i = self.0[i];
        }
        i
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}

/// Each part in the first bin that has room, the first part and those that take least first, so that columns alike come together. What has room
/// in none is counted or goes to disk anyway, and comes with the first part.
fn packed(mut parts: Vec<Requests>, needs: &impl Fn(&Requests) -> [u64; 2], memory: usize) -> Vec<Bin> {
    parts[1..].sort_by_cached_key(needs);
    let has_room = |[a, b]: [u64; 2], [c, d]: [u64; 2]| fits([a, b, c, d].into_iter().fold(0, u64::saturating_add), memory);
    let mut bins: Vec<(Requests, [u64; 2])> = vec![(Requests::new(), [0; 2])];
    for (i, part) in parts.into_iter().enumerate() {
        let need = needs(&part);
        let at = match bins.iter().position(|(_, known)| has_room(*known, need)) {
            _ if i == 0 || !has_room(need, [0; 2]) => 0,
            Some(room) => room,
            None => {
                bins.push((Requests::new(), [0; 2]));
                bins.len() - 1
            }
        };
        let (requests, known) = &mut bins[at];
        requests.extend(part);
        *known = [known[0].saturating_add(need[0]), known[1].saturating_add(need[1])];
    }
    // The first is empty where all that is asked for is of one column each.
    bins.retain(|(requests, _)| !requests.is_empty());
    if bins.is_empty() {
        bins.push((Requests::new(), [0; 2]));
    }
    bins.into_iter().map(|(requests, needs)| Bin { requests, needs: Some(needs) }).collect()
}
