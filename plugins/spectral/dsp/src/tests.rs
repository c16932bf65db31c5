use crate::{Params, Spectral};
use std::f64::consts::PI;

fn spectral(n_fft: usize, hop_length: usize) -> Spectral {
    Spectral::new(Params { n_fft, hop_length, roll_percent: 0.85 })
}

#[test]
fn values_stand_in_the_order_of_their_names() {
    let names = crate::FEATURES.map(|feature| feature.name);
    let order = ["centroid", "rolloff", "flatness", "bandwidth", "zero_crossing_rate", "rms"];
    assert!(names.iter().zip(order).all(|(name, order)| name.trim_start_matches("spectral_") == order));

    // A tone of 1000 Hz crosses zero twice a period, and has the root mean square 0.6 / sqrt(2).
    let tone: Vec<f32> = (0..160_000).map(|i| (0.6 * (2.0 * PI * 1000.0 * i as f64 / 16_000.0).sin()) as f32).collect();
    let [centroid, rolloff, flatness, bandwidth, crossings, rms] = spectral(2048, 512).means(&tone, 16_000).unwrap();
    assert!((centroid - 1000.0).abs() < 30.0, "{centroid}");
    assert!((rolloff - 1000.0).abs() < 30.0, "{rolloff}");
    assert!(flatness < 0.001, "{flatness}");
    assert!(bandwidth < 100.0, "{bandwidth}");
    assert!((crossings - 0.125).abs() < 0.001, "{crossings}");
    assert!((rms - 0.3 * 2.0_f64.sqrt()).abs() < 0.002, "{rms}");
}

#[test]
fn a_loud_frame_leaves_nothing_in_a_silent_one() {
    // The first frame ends where the noise begins.
    let noise = std::iter::successors(Some(0.8_f32), |value| Some((value * 97.0).fract())).take(64);
    let samples: Vec<f32> = std::iter::repeat_n(0.0, 32).chain(noise).collect();
    let mut spectral = spectral(64, 64);
    spectral.transform(&samples, 0);
    assert!(spectral.re[..33].iter().all(|&magnitude| magnitude == 0.0));
    assert!(spectral.im[..33].iter().any(|&magnitude| magnitude > 0.1));
}

#[test]
fn no_clip_gives_nan() {
    let clips: [&[f32]; 5] = [&[0.0; 100], &[f32::MAX; 100], &[f32::MIN, f32::MAX], &[1e-45; 100], &[-1e-45]];
    for clip in clips {
        for n_fft in [2, 3, 64, 100, 4096] {
            let means = spectral(n_fft, 7).means(clip, 768_000).unwrap();
            assert!(means.iter().all(|value| value.is_finite()), "{means:?} of {:e} and n_fft {n_fft}", clip[0]);
        }
    }
}

#[test]
fn a_clip_that_is_too_long_for_its_parameters_is_not_computed() {
    assert_eq!(spectral(2048, 1).means(&vec![0.0; 1 << 16], 16_000), None);
}
