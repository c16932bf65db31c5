//! Every golden clip against librosa 0.11.0 (`tests/golden/audio/mfcc.json` of the repository).

use mfcc_dsp::{Mfcc, Params};
use plugin_audio::Clips;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/golden/audio")
}

/// The largest differences from librosa.
#[derive(Default)]
struct Deviation {
    coefficient: f64,
    mean: f64,
    std: f64,
}

impl Deviation {
    fn compare(&mut self, case: &Value) {
        let file = std::fs::read(folder().join(case["file"].as_str().unwrap())).unwrap();
        let offsets = [0, file.len() as u32];
        let clip = Clips::of_wav(&offsets, &file, None).unwrap().get(0).unwrap();
        let rate = clip.rate.unwrap();
        assert_eq!(u64::from(rate), case["sample_rate"].as_u64().unwrap());

        let mut mfcc = Mfcc::new(params(&case["params"]));
        let frames = mfcc.frames(&clip.samples, rate).unwrap();
        assert_eq!(frames.len() as u64, case["frames"].as_u64().unwrap());
        for (k, mean) in mfcc.means(&clip.samples, rate).unwrap().into_iter().enumerate() {
            for (frame, expected) in frames.iter().zip(case["mfcc"][k].as_array().unwrap()) {
                raise(&mut self.coefficient, frame[k], expected);
            }
            raise(&mut self.mean, mean, &case["mean"][k]);
            let square: f64 = frames.iter().map(|frame| (frame[k] - mean).powi(2)).sum();
            raise(&mut self.std, (square / frames.len() as f64).sqrt(), &case["std"][k]);
        }
    }
}

fn raise(largest: &mut f64, value: f64, expected: &Value) {
    *largest = largest.max((value - expected.as_f64().unwrap()).abs());
}

fn params(json: &Value) -> Params {
    let number = |name: &str| json[name].as_u64().unwrap() as usize;
    Params {
        coefficients: number("n_mfcc"),
        n_fft: number("n_fft"),
        hop_length: number("hop_length"),
        n_mels: number("n_mels"),
    }
}

#[test]
fn every_clip_agrees_with_librosa() {
    let golden: Value = serde_json::from_slice(&std::fs::read(folder().join("mfcc.json")).unwrap()).unwrap();
    let mut deviation = Deviation::default();
    golden["clips"].as_array().unwrap().iter().for_each(|case| deviation.compare(case));
    println!("coefficient {:.2e}, mean {:.2e}, std {:.2e}", deviation.coefficient, deviation.mean, deviation.std);
    assert!(deviation.coefficient < 1e-3, "coefficients are off by {:e}", deviation.coefficient);
    assert!(deviation.mean < 5e-4, "means are off by {:e}", deviation.mean);
    assert!(deviation.std < 5e-4, "standard deviations are off by {:e}", deviation.std);
}
