//! Metrics and two-sample tests of plugins as accumulators.

use crate::cache;
use crate::calls::{Bound, Call, calls, fields, inputs, ready};
use crate::columns::{Ready, type_name};
use crate::guest::{StateGuest, StateIndices};
use crate::instance::{Instance, State};
use crate::loaded::Linked;
use crate::world::driftline::plugin::types;
use arrow::array::ArrayRef;
use driftline_core::accumulator::{Accumulator, Context, Finished, Header};
use driftline_core::block::Block;
use driftline_core::name::is_identifier;
use driftline_core::plugin::{Info, PluginResult, PluginSample, SampleInfo};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard};
use wasmtime::component::ResourceAny;

/// What it takes to make an accumulator of a plugin.
pub(crate) struct Maker {
    linked: Linked,
    indices: StateIndices,
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
        indices: StateIndices,
        key: String,
        info: &Info,
        config: String,
        bound: Vec<Bound>,
        samples: Arc<[SampleInfo]>,
    ) -> Self {
        let header = Header::new(&info.name, info.state_version, cache::hex(config.as_bytes()));
        Self { linked, indices, key, config, bound, samples, header }
    }

    pub fn accumulator(self: &Arc<Self>, context: &Context) -> Result<PluginAccumulator, String> {
        let member = self.member(self.reference(context)?.as_deref())?;
        Ok(PluginAccumulator { member: Mutex::new(member), maker: self.clone(), unusable: 0 })
    }

    fn member(&self, reference: Option<&PluginResult>) -> Result<Member, String> {
        let mut instance = self.linked.instance()?;
        let guest = self.indices.load(&mut instance)?;
        let names: Vec<String> = self.bound.iter().map(|b| type_name(&b.data_type)).collect();
        let fields = fields(&self.bound, &names);
        let reference = reference.map(|r| r.state.as_slice());
        let created = instance.call("create", |store| guest.create(store, &self.config, &fields, reference));
        let state = created.map_err(|f| self.linked.count(f))?.map_err(|e| self.linked.fail("error", &format!("create: {e}")))?;
        Ok(Member { instance, guest, state })
    }

    /// The finished reference; without its own result there is nothing that current could be compared with.
    fn reference(&self, context: &Context) -> Result<Option<Arc<PluginResult>>, String> {
        let Some(profile) = &context.reference else { return Ok(None) };
        profile.read_key(&self.key).map(Some).map_err(|undefined| format!("on the reference: {}", undefined.reason()))
    }
}

/// The guest's state in an instance of its own.
struct Member {
    instance: Instance,
    guest: StateGuest,
    state: ResourceAny,
}

impl Member {
    /// One call into the guest. Its own errors and its failures are reasons for the user, counted once.
    fn call<R: Send>(
        &mut self,
        linked: &Linked,
        name: &str,
        call: impl FnOnce(&StateGuest, &mut wasmtime::Store<State>, ResourceAny) -> wasmtime::Result<Result<R, String>> + Send,
    ) -> Result<R, String> {
        let first = self.instance.dead().is_none();
        let (guest, state) = (&self.guest, self.state);
        let result = self.instance.call(name, |store| call(guest, store, state));
        let result = result.map_err(|f| if first { linked.count(f) } else { f.message })?;
        result.map_err(|e| linked.fail("error", &format!("{name}: {}", crate::instance::short(&e))))
    }

    /// Feeds the rows of some calls, and gives how many could not be used.
    fn feed(&mut self, maker: &Maker, inputs: &[ArrayRef], calls: &[Call]) -> Result<u64, String> {
        let mut unusable = 0;
        for call in calls {
            let Call::Rows(range) = call else {
                unusable += 1;
                continue;
            };
            let rows = range.len();
            maker.linked.shared.usage.rows.fetch_add(rows as u64, Relaxed);
            let ready = ready(&maker.bound, inputs, range.clone())?;
            let buffers: Vec<Vec<&[u8]>> = ready.iter().map(Ready::buffers).collect();
            let columns = ready.iter().zip(&buffers).map(|(column, buffers)| column.column(buffers));
            let columns: Vec<types::ColumnParam<'_>> = columns.collect::<Result<_, _>>()?;
            let batch = types::Batch { rows: rows as u32, columns: &columns };
            let of_call = self.call(&maker.linked, "update", |guest, store, state| guest.update(store, state, batch))?;
            if of_call > rows as u64 {
                return Err(maker.linked.fail("output", &format!("update could not use {of_call} of {rows} rows")));
            }
            unusable += of_call;
        }
        Ok(unusable)
    }

    /// The guest's own state, without our header.
    fn state(&mut self, linked: &Linked) -> Result<Vec<u8>, String> {
        self.call(linked, "state", |guest, store, state| guest.state(store, state))
    }

    fn merge(&mut self, linked: &Linked, other: &[u8]) -> Result<(), String> {
        self.call(linked, "merge", |guest, store, state| guest.merge(store, state, other))
    }
}

/// A plugin's state between two blocks.
pub(crate) struct PluginAccumulator {
    maker: Arc<Maker>,
    member: Mutex<Member>,
    unusable: u64,
}

/// Labels that every series has, or that mean something else on it.
const TAKEN_LABELS: [&str; 4] = ["monitor", "column", "segment", "params"];

impl PluginAccumulator {
    /// A guest whose call was cut short is dead, and says so at the next call.
    fn member(&self) -> MutexGuard<'_, Member> {
        self.member.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// What is wrong with the samples as series.
    fn wrong(&self, samples: &[types::Sample]) -> Option<String> {
        let most = self.maker.linked.shared.limits.samples;
        if samples.len() > most {
            return Some(format!("finish gave {} samples, which is more than its samples limit of {most}", samples.len()));
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
        let Some(described) = self.maker.samples.iter().find(|described| described.name == *name) else {
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
}

impl Accumulator for PluginAccumulator {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let maker = self.maker.clone();
        let inputs = inputs(&maker.bound, block)?;
        let calls = calls(&inputs, block.rows, maker.linked.most_row(), block.rows);
        let unusable = self.member().feed(&maker, &inputs, &calls)?;
        self.unusable += unusable;
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        let state = self.member().state(&self.maker.linked)?;
        self.maker.header.encode(&(self.unusable, state))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (unusable, state): (u64, Vec<u8>) = self.maker.header.decode(state)?;
        self.unusable += unusable;
        self.member().merge(&self.maker.linked, &state)
    }

    fn finish(&self) -> Result<Finished, String> {
        let linked = &self.maker.linked;
        let mut member = self.member();
        let samples = member.call(linked, "finish", |guest, store, state| guest.finish(store, state))?;
        if let Some(wrong) = self.wrong(&samples) {
            return Err(linked.fail("output", &wrong));
        }
        let sample = |s: types::Sample| PluginSample { name: s.name, labels: s.labels, value: s.value };
        let samples = samples.into_iter().map(sample).collect();
        Ok(Arc::new(PluginResult { samples, state: member.state(linked)? }))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + usize::try_from(self.maker.linked.shared.limits.memory.0).unwrap_or(usize::MAX / 2)
    }

    fn unusable(&self) -> u64 {
        self.unusable
    }
}
