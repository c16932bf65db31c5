//! The power spectra of four windowed frames at a time.

use crate::fft::{Fft, root};
use crate::hann;
use crate::lanes::{LANES, Lanes};

/// Tables and buffers for frames of one length.
pub struct Spectrum {
    fft: Fft<Lanes>,
    /// The periodic Hann window: half of it where the length is even.
    window: Vec<f32>,
    /// exp(-2 pi i k / n) up to n / 4 where n is even, else none.
    roots: Vec<(f32, f32)>,
    re: Vec<Lanes>,
    im: Vec<Lanes>,
}

impl Spectrum {
    /// For frames of `n` samples, at least 2.
    pub fn new(n: usize) -> Spectrum {
        // Where their number is even, two real samples make one complex value; its transform is twice that of the samples.
        let (length, scale, roots) = if n.is_multiple_of(2) { (n / 2, 0.5, n / 4 + 1) } else { (n, 1.0, 0) };
        let roots = (0..roots).map(|k| root(k, n)).map(|(re, im)| (re as f32, im as f32)).collect();
        let window = hann(n).into_iter().map(|weight| (scale * weight) as f32).collect();
        Spectrum { fft: Fft::new(length), window, roots, re: vec![Lanes::default(); length], im: vec![Lanes::default(); length] }
    }

    /// Writes the powers of the frequencies 0 to n / 2; the frames have n samples each.
    pub fn powers(&mut self, frames: [&[f32]; LANES], powers: &mut [Lanes]) {
        if self.roots.is_empty() {
            for (t, (re, im)) in self.re.iter_mut().zip(&mut self.im).enumerate() {
                (*re, *im) = (Lanes::new(frames.map(|frame| frame[t])) * self.window[t], Lanes::default());
            }
            self.fft.forward(&mut self.re, &mut self.im);
            for (power, (re, im)) in powers.iter_mut().zip(self.re.iter().zip(&self.im)) {
                *power = squared(*re, *im);
            }
        } else {
            self.load_pairs(frames);
            self.fft.forward(&mut self.re, &mut self.im);
            self.split(powers);
        }
    }

    /// Even samples become real parts, odd ones imaginary parts.
    fn load_pairs(&mut self, frames: [&[f32]; LANES]) {
        let [a, b, c, d] = frames.map(|frame| frame.as_chunks::<2>().0);
        let frames = a.iter().zip(b).zip(c.iter().zip(d));
        let values = self.re.iter_mut().zip(&mut self.im);
        for (((re, im), weights), ((a, b), (c, d))) in values.zip(self.window.as_chunks::<2>().0).zip(frames) {
            *re = Lanes::new([a[0], b[0], c[0], d[0]]) * weights[0];
            *im = Lanes::new([a[1], b[1], c[1], d[1]]) * weights[1];
        }
    }

    /// From the transform Z of h pairs to the powers of all: with E of the even samples and O of the odd ones, of which Z[k] and Z[h - k] tell,
    /// X[k] = E[k] + w^k O[k], and X[h - k] is the conjugate of E[k] - w^k O[k].
    fn split(&self, powers: &mut [Lanes]) {
        let (re, im, half) = (&self.re, &self.im, self.re.len());
        let zero = Lanes::default();
        let (even, odd) = (re[0] + re[0], im[0] + im[0]);
        (powers[0], powers[half]) = (squared(even + odd, zero), squared(even - odd, zero));
        let pairs = half.div_ceil(2);
        let (low, high) = powers[1..half].split_at_mut(pairs - 1);
        let mirrored = re[half + 1 - pairs..].iter().rev().zip(im[half + 1 - pairs..].iter().rev());
        let values = re[1..pairs].iter().zip(&im[1..pairs]).zip(mirrored);
        for (((low, high), ((re, im), (mirror_re, mirror_im))), root) in low.iter_mut().zip(high.iter_mut().rev()).zip(values).zip(&self.roots[1..]) {
            let (even_re, even_im) = (*re + *mirror_re, *im - *mirror_im);
            let (odd_re, odd_im) = (*im + *mirror_im, *mirror_re - *re);
            let (turned_re, turned_im) = (odd_re * root.0 - odd_im * root.1, odd_re * root.1 + odd_im * root.0);
            *low = squared(even_re + turned_re, even_im + turned_im);
            *high = squared(even_re - turned_re, even_im - turned_im);
        }
        if half.is_multiple_of(2) {
            let (re, im) = (re[half / 2], im[half / 2]);
            powers[half / 2] = squared(re + re, im + im);
        }
    }
}

#[inline(always)]
fn squared(re: Lanes, im: Lanes) -> Lanes {
    re * re + im * im
}
