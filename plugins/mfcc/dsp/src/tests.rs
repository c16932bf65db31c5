use crate::fft::Fft;
use crate::{Mfcc, Params};
use std::f64::consts::PI;

/// Values without a pattern, the same in each run.
fn values(n: usize, seed: u64) -> Vec<f64> {
    let next = |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    std::iter::successors(Some(seed), next).skip(1).take(n).map(|v| (v >> 40) as f64 / (1 << 23) as f64 - 1.0).collect()
}

/// The definition, in n^2 steps.
fn slow(re: &[f64], im: &[f64]) -> Vec<(f64, f64)> {
    let n = re.len();
    let term = |k: usize, t: usize| {
        let (s, c) = (-2.0 * PI * (k * t % n) as f64 / n as f64).sin_cos();
        (re[t] * c - im[t] * s, re[t] * s + im[t] * c)
    };
    let sum = |k| (0..n).map(|t| term(k, t)).fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    (0..n).map(sum).collect()
}

#[test]
fn fft_is_the_definition_for_any_length() {
    for n in [1, 2, 3, 4, 5, 8, 12, 16, 31, 32, 64, 100, 128, 400, 512, 1000] {
        let (mut re, mut im) = (values(n, 1), values(n, 2));
        let expected = slow(&re, &im);
        Fft::new(n).forward(&mut re, &mut im);
        for (k, expected) in expected.iter().enumerate() {
            let error = (re[k] - expected.0).hypot(im[k] - expected.1);
            assert!(error < 1e-11 * n as f64, "n {n}, bin {k}: off by {error:e}");
        }
    }
}

#[test]
fn means_are_the_means_of_the_frames() {
    let samples: Vec<f32> = values(3000, 3).iter().map(|&v| v as f32).collect();
    // Odd, even and composite frames; an odd and an even number of frames; frames longer than the clip.
    for (n_fft, hop_length) in [(2, 1500), (3, 700), (400, 160), (512, 256), (4096, 999), (1025, 3001)] {
        let mut mfcc = Mfcc::new(Params { coefficients: 7, n_fft, hop_length, n_mels: 20 });
        let frames = mfcc.frames(&samples, 16_000).unwrap();
        assert_eq!(frames.len(), 1 + (samples.len() + n_fft / 2 * 2 - n_fft) / hop_length);
        for (k, mean) in mfcc.means(&samples, 16_000).unwrap().iter().enumerate() {
            let expected = frames.iter().map(|frame| frame[k]).sum::<f64>() / frames.len() as f64;
            assert!((mean - expected).abs() < 1e-9, "n_fft {n_fft}, coefficient {k}: {mean}, not {expected}");
        }
    }
}

#[test]
fn more_rates_than_are_kept_change_nothing() {
    let samples = [0.5, -0.25, 0.125];
    let mut mfcc = Mfcc::new(Params { coefficients: 3, n_fft: 64, hop_length: 16, n_mels: 8 });
    let first = mfcc.means(&samples, 1000);
    assert!((1001..1020).all(|rate| mfcc.means(&samples, rate).is_some()));
    assert_eq!(mfcc.means(&samples, 1000), first);
    assert!(mfcc.filters.len() <= crate::KEPT_RATES);
}

#[test]
fn a_clip_that_is_too_long_for_its_parameters_is_not_computed() {
    let mut mfcc = Mfcc::new(Params { coefficients: 1, n_fft: 2, hop_length: 1, n_mels: 1024 });
    assert_eq!(mfcc.means(&vec![0.0; 1 << 16], 16_000), None);
}
