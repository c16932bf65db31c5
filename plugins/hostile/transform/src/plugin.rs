//! Each behaviour breaks one promise of the contract or runs into one limit of the host.

use crate::bindings::driftline::plugin::types::{Batch, Bytes, Column, Data, Encoding, Field};
use crate::bindings::exports::driftline::plugin::about::{self, Description, Input, Output, PluginInfo};
use crate::bindings::exports::driftline::plugin::transforms::{self, GuestTransformer};
use plugin_options::{Key, Kind, Options};
use std::hint::black_box;

const KEYS: &[Key] = &[
    Key {
        name: "behaviour",
        summary: "What the plugin does wrong: it returns one row too few, values of another type than described, no column \
                  at all, or `amount` bytes in the first row; or it loops for ever or panics. `good` copies its input.",
        kind: Kind::Choice {
            default: Some("good"),
            values: &["good", "wrong_rows", "wrong_type", "missing_column", "huge", "loop", "trap"],
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
        let arrow_type = if behaviour(&options) == "huge" { "Binary" } else { "Float64" };
        let echo = Output {
            name: "echo".into(),
            arrow_type: arrow_type.into(),
            summary: "The input again.".into(),
            unit: String::new(),
        };
        Ok(Description { outputs: vec![echo], samples: Vec::new() })
    }
}

impl transforms::Guest for Plugin {
    type Transformer = Transformer;
}

/// Copies its input, or does what its behaviour says.
pub struct Transformer(Options);

impl GuestTransformer for Transformer {
    fn create(config: String, _: Vec<Field>) -> Result<transforms::Transformer, String> {
        Ok(transforms::Transformer::new(Transformer(Options::parse(&config, KEYS)?)))
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
            "huge" => huge(rows, self.0.integer("amount").unwrap_or(0)),
            "loop" => loop_for_ever(),
            "trap" => panic!("asked to panic"),
            _ => Data::Float64(values),
        };
        Ok(vec![Column { name: "echo".into(), data, validity }])
    }
}

fn behaviour(options: &Options) -> &str {
    options.text("behaviour").unwrap_or("good")
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
