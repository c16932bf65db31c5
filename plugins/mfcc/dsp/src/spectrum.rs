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
    // By itself, as are the others: in one large function WebAssembly's compilers keep what loops need on the stack.
    #[inline(never)]
    fn load_pairs(&mut self, frames: [&[f32]; LANES]) {
        let [a, b, c, d] = frames.map(|frame| frame.as_chunks::<8>().0);
        let ((re, re_rest), (im, im_rest)) = (self.re.as_chunks_mut::<4>(), self.im.as_chunks_mut::<4>());
        let (weights, weights_rest) = self.window.as_chunks::<8>();
        for ((((re, im), weights), (a, b)), (c, d)) in re.iter_mut().zip(im).zip(weights).zip(a.iter().zip(b)).zip(c.iter().zip(d)) {
            for half in 0..2 {
                let four = |frame: &[f32; 8]| Lanes::new([frame[4 * half], frame[4 * half + 1], frame[4 * half + 2], frame[4 * half + 3]]);
                let samples = Lanes::transpose([four(a), four(b), four(c), four(d)]);
                for pair in 0..2 {
                    let place = 4 * half + 2 * pair;
                    re[2 * half + pair] = samples[2 * pair] * weights[place];
                    im[2 * half + pair] = samples[2 * pair + 1] * weights[place + 1];
                }
            }
        }
        let rest = frames.map(|frame| frame.as_chunks::<8>().1);
        for (pair, (re, im)) in re_rest.iter_mut().zip(im_rest).enumerate() {
            *re = Lanes::new(rest.map(|rest| rest[2 * pair])) * weights_rest[2 * pair];
            *im = Lanes::new(rest.map(|rest| rest[2 * pair + 1])) * weights_rest[2 * pair + 1];
        }
    }

    /// From the transform Z of h pairs to the powers of all: with E of the even samples and O of the odd ones, of which Z[k] and Z[h - k] tell,
    /// X[k] = E[k] + w^k O[k], and X[h - k] is the conjugate of E[k] - w^k O[k].
    #[inline(never)]
    fn split(&self, powers: &mut [Lanes]) {
        let (re, im, half) = (&self.re, &self.im, self.re.len());
        let zero = Lanes::default();
        let (even, odd) = (re[0] + re[0], im[0] + im[0]);
        (powers[0], powers[half]) = (squared(even + odd, zero), squared(even - odd, zero));
        let pairs = half.div_ceil(2);
        let (low, high) = powers[1..half].split_at_mut(pairs - 1);
        // Without the middle, which is its own mirror.
        let high = &mut high[usize::from(half.is_multiple_of(2))..];
        let ((low, low_rest), (high_rest, high)) = (low.as_chunks_mut::<4>(), high.as_rchunks_mut::<4>());
        let ((re_low, re_low_rest), (im_low, im_low_rest)) = (re[1..pairs].as_chunks::<4>(), im[1..pairs].as_chunks::<4>());
        let ((re_high_rest, re_high), (im_high_rest, im_high)) = (re[half + 1 - pairs..].as_rchunks::<4>(), im[half + 1 - pairs..].as_rchunks::<4>());
        let (roots, roots_rest) = self.roots[1..pairs].as_chunks::<4>();
        let values = re_low.iter().zip(im_low).zip(re_high.iter().rev().zip(im_high.iter().rev())).zip(roots);
        for ((low, high), (((re, im), (mirror_re, mirror_im)), roots)) in low.iter_mut().zip(high.iter_mut().rev()).zip(values) {
            for i in 0..4 {
                (low[i], high[3 - i]) = mirrored(re[i], im[i], mirror_re[3 - i], mirror_im[3 - i], roots[i]);
            }
        }
        for (i, root) in roots_rest.iter().enumerate() {
            let mirror = roots_rest.len() - 1 - i;
            (low_rest[i], high_rest[mirror]) = mirrored(re_low_rest[i], im_low_rest[i], re_high_rest[mirror], im_high_rest[mirror], *root);
        }
        if half.is_multiple_of(2) {
            let (re, im) = (re[half / 2], im[half / 2]);
            powers[half / 2] = squared(re + re, im + im);
        }
    }
}

/// The powers at k and h - k.
#[inline(always)]
fn mirrored(re: Lanes, im: Lanes, mirror_re: Lanes, mirror_im: Lanes, root: (f32, f32)) -> (Lanes, Lanes) {
    let (even_re, even_im) = (re + mirror_re, im - mirror_im);
    let (odd_re, odd_im) = (im + mirror_im, mirror_re - re);
    let (turned_re, turned_im) = (odd_re * root.0 - odd_im * root.1, odd_re * root.1 + odd_im * root.0);
    (squared(even_re + turned_re, even_im + turned_im), squared(even_re - turned_re, even_im - turned_im))
}

#[inline(always)]
fn squared(re: Lanes, im: Lanes) -> Lanes {
    re * re + im * im
}
