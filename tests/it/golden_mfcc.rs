//! The committed components, in the host: mfcc computes what librosa computes, and freshly built ones do the same to the last bit.

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, RecordBatch};
use arrow::datatypes::Float64Type;
use driftline::core::block::Block;
use driftline::core::diagnostic::{Diagnostics, Text};
use driftline::core::accumulator::Context;
use driftline::core::plugin::{PluginHost, PluginResult, PluginSample};
use driftline::core::spec::{self, PluginSpec};
use driftline::plugin::Host;
use serde_json::Value;
use std::sync::Arc;

const COMMITTED: &str = "plugins/mfcc.wasm";

fn plugin(component: &str, config: &str) -> PluginSpec {
    let text = Text::new("test", format!("[plugin.mfcc]\ncomponent = \"{component}\"\ninputs = {{ audio = \"clip\" }}\nconfig = {config}\n"));
    let spec = spec::parse(&text, &Default::default(), &mut Diagnostics::default());
    spec.plugins.into_iter().next().expect("the plugin")
}

/// The coefficients of one WAV file.
fn coefficients(host: &Host, component: &str, wav: &[u8], config: &str) -> Vec<Option<f64>> {
    let plugin = host.load(&plugin(component, config), &crate::support::root()).expect("loads");
    let batch = RecordBatch::try_from_iter([("clip", Arc::new(BinaryArray::from_vec(vec![wav])) as ArrayRef)]).expect("a batch");
    let bindings = vec![("audio".to_owned(), "clip".to_owned())];
    let mut transform = plugin.transform(&bindings, &batch.schema(), 1).expect("a transform");
    let columns = transform.apply(&Block::new(&batch)).expect("applies").columns;
    columns.iter().map(|c| c.is_valid(0).then(|| c.as_primitive::<Float64Type>().value(0))).collect()
}

/// A component that was built from the sources just now, where there is one.
fn rebuilt(name: &str) -> Option<String> {
    let folder = std::path::PathBuf::from(std::env::var_os("DRIFTLINE_REBUILT")?);
    Some(folder.join(format!("{name}.wasm")).display().to_string())
}

/// The samples of a metric over a column.
fn samples(host: &Host, component: &str, input: &str, config: &str, column: ArrayRef) -> Vec<PluginSample> {
    let mut spec = plugin(component, config);
    spec.frame.inputs = [(input.to_owned(), toml::Spanned::new(0..0, "it".to_owned()))].into();
    let plugin = host.load(&spec, &crate::support::root()).expect("loads");
    let batch = RecordBatch::try_from_iter([("it", column)]).expect("a batch");
    let request = plugin.samples(&vec![(input.to_owned(), "it".to_owned())], &batch.schema()).request;
    let context = Context { reference: None, memory: 1 << 20, spill: std::env::temp_dir(), seed: 0 };
    let mut accumulator = (request.make)(&context).expect("an accumulator");
    accumulator.update(&Block::new(&batch)).expect("an update");
    let result = accumulator.finish().expect("a result").downcast::<PluginResult>().expect("a plugin's");
    result.samples.clone()
}

#[test]
fn a_clip_of_three_minutes_fits_into_the_memory_that_a_plugin_has() {
    let (rate, seconds) = (44_100_u32, 180);
    let bytes = 2 * rate * seconds;
    let parts: [&[u8]; 10] = [
        b"RIFF", &(36 + bytes).to_le_bytes(), b"WAVEfmt ", &16_u32.to_le_bytes(), &[1, 0, 1, 0], &rate.to_le_bytes(), &(2 * rate).to_le_bytes(),
        &[2, 0, 16, 0], b"data", &bytes.to_le_bytes(),
    ];
    let mut wav = parts.concat();
    wav.extend((0..rate * seconds).flat_map(|i| (((i as f64 * 0.03).sin() * 9_000.0) as i16).to_le_bytes()));
    let host = Host::new(None).expect("a host");
    let found = coefficients(&host, COMMITTED, &wav, "{}");
    assert!(found.iter().all(Option::is_some), "{found:?}");
}

#[test]
fn metrics_of_golden_clips_are_the_same_when_rebuilt() {
    let folder = crate::support::root().join("tests/golden/audio");
    let mut paths: Vec<_> = std::fs::read_dir(folder).expect("the clips").map(|e| e.expect("an entry").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "wav"));
    paths.sort();
    let clips: Vec<Vec<u8>> = paths.iter().map(|p| std::fs::read(p).expect("a clip")).collect();
    let audio: ArrayRef = Arc::new(BinaryArray::from_iter_values(&clips));
    let numbers: ArrayRef = Arc::new(arrow::array::Float64Array::from_iter_values((0..clips.len()).map(|i| i as f64 / 2.0)));
    let host = Host::new(None).expect("a host");
    for (name, input, config, column, expected) in [
        ("clipping", "audio", "{ level = 0.999 }", audio, ("silent_share", 1.0 / clips.len() as f64)),
        ("rounded", "value", "{ step = 1.0 }", numbers, ("rounded_share", clips.len().div_ceil(2) as f64 / clips.len() as f64)),
    ] {
        let committed = samples(&host, &format!("plugins/{name}.wasm"), input, config, column.clone());
        let found = committed.iter().find(|s| s.name == expected.0).expect("the sample");
        assert_eq!(found.value, expected.1, "{name}");
        if let Some(rebuilt) = rebuilt(name) {
            assert_eq!(committed, samples(&host, &rebuilt, input, config, column), "the rebuilt {name} differs");
        }
    }
}

#[test]
fn means_agree_with_librosa() {
    let folder = crate::support::root().join("tests/golden/audio");
    let golden: Value = serde_json::from_slice(&std::fs::read(folder.join("mfcc.json")).expect("read")).expect("JSON");
    let host = Host::new(None).expect("a host");
    let clips = golden["clips"].as_array().expect("clips");
    assert!(clips.len() >= 14);
    let mut worst = 0f64;
    for clip in clips {
        let p = &clip["params"];
        let config = format!(
            "{{ coefficients = {}, n_fft = {}, hop_length = {}, n_mels = {} }}",
            p["n_mfcc"], p["n_fft"], p["hop_length"], p["n_mels"]
        );
        let wav = std::fs::read(folder.join(clip["file"].as_str().expect("a file"))).expect("a clip");
        let found = coefficients(&host, COMMITTED, &wav, &config);
        if let Some(rebuilt) = rebuilt("mfcc") {
            assert_eq!(found, coefficients(&host, &rebuilt, &wav, &config), "the rebuilt component differs");
        }
        let mean = clip["mean"].as_array().expect("mean");
        assert_eq!(found.len(), mean.len());
        for (found, mean) in found.iter().zip(mean) {
            worst = worst.max((found.expect("a value") - mean.as_f64().expect("a number")).abs());
        }
    }
    assert!(worst < 5e-4, "largest difference of a mean: {worst}");
}

#[test]
fn what_is_no_wav_is_null() {
    let host = Host::new(None).expect("a host");
    assert!(coefficients(&host, COMMITTED, b"not a WAV file", "{}").iter().all(Option::is_none));
}
