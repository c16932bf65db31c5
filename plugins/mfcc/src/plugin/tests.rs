use super::{Plugin, Transformer, column};
use crate::bindings::driftline::plugin::types::{Data, Field};
use crate::bindings::exports::driftline::plugin::about::Guest;
use mfcc_dsp::{Mfcc, Params};
use std::cell::{Cell, RefCell};

fn audio(arrow_type: &str) -> Vec<Field> {
    vec![Field { name: "audio".into(), arrow_type: arrow_type.into(), nullable: true }]
}

fn transformer(sample_rate: Option<u32>) -> Transformer {
    let params = Params { coefficients: 2, n_fft: 4, hop_length: 2, n_mels: 2 };
    Transformer {
        sample_rate,
        coefficients: 2,
        mfcc: RefCell::new(Mfcc::new(params)),
        // The log exists in WebAssembly only.
        warned_of_rate: Cell::new(true),
        warned_of_length: Cell::new(true),
    }
}

#[test]
fn one_output_for_each_coefficient() {
    let outputs = Plugin::describe(r#"{"coefficients": 3}"#.into(), audio("Binary")).unwrap().outputs;
    let names: Vec<_> = outputs.iter().map(|output| output.name.as_str()).collect();
    assert_eq!(names, ["mfcc_1", "mfcc_2", "mfcc_3"]);
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
    let means = [Some(vec![1.0, 2.0]), None];
    for (index, expected) in [1.0, 2.0].into_iter().enumerate() {
        let column = column(index, &means);
        assert!(matches!(column.data, Data::Float64(values) if values == [expected, 0.0]));
        assert_eq!(column.validity, Some(vec![1, 0]));
    }
    assert_eq!(column(0, &means[..1]).validity, None);
}
