//! Transforms: columns added to each block.

use crate::cache::first_line;
use crate::calls::{Bound, Call, calls, fields, inputs, ready};
use crate::columns::{Ready, to_array, type_name};
use crate::instance::Instance;
use crate::loaded::Linked;
use crate::world::driftline::plugin::types;
use crate::world::exports::driftline::plugin::transforms::{Guest, GuestIndices};
use arrow::array::{Array, ArrayRef, new_null_array};
use arrow::datatypes::DataType;
use driftline_core::block::Block;
use driftline_core::plugin::{Transform, Transformed};
use std::ops::Range;
use wasmtime::component::ResourceAny;

/// A transform between two blocks.
pub(crate) struct Running {
    linked: Linked,
    instance: Instance,
    guest: Guest,
    transformer: ResourceAny,
    bound: Vec<Bound>,
    outputs: Vec<(String, DataType)>,
}

impl Running {
    pub fn new(
        linked: Linked,
        indices: &GuestIndices,
        config: &str,
        bound: Vec<Bound>,
        outputs: Vec<(String, DataType)>,
    ) -> Result<Self, String> {
        let mut instance = linked.instance()?;
        let handle = instance.handle;
        let guest = indices.load(instance.store(), &handle).map_err(|e| first_line(&e))?;
        let names: Vec<String> = bound.iter().map(|b| type_name(&b.data_type)).collect();
        let fields = fields(&bound, &names);
        let created = instance.call("create", |store| guest.transformer().call_create(store, config, &fields));
        let transformer = created.map_err(|f| linked.count(f))?.map_err(|e| linked.says(&e))?;
        Ok(Self { linked, instance, guest, transformer, bound, outputs })
    }
}

impl Transform for Running {
    fn apply(&mut self, block: &Block) -> Result<Transformed, String> {
        let inputs = inputs(&self.bound, block)?;
        let mut parts: Vec<Vec<ArrayRef>> = vec![Vec::new(); self.outputs.len()];
        for call in calls(&inputs, block.rows, self.linked.most_row()) {
            let columns = match call {
                Call::Rows(range) => self.call(&inputs, range)?,
                Call::TooLarge => self.outputs.iter().map(|(_, t)| new_null_array(t, 1)).collect(),
            };
            parts.iter_mut().zip(columns).for_each(|(part, column)| part.push(column));
        }
        let join = |(part, (_, t)): (Vec<ArrayRef>, &(String, DataType))| match part.is_empty() {
            true => Ok(new_null_array(t, 0)),
            false => arrow::compute::concat(&part.iter().map(|a| a.as_ref()).collect::<Vec<_>>()).map_err(|e| e.to_string()),
        };
        let columns: Vec<ArrayRef> = parts.into_iter().zip(&self.outputs).map(join).collect::<Result<_, _>>()?;
        let unusable = unusable(&inputs, &columns, block.rows);
        Ok(Transformed { columns, unusable })
    }
}

/// Rows whose inputs are all there and whose outputs are all null.
fn unusable(inputs: &[ArrayRef], outputs: &[ArrayRef], rows: usize) -> u64 {
    let lost = |row: usize| inputs.iter().all(|a| a.is_valid(row)) && outputs.iter().all(|a| a.is_null(row));
    if outputs.is_empty() { 0 } else { (0..rows).filter(|row| lost(*row)).count() as u64 }
}

impl Running {
    fn call(&mut self, inputs: &[ArrayRef], range: Range<usize>) -> Result<Vec<ArrayRef>, String> {
        let rows = range.len();
        let ready = ready(&self.bound, inputs, range)?;
        let buffers: Vec<Vec<&[u8]>> = ready.iter().map(Ready::buffers).collect();
        let columns = ready.iter().zip(&buffers).map(|(column, buffers)| column.column(buffers));
        let columns: Vec<types::ColumnParam<'_>> = columns.collect::<Result<_, _>>()?;
        let batch = types::Batch { rows: rows as u32, columns: &columns };
        let (guest, transformer) = (&self.guest, self.transformer);
        let first_failure = self.instance.dead().is_none();
        let result = self.instance.call("transform", |store| guest.transformer().call_transform(store, transformer, batch));
        let result = result.map_err(|f| if first_failure { self.linked.count(f) } else { f.message })?;
        let result = result.map_err(|e| self.linked.fail("error", &e))?;
        if result.len() != self.outputs.len() {
            let message = format!("transform gave {} columns, and described {}", result.len(), self.outputs.len());
            return Err(self.linked.fail("output", &message));
        }
        let outputs = self.outputs.clone();
        let arrays: Result<Vec<ArrayRef>, String> =
            result.into_iter().zip(&outputs).map(|(column, (_, t))| to_array(column, t, rows)).collect();
        arrays.map_err(|e| self.linked.fail("output", &e))
    }
}
