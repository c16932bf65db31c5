//! The contract's side: inputs, labels, unusable rows and samples.

use crate::bindings::driftline::plugin::types::{Batch, Column, Data, Encoding, Field, Sample};
use crate::bindings::exports::driftline::plugin::about::{self, Description, Direction, Input, PluginInfo, SampleInfo};
use crate::bindings::exports::driftline::plugin::metrics::{self, GuestAccumulator};
use crate::config::{self, KEYS};
use crate::counts::{Count, Counts, STATE_VERSION};
use crate::detect::Limits;
use crate::labels::Labels;
use plugin_audio::Clips;
use std::cell::RefCell;

/// The component's exports.
pub struct Plugin;

impl about::Guest for Plugin {
    fn info() -> PluginInfo {
        PluginInfo {
            name: "clipping".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Shares of clipped and of silent audio clips, overall or for each label.".into(),
            state_version: STATE_VERSION,
            config_schema: plugin_options::schema(KEYS),
            inputs: vec![
                Input {
                    name: "audio".into(),
                    summary: "Clips: WAV files (PCM or 32-bit float), or lists of samples from -1 to 1. Channels are \
                              averaged first, which hides clipping that only one of them has."
                        .into(),
                    accepts: vec!["Binary".into(), "List(Float32)".into()],
                    encoding: Encoding::Typed,
                    optional: false,
                },
                Input {
                    name: "label".into(),
                    summary:
                        "A label of each clip; with it, shares are given for each label. Rows without one are unusable."
                            .into(),
                    accepts: vec!["Utf8".into()],
                    encoding: Encoding::Dictionary,
                    optional: true,
                },
            ],
        }
    }

    fn describe(config: String, inputs: Vec<Field>) -> Result<Description, String> {
        config::parse(&config)?;
        let labels: Vec<String> = is_labelled(&inputs)?.then(|| "label".into()).into_iter().collect();
        let sample = |name: &str, summary: &str| SampleInfo {
            name: name.into(),
            summary: summary.into(),
            unit: "ratio".into(),
            direction: Direction::LowerIsBetter,
            labels: labels.clone(),
        };
        let samples = vec![
            sample("clipped_share", "Share of the usable clips that are clipped."),
            sample("silent_share", "Share of the usable clips that are silent."),
        ];
        Ok(Description { outputs: Vec::new(), samples })
    }
}

impl metrics::Guest for Plugin {
    type Accumulator = Accumulator;
}

/// The counts of one window.
pub struct Accumulator {
    limits: Limits,
    labelled: bool,
    counts: RefCell<Counts>,
}

impl GuestAccumulator for Accumulator {
    fn create(config: String, inputs: Vec<Field>, _: Option<Vec<u8>>) -> Result<metrics::Accumulator, String> {
        let (limits, labelled) = (config::parse(&config)?, is_labelled(&inputs)?);
        Ok(metrics::Accumulator::new(Accumulator { limits, labelled, counts: RefCell::default() }))
    }

    fn update(&self, batch: Batch) -> Result<u64, String> {
        let clips = clips(&batch)?;
        let labels =
            if self.labelled { Labels::of(find(&batch, "label")?, batch.rows as usize)? } else { Labels::none() };
        let mut counts = vec![Count::default(); labels.names().len()];
        let mut unusable = 0;
        for row in 0..clips.rows() {
            match (labels.code(row), clips.get(row)) {
                (Some(code), Ok(clip)) => counts[code].add(self.judge(&clip.samples)),
                _ => unusable += 1,
            }
        }
        let mut all = self.counts.borrow_mut();
        let used = labels.names().iter().zip(counts).filter(|(_, count)| count.clips > 0);
        used.for_each(|(label, count)| all.add(label, count));
        Ok(unusable)
    }

    fn state(&self) -> Vec<u8> {
        self.counts.borrow().to_bytes(&self.limits, self.labelled)
    }

    fn merge(&self, state: Vec<u8>) -> Result<(), String> {
        let other = Counts::from_bytes(&state, &self.limits, self.labelled)?;
        let mut counts = self.counts.borrow_mut();
        other.0.iter().for_each(|(label, &count)| counts.add(label, count));
        Ok(())
    }

    /// Without a usable clip there is no share, so there is no sample.
    fn finish(&self) -> Result<Vec<Sample>, String> {
        let counts = self.counts.borrow();
        let used = counts.0.iter().filter(|(_, count)| count.clips > 0);
        Ok(used.flat_map(|(label, count)| self.samples(label, count)).collect())
    }
}

impl Accumulator {
    fn judge(&self, samples: &[f32]) -> Count {
        Count {
            clips: 1,
            clipped: self.limits.is_clipped(samples).into(),
            silent: self.limits.is_silent(samples).into(),
        }
    }

    fn samples(&self, label: &str, count: &Count) -> [Sample; 2] {
        [("clipped_share", count.clipped), ("silent_share", count.silent)].map(|(name, part)| Sample {
            name: name.into(),
            labels: self.labelled.then(|| ("label".into(), label.into())).into_iter().collect(),
            value: part as f64 / count.clips as f64,
        })
    }
}

fn is_labelled(inputs: &[Field]) -> Result<bool, String> {
    let bound = |name: &str| inputs.iter().any(|field| field.name == name);
    if bound("audio") { Ok(bound("label")) } else { Err("the input `audio` is not bound to a column".into()) }
}

fn find<'a>(batch: &'a Batch, name: &str) -> Result<&'a Column, String> {
    let column = batch.columns.iter().find(|column| column.name == name);
    column.ok_or_else(|| format!("the batch has no column `{name}`"))
}

fn clips(batch: &Batch) -> Result<Clips<'_>, String> {
    let audio = find(batch, "audio")?;
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

#[cfg(test)]
mod tests;
