//! Accumulators: mergeable states fed with blocks, and how metrics ask for them.

use crate::block::Block;
use crate::profile::Profile;
use arrow::datatypes::{DataType, Schema};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::any::Any;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;

/// What an accumulator found: read by metrics through a [`Handle`].
pub type Finished = Arc<dyn Any + Send + Sync>;

/// A mergeable state.
///
/// Laws, which a property test holds every accumulator to:
/// - cutting the rows anywhere, merging in any order and a round trip through `state` leave `finish` unchanged
///   (exactly for counts, to 1e-12 relative to the sum of |x - mean|^k for moments);
/// - `finish` may be called at any time, again and again, and changes nothing;
/// - `size` counts capacity, not use.
///
/// Errors are reasons for the user; after one the accumulator is not used again.
pub trait Accumulator: Send {
    /// Takes the next block.
    fn update(&mut self, block: &Block) -> Result<(), String>;
    /// The state as bytes, with a [`Header`].
    fn state(&self) -> Result<Vec<u8>, String>;
    /// Adds the state of another accumulator of equal header.
    fn merge(&mut self, state: &[u8]) -> Result<(), String>;
    fn finish(&self) -> Result<Finished, String>;
    /// As [`Accumulator::finish`], when nothing comes after it: what is kept need not be copied.
    fn finish_last(self: Box<Self>) -> Result<Finished, String> {
        self.finish()
    }
    /// Bytes of memory.
    fn size(&self) -> usize;
    /// Bytes that went to disk.
    fn spilled(&self) -> u64 {
        0
    }
    /// Rows that could not be used.
    fn unusable(&self) -> u64 {
        0
    }
}

/// What an accumulator may use.
#[derive(Clone)]
pub struct Context {
    /// The finished reference, while the current side is read.
    pub reference: Option<Arc<Profile>>,
    /// Bytes of memory before it must go on on disk: of all accumulators of a side, or where one is made, its own.
    pub memory: usize,
    /// Folder for what does not fit.
    pub spill: PathBuf,
    pub seed: u64,
}

impl Context {
    /// What one accumulator of those that share the memory may use, where this has the memory for a byte of each row.
    pub fn share(&self, request: &Request) -> Context {
        Context { memory: self.memory.saturating_mul(request.row_bytes), ..self.clone() }
    }
}

type Make = dyn Fn(&Context) -> Result<Box<dyn Accumulator>, String> + Send + Sync;

/// A wish for an accumulator. Equal keys are one accumulator, however many metrics asked.
#[derive(Clone)]
pub struct Request {
    pub key: String,
    /// The columns that it reads.
    pub columns: Vec<String>,
    /// Bytes that it keeps of a row, by which the memory setting is shared out; 0 where it does not grow with the rows.
    pub row_bytes: usize,
    /// Accumulators that take blocks in turn, on several threads, and are merged at the end: 1 for all that are faster than the reader.
    pub partitions: usize,
    pub make: Arc<Make>,
    /// Whether it takes columns of text as dictionaries, too.
    pub dictionaries: bool,
    /// Where the result comes from instead: the first of these that is asked for anyway.
    pub derived: Vec<Derived>,
}

impl Request {
    /// The same where columns have these types: derived from what tells it of them.
    pub fn of(mut self, schema: &Schema) -> Self {
        let all = |of: fn(&DataType) -> bool| self.columns.iter().all(|column| schema.field_with_name(column).is_ok_and(|f| of(f.data_type())));
        self.derived.retain(|derived| all(derived.of));
        self
    }
}

/// A result that another accumulator's result tells as well.
#[derive(Clone)]
pub struct Derived {
    /// The other one.
    pub source: Request,
    /// Of columns of which types it tells that.
    pub of: fn(&DataType) -> bool,
    pub from: Arc<Derive>,
}

type Derive = dyn Fn(&Finished) -> Result<Finished, String> + Send + Sync;

/// A request whose result is a `T`.
pub struct Handle<T> {
    pub request: Request,
    result: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> Handle<T> {
    pub fn new<A: Accumulator + 'static>(
        key: String,
        columns: Vec<String>,
        row_bytes: usize,
        make: impl Fn(&Context) -> Result<A, String> + Send + Sync + 'static,
    ) -> Self {
        let make: Arc<Make> = Arc::new(move |context| Ok(Box::new(make(context)?)));
        Self { request: Request { key, columns, row_bytes, partitions: 1, make, dictionaries: false, derived: Vec::new() }, result: PhantomData }
    }

    /// The same, which takes columns of text as dictionaries, too.
    pub fn with_dictionaries(mut self) -> Self {
        self.request.dictionaries = true;
        self
    }

    /// The same, derived from the result of `other` where that is asked for on the same rows, and its columns have such a type.
    pub fn or_from<S: Send + Sync + 'static>(mut self, other: &Handle<S>, of: fn(&DataType) -> bool, from: impl Fn(&S) -> Result<T, String> + Send + Sync + 'static) -> Self {
        let from = move |finished: &Finished| -> Result<Finished, String> {
            let source = finished.downcast_ref::<S>().ok_or("internal error: a result of another type")?;
            Ok(Arc::new(from(source)?))
        };
        self.request.derived.push(Derived { source: other.request.clone(), of, from: Arc::new(from) });
        self
    }
}

/// Starts every state: states of equal header are compatible, others are refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    pub name: String,
    pub state_version: u32,
    /// Digest of the parameters that the state's meaning depends on.
    pub params: String,
}

impl Header {
    pub fn new(name: &str, state_version: u32, params: impl Into<String>) -> Self {
        Self { name: name.into(), state_version, params: params.into() }
    }

    /// The header and the state as bytes.
    pub fn encode<T: Serialize>(&self, state: &T) -> Result<Vec<u8>, String> {
        postcard::to_stdvec(&(self, state)).map_err(|e| format!("state of {} cannot be written: {e}", self.name))
    }

    /// Reads a state of equal header.
    pub fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, String> {
        let broken = |e| format!("state of {} cannot be read: {e}", self.name);
        let (header, rest) = postcard::take_from_bytes::<Header>(bytes).map_err(broken)?;
        if header != *self {
            return Err(format!(
                "state of {} version {} ({}) cannot be merged into {} version {} ({})",
                header.name, header.state_version, header.params, self.name, self.state_version, self.params
            ));
        }
        postcard::from_bytes(rest).map_err(broken)
    }
}
