//! Transforms: columns added to each block.

use crate::cache::first_line;
use crate::calls::{Bound, Call, calls, fields, inputs, ready};
use crate::columns::{Ready, to_array, type_name};
use crate::instance::{Failure, Instance, short};
use crate::loaded::Linked;
use crate::world::driftline::plugin::types;
use crate::world::exports::driftline::plugin::transforms::{Guest, GuestIndices};
use arrow::array::{Array, ArrayRef, new_null_array};
use arrow::datatypes::DataType;
use driftline_core::block::Block;
use driftline_core::plugin::{Transform, Transformed};
use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use wasmtime::component::ResourceAny;

/// Rows of one call: few enough that the calls of a block keep several instances equally busy.
const CALL_ROWS: usize = 8_192;

/// Calls of which the outputs are held at once, as far as their bytes go.
const SLAB_OUTPUTS: u64 = 4;

/// What all instances of a running transform share.
struct Shared {
    linked: Linked,
    indices: GuestIndices,
    /// JSON.
    config: String,
    bound: Vec<Bound>,
    outputs: Vec<(String, DataType)>,
}

/// A transform between two blocks, in an instance for each thread.
pub(crate) struct Running {
    shared: Shared,
    members: Vec<Member>,
    threads: usize,
}

/// An instance with its transformer.
struct Member {
    instance: Instance,
    guest: Guest,
    transformer: ResourceAny,
}

/// The columns that one call gave, or why it did not.
type Given = Result<Vec<ArrayRef>, Failure>;

impl Running {
    pub fn new(
        linked: Linked,
        indices: GuestIndices,
        config: String,
        bound: Vec<Bound>,
        outputs: Vec<(String, DataType)>,
        threads: usize,
    ) -> Result<Self, String> {
        let shared = Shared { linked, indices, config, bound, outputs };
        // The others are made when there is something for them to do.
        let members = vec![Member::new(&shared).map_err(|failure| shared.linked.count(failure))?];
        let threads = threads.min(shared.linked.shared.limits.instances).max(1);
        Ok(Self { shared, members, threads })
    }

    /// Makes the calls on as many instances as there are threads, in no order; what they give is in the order of the calls.
    fn run(&mut self, inputs: &[ArrayRef], calls: &[Call]) -> Vec<Given> {
        while self.members.len() < self.threads.min(calls.len()) {
            match Member::new(&self.shared) {
                Ok(member) => self.members.push(member),
                Err(failure) => return vec![Err(failure)],
            }
        }
        let shared = &self.shared;
        if let ([only], _) | ([only, ..], [_]) = (self.members.as_mut_slice(), calls) {
            return calls.iter().map(|call| only.take(shared, inputs, call)).collect();
        }
        let next = AtomicUsize::new(0);
        let work = |member: &mut Member| {
            let mut given: Vec<(usize, Given)> = Vec::new();
            while let Some((i, call)) = Some(next.fetch_add(1, Relaxed)).and_then(|i| Some((i, calls.get(i)?))) {
                given.push((i, member.take(shared, inputs, call)));
            }
            given
        };
        let mut given: Vec<(usize, Given)> = self.members.par_iter_mut().flat_map_iter(work).collect();
        given.sort_by_key(|(i, _)| *i);
        given.into_iter().map(|(_, columns)| columns).collect()
    }
}

impl Transform for Running {
    fn apply(&mut self, block: &Block) -> Result<Transformed, String> {
        let inputs = inputs(&self.shared.bound, block)?;
        let calls = calls(&inputs, block.rows, self.shared.linked.most_row(), CALL_ROWS);
        let mut parts: Vec<Vec<ArrayRef>> = vec![Vec::new(); self.shared.outputs.len()];
        let mut bytes = 0;
        for columns in self.run(&inputs, &calls) {
            // The first failure is that of all, so that it is counted once, however many instances there are.
            let columns = columns.map_err(|failure| self.shared.linked.count(failure))?;
            bytes += columns.iter().map(|column| column.get_array_memory_size()).sum::<usize>();
            parts.iter_mut().zip(columns).for_each(|(part, column)| part.push(column));
        }
        let most = self.shared.linked.shared.limits.output.0.saturating_mul(SLAB_OUTPUTS);
        if bytes as u64 > most {
            let most = bytesize::ByteSize(most).display().iec();
            return Err(self.shared.linked.fail("output", &format!("transform gave more than {most} for {} rows, {SLAB_OUTPUTS} times its output limit", block.rows)));
        }
        let join = |(part, (_, t)): (Vec<ArrayRef>, &(String, DataType))| match part.is_empty() {
            true => Ok(new_null_array(t, 0)),
            false => arrow::compute::concat(&part.iter().map(|a| a.as_ref()).collect::<Vec<_>>()).map_err(|e| e.to_string()),
        };
        let columns: Vec<ArrayRef> = parts.into_iter().zip(&self.shared.outputs).map(join).collect::<Result<_, _>>()?;
        let unusable = unusable(&inputs, &columns, block.rows);
        Ok(Transformed { columns, unusable })
    }
}

/// Rows whose inputs are all there and whose outputs are all null.
fn unusable(inputs: &[ArrayRef], outputs: &[ArrayRef], rows: usize) -> u64 {
    let lost = |row: usize| inputs.iter().all(|a| a.is_valid(row)) && outputs.iter().all(|a| a.is_null(row));
    if outputs.is_empty() { 0 } else { (0..rows).filter(|row| lost(*row)).count() as u64 }
}

impl Member {
    fn new(shared: &Shared) -> Result<Self, Failure> {
        let linked = &shared.linked;
        let mut instance = Instance::new(&linked.pre, &linked.shared)?;
        let handle = instance.handle;
        let guest = shared.indices.load(instance.store(), &handle).map_err(|e| linked.failure("trap", &first_line(&e)))?;
        let names: Vec<String> = shared.bound.iter().map(|b| type_name(&b.data_type)).collect();
        let fields = fields(&shared.bound, &names);
        let created = instance.call("create", |store| guest.transformer().call_create(store, &shared.config, &fields));
        let transformer = created?.map_err(|e| linked.failure("error", &format!("create: {}", short(&e))))?;
        Ok(Self { instance, guest, transformer })
    }

    fn take(&mut self, shared: &Shared, inputs: &[ArrayRef], call: &Call) -> Given {
        match call {
            Call::Rows(range) => self.call(shared, inputs, range.clone()),
            Call::TooLarge => Ok(shared.outputs.iter().map(|(_, t)| new_null_array(t, 1)).collect()),
        }
    }

    fn call(&mut self, shared: &Shared, inputs: &[ArrayRef], range: Range<usize>) -> Given {
        let linked = &shared.linked;
        let rows = range.len();
        linked.shared.usage.rows.fetch_add(rows as u64, Relaxed);
        let failed = |e: String| linked.failure("error", &e);
        let ready = ready(&shared.bound, inputs, range).map_err(failed)?;
        let buffers: Vec<Vec<&[u8]>> = ready.iter().map(Ready::buffers).collect();
        let columns = ready.iter().zip(&buffers).map(|(column, buffers)| column.column(buffers));
        let columns: Vec<types::ColumnParam<'_>> = columns.collect::<Result<_, _>>().map_err(failed)?;
        let batch = types::Batch { rows: rows as u32, columns: &columns };
        let (guest, transformer) = (&self.guest, self.transformer);
        let result = self.instance.call("transform", |store| guest.transformer().call_transform(store, transformer, batch));
        let result = result?.map_err(|e| failed(format!("transform: {}", short(&e))))?;
        let outputs = &shared.outputs;
        if result.len() != outputs.len() {
            let message = format!("transform gave {} columns, and described {}", result.len(), outputs.len());
            return Err(linked.failure("output", &message));
        }
        let one = |(column, (name, t)): (types::ColumnResult, &(String, DataType))| match column.name == *name {
            true => to_array(column, t, rows),
            false => Err(format!("transform gave a column `{:.100}` in the place of `{name}`; columns come as they are described", column.name)),
        };
        let arrays: Result<Vec<ArrayRef>, String> = result.into_iter().zip(outputs).map(one).collect();
        arrays.map_err(|e| linked.failure("output", &e))
    }
}
