//! A loaded component as the core's [`Plugin`].

use crate::cache::first_line;
use crate::calls::{Bound, fields};
use crate::columns::{Encoding, choose, data_type, is_output, type_name};
use crate::guest::StateIndices;
use crate::instance::{Failure, Instance, Shared, State, short};
use crate::metric::Maker;
use crate::transform::Running;
use crate::world::driftline::plugin::types;
use crate::world::exports::driftline::plugin::{about, metrics, transforms, two_sample_tests};
use arrow::datatypes::{DataType, Schema};
use driftline_core::accumulator::Handle;
use driftline_core::catalogue::Direction;
use driftline_core::diagnostic::Diagnostics;
use driftline_core::name::is_identifier;
use driftline_core::plugin::{Bindings, Description, Info, Input, Plugin, PluginKind, PluginResult, SampleInfo, Transform};
use driftline_core::spec::PluginSpec;
use driftline_core::two_sample::TestResult;
use std::num::NonZeroU16;
use std::sync::Arc;
use wasmtime::component::InstancePre;

/// A component that can be instantiated at any time, with what its instances share.
#[derive(Clone)]
pub(crate) struct Linked {
    pub pre: InstancePre<State>,
    pub shared: Shared,
}

impl Linked {
    pub fn instance(&self) -> Result<Instance, String> {
        Instance::new(&self.pre, &self.shared).map_err(|f| self.count(f))
    }

    /// Counts a failure and gives its words.
    pub fn count(&self, failure: Failure) -> String {
        self.shared.usage.count(failure)
    }

    /// Counts a failure that the guest did not notice itself.
    pub fn fail(&self, reason: &'static str, message: &str) -> String {
        self.count(self.failure(reason, message))
    }

    pub fn failure(&self, reason: &'static str, message: &str) -> Failure {
        Failure { reason, message: self.says(message) }
    }

    pub fn says(&self, message: &str) -> String {
        format!("plugin `{}`: {message}", self.shared.plugin)
    }

    /// The most bytes of a row.
    pub fn most_row(&self) -> usize {
        usize::try_from(self.shared.limits.row.0).unwrap_or(usize::MAX)
    }
}

enum World {
    Transform(transforms::GuestIndices),
    Metric(metrics::GuestIndices),
    Test(two_sample_tests::GuestIndices),
}

impl World {
    fn of(pre: &InstancePre<State>) -> Option<Self> {
        let transform = transforms::GuestIndices::new(pre).ok().map(World::Transform);
        let metric = || metrics::GuestIndices::new(pre).ok().map(World::Metric);
        transform.or_else(metric).or_else(|| two_sample_tests::GuestIndices::new(pre).ok().map(World::Test))
    }

    fn kind(&self) -> PluginKind {
        match self {
            World::Transform(_) => PluginKind::Transform,
            World::Metric(_) => PluginKind::Metric,
            World::Test(_) => PluginKind::TwoSampleTest,
        }
    }
}

/// A component that has told what it is.
pub(crate) struct Loaded {
    linked: Linked,
    /// JSON.
    config: String,
    about: about::GuestIndices,
    world: World,
    info: Info,
    partitions: NonZeroU16,
    /// How the plugin wants each input.
    encodings: Vec<(String, Encoding)>,
}

impl Loaded {
    pub fn new(linked: Linked, spec: &PluginSpec, digest: String, imports: Vec<String>) -> Result<Self, String> {
        let about = about::GuestIndices::new(&linked.pre).map_err(|e| linked.says(&first_line(&e)))?;
        let world = World::of(&linked.pre).ok_or_else(|| linked.says("it exports none of `transforms`, `metrics` and `two-sample-tests`"))?;
        let kind = world.kind();
        let mut instance = linked.instance()?;
        let handle = instance.handle;
        let guest = about.load(instance.store(), &handle).map_err(|e| first_line(&e))?;
        let said = instance.call("info", |store| guest.call_info(store)).map_err(|f| linked.count(f))?;
        let encoding = |i: &about::Input| match i.encoding {
            types::Encoding::Typed => Encoding::Typed,
            types::Encoding::Raw => Encoding::Raw,
            types::Encoding::Dictionary => Encoding::Dictionary,
        };
        let encodings = said.inputs.iter().map(|i| (i.name.clone(), encoding(i))).collect();
        acceptable(&said).map_err(|e| linked.fail("output", &format!("info: {e}")))?;
        Ok(Self { linked, config: spec.config.value.to_string(), about, world, info: info(said, kind, digest, imports), partitions: spec.frame.partitions, encodings })
    }

    /// The inputs with the types in which they cross.
    fn bind(&self, bindings: &Bindings, schema: &Schema) -> Result<Vec<Bound>, String> {
        bindings.iter().map(|(input, column)| self.bind_one(input, column, schema)).collect()
    }

    fn bind_one(&self, input: &str, column: &str, schema: &Schema) -> Result<Bound, String> {
        let name = &self.linked.shared.plugin;
        let asked = self.info.inputs.iter().find(|i| i.name == input);
        let asked = asked.ok_or_else(|| format!("plugin `{name}` has no input `{input}`"))?;
        let field = schema.field_with_name(column);
        let field = field.map_err(|_| format!("plugin `{name}`: column `{column}` is not there"))?;
        let encoding = self.encodings.iter().find(|(name, _)| name == input).map_or(Encoding::Typed, |(_, encoding)| *encoding);
        let data_type = choose(field.data_type(), &asked.accepts, encoding).ok_or_else(|| {
            let accepts: String = asked.accepts.join(" or ").chars().take(200).collect();
            let raw = if encoding == Encoding::Raw { " as raw bytes, in which only numbers, times, texts, bytes and lists of numbers cross" } else { "" };
            format!("plugin `{name}`: input `{input}` takes {accepts}{raw}, and column `{column}` is {}", field.data_type())
        })?;
        Ok(Bound { input: input.into(), column: column.into(), data_type, encoding })
    }

    fn describe_bound(&self, bound: &[Bound]) -> Result<about::Description, String> {
        let mut instance = self.linked.instance()?;
        let handle = instance.handle;
        let guest = self.about.load(instance.store(), &handle).map_err(|e| first_line(&e))?;
        let names: Vec<String> = bound.iter().map(|b| type_name(&b.data_type)).collect();
        let fields = fields(bound, &names);
        let described = instance.call("describe", |store| guest.call_describe(store, &self.config, &fields));
        described.map_err(|f| self.linked.count(f))?.map_err(|e| self.linked.fail("error", &format!("describe: {}", short(&e))))
    }
}

/// What a plugin may call an output: it becomes a column of the user's.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 100 && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Types of the columns that a transform gives, as the contract calls them.
const OUTPUT_TYPES: &str = "Boolean, Int64, UInt64, Float32, Float64, Utf8, Binary, Timestamp(s), Timestamp(ms), Timestamp(µs), Timestamp(ns), List(Float32), List(Float64) and List(Int64)";

/// Most inputs, outputs or samples that a plugin describes: each costs the plan something.
const MOST_DESCRIBED: usize = 1_000;

fn few(what: &str, found: usize) -> Result<(), String> {
    if found > MOST_DESCRIBED { Err(format!("{found} {what}; {MOST_DESCRIBED} are the most")) } else { Ok(()) }
}

/// Whether what a plugin says of itself can be used.
fn acceptable(said: &about::PluginInfo) -> Result<(), String> {
    few("inputs", said.inputs.len())?;
    for input in &said.inputs {
        few("types", input.accepts.len())?;
        if input.accepts.is_empty() {
            return Err(format!("input `{:.100}` accepts no type", input.name));
        }
        if let Some(unknown) = input.accepts.iter().find(|name| data_type(name).is_none()) {
            return Err(format!("input `{:.100}` accepts `{unknown:.100}`, which is no type; write Boolean, Int64, UInt64, Float32, Float64, Utf8, Binary, Timestamp(ms), List(Float64) or what else Arrow calls its types", input.name));
        }
    }
    crate::config::compile(&said.config_schema).map(|_| ())
}

impl Plugin for Loaded {
    fn info(&self) -> &Info {
        &self.info
    }

    fn accepts(&self, bindings: &Bindings, schema: &Schema) -> Result<(), String> {
        self.bind(bindings, schema).map(|_| ())
    }

    fn describe(&self, bindings: &Bindings, schema: &Schema) -> Result<Description, String> {
        let described = self.describe_bound(&self.bind(bindings, schema)?)?;
        few("outputs", described.outputs.len()).and(few("samples", described.samples.len())).map_err(|e| self.linked.fail("output", &format!("describe: {e}")))?;
        let mut outputs: Vec<(String, DataType)> = Vec::new();
        for output in described.outputs {
            let wrong = match data_type(&output.arrow_type).filter(is_output) {
                Some(_) if !is_name(&output.name) => format!("an output {:.100?}; names are letters, digits and _", output.name),
                Some(_) if outputs.iter().any(|(name, _)| *name == output.name) => format!("two outputs `{}`", output.name),
                Some(data_type) => {
                    outputs.push((output.name, data_type));
                    continue;
                }
                None => format!("output `{:.100}` of type {:.100}; a transform gives {OUTPUT_TYPES}", output.name, output.arrow_type),
            };
            return Err(self.linked.fail("output", &format!("describe gave {wrong}")));
        }
        // Prometheus keeps these endings for other types of series.
        let taken = |name: &str| name != "count" && ["_count", "_sum", "_bucket", "_total", "_info"].iter().any(|end| format!("_{name}").ends_with(end));
        if let Some(wrong) = described.samples.iter().find(|s| !is_identifier(&s.name) || taken(&s.name)) {
            let message = format!("describes a sample {:?}; names of samples are lower_snake_case, since they become parts of series, and do not end in _count, _sum, _bucket, _total or _info", wrong.name);
            return Err(self.linked.fail("output", &message));
        }
        let samples = described.samples.into_iter();
        let direction = |direction| match direction {
            about::Direction::HigherIsBetter => Direction::Higher,
            about::Direction::LowerIsBetter => Direction::Lower,
            about::Direction::Neither => Direction::Neither,
        };
        let samples = samples.map(|s| SampleInfo { name: s.name, summary: s.summary, unit: s.unit, direction: direction(s.direction), labels: s.labels }).collect();
        Ok(Description { outputs, samples })
    }

    fn check_config(&self, spec: &PluginSpec, diagnostics: &mut Diagnostics) -> Result<(), String> {
        crate::config::check(&self.info.config_schema, spec, diagnostics).map_err(|e| self.linked.says(&e))
    }

    fn transform(&self, bindings: &Bindings, schema: &Schema, threads: usize) -> Result<Box<dyn Transform>, String> {
        let World::Transform(indices) = &self.world else {
            return Err(self.linked.says("it is no transform"));
        };
        let bound = self.bind(bindings, schema)?;
        let outputs = self.describe(bindings, schema)?.outputs;
        Ok(Box::new(Running::new(self.linked.clone(), indices.clone(), self.config.clone(), bound, outputs, threads)?))
    }

    fn compare(&self, bindings: &Bindings, schema: &Schema, reference: &[u8], current: &[u8]) -> Result<TestResult, String> {
        let World::Test(indices) = &self.world else {
            return Err(self.linked.says("it is no two-sample test"));
        };
        let bound = self.bind(bindings, schema)?;
        crate::two_sample::compare(&self.linked, indices, &self.config, &bound, [reference, current])
    }

    fn samples(&self, bindings: &Bindings, schema: &Schema) -> Handle<PluginResult> {
        let columns: Vec<String> = bindings.iter().map(|(_, column)| column.clone()).collect();
        let key = format!("plugin_{}({})", self.linked.shared.plugin, columns.join(","));
        let maker = self.maker(key.clone(), bindings, schema).map(Arc::new);
        let mut handle = Handle::new(key, columns, 0, move |context| maker.as_ref().map_err(Clone::clone)?.accumulator(context));
        handle.request.partitions = self.partitions.get().into();
        handle
    }
}

impl Loaded {
    fn maker(&self, key: String, bindings: &Bindings, schema: &Schema) -> Result<Maker, String> {
        let indices = match &self.world {
            World::Metric(indices) => StateIndices::Metric(indices.clone()),
            World::Test(indices) => StateIndices::Test(indices.clone()),
            World::Transform(_) => return Err(self.linked.says("it is a transform; it gives columns and no samples")),
        };
        let bound = self.bind(bindings, schema)?;
        let samples = self.describe(bindings, schema)?.samples.into();
        let linked = self.linked.clone();
        Ok(Maker::new(linked, indices, key, &self.info, self.config.clone(), bound, samples))
    }
}

fn info(said: about::PluginInfo, kind: PluginKind, digest: String, imports: Vec<String>) -> Info {
    let input = |i: about::Input| Input { name: i.name, summary: i.summary, accepts: i.accepts, optional: i.optional };
    Info {
        name: said.name,
        version: said.version,
        summary: said.summary,
        state_version: said.state_version,
        config_schema: said.config_schema,
        inputs: said.inputs.into_iter().map(input).collect(),
        kind,
        digest,
        imports,
    }
}
