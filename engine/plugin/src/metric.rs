//! Metrics of plugins as accumulators.

use crate::cache;
use crate::calls::{Bound, Call, calls, fields, inputs, ready};
use crate::columns::{Ready, type_name};
use crate::instance::{Instance, State};
use crate::loaded::Linked;
use crate::world::driftline::plugin::types;
use crate::world::exports::driftline::plugin::metrics::{Guest, GuestIndices};
use driftline_core::accumulator::{Accumulator, Context, Finished, Header};
use driftline_core::block::Block;
use driftline_core::name::is_identifier;
use driftline_core::plugin::{Info, PluginResult, PluginSample, SampleInfo};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use wasmtime::component::ResourceAny;

/// What it takes to make an accumulator of a plugin's metric.
pub(crate) struct Maker {
    linked: Linked,
    indices: GuestIndices,
    /// Under which a side's profile holds the result.
    key: String,
    config: String,
    bound: Vec<Bound>,
    /// The samples that it describes.
    samples: Arc<[SampleInfo]>,
    header: Header,
}

impl Maker {
    pub fn new(
        linked: Linked,
        indices: GuestIndices,
        key: String,
        info: &Info,
        config: String,
        bound: Vec<Bound>,
        samples: Arc<[SampleInfo]>,
    ) -> Self {
        let header = Header::new(&info.name, info.state_version, cache::hex(config.as_bytes()));
        Self { linked, indices, key, config, bound, samples, header }
    }

    pub fn accumulator(&self, context: &Context) -> Result<PluginAccumulator, String> {
        let reference = self.reference(context)?;
        let mut instance = self.linked.instance()?;
        let handle = instance.handle;
        let guest = self.indices.load(instance.store(), &handle).map_err(|e| cache::first_line(&e))?;
        let names: Vec<String> = self.bound.iter().map(|b| type_name(&b.data_type)).collect();
        let fields = fields(&self.bound, &names);
        let reference = reference.as_ref().map(|r| r.state.as_slice());
        let created =
            instance.call("create", |store| guest.accumulator().call_create(store, &self.config, &fields, reference));
        let accumulator = created.map_err(|f| self.linked.count(f))?.map_err(|e| self.linked.says(&e))?;
        Ok(PluginAccumulator {
            linked: self.linked.clone(),
            running: Mutex::new(instance),
            guest,
            accumulator,
            bound: self.bound.clone(),
            samples: self.samples.clone(),
            header: self.header.clone(),
            unusable: 0,
        })
    }

    /// The finished reference; without its own result there is nothing that current could be compared with.
    fn reference(&self, context: &Context) -> Result<Option<Arc<PluginResult>>, String> {
        let Some(profile) = &context.reference else { return Ok(None) };
        profile.read_key(&self.key).map(Some).map_err(|undefined| format!("on the reference: {}", undefined.reason()))
    }
}

/// A plugin's metric between two blocks.
pub(crate) struct PluginAccumulator {
    linked: Linked,
    running: Mutex<Instance>,
    guest: Guest,
    accumulator: ResourceAny,
    bound: Vec<Bound>,
    samples: Arc<[SampleInfo]>,
    header: Header,
    unusable: u64,
}

/// Most samples of one accumulator.
const MOST_SAMPLES: usize = 10_000;

/// Labels that every series has, or that mean something else on it.
const TAKEN_LABELS: [&str; 4] = ["monitor", "column", "segment", "params"];

impl PluginAccumulator {
    /// One call into the guest. Its own errors and its failures are reasons for the user, counted once.
    fn call<R>(
        &self,
        name: &str,
        call: impl FnOnce(&mut wasmtime::Store<State>) -> wasmtime::Result<Result<R, String>>,
    ) -> Result<R, String> {
        // A guest whose call was cut short is dead, and says so at the next call.
        let mut running = self.running.lock().unwrap_or_else(|e| e.into_inner());
        let first = running.dead().is_none();
        let result = running.call(name, call);
        let result = result.map_err(|f| if first { self.linked.count(f) } else { f.message })?;
        result.map_err(|e| self.linked.fail("error", &e))
    }

    /// What is wrong with the samples as series.
    fn wrong(&self, samples: &[types::Sample]) -> Option<String> {
        if samples.len() > MOST_SAMPLES {
            return Some(format!("gave {} samples; more than {MOST_SAMPLES} are no metric", samples.len()));
        }
        let mut seen = BTreeSet::new();
        samples.iter().find_map(|sample| {
            let mut labels: Vec<&(String, String)> = sample.labels.iter().collect();
            labels.sort();
            match seen.insert((&sample.name, labels)) {
                true => self.wrong_sample(sample),
                false => Some(format!("gave sample `{}` twice with the labels {:?}", sample.name, sample.labels)),
            }
        })
    }

    fn wrong_sample(&self, sample: &types::Sample) -> Option<String> {
        let name = &sample.name;
        let Some(described) = self.samples.iter().find(|described| described.name == *name) else {
            return Some(format!("gave a sample {name:?} that it did not describe"));
        };
        if !sample.value.is_finite() {
            return Some(format!("sample `{name}` is not a finite number"));
        }
        let (i, label) = sample.labels.iter().map(|(label, _)| label).enumerate().find(|(i, label)| {
            let again = sample.labels[..*i].iter().any(|(other, _)| other == *label);
            !is_identifier(label) || TAKEN_LABELS.contains(&label.as_str()) || again || !described.labels.contains(label)
        })?;
        let taken = TAKEN_LABELS.join(", ");
        Some(format!("sample `{name}` has as label {} {label:?}; a label is described, lower_snake_case, comes once, and is none of {taken}", i + 1))
    }

    /// The guest's own state, without our header.
    fn guest_state(&self) -> Result<Vec<u8>, String> {
        self.call("state", |s| Ok(Ok(self.guest.accumulator().call_state(s, self.accumulator)?)))
    }
}

impl Accumulator for PluginAccumulator {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let inputs = inputs(&self.bound, block)?;
        for call in calls(&inputs, block.rows, self.linked.most_row()) {
            let Call::Rows(range) = call else {
                self.unusable += 1;
                continue;
            };
            let rows = range.len();
            let ready = ready(&self.bound, &inputs, range)?;
            let buffers: Vec<Vec<&[u8]>> = ready.iter().map(Ready::buffers).collect();
            let columns = ready.iter().zip(&buffers).map(|(column, buffers)| column.column(buffers));
            let columns: Vec<types::ColumnParam<'_>> = columns.collect::<Result<_, _>>()?;
            let batch = types::Batch { rows: rows as u32, columns: &columns };
            let unusable = self.call("update", |s| self.guest.accumulator().call_update(s, self.accumulator, batch))?;
            self.unusable += unusable.min(rows as u64);
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        self.header.encode(&(self.unusable, self.guest_state()?))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (unusable, state): (u64, Vec<u8>) = self.header.decode(state)?;
        self.unusable += unusable;
        self.call("merge", |s| self.guest.accumulator().call_merge(s, self.accumulator, &state))
    }

    fn finish(&self) -> Result<Finished, String> {
        let samples = self.call("finish", |s| self.guest.accumulator().call_finish(s, self.accumulator))?;
        if let Some(wrong) = self.wrong(&samples) {
            return Err(self.linked.fail("output", &wrong));
        }
        let sample = |s: types::Sample| PluginSample { name: s.name, labels: s.labels, value: s.value };
        let samples = samples.into_iter().map(sample).collect();
        Ok(Arc::new(PluginResult { samples, state: self.guest_state()? }))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + usize::try_from(self.linked.limits.memory.0).unwrap_or(usize::MAX / 2)
    }

    fn unusable(&self) -> u64 {
        self.unusable
    }
}
