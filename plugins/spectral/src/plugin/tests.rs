use super::{Plugin, Transformer, column};
use crate::bindings::driftline::plugin::types::{Batch, Column, Data, Field, RaggedFloat32};
use crate::bindings::exports::driftline::plugin::about::Guest;
use crate::bindings::exports::driftline::plugin::transforms::GuestTransformer;
use spectral_dsp::{Params, Spectral};
use std::cell::{Cell, RefCell};

const NAMES: [&str; 6] =
    ["spectral_centroid", "spectral_rolloff", "spectral_flatness", "spectral_bandwidth", "zero_crossing_rate", "rms"];

fn audio(arrow_type: &str) -> Vec<Field> {
    vec![Field { name: "audio".into(), arrow_type: arrow_type.into(), nullable: true }]
}

fn transformer(sample_rate: Option<u32>) -> Transformer {
    let params = Params { n_fft: 4, hop_length: 2, roll_percent: 0.5 };
    Transformer {
        sample_rate,
        spectral: RefCell::new(Spectral::new(params)),
        // The log exists in WebAssembly only.
        warned_of_rate: Cell::new(true),
        warned_of_length: Cell::new(true),
    }
}

/// Clips: usable, null, empty, not a number, silent.
fn batch() -> Batch {
    let values = vec![0.5, -0.5, 0.25, f32::NAN, 0.0];
    let audio = Column {
        name: "audio".into(),
        data: Data::ListFloat32(RaggedFloat32 { offsets: vec![0, 3, 3, 3, 4, 5], values }),
        validity: Some(vec![1, 0, 1, 1, 1]),
    };
    Batch { rows: 5, columns: vec![audio] }
}

#[test]
fn one_output_for_each_feature() {
    let outputs = Plugin::describe("{}".into(), audio("Binary")).unwrap().outputs;
    let names: Vec<_> = outputs.iter().map(|output| output.name.as_str()).collect();
    assert_eq!(names, NAMES);
    assert!(outputs.iter().all(|output| output.arrow_type == "Float64"));
    assert!(Plugin::describe("{}".into(), audio("List(Float32)")).is_err());
    assert!(Plugin::describe("{}".into(), Vec::new()).is_err());
}

#[test]
fn nothing_is_resampled() {
    assert_eq!(transformer(Some(8000)).rate(Some(8000)), Some(8000));
    assert_eq!(transformer(Some(8000)).rate(Some(16_000)), None);
    assert_eq!(transformer(None).rate(Some(16_000)), Some(16_000));
    assert_eq!(transformer(Some(8000)).rate(None), Some(8000));
}

#[test]
fn a_row_without_means_is_null_in_each_output() {
    let means = [Some([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), None];
    for (index, expected) in [1.0, 2.0, 3.0, 4.0, 5.0, 6.0].into_iter().enumerate() {
        let column = column(index, &means);
        assert_eq!(column.name, NAMES[index]);
        assert!(matches!(column.data, Data::Float64(values) if values == [expected, 0.0]));
        assert_eq!(column.validity, Some(vec![1, 0]));
    }
    assert_eq!(column(0, &means[..1]).validity, None);
}

#[test]
fn clips_that_cannot_be_computed_are_null_and_silence_is_not() {
    let columns = transformer(Some(8000)).transform(batch()).unwrap();
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, NAMES);
    for column in columns {
        assert_eq!(column.validity, Some(vec![1, 0, 0, 0, 1]));
        assert!(matches!(column.data, Data::Float64(values) if values.iter().all(|value| value.is_finite())));
    }
    // Without a rate a list of samples has no frequencies.
    let columns = transformer(None).transform(batch()).unwrap();
    assert!(columns.iter().all(|column| column.validity == Some(vec![0; 5])));
}

#[test]
fn broken_batches_are_errors() {
    let broken = |change: fn(&mut Batch)| {
        let mut batch = batch();
        change(&mut batch);
        transformer(Some(8000)).transform(batch).is_err()
    };
    assert!(broken(|batch| batch.rows = 4));
    assert!(broken(|batch| batch.columns.clear()));
    assert!(broken(|batch| batch.columns[0].validity = Some(vec![])));
    assert!(broken(|batch| batch.columns[0].data = Data::Float64(vec![0.0; 5])));
}
