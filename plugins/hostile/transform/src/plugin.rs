//! Each behaviour breaks one promise of the contract or runs into one limit of the host.

use crate::bindings::driftline::plugin::types::{Batch, Bytes, Column, Data, Encoding, Field, RaggedFloat32, RaggedFloat64, RaggedInt64};
use crate::bindings::exports::driftline::plugin::about::{self, Description, Input, Output, PluginInfo};
use crate::bindings::exports::driftline::plugin::transforms::{self, GuestTransformer};
use plugin_options::{Key, Kind, Options};
use std::cell::Cell;
use std::hint::black_box;

const KEYS: &[Key] = &[
    Key {
        name: "behaviour",
        summary: "What the plugin does wrong: it returns one row too few, values of another type than described, no column \
                  at all, or `amount` bytes in the first row, a column under another name; or rows numbered from the first that it sees; or it loops for ever or panics. `good` copies its \
                  input, `types` gives a column of each type that there is.",
        kind: Kind::Choice {
            default: Some("good"),
            values: &["good", "types", "wrong_rows", "wrong_type", "wrong_name", "missing_column", "numbered", "huge", "loop", "trap"],
        },
    },
    Key {
        name: "amount",
        summary: "Number of bytes that `huge` returns.",
        kind: Kind::Integer { default: Some(256 << 20), min: 0, max: 2_000_000_000 },
    },
];

/// The component's exports.
pub struct Plugin;

impl about::Guest for Plugin {
    fn info() -> PluginInfo {
        PluginInfo {
            name: "hostile_transform".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Misbehaves on request, to test the host.".into(),
            state_version: 1,
            config_schema: plugin_options::schema(KEYS),
            inputs: vec![Input {
                name: "value".into(),
                summary: "Any numbers.".into(),
                accepts: vec!["Float64".into()],
                encoding: Encoding::Typed,
                optional: false,
            }],
        }
    }

    fn describe(config: String, _: Vec<Field>) -> Result<Description, String> {
        let options = Options::parse(&config, KEYS)?;
        let output = |name: &str, arrow_type: &str| Output {
            name: name.into(),
            arrow_type: arrow_type.into(),
            summary: "The input again.".into(),
            unit: String::new(),
        };
        let outputs = match behaviour(&options) {
            "types" => TYPES.iter().map(|(name, arrow_type)| output(name, arrow_type)).collect(),
            "huge" => vec![output("echo", "Binary")],
            _ => vec![output("echo", "Float64")],
        };
        Ok(Description { outputs, samples: Vec::new() })
    }
}

impl transforms::Guest for Plugin {
    type Transformer = Transformer;
}

/// Copies its input, or does what its behaviour says.
pub struct Transformer(Options, Cell<usize>);

impl GuestTransformer for Transformer {
    fn create(config: String, _: Vec<Field>) -> Result<transforms::Transformer, String> {
        Ok(transforms::Transformer::new(Transformer(Options::parse(&config, KEYS)?, Cell::new(0))))
    }

    fn transform(&self, batch: Batch) -> Result<Vec<Column>, String> {
        let rows = batch.rows as usize;
        let value = batch.columns.into_iter().find(|column| column.name == "value");
        let Some(Column { data: Data::Float64(mut values), mut validity, .. }) = value else {
            return Err("the batch has no column `value` of Float64".into());
        };
        let data = match behaviour(&self.0) {
            "wrong_rows" => {
                let fewer = rows.saturating_sub(1);
                values.truncate(fewer);
                validity = validity.map(|validity| validity.into_iter().take(fewer).collect());
                Data::Float64(values)
            }
            "wrong_type" => Data::Int64(vec![1; rows]),
            "missing_column" => return Ok(Vec::new()),
            "numbered" => {
                let from = self.1.replace(self.1.get() + rows);
                Data::Float64((from..from + rows).map(|row| row as f64).collect())
            }
            "types" => return Ok(of_each_type(&values, validity)),
            "huge" => huge(rows, self.0.integer("amount").unwrap_or(0)),
            "loop" => loop_for_ever(),
            "trap" => panic!("asked to panic"),
            _ => Data::Float64(values),
        };
        let name = if behaviour(&self.0) == "wrong_name" { "ohce" } else { "echo" };
        Ok(vec![Column { name: name.into(), data, validity }])
    }
}

fn behaviour(options: &Options) -> &str {
    options.text("behaviour").unwrap_or("good")
}

/// Where each of some lengths ends, from 0 on.
fn ends(lengths: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut ends = vec![0];
    for length in lengths {
        ends.push(ends[ends.len() - 1] + length);
    }
    ends
}

const TYPES: &[(&str, &str)] = &[
    ("boolean", "Boolean"),
    ("int64", "Int64"),
    ("uint64", "UInt64"),
    ("float32", "Float32"),
    ("float64", "Float64"),
    ("utf8", "Utf8"),
    ("binary", "Binary"),
    ("timestamp", "Timestamp(ms)"),
    ("list_float32", "List(Float32)"),
    ("list_float64", "List(Float64)"),
    ("list_int64", "List(Int64)"),
];

/// Whole numbers from 0 on as each type; lists have as many items as the number's last digit says.
fn of_each_type(values: &[f64], validity: Option<Vec<u8>>) -> Vec<Column> {
    let length = |value: f64| value as u32 % 10;
    let offsets = ends(values.iter().map(|value| length(*value)));
    let items = || values.iter().flat_map(|value| (0..length(*value)).map(|item| (*value as u32 + item) % 7));
    let texts: Vec<String> = values.iter().map(|value| format!("{value}")).collect();
    let bytes = || Bytes { offsets: ends(texts.iter().map(|text| text.len() as u32)), values: texts.concat().into_bytes() };
    let data = |name: &str| match name {
        "boolean" => Data::Boolean(values.iter().map(|value| u8::from(*value > 0.0)).collect()),
        "int64" => Data::Int64(values.iter().map(|value| *value as i64).collect()),
        "uint64" => Data::Uint64(values.iter().map(|value| *value as u64).collect()),
        "float32" => Data::Float32(values.iter().map(|value| *value as f32).collect()),
        "utf8" => Data::Utf8(bytes()),
        "binary" => Data::Binary(bytes()),
        "timestamp" => Data::Timestamp(values.iter().map(|value| *value as i64 * 1000).collect()),
        "list_float32" => Data::ListFloat32(RaggedFloat32 { offsets: offsets.clone(), values: items().map(|item| item as f32).collect() }),
        "list_float64" => Data::ListFloat64(RaggedFloat64 { offsets: offsets.clone(), values: items().map(f64::from).collect() }),
        "list_int64" => Data::ListInt64(RaggedInt64 { offsets: offsets.clone(), values: items().map(i64::from).collect() }),
        _ => Data::Float64(values.to_vec()),
    };
    TYPES.iter().map(|(name, _)| Column { name: (*name).into(), data: data(name), validity: validity.clone() }).collect()
}

/// All bytes stand in the first row; the others are empty.
fn huge(rows: usize, amount: i64) -> Data {
    let amount = if rows == 0 { 0 } else { amount as u32 };
    let offsets = std::iter::once(0).chain(std::iter::repeat_n(amount, rows)).collect();
    Data::Binary(Bytes { offsets, values: vec![1; amount as usize] })
}

fn loop_for_ever() -> ! {
    loop {
        black_box(0);
    }
}
