//! The committed mfcc component, in the host, computes what librosa computes; so does a freshly built one, to the last bit.

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, RecordBatch};
use arrow::datatypes::Float64Type;
use driftline::core::block::Block;
use driftline::core::diagnostic::{Diagnostics, Text};
use driftline::core::plugin::PluginHost;
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
    let mut transform = plugin.transform(&bindings, &batch.schema()).expect("a transform");
    let columns = transform.apply(&Block::new(&batch)).expect("applies").columns;
    columns.iter().map(|c| c.is_valid(0).then(|| c.as_primitive::<Float64Type>().value(0))).collect()
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
        if let Ok(rebuilt) = std::env::var("DRIFTLINE_REBUILT_MFCC") {
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
