//! The states of metrics and of two-sample tests, which are fed and merged alike.

use crate::cache::first_line;
use crate::instance::{Instance, State};
use crate::world::driftline::plugin::types::{Batch, Field, Sample};
use crate::world::exports::driftline::plugin::{metrics, two_sample_tests};
use wasmtime::component::ResourceAny;
use wasmtime::{Result, Store};

/// Which exports a component has.
#[derive(Clone)]
pub(crate) enum StateIndices {
    Metric(metrics::GuestIndices),
    Test(two_sample_tests::GuestIndices),
}

impl StateIndices {
    pub fn load(&self, instance: &mut Instance) -> std::result::Result<StateGuest, String> {
        let handle = instance.handle;
        let guest = match self {
            StateIndices::Metric(indices) => indices.load(instance.store(), &handle).map(StateGuest::Metric),
            StateIndices::Test(indices) => indices.load(instance.store(), &handle).map(StateGuest::Test),
        };
        guest.map_err(|e| first_line(&e))
    }
}

/// The exports of an instance: the calls of the contract.
pub(crate) enum StateGuest {
    Metric(metrics::Guest),
    Test(two_sample_tests::Guest),
}

type Said<T> = Result<std::result::Result<T, String>>;

impl StateGuest {
    pub fn create(&self, store: &mut Store<State>, config: &str, fields: &[Field<'_>], reference: Option<&[u8]>) -> Said<ResourceAny> {
        match self {
            StateGuest::Metric(guest) => guest.accumulator().call_create(store, config, fields, reference),
            StateGuest::Test(guest) => guest.side().call_create(store, config, fields, reference),
        }
    }

    pub fn update(&self, store: &mut Store<State>, state: ResourceAny, batch: Batch<'_>) -> Said<u64> {
        match self {
            StateGuest::Metric(guest) => guest.accumulator().call_update(store, state, batch),
            StateGuest::Test(guest) => guest.side().call_update(store, state, batch),
        }
    }

    pub fn state(&self, store: &mut Store<State>, state: ResourceAny) -> Said<Vec<u8>> {
        match self {
            StateGuest::Metric(guest) => guest.accumulator().call_state(store, state).map(Ok),
            StateGuest::Test(guest) => guest.side().call_state(store, state).map(Ok),
        }
    }

    pub fn merge(&self, store: &mut Store<State>, state: ResourceAny, other: &[u8]) -> Said<()> {
        match self {
            StateGuest::Metric(guest) => guest.accumulator().call_merge(store, state, other),
            StateGuest::Test(guest) => guest.side().call_merge(store, state, other),
        }
    }

    /// The samples of a metric; a test has none.
    pub fn finish(&self, store: &mut Store<State>, state: ResourceAny) -> Said<Vec<Sample>> {
        match self {
            StateGuest::Metric(guest) => guest.accumulator().call_finish(store, state),
            StateGuest::Test(_) => Ok(Ok(Vec::new())),
        }
    }
}
