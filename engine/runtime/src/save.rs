//! Profiles to keep: a plan's reference as a file, and the files of several shards as one.

use crate::evaluate::{EvaluateError, context, job};
use crate::pipeline::{Job, Progress, Slice, read_side};
use crate::plan::Plan;
use driftline_core::accumulator::Request;
use driftline_core::saved::{SavedColumn, SavedProfile};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reads the reference of a plan and gives what can be saved of it.
pub fn save_reference(plan: &Plan, progress: Progress<'_>) -> Result<SavedProfile, EvaluateError> {
    let side = plan.reference.as_ref().ok_or_else(|| EvaluateError::Io("there is no [source.reference] to make a profile of".into()))?;
    if side.source.saved().is_some() {
        return Err(EvaluateError::Io(format!("{} is a profile already", side.source.location())));
    }
    let result = read_side(Job { keep_states: true, ..job(plan, side, true, None) }, &context(plan, None, plan.run.kept()), progress)?;
    let own = plan.columns.iter().filter(|c| c.plugin.is_none() && c.in_reference);
    let columns = own.map(|c| SavedColumn { name: c.name.clone(), kind: c.kind, sample: c.sample.clone() }).collect();
    let mut saved = SavedProfile::new(result.profile.rows, plan.run.seed, &side.schema, columns).map_err(EvaluateError::Io)?;
    let slices = plan.metrics.iter().filter_map(|m| m.filter.clone()).chain(plan.other_segments.values().cloned());
    saved.slices = slices.filter_map(|filter| Some((filter.clone(), result.profile.slice(&filter)?.rows))).collect();
    saved.states = result.states;
    saved.counters = result.counters;
    Ok(saved)
}

/// Adds the states of other shards of the same data to those of the first, for all that the plan asks for.
pub fn merge_saved(plan: &Plan, shards: &[Arc<SavedProfile>]) -> Result<SavedProfile, EvaluateError> {
    let (first, others) = shards.split_first().ok_or_else(|| EvaluateError::Io("there is no profile to merge".into()))?;
    let side = plan.reference.as_ref().ok_or_else(|| EvaluateError::Io("there is no reference".into()))?;
    let (job, context) = (job(plan, side, true, None), context(plan, None, plan.run.kept()));
    let requests: BTreeMap<(Slice, String), &Request> = job.requests.iter().map(|(slice, r)| ((slice.clone(), r.key.clone()), r)).collect();
    let mut merged = first.as_ref().clone();
    for (place, state) in &first.states {
        let all: Result<Vec<&Vec<u8>>, String> = [state].into_iter().chain(others.iter().filter_map(|o| o.states.get(place))).map(|s| s.as_ref().map_err(Clone::clone)).collect();
        let joined = all.and_then(|states| {
            let request = requests.get(place).ok_or_else(|| format!("`{}` was asked for by a spec: name it with --spec", place.1))?;
            if states.len() != shards.len() {
                return Err(format!("one of the profiles does not hold `{}`", place.1));
            }
            let mut accumulator = (request.make)(&context)?;
            states.into_iter().try_for_each(|state| accumulator.merge(state))?;
            accumulator.state()
        });
        merged.states.insert(place.clone(), joined);
    }
    for other in others {
        if other.seed != first.seed || other.schema().map_err(EvaluateError::Io)? != first.schema().map_err(EvaluateError::Io)? {
            return Err(EvaluateError::Io("the profiles have other columns, types or seeds".into()));
        }
        merged.rows += other.rows;
        other.slices.iter().for_each(|(filter, rows)| *merged.slices.entry(filter.clone()).or_default() += rows);
        other.counters.iter().for_each(|(name, n)| *merged.counters.entry(name.clone()).or_default() += n);
    }
    Ok(merged)
}
