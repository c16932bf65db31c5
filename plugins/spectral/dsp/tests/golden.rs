//! Clips of simple formulas against librosa 0.11.0 (`golden.json`, which `golden.py` makes).

use serde_json::Value;
use spectral_dsp::{FEATURES, Params, Spectral};
use std::f64::consts::PI;
use std::path::Path;

/// librosa takes the FFT in float64 but keeps spectra and powers in float32, which costs up to 7.2e-7 of a mean
/// (`golden.py` prints it).
const FLOAT32: f64 = 2e-6;
/// Where librosa computes in float64, FFT and order of addition are all that differs: up to 1e-12 with NumPy's FFT.
const FLOAT64: f64 = 1e-9;

/// The largest relative difference from librosa, and where it is.
#[derive(Default)]
struct Deviation {
    largest: f64,
    place: String,
}

impl Deviation {
    /// Compares one mean of a clip. Where zero is expected the difference is absolute.
    fn compare(&mut self, clip: &Value, kind: &str, feature: &str, value: f64) {
        let expected = number(&clip[kind][feature]);
        let scale = if expected == 0.0 { 1.0 } else { expected.abs() };
        let difference = (value - expected).abs() / scale;
        assert!(difference.is_finite());
        if difference > self.largest {
            self.largest = difference;
            self.place = format!("{feature} of {}: {value}, not {expected}", clip["name"]);
        }
    }

    fn check(&self, name: &str, tolerance: f64) {
        println!("{name} {:.2e}, {}", self.largest, self.place);
        assert!(self.largest < tolerance, "{name} is off by {:e}: {}", self.largest, self.place);
    }
}

fn number(json: &Value) -> f64 {
    json.as_f64().unwrap()
}

fn whole(json: &Value) -> usize {
    json.as_u64().unwrap() as usize
}

fn params(json: &Value) -> Params {
    Params {
        n_fft: whole(&json["n_fft"]),
        hop_length: whole(&json["hop_length"]),
        roll_percent: number(&json["roll_percent"]),
    }
}

/// Uniform on [-1, 1): the upper 24 bits of a linear congruential generator.
fn noise(length: usize) -> Vec<f64> {
    let next = |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    let states = std::iter::successors(Some(1), next).skip(1).take(length);
    states.map(|state| (state >> 40) as f64 / (1 << 23) as f64 - 1.0).collect()
}

fn tones(signal: &Value, i: f64, rate: f64) -> f64 {
    let tone = |pair: &Value| number(&pair[1]) * (2.0 * PI * number(&pair[0]) * i / rate).sin();
    signal["tones"].as_array().unwrap().iter().map(tone).sum()
}

fn chirp(signal: &Value, t: f64, seconds: f64) -> f64 {
    let (low, high) = (number(&signal["from"]), number(&signal["to"]));
    0.5 * (2.0 * PI * (low * t + (high - low) * t * t / (2.0 * seconds))).sin()
}

fn square(signal: &Value, i: usize, rate: usize) -> f64 {
    if (2 * whole(&signal["frequency"]) * i / rate).is_multiple_of(2) { 0.5 } else { -0.5 }
}

/// The clip's samples; `samples` in `golden.py` takes the same steps.
fn samples(clip: &Value) -> Vec<f32> {
    let (signal, length, rate) = (&clip["signal"], whole(&clip["length"]), whole(&clip["sample_rate"]));
    let noise = noise(length);
    let seconds = |samples: usize| samples as f64 / rate as f64;
    let sample = |i: usize| match signal["kind"].as_str().unwrap() {
        "tones" => tones(signal, i as f64, rate as f64),
        "chirp" => chirp(signal, seconds(i), seconds(length)),
        "noise" => number(&signal["amplitude"]) * noise[i],
        "onset" if i < whole(&signal["at"]) => number(&signal["before"]) * noise[i],
        "onset" => number(&signal["after"]) * noise[i],
        "square" => square(signal, i, rate),
        "impulse" => f64::from(u8::from(i == whole(&signal["at"]))),
        "constant" => number(&signal["value"]),
        other => panic!("no formula for {other}"),
    };
    (0..length).map(|i| sample(i) as f32).collect()
}

#[test]
fn every_clip_agrees_with_librosa() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden.json");
    let golden: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let (mut float32, mut float64) = (Deviation::default(), Deviation::default());
    for clip in golden["clips"].as_array().unwrap() {
        let mut spectral = Spectral::new(params(&clip["params"]));
        let means = spectral.means(&samples(clip), whole(&clip["sample_rate"]) as u32).unwrap();
        for (feature, value) in FEATURES.iter().zip(means) {
            float32.compare(clip, "mean", feature.name, value);
            float64.compare(clip, "mean_float64", feature.name, value);
        }
    }
    float32.check("float32", FLOAT32);
    float64.check("float64", FLOAT64);
}
