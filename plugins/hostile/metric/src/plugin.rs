//! Each behaviour breaks one promise of the contract or runs into one limit of the host.

use crate::bindings::driftline::plugin::log::{Level, log};
use crate::bindings::driftline::plugin::types::{Batch, Data, Encoding, Field, Sample};
use crate::bindings::exports::driftline::plugin::about::{self, Description, Direction, Input, PluginInfo, SampleInfo};
use crate::bindings::exports::driftline::plugin::metrics::{self, GuestAccumulator};
use plugin_options::{Key, Kind, Options};
use std::cell::Cell;
use std::hint::black_box;

const KEYS: &[Key] = &[
    Key {
        name: "behaviour",
        summary: "What the plugin does wrong: in `update` it loops for ever, allocates for ever, panics, returns an error, \
                  floods the log or recurses for ever; in `finish` it returns many samples, one for each of many labels, a NaN, an infinite one, one that it did \
                  not describe, the same one twice, or one with a label that every series has; in `describe` it panics or describes a sample that is no name, in \
                  `create` it loops for ever; its state is one that it cannot read, or huge; it merges one state and no more; it looks at what stands under nulls; it \
                  cannot use one row of each batch. `good` counts rows, `reference` \
                  those of the reference, and `bytes` sums the bytes of the inputs `raw`, `time` and `other`.",
        kind: Kind::Choice {
            default: Some("good"),
            values: &[
                "good",
                "reference",
                "bytes",
                "loop",
                "memory",
                "trap",
                "error",
                "log_flood",
                "deep_recursion",
                "many_samples",
                "label_bomb",
                "infinite_sample",
                "twice",
                "describe_trap",
                "describe_lie",
                "create_loop",
                "huge_state",
                "nan_sample",
                "other_sample",
                "taken_label",
                "bad_state",
                "merges_once",
                "under_nulls",
                "unusable_batch",
            ],
        },
    },
    Key {
        name: "amount",
        summary: "Number of samples of `many_samples` and `label_bomb`, of messages of `log_flood`, or of bytes of `huge_state`.",
        kind: Kind::Integer { default: Some(2_000_000), min: 0, max: 1_000_000_000 },
    },
];

/// The component's exports.
pub struct Plugin;

impl about::Guest for Plugin {
    fn info() -> PluginInfo {
        PluginInfo {
            name: "hostile_metric".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Misbehaves on request, to test the host.".into(),
            state_version: 1,
            config_schema: plugin_options::schema(KEYS),
            inputs: vec![
                Input {
                    name: "value".into(),
                    summary: "Any numbers.".into(),
                    accepts: vec!["Float64".into()],
                    encoding: Encoding::Typed,
                    optional: false,
                },
                extra("raw", &["Float64", "List(Float32)", "Utf8"], Encoding::Raw),
                extra("time", &["Timestamp(ms)"], Encoding::Typed),
                extra("other", &["Date32", "List(Utf8)"], Encoding::Typed),
            ],
        }
    }

    fn describe(config: String, _: Vec<Field>) -> Result<Description, String> {
        let options = Options::parse(&config, KEYS)?;
        let name = match options.text("behaviour") {
            Some("describe_trap") => panic!("asked to panic"),
            Some("describe_lie") => "rows 1\ndriftline_status",
            _ => "rows",
        };
        let rows = SampleInfo {
            name: name.into(),
            summary: "Number of rows seen.".into(),
            unit: String::new(),
            direction: Direction::Neither,
            labels: vec!["number".into()],
        };
        Ok(Description { outputs: Vec::new(), samples: vec![rows] })
    }
}

impl metrics::Guest for Plugin {
    type Accumulator = Accumulator;
}

/// Counts rows, and does what its behaviour says.
pub struct Accumulator {
    options: Options,
    rows: Cell<u64>,
    /// Sum of the bytes of the inputs beside `value`.
    bytes: Cell<u64>,
    /// Whether a state has been merged into it.
    merged: Cell<bool>,
    /// Rows of the reference, where there is one.
    reference: Option<u64>,
}

impl GuestAccumulator for Accumulator {
    fn create(config: String, _: Vec<Field>, reference: Option<Vec<u8>>) -> Result<metrics::Accumulator, String> {
        let options = Options::parse(&config, KEYS)?;
        if options.text("behaviour") == Some("create_loop") {
            loop_for_ever();
        }
        let bad_state = options.text("behaviour") == Some("bad_state");
        let reference = reference.filter(|_| !bad_state).map(decode).transpose()?;
        Ok(metrics::Accumulator::new(Accumulator { options, rows: Cell::new(0), bytes: Cell::new(0), merged: Cell::new(false), reference }))
    }

    fn update(&self, batch: Batch) -> Result<u64, String> {
        match self.behaviour() {
            "loop" => loop_for_ever(),
            "memory" => allocate_for_ever(),
            "trap" => panic!("asked to panic"),
            "error" => return Err("asked to fail".into()),
            "log_flood" => (0..self.amount()).for_each(|number| log(Level::Info, &format!("message {number}"))),
            "deep_recursion" => _ = recurse(u64::from(batch.rows)),
            "unusable_batch" => return Ok(1.min(batch.rows.into())),
            "under_nulls" => {
                let values = batch.columns.iter().filter_map(|column| match &column.data {
                    Data::Float64(values) if column.name == "value" => Some(values),
                    _ => None,
                });
                self.rows.set(self.rows.get() + values.flatten().filter(|value| **value != 0.0).count() as u64);
                return Ok(0);
            }
            _ => {}
        }
        self.rows.set(self.rows.get() + u64::from(batch.rows));
        self.bytes.set(self.bytes.get() + batch.columns.iter().map(|column| sum(&column.data)).sum::<u64>());
        Ok(0)
    }

    /// Eight bytes; one less with `bad_state`.
    fn state(&self) -> Vec<u8> {
        if self.behaviour() == "huge_state" {
            return vec![1; usize::try_from(self.amount()).unwrap_or(0)];
        }
        let mut state = self.rows.get().to_le_bytes().to_vec();
        state.truncate(if self.behaviour() == "bad_state" { 7 } else { 8 });
        state
    }

    fn merge(&self, state: Vec<u8>) -> Result<(), String> {
        if self.behaviour() != "merges_once" || !self.merged.replace(true) {
            self.rows.set(self.rows.get().saturating_add(decode(state)?));
        }
        Ok(())
    }

    fn finish(&self) -> Result<Vec<Sample>, String> {
        Ok(match self.behaviour() {
            "many_samples" | "label_bomb" => (0..self.amount()).map(labelled).collect(),
            "bytes" => vec![rows(self.bytes.get() as f64)],
            "nan_sample" => vec![rows(f64::NAN)],
            "infinite_sample" => vec![rows(f64::INFINITY)],
            "twice" => vec![rows(1.0), rows(2.0)],
            "other_sample" => vec![Sample { name: "rows 1\ndriftline_status 1".into(), ..rows(1.0) }],
            "taken_label" => vec![Sample { labels: vec![("monitor".into(), "another".into())], ..rows(1.0) }],
            "reference" => self.reference.map(|reference| rows(reference as f64)).into_iter().collect(),
            _ => vec![rows(self.rows.get() as f64)],
        })
    }
}

impl Accumulator {
    fn behaviour(&self) -> &str {
        self.options.text("behaviour").unwrap_or("good")
    }

    fn amount(&self) -> i64 {
        self.options.integer("amount").unwrap_or(0)
    }
}

fn decode(state: Vec<u8>) -> Result<u64, String> {
    let length = state.len();
    let state: [u8; 8] = state.try_into().map_err(|_| format!("the state has {length} bytes, not 8"))?;
    Ok(u64::from_le_bytes(state))
}

fn rows(value: f64) -> Sample {
    Sample { name: "rows".into(), labels: Vec::new(), value }
}

fn extra(name: &str, accepts: &[&str], encoding: Encoding) -> Input {
    let accepts = accepts.iter().map(|name| name.to_string()).collect();
    Input { name: name.into(), summary: "For `bytes`.".into(), accepts, encoding, optional: true }
}

/// Of bytes and offsets that cross as such, and of ticks.
fn sum(data: &Data) -> u64 {
    let bytes = |bytes: &[u8]| bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    match data {
        Data::Raw(raw) => bytes(&raw.values) + raw.offsets.iter().flatten().map(|offset| u64::from(*offset)).sum::<u64>(),
        Data::Other(other) => other.buffers.iter().map(|buffer| bytes(buffer)).sum(),
        Data::Timestamp(ticks) => ticks.iter().sum::<i64>() as u64,
        _ => 0,
    }
}

fn labelled(number: i64) -> Sample {
    Sample { labels: vec![("number".into(), number.to_string())], ..rows(1.0) }
}

fn loop_for_ever() -> ! {
    loop {
        black_box(0);
    }
}

fn allocate_for_ever() -> ! {
    let mut kept = Vec::new();
    loop {
        // Written to, so that the pages are really there.
        kept.push(black_box(vec![1_u8; 1 << 20]));
    }
}

/// Needs each caller's frame for its own result, so it cannot become a loop.
#[allow(unconditional_recursion)]
#[inline(never)]
fn recurse(depth: u64) -> u64 {
    black_box(recurse(black_box(depth + 1))) ^ depth
}
