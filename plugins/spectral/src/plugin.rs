//! The contract's side: inputs, outputs, nulls and messages.

use crate::bindings::driftline::plugin::log::{Level, log};
use crate::bindings::driftline::plugin::types::{Batch, Column, Data, Encoding, Field};
use crate::bindings::exports::driftline::plugin::about::{self, Description, Input, Output, PluginInfo};
use crate::bindings::exports::driftline::plugin::transforms::{self, GuestTransformer};
use crate::config::{Config, KEYS};
use plugin_audio::{Clip, Clips};
use spectral_dsp::{FEATURES, Spectral, Values};
use std::cell::{Cell, RefCell};

/// The component's exports.
pub struct Plugin;

impl about::Guest for Plugin {
    fn info() -> PluginInfo {
        PluginInfo {
            name: "spectral".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Means over time of spectral features, zero crossings and loudness of audio clips.".into(),
            state_version: 1,
            config_schema: plugin_options::schema(KEYS),
            inputs: vec![Input {
                name: "audio".into(),
                summary: "Clips: WAV files (PCM or 32-bit float), or lists of samples from -1 to 1.".into(),
                accepts: vec!["Binary".into(), "List(Float32)".into()],
                encoding: Encoding::Typed,
                optional: false,
            }],
        }
    }

    fn describe(config: String, inputs: Vec<Field>) -> Result<Description, String> {
        Config::parse(&config, audio_type(&inputs)?)?;
        let outputs = FEATURES.map(|feature| Output {
            name: feature.name.into(),
            arrow_type: "Float64".into(),
            summary: format!("Mean over the clip's frames: {}.", feature.summary),
            unit: feature.unit.into(),
        });
        Ok(Description { outputs: outputs.into(), samples: Vec::new() })
    }
}

impl transforms::Guest for Plugin {
    type Transformer = Transformer;
}

/// One configured transform.
pub struct Transformer {
    sample_rate: Option<u32>,
    spectral: RefCell<Spectral>,
    warned_of_rate: Cell<bool>,
    warned_of_length: Cell<bool>,
}

impl GuestTransformer for Transformer {
    fn create(config: String, inputs: Vec<Field>) -> Result<transforms::Transformer, String> {
        let config = Config::parse(&config, audio_type(&inputs)?)?;
        Ok(transforms::Transformer::new(Transformer {
            sample_rate: config.sample_rate,
            spectral: RefCell::new(Spectral::new(config.params)),
            warned_of_rate: Cell::new(false),
            warned_of_length: Cell::new(false),
        }))
    }

    fn transform(&self, batch: Batch) -> Result<Vec<Column>, String> {
        let clips = clips(&batch)?;
        let means: Vec<Option<Values>> = (0..clips.rows()).map(|row| self.means(clips.get(row).ok()?)).collect();
        Ok((0..FEATURES.len()).map(|index| column(index, &means)).collect())
    }
}

impl Transformer {
    fn means(&self, clip: Clip<'_>) -> Option<Values> {
        let rate = self.rate(clip.rate)?;
        let means = self.spectral.borrow_mut().means(&clip.samples, rate);
        if means.is_none() {
            warn_once(&self.warned_of_length, || {
                format!("a clip of {} samples is too long for this n_fft and hop_length: null", clip.samples.len())
            });
        }
        means
    }

    /// The clip's rate, if it is known and is the configured one. Nothing is resampled.
    fn rate(&self, of_clip: Option<u32>) -> Option<u32> {
        match (of_clip, self.sample_rate) {
            (Some(clip), Some(wanted)) if clip != wanted => {
                warn_once(&self.warned_of_rate, || {
                    format!(
                        "a clip has {clip} Hz, not the {wanted} Hz of `sample_rate`: it and others like it are null"
                    )
                });
                None
            }
            (clip, wanted) => clip.or(wanted),
        }
    }
}

fn warn_once(warned: &Cell<bool>, message: impl FnOnce() -> String) {
    if !warned.replace(true) {
        log(Level::Warn, &message());
    }
}

fn audio_type(inputs: &[Field]) -> Result<&str, String> {
    let audio = inputs.iter().find(|field| field.name == "audio");
    Ok(&audio.ok_or("the input `audio` is not bound to a column")?.arrow_type)
}

fn clips(batch: &Batch) -> Result<Clips<'_>, String> {
    let audio = batch.columns.iter().find(|column| column.name == "audio");
    let audio = audio.ok_or("the batch has no column `audio`")?;
    let validity = audio.validity.as_deref();
    let clips = match &audio.data {
        Data::Binary(wav) => Clips::of_wav(&wav.offsets, &wav.values, validity),
        Data::ListFloat32(samples) => Clips::of_samples(&samples.offsets, &samples.values, validity),
        _ => Err("`audio` is neither Binary nor List(Float32)".into()),
    }?;
    if clips.rows() != batch.rows as usize {
        return Err(format!("the batch is broken: {} rows, but `audio` has {}", batch.rows, clips.rows()));
    }
    Ok(clips)
}

/// One output: the feature at `index` of each row, null where there is none.
fn column(index: usize, means: &[Option<Values>]) -> Column {
    let value = |row: &Option<Values>| row.map_or(0.0, |row| row[index]);
    let validity = || means.iter().map(|row| u8::from(row.is_some())).collect();
    Column {
        name: FEATURES[index].name.into(),
        data: Data::Float64(means.iter().map(value).collect()),
        validity: means.iter().any(Option::is_none).then(validity),
    }
}

#[cfg(test)]
mod tests;
