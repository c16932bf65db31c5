use super::{Accumulator, Plugin};
use crate::bindings::driftline::plugin::types::{Batch, CodedStrings, Column, Data, Field, RaggedFloat32, Sample};
use crate::bindings::exports::driftline::plugin::about::Guest;
use crate::bindings::exports::driftline::plugin::metrics::GuestAccumulator;
use crate::config;
use std::cell::RefCell;

fn accumulator(labelled: bool) -> Accumulator {
    Accumulator { limits: config::parse("{}").unwrap(), labelled, counts: RefCell::default() }
}

/// Clips: clipped, quiet enough to be silent, ordinary, null, empty.
fn batch() -> Batch {
    let values = vec![1.0, 1.0, -1.0, 0.0, 0.0, 0.5, -0.5];
    let audio = Column {
        name: "audio".into(),
        data: Data::ListFloat32(RaggedFloat32 { offsets: vec![0, 3, 5, 7, 7, 7], values }),
        validity: Some(vec![1, 1, 1, 0, 1]),
    };
    let labels = CodedStrings { codes: vec![1, 0, 1, 0, 0], offsets: vec![0, 1, 2], values: b"ba".to_vec() };
    let label = Column { name: "label".into(), data: Data::Dictionary(labels), validity: None };
    Batch { rows: 5, columns: vec![audio, label] }
}

fn shown(samples: Vec<Sample>) -> Vec<String> {
    let label = |sample: &Sample| sample.labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<String>();
    samples.iter().map(|sample| format!("{} {{{}}} {:.3}", sample.name, label(sample), sample.value)).collect()
}

fn field(name: &str) -> Field {
    Field { name: name.into(), arrow_type: "Binary".into(), nullable: true }
}

#[test]
fn shares_of_all_clips() {
    let accumulator = accumulator(false);
    assert_eq!(shown(accumulator.finish().unwrap()), Vec::<String>::new());
    assert_eq!(accumulator.update(batch()), Ok(2));
    let expected = ["clipped_share {} 0.333", "silent_share {} 0.333"];
    assert_eq!(shown(accumulator.finish().unwrap()), expected);
}

#[test]
fn shares_of_each_label_in_order() {
    let accumulator = accumulator(true);
    assert_eq!(accumulator.update(batch()), Ok(2));
    let expected = [
        "clipped_share {label=a} 0.500",
        "silent_share {label=a} 0.000",
        "clipped_share {label=b} 0.000",
        "silent_share {label=b} 1.000",
    ];
    assert_eq!(shown(accumulator.finish().unwrap()), expected);
}

#[test]
fn merged_states_are_the_whole() {
    let (whole, part) = (accumulator(true), accumulator(true));
    whole.update(batch()).unwrap();
    whole.update(batch()).unwrap();
    part.update(batch()).unwrap();
    let merged = accumulator(true);
    merged.merge(part.state()).unwrap();
    merged.merge(part.state()).unwrap();
    assert_eq!(merged.state(), whole.state());
    assert!(merged.merge(accumulator(false).state()).is_err());
}

#[test]
fn rows_without_a_label_are_unusable() {
    let mut batch = batch();
    batch.columns[1].validity = Some(vec![0, 1, 1, 1, 1]);
    assert_eq!(accumulator(true).update(batch), Ok(3));
}

#[test]
fn broken_batches_are_errors() {
    let broken = |change: fn(&mut Batch)| {
        let mut batch = batch();
        change(&mut batch);
        accumulator(true).update(batch).is_err()
    };
    assert!(broken(|batch| batch.rows = 4));
    assert!(broken(|batch| batch.columns.truncate(1)));
    assert!(broken(|batch| batch.columns[1].validity = Some(vec![])));
    assert!(broken(|batch| batch.columns[0].data = Data::Float64(vec![0.0; 5])));
    assert!(broken(|batch| {
        let labels = CodedStrings { codes: vec![0; 5], offsets: vec![0, 1], values: vec![0xFF] };
        batch.columns[1].data = Data::Dictionary(labels);
    }));
}

#[test]
fn the_label_is_described_when_it_is_bound() {
    let labels = |inputs| Plugin::describe("{}".into(), inputs).unwrap().samples[0].labels.clone();
    assert_eq!(labels(vec![field("audio")]), Vec::<String>::new());
    assert_eq!(labels(vec![field("audio"), field("label")]), ["label"]);
    assert!(Plugin::describe("{}".into(), vec![field("label")]).is_err());
}
