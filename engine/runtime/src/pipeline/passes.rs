//! Reading a side several times where numbers of very many columns are asked for.

use super::workers::{MANY_COLUMNS, wide_columns};
use super::{Job, Requests, Slice};
use driftline_core::accumulator::Request;
use std::collections::{BTreeMap, BTreeSet};

/// Columns of numbers that one pass keeps blocks of: 64 MiB of float64.
const MOST_COLUMNS: usize = 128;

/// One job for all that reads few columns of numbers, wide columns or what transforms add, and one for each further set of columns.
pub(super) fn passes(job: Job) -> Vec<Job> {
    let wide = wide_columns(&job);
    let outputs: BTreeSet<&String> = job.transforms.iter().flat_map(|t| &t.outputs).collect();
    let in_first = |(_, r): &(Slice, Request)| {
        let special = |c: &String| wide.contains(c) || outputs.contains(c);
        r.columns.len() > MANY_COLUMNS || r.columns.iter().any(special)
    };
    let (mut first, rest): (Requests, Requests) = job.requests.iter().cloned().partition(in_first);
    let mut by_columns: BTreeMap<Vec<String>, Requests> = BTreeMap::new();
    rest.into_iter().for_each(|(slice, r)| by_columns.entry(r.columns.clone()).or_default().push((slice, r)));
    let (mut further, mut seen): (Vec<Requests>, BTreeSet<String>) = Default::default();
    for (columns, requests) in by_columns {
        if seen.iter().chain(&columns).collect::<BTreeSet<_>>().len() > MOST_COLUMNS {
            seen.clear();
            further.push(Vec::new());
        }
        seen.extend(columns);
        further.last_mut().unwrap_or(&mut first).extend(requests);
    }
    let again = |requests: Requests| Job {
        source: job.source.clone(),
        schema: job.schema.clone(),
        filter: job.filter.clone(),
        requests,
        slices: job.slices.clone(),
        transform_inputs: Vec::new(),
        transforms: Vec::new(),
        threads: job.threads,
        keep_states: job.keep_states,
    };
    let further: Vec<Job> = further.into_iter().map(again).collect();
    [Job { requests: first, ..job }].into_iter().chain(further).collect()
}
