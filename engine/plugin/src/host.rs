//! Loaded plugins as the core's [`Plugin`]s.

use crate::cache;
use crate::columns::{Ready, choose, to_array, type_name};
use crate::instance::{Failure, Instance, Log, State, TICK};
use crate::world::driftline::plugin::{log, types};
use crate::world::exports::driftline::plugin::{about, metrics, transforms};
use arrow::array::{Array, ArrayRef, AsArray, new_null_array};
use arrow::datatypes::{DataType, Schema};
use driftline_core::accumulator::{Accumulator, Finished, Handle, Header};
use driftline_core::block::Block;
use driftline_core::plugin::{
    Bindings, Description, Info, Input, Plugin, PluginHost, PluginKind, PluginSample, SampleInfo, Transform, Transformed,
};
use driftline_core::spec::PluginSpec;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use wasmtime::component::{InstancePre, Linker, ResourceAny};
use wasmtime::{Config, Engine};

type Failures = Arc<Mutex<BTreeMap<(String, String), u64>>>;

/// Bytes of inputs that one call gets, unless a single row is larger.
const CALL_BYTES: usize = 4 << 20;

/// Runs plugins with Wasmtime.
pub struct Host {
    engine: Engine,
    linker: Linker<State>,
    cache: Option<PathBuf>,
    failures: Failures,
}

impl Host {
    /// Keeps compiled code in `cache`, or in memory only.
    pub fn new(cache: Option<PathBuf>) -> Result<Self, String> {
        let mut config = Config::new();
        config.wasm_component_model(true).epoch_interruption(true);
        let engine = Engine::new(&config).map_err(|e| format!("Wasmtime cannot start: {e:#}"))?;
        let mut linker = Linker::new(&engine);
        log::add_to_linker::<State, Log>(&mut linker, |state| state).map_err(|e| format!("{e:#}"))?;
        let ticking = engine.weak();
        std::thread::spawn(move || {
            while let Some(engine) = ticking.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        });
        Ok(Self { engine, linker, cache, failures: Failures::default() })
    }
}

impl PluginHost for Host {
    fn load(&self, spec: &PluginSpec, folder: &Path) -> Result<Arc<dyn Plugin>, String> {
        let path = folder.join(spec.frame.component.get_ref());
        let bytes = std::fs::read(&path).map_err(|e| format!("plugin `{}`: {}: {e}", spec.name, path.display()))?;
        let named = |e: String| format!("plugin `{}`: {}: {e}", spec.name, path.display());
        let component = cache::compile(&self.engine, &bytes, self.cache.as_deref()).map_err(named)?;
        let pre = self.linker.instantiate_pre(&component).map_err(|e| named(refused(&e)))?;
        let about = about::GuestIndices::new(&pre).map_err(|e| named(cache::first_line(&e)))?;
        let world = World::of(&pre).ok_or_else(|| named("it exports neither `transforms` nor `metrics`".into()))?;
        let mut loaded = Loaded {
            name: spec.name.clone(),
            config: spec.config.to_string(),
            limits: spec.frame.limits.clone(),
            pre,
            about,
            world,
            failures: self.failures.clone(),
            info: Info::empty(cache::hex(&bytes)),
            dictionaries: Vec::new(),
        };
        loaded.read_info()?;
        Ok(Arc::new(loaded))
    }

    fn failures(&self) -> Vec<(String, String, u64)> {
        let failures = self.failures.lock().unwrap_or_else(|e| e.into_inner());
        failures.iter().map(|((plugin, reason), n)| (plugin.clone(), reason.clone(), *n)).collect()
    }
}

/// A component that wants more than its inputs.
fn refused(error: &wasmtime::Error) -> String {
    format!("it needs what a plugin does not get: {}", cache::first_line(error))
}

enum World {
    Transform(transforms::GuestIndices),
    Metric,
}

impl World {
    fn of(pre: &InstancePre<State>) -> Option<Self> {
        let transform = transforms::GuestIndices::new(pre).ok().map(World::Transform);
        transform.or_else(|| metrics::GuestIndices::new(pre).ok().map(|_| World::Metric))
    }
}

struct Loaded {
    name: String,
    /// JSON.
    config: String,
    limits: driftline_core::spec::LimitsFrame,
    pre: InstancePre<State>,
    about: about::GuestIndices,
    world: World,
    failures: Failures,
    info: Info,
    /// Inputs that the plugin wants as dictionaries.
    dictionaries: Vec<String>,
}

/// An input bound to a column, with the type in which it crosses.
#[derive(Clone)]
struct Bound {
    input: String,
    column: String,
    data_type: DataType,
    dictionary: bool,
}

impl Loaded {
    fn instance(&self) -> Result<Instance, String> {
        Instance::new(&self.name, &self.pre, &self.limits).map_err(|f| self.count(f))
    }

    /// Counts a failure and gives its words.
    fn count(&self, failure: Failure) -> String {
        count(&self.failures, &self.name, failure)
    }

    fn read_info(&mut self) -> Result<(), String> {
        let mut instance = self.instance()?;
        let handle = instance.handle;
        let guest = self.about.load(instance.store(), &handle).map_err(|e| cache::first_line(&e))?;
        let info = instance.call("info", |store| guest.call_info(store)).map_err(|f| self.count(f))?;
        let kind = match self.world {
            World::Transform(_) => PluginKind::Transform,
            World::Metric => PluginKind::Metric,
        };
        let wants_codes = |i: &&about::Input| i.encoding == types::Encoding::Dictionary;
        self.dictionaries = info.inputs.iter().filter(wants_codes).map(|i| i.name.clone()).collect();
        let inputs = info.inputs.into_iter().map(|i| Input {
            name: i.name,
            summary: i.summary,
            accepts: i.accepts,
            optional: i.optional,
        });
        self.info = Info {
            name: info.name,
            version: info.version,
            summary: info.summary,
            state_version: info.state_version,
            config_schema: info.config_schema,
            inputs: inputs.collect(),
            kind,
            digest: self.info.digest.clone(),
        };
        Ok(())
    }

    /// The inputs with the types in which they cross.
    fn bind(&self, bindings: &Bindings, schema: &Schema) -> Result<Vec<Bound>, String> {
        bindings.iter().map(|(input, column)| self.bind_one(input, column, schema)).collect()
    }

    fn bind_one(&self, input: &str, column: &str, schema: &Schema) -> Result<Bound, String> {
        let name = &self.name;
        let asked = self.info.inputs.iter().find(|i| i.name == input);
        let asked = asked.ok_or_else(|| format!("plugin `{name}` has no input `{input}`"))?;
        let field = schema.field_with_name(column);
        let field = field.map_err(|_| format!("plugin `{name}`: column `{column}` is not there"))?;
        let data_type = choose(field.data_type(), &asked.accepts).ok_or_else(|| {
            let accepts = asked.accepts.join(" or ");
            format!("plugin `{name}`: input `{input}` takes {accepts}, and column `{column}` is {}", field.data_type())
        })?;
        let dictionary = data_type == DataType::Utf8 && self.dictionaries.iter().any(|d| d == input);
        Ok(Bound { input: input.into(), column: column.into(), data_type, dictionary })
    }

    fn describe_bound(&self, bound: &[Bound]) -> Result<about::Description, String> {
        let mut instance = self.instance()?;
        let handle = instance.handle;
        let guest = self.about.load(instance.store(), &handle).map_err(|e| cache::first_line(&e))?;
        let names: Vec<String> = bound.iter().map(|b| type_name(&b.data_type)).collect();
        let fields = fields(bound, &names);
        let described = instance.call("describe", |store| guest.call_describe(store, &self.config, &fields));
        described.map_err(|f| self.count(f))?.map_err(|e| format!("plugin `{}`: {e}", self.name))
    }
}

fn count(failures: &Failures, plugin: &str, failure: Failure) -> String {
    let mut failures = failures.lock().unwrap_or_else(|e| e.into_inner());
    *failures.entry((plugin.to_owned(), failure.reason.to_owned())).or_default() += 1;
    failure.message
}

fn fields<'a>(bound: &'a [Bound], names: &'a [String]) -> Vec<types::Field<'a>> {
    let field = |(b, name): (&'a Bound, &'a String)| types::Field { name: &b.input, arrow_type: name, nullable: true };
    bound.iter().zip(names).map(field).collect()
}

impl Plugin for Loaded {
    fn info(&self) -> &Info {
        &self.info
    }

    fn describe(&self, bindings: &Bindings, schema: &Schema) -> Result<Description, String> {
        let described = self.describe_bound(&self.bind(bindings, schema)?)?;
        let mut outputs = Vec::new();
        for output in described.outputs {
            let data_type = crate::columns::data_type(&output.arrow_type);
            let unknown = || format!("plugin `{}`: output `{}` is of unknown type {}", self.name, output.name, output.arrow_type);
            outputs.push((output.name.clone(), data_type.ok_or_else(unknown)?));
        }
        let samples = described.samples.into_iter();
        let samples = samples.map(|s| SampleInfo { name: s.name, summary: s.summary, unit: s.unit }).collect();
        Ok(Description { outputs, samples })
    }

    fn transform(&self, bindings: &Bindings, schema: &Schema) -> Result<Box<dyn Transform>, String> {
        let World::Transform(indices) = &self.world else {
            return Err(format!("plugin `{}` is no transform", self.name));
        };
        let bound = self.bind(bindings, schema)?;
        let outputs = self.describe(bindings, schema)?.outputs;
        let mut instance = self.instance()?;
        let handle = instance.handle;
        let guest = indices.load(instance.store(), &handle).map_err(|e| cache::first_line(&e))?;
        let names: Vec<String> = bound.iter().map(|b| type_name(&b.data_type)).collect();
        let fields = fields(&bound, &names);
        let created = instance.call("create", |store| guest.transformer().call_create(store, &self.config, &fields));
        let transformer = created.map_err(|f| self.count(f))?.map_err(|e| format!("plugin `{}`: {e}", self.name))?;
        let failures = self.failures.clone();
        let most_row = usize::try_from(self.limits.row.0).unwrap_or(usize::MAX);
        let name = self.name.clone();
        Ok(Box::new(Running { name, instance, guest, transformer, bound, outputs, failures, most_row }))
    }

    fn samples(&self, bindings: &Bindings, schema: &Schema) -> Handle<Vec<PluginSample>> {
        let columns: Vec<String> = bindings.iter().map(|(_, column)| column.clone()).collect();
        let key = format!("plugin_{}({})", self.name, columns.join(","));
        let prepared = self.prepare(bindings, schema);
        let (seed, schema_of_key) = (key.clone(), columns);
        Handle::new(seed, schema_of_key, false, move |_| {
            let prepared = prepared.as_ref().map_err(Clone::clone)?;
            prepared.accumulator()
        })
    }
}

impl Loaded {
    fn prepare(&self, bindings: &Bindings, schema: &Schema) -> Result<Prepared, String> {
        let World::Metric = &self.world else { return Err(format!("plugin `{}` is no metric", self.name)) };
        Ok(Prepared {
            name: self.name.clone(),
            config: self.config.clone(),
            limits: self.limits.clone(),
            pre: self.pre.clone(),
            failures: self.failures.clone(),
            bound: self.bind(bindings, schema)?,
            header: Header::new(&self.info.name, self.info.state_version, cache::hex(self.config.as_bytes())),
        })
    }
}

/// What it takes to make an accumulator of a plugin's metric.
struct Prepared {
    name: String,
    config: String,
    limits: driftline_core::spec::LimitsFrame,
    pre: InstancePre<State>,
    failures: Failures,
    bound: Vec<Bound>,
    header: Header,
}

impl Prepared {
    fn accumulator(&self) -> Result<PluginAccumulator, String> {
        let failed = |f| count(&self.failures, &self.name, f);
        let mut instance = Instance::new(&self.name, &self.pre, &self.limits).map_err(failed)?;
        let indices = metrics::GuestIndices::new(&self.pre).map_err(|e| cache::first_line(&e))?;
        let handle = instance.handle;
        let guest = indices.load(instance.store(), &handle).map_err(|e| cache::first_line(&e))?;
        let names: Vec<String> = self.bound.iter().map(|b| type_name(&b.data_type)).collect();
        let fields = fields(&self.bound, &names);
        let created = instance.call("create", |store| guest.accumulator().call_create(store, &self.config, &fields, None));
        let accumulator = created.map_err(failed)?.map_err(|e| format!("plugin `{}`: {e}", self.name))?;
        Ok(PluginAccumulator {
            name: self.name.clone(),
            running: Mutex::new(instance),
            guest,
            accumulator,
            bound: self.bound.clone(),
            failures: self.failures.clone(),
            header: self.header.clone(),
            most_row: usize::try_from(self.limits.row.0).unwrap_or(usize::MAX),
            most_memory: usize::try_from(self.limits.memory.0).unwrap_or(usize::MAX),
            unusable: 0,
        })
    }
}

/// A transform between two blocks.
struct Running {
    name: String,
    instance: Instance,
    guest: transforms::Guest,
    transformer: ResourceAny,
    bound: Vec<Bound>,
    outputs: Vec<(String, DataType)>,
    failures: Failures,
    most_row: usize,
}

impl Transform for Running {
    fn apply(&mut self, block: &Block) -> Result<Transformed, String> {
        let inputs: Vec<ArrayRef> = self.bound.iter().map(|b| block.column(&b.column).cloned()).collect::<Result<_, _>>()?;
        let mut parts: Vec<Vec<ArrayRef>> = vec![Vec::new(); self.outputs.len()];
        for call in calls(&inputs, block.rows, self.most_row) {
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
        let columns: Vec<types::ColumnParam<'_>> = ready.iter().map(Ready::column).collect::<Result<_, _>>()?;
        let batch = types::Batch { rows: rows as u32, columns: &columns };
        let (guest, transformer) = (&self.guest, self.transformer);
        let first_failure = self.instance.dead().is_none();
        let result = self.instance.call("transform", |store| guest.transformer().call_transform(store, transformer, batch));
        let result = result.map_err(|f| if first_failure { count(&self.failures, &self.name, f) } else { f.message })?;
        let result = result.map_err(|e| self.fail("error", &e))?;
        if result.len() != self.outputs.len() {
            let message = format!("transform gave {} columns, and described {}", result.len(), self.outputs.len());
            return Err(self.fail("output", &message));
        }
        let outputs = self.outputs.clone();
        let arrays: Result<Vec<ArrayRef>, String> =
            result.into_iter().zip(&outputs).map(|(column, (_, t))| to_array(column, t, rows)).collect();
        arrays.map_err(|e| self.fail("output", &e))
    }

    fn fail(&self, reason: &'static str, message: &str) -> String {
        let message = format!("plugin `{}`: {message}", self.name);
        count(&self.failures, &self.name, Failure { reason, message })
    }
}

fn ready(bound: &[Bound], inputs: &[ArrayRef], range: Range<usize>) -> Result<Vec<Ready>, String> {
    let one = |(b, array): (&Bound, &ArrayRef)| {
        Ready::new(&b.input, &array.slice(range.start, range.len()), &b.data_type, b.dictionary)
    };
    bound.iter().zip(inputs).map(one).collect()
}

enum Call {
    Rows(Range<usize>),
    /// A single row beyond the row limit: null, and counted.
    TooLarge,
}

/// Cuts a block by the bytes of its inputs.
fn calls(inputs: &[ArrayRef], rows: usize, most_row: usize) -> Vec<Call> {
    let mut calls = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for row in 0..rows {
        let size: usize = inputs.iter().map(|a| row_bytes(a, row)).sum();
        if row > start && (bytes + size > CALL_BYTES || size > most_row) {
            calls.push(Call::Rows(start..row));
            (start, bytes) = (row, 0);
        }
        if size > most_row {
            calls.push(Call::TooLarge);
            start = row + 1;
        } else {
            bytes += size;
        }
    }
    if start < rows {
        calls.push(Call::Rows(start..rows));
    }
    calls
}

fn row_bytes(array: &ArrayRef, row: usize) -> usize {
    match array.data_type() {
        DataType::List(f) => {
            array.as_list::<i32>().value_length(row) as usize * f.data_type().primitive_width().unwrap_or(16)
        }
        DataType::LargeList(f) => {
            array.as_list::<i64>().value_length(row) as usize * f.data_type().primitive_width().unwrap_or(16)
        }
        DataType::FixedSizeList(f, n) => *n as usize * f.data_type().primitive_width().unwrap_or(16),
        DataType::LargeBinary => array.as_binary::<i64>().value_length(row) as usize,
        DataType::LargeUtf8 => array.as_string::<i64>().value_length(row) as usize,
        DataType::Binary => array.as_binary::<i32>().value_length(row) as usize,
        DataType::Utf8 => array.as_string::<i32>().value_length(row) as usize,
        DataType::BinaryView => array.as_binary_view().value(row).len(),
        DataType::Utf8View => array.as_string_view().value(row).len(),
        other => other.primitive_width().unwrap_or(16),
    }
}

/// A plugin's metric as an accumulator.
struct PluginAccumulator {
    name: String,
    running: Mutex<Instance>,
    guest: metrics::Guest,
    accumulator: ResourceAny,
    bound: Vec<Bound>,
    failures: Failures,
    header: Header,
    most_row: usize,
    most_memory: usize,
    unusable: u64,
}

impl PluginAccumulator {
    /// One call into the guest. Its own errors and its failures are reasons for the user, counted once.
    fn call<R>(
        &self,
        name: &str,
        call: impl FnOnce(&mut wasmtime::Store<State>) -> wasmtime::Result<Result<R, String>>,
    ) -> Result<R, String> {
        let mut running = self.running.lock().unwrap_or_else(|e| e.into_inner());
        let first = running.dead().is_none();
        let result = running.call(name, call);
        let result = result.map_err(|f| if first { count(&self.failures, &self.name, f) } else { f.message })?;
        result.map_err(|e| self.fail("error", format!("plugin `{}`: {e}", self.name)))
    }

    fn fail(&self, reason: &'static str, message: String) -> String {
        count(&self.failures, &self.name, Failure { reason, message })
    }
}

impl Accumulator for PluginAccumulator {
    fn update(&mut self, block: &Block) -> Result<(), String> {
        let inputs: Vec<ArrayRef> = self.bound.iter().map(|b| block.column(&b.column).cloned()).collect::<Result<_, _>>()?;
        for call in calls(&inputs, block.rows, self.most_row) {
            let Call::Rows(range) = call else {
                self.unusable += 1;
                continue;
            };
            let rows = range.len();
            let ready = ready(&self.bound, &inputs, range)?;
            let columns: Vec<types::ColumnParam<'_>> = ready.iter().map(Ready::column).collect::<Result<_, _>>()?;
            let batch = types::Batch { rows: rows as u32, columns: &columns };
            let unusable = self.call("update", |s| self.guest.accumulator().call_update(s, self.accumulator, batch))?;
            self.unusable += unusable.min(rows as u64);
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>, String> {
        let state = self.call("state", |s| Ok(Ok(self.guest.accumulator().call_state(s, self.accumulator)?)))?;
        self.header.encode(&(self.unusable, state))
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        let (unusable, state): (u64, Vec<u8>) = self.header.decode(state)?;
        self.unusable += unusable;
        self.call("merge", |s| self.guest.accumulator().call_merge(s, self.accumulator, &state))
    }

    fn finish(&self) -> Result<Finished, String> {
        let samples = self.call("finish", |s| self.guest.accumulator().call_finish(s, self.accumulator))?;
        if let Some(wrong) = samples.iter().find(|s| !s.value.is_finite()) {
            let message = format!("plugin `{}`: sample `{}` is not a finite number", self.name, wrong.name);
            return Err(self.fail("output", message));
        }
        let sample = |s: types::Sample| PluginSample { name: s.name, labels: s.labels, value: s.value };
        Ok(Arc::new(samples.into_iter().map(sample).collect::<Vec<PluginSample>>()))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.most_memory
    }

    fn unusable(&self) -> u64 {
        self.unusable
    }
}
