use crate::fft::Fft;
use crate::lanes::Lanes;
use crate::spectrum::Spectrum;
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
        Fft::<f64>::new(n).forward(&mut re, &mut im);
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
fn lanes_are_transformed_like_numbers() {
    for n in [1, 2, 3, 5, 8, 100, 256, 1000, 2048] {
        let lanes = |seed: u64| -> Vec<Lanes> { values(4 * n, seed).chunks(4).map(|four| Lanes::new(std::array::from_fn(|lane| four[lane] as f32))).collect() };
        let (from_re, from_im) = (lanes(1), lanes(2));
        let (mut re, mut im) = (from_re.clone(), from_im.clone());
        Fft::new(n).forward(&mut re, &mut im);
        for lane in 0..4 {
            let of = |values: &[Lanes]| -> Vec<f64> { values.iter().map(|value| f64::from(value.to_array()[lane])).collect() };
            let (mut expected_re, mut expected_im) = (of(&from_re), of(&from_im));
            Fft::new(n).forward(&mut expected_re, &mut expected_im);
            for k in 0..n {
                let error = (f64::from(re[k].to_array()[lane]) - expected_re[k]).hypot(f64::from(im[k].to_array()[lane]) - expected_im[k]);
                assert!(error < 1e-6 * (n as f64).sqrt() * (1.0 + (n as f64).log2()), "n {n}, lane {lane}, bin {k}: off by {error:e}");
            }
        }
    }
}

#[test]
fn powers_are_those_of_the_definition() {
    for n in [2, 3, 4, 5, 6, 7, 8, 30, 32, 63, 400, 512] {
        let frames: [Vec<f32>; 4] = std::array::from_fn(|lane| values(n, 7 + lane as u64).into_iter().map(|v| v as f32).collect());
        let mut powers = vec![Lanes::default(); n / 2 + 1];
        Spectrum::new(n).powers(frames.each_ref().map(Vec::as_slice), &mut powers);
        for (lane, frame) in frames.iter().enumerate() {
            let windowed: Vec<f64> = frame.iter().zip(crate::hann(n)).map(|(&v, weight)| f64::from(v) * weight).collect();
            let expected = slow(&windowed, &vec![0.0; n]);
            let loudest = expected.iter().map(|(re, im)| re * re + im * im).fold(1e-3, f64::max);
            for (k, power) in powers.iter().enumerate() {
                let expected = expected[k].0.powi(2) + expected[k].1.powi(2);
                let error = (f64::from(power.to_array()[lane]) - expected).abs();
                assert!(error < 1e-6 * (expected * loudest).sqrt() + 1e-12 * loudest, "n {n}, lane {lane}, bin {k}: {} is not {expected}", power.to_array()[lane]);
            }
        }
    }
}

#[test]
fn absurd_samples_have_finite_coefficients() {
    let quiet: Vec<f32> = values(3000, 3).iter().map(|&v| v as f32).collect();
    let mut mfcc = Mfcc::new(Params { coefficients: 3, n_fft: 512, hop_length: 256, n_mels: 20 });
    let means = mfcc.means(&quiet, 16_000).unwrap();
    for exponent in [10, 32, 33, 60, 127] {
        let loud: Vec<f32> = quiet.iter().map(|&v| v * 2_f32.powi(exponent)).collect();
        let louder = mfcc.means(&loud, 16_000).unwrap();
        // Louder by so many decibels, in all filters.
        let decibels = 20.0 * std::f64::consts::LOG10_2 * f64::from(exponent) * 20_f64.sqrt();
        assert!((louder[0] - means[0] - decibels).abs() < 1e-2, "{exponent}: {louder:?} and {means:?}");
        assert!((louder[1] - means[1]).abs() < 1e-3 && (louder[2] - means[2]).abs() < 1e-3, "{exponent}: {louder:?} and {means:?}");
    }
    for clip in [[0.0; 100], [f32::MAX; 100], [f32::MIN; 100], [1e-45; 100]] {
        assert!(mfcc.means(&clip, 16_000).unwrap().iter().all(|value| value.is_finite()), "{}", clip[0]);
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
