//! A complex FFT of any length, of numbers or of several side by side.
//!
//! Powers of two take Stockham's radix-4 algorithm, whose inner loops run over neighbouring values and so become SIMD.
//! Other lengths become a convolution of a power of two (Bluestein 1970, doi:10.1109/TAU.1970.1162132).

use crate::lanes::Lanes;
use std::f64::consts::PI;
use std::ops::{Add, Mul, Sub};

/// What is transformed: a real part or an imaginary part.
pub trait Value: Copy + Default + Add<Output = Self> + Sub<Output = Self> + Mul<Self::Factor, Output = Self> {
    /// What it is multiplied by.
    type Factor: Copy;

    fn factor(value: f64) -> Self::Factor;
}

impl Value for f64 {
    type Factor = f64;

    fn factor(value: f64) -> f64 {
        value
    }
}

impl Value for Lanes {
    type Factor = f32;

    fn factor(value: f64) -> f32 {
        value as f32
    }
}

/// A complex factor.
type Factor<T> = (<T as Value>::Factor, <T as Value>::Factor);

fn factor<T: Value>((re, im): (f64, f64)) -> Factor<T> {
    (T::factor(re), T::factor(im))
}

/// Tables and buffers of one length.
pub enum Fft<T: Value> {
    PowerOfTwo(Stockham<T>),
    Other(Box<Bluestein<T>>),
}

impl<T: Value> Fft<T> {
    /// `n` is at least 1.
    pub fn new(n: usize) -> Self {
        if n.is_power_of_two() { Fft::PowerOfTwo(Stockham::new(n)) } else { Fft::Other(Box::new(Bluestein::new(n))) }
    }

    /// The forward transform in place: `X[k] = sum x[t] exp(-2 pi i k t / n)`, not scaled.
    /// Both have the length `n`; they are vectors so that a pass can exchange them with its buffers.
    pub fn forward(&mut self, re: &mut Vec<T>, im: &mut Vec<T>) {
        match self {
            Fft::PowerOfTwo(fft) => fft.forward(re, im),
            Fft::Other(fft) => fft.forward(re, im),
        }
    }
}

/// exp(-2 pi i k / n)
pub fn root(k: usize, n: usize) -> (f64, f64) {
    let angle = -2.0 * PI * k as f64 / n as f64;
    (angle.cos(), angle.sin())
}

pub struct Stockham<T: Value> {
    /// For each pass of radix 4: the first three powers of each root.
    passes: Vec<Vec<[Factor<T>; 3]>>,
    re: Vec<T>,
    im: Vec<T>,
}

impl<T: Value> Stockham<T> {
    fn new(n: usize) -> Self {
        let lengths = std::iter::successors(Some(n), |length| Some(length / 4)).take_while(|&length| length >= 4);
        let roots = |length: usize| (0..length / 4).map(|p| [1, 2, 3].map(|power| factor::<T>(root(power * p, length)))).collect();
        Stockham { passes: lengths.map(roots).collect(), re: vec![T::default(); n], im: vec![T::default(); n] }
    }

    fn forward(&mut self, re: &mut Vec<T>, im: &mut Vec<T>) {
        let mut stride = 1;
        for roots in &self.passes {
            radix4(roots, stride, (&*re, &*im), (&mut self.re, &mut self.im));
            std::mem::swap(re, &mut self.re);
            std::mem::swap(im, &mut self.im);
            stride *= 4;
        }
        if stride < re.len() {
            radix2(re);
            radix2(im);
        }
    }
}

/// One pass: for each root, four runs of `stride` values become four neighbouring runs.
fn radix4<T: Value>(roots: &[[Factor<T>; 3]], stride: usize, from: (&[T], &[T]), to: (&mut [T], &mut [T])) {
    // Lengths that the compiler knows take no loop, which would cost more than the arithmetic of short runs.
    match stride {
        1 if roots.len() >= 4 => radix4_short::<T, 1, 4>(roots, from, to),
        1 => radix4_short::<T, 1, 1>(roots, from, to),
        4 => radix4_short::<T, 4, 1>(roots, from, to),
        16 => radix4_short::<T, 16, 1>(roots, from, to),
        _ => radix4_long(roots, stride, from, to),
    }
}

/// `ROOTS` at a time, which divides their number.
fn radix4_short<T: Value, const STRIDE: usize, const ROOTS: usize>(roots: &[[Factor<T>; 3]], from: (&[T], &[T]), to: (&mut [T], &mut [T])) {
    let runs = |values| quarters(chunks::<STRIDE, T>(values)).map(chunks::<ROOTS, _>);
    let ([re0, re1, re2, re3], [im0, im1, im2, im3]) = (runs(from.0), runs(from.1));
    let re = re0.iter().zip(re1).zip(re2).zip(re3);
    let im = im0.iter().zip(im1).zip(im2).zip(im3);
    let outputs = |values| chunks_mut::<ROOTS, _>(chunks_mut::<4, _>(chunks_mut::<STRIDE, T>(values)));
    let outputs = outputs(to.0).iter_mut().zip(outputs(to.1));
    for (((roots, (((a, b), c), d)), (((e, f), g), h)), (out_re, out_im)) in chunks::<ROOTS, _>(roots).iter().zip(re).zip(im).zip(outputs) {
        for r in 0..ROOTS {
            for q in 0..STRIDE {
                let out = butterfly(&roots[r], [a, b, c, d].map(|part| part[r][q]), [e, f, g, h].map(|part| part[r][q]));
                for part in 0..4 {
                    (out_re[r][part][q], out_im[r][part][q]) = out[part];
                }
            }
        }
    }
}

fn chunks<const N: usize, T>(values: &[T]) -> &[[T; N]] {
    values.as_chunks().0
}

fn chunks_mut<const N: usize, T>(values: &mut [T]) -> &mut [[T; N]] {
    values.as_chunks_mut().0
}

fn radix4_long<T: Value>(roots: &[[Factor<T>; 3]], stride: usize, from: (&[T], &[T]), to: (&mut [T], &mut [T])) {
    let (re, im) = (quarters(from.0), quarters(from.1));
    let outputs = to.0.chunks_exact_mut(4 * stride).zip(to.1.chunks_exact_mut(4 * stride));
    for ((p, roots), (to_re, to_im)) in roots.iter().enumerate().zip(outputs) {
        let [re0, re1, re2, re3] = re.map(|part| part[p * stride..][..stride].as_chunks::<PIECE>().0);
        let [im0, im1, im2, im3] = im.map(|part| part[p * stride..][..stride].as_chunks::<PIECE>().0);
        let (to_re, to_im) = (quarters_mut(to_re), quarters_mut(to_im));
        let [o0, o1, o2, o3] = to_re.map(|part| part.as_chunks_mut::<PIECE>().0);
        let [u0, u1, u2, u3] = to_im.map(|part| part.as_chunks_mut::<PIECE>().0);
        let n = stride / PIECE;
        let (re0, re1, re2, re3) = (&re0[..n], &re1[..n], &re2[..n], &re3[..n]);
        let (im0, im1, im2, im3) = (&im0[..n], &im1[..n], &im2[..n], &im3[..n]);
        let (o0, o1, o2, o3) = (&mut o0[..n], &mut o1[..n], &mut o2[..n], &mut o3[..n]);
        let (u0, u1, u2, u3) = (&mut u0[..n], &mut u1[..n], &mut u2[..n], &mut u3[..n]);
        for i in 0..n {
            for q in 0..PIECE {
                let out = butterfly(roots, [re0[i][q], re1[i][q], re2[i][q], re3[i][q]], [im0[i][q], im1[i][q], im2[i][q], im3[i][q]]);
                (o0[i][q], u0[i][q]) = out[0];
                (o1[i][q], u1[i][q]) = out[1];
                (o2[i][q], u2[i][q]) = out[2];
                (o3[i][q], u3[i][q]) = out[3];
            }
        }
    }
}

/// Values of a long run that are worked on without a loop.
const PIECE: usize = 4;

fn quarters<T>(values: &[T]) -> [&[T]; 4] {
    let quarter = values.len() / 4;
    [0, 1, 2, 3].map(|part| &values[part * quarter..(part + 1) * quarter])
}

fn quarters_mut<T>(values: &mut [T]) -> [&mut [T]; 4] {
    let (half, other) = values.split_at_mut(values.len() / 2);
    let (a, b) = half.split_at_mut(half.len() / 2);
    let (c, d) = other.split_at_mut(other.len() / 2);
    [a, b, c, d]
}

/// The transform of four values, times the roots.
#[inline(always)]
fn butterfly<T: Value>(&[w1, w2, w3]: &[Factor<T>; 3], re: [T; 4], im: [T; 4]) -> [(T, T); 4] {
    let (sum02_re, sum02_im) = (re[0] + re[2], im[0] + im[2]);
    let (dif02_re, dif02_im) = (re[0] - re[2], im[0] - im[2]);
    let (sum13_re, sum13_im) = (re[1] + re[3], im[1] + im[3]);
    let (dif13_re, dif13_im) = (re[1] - re[3], im[1] - im[3]);
    [
        (sum02_re + sum13_re, sum02_im + sum13_im),
        times((dif02_re + dif13_im, dif02_im - dif13_re), w1),
        times((sum02_re - sum13_re, sum02_im - sum13_im), w2),
        times((dif02_re - dif13_im, dif02_im + dif13_re), w3),
    ]
}

/// The last pass when the length is 2 times a power of four: its only root is 1.
fn radix2<T: Value>(values: &mut [T]) {
    let (low, high) = values.split_at_mut(values.len() / 2);
    let (pieces, low) = low.as_chunks_mut::<16>();
    let (pieces_of, high) = high.as_chunks_mut::<16>();
    for (low, high) in pieces.iter_mut().zip(pieces_of) {
        for i in 0..16 {
            (low[i], high[i]) = (low[i] + high[i], low[i] - high[i]);
        }
    }
    low.iter_mut().zip(high).for_each(|(a, b)| (*a, *b) = (*a + *b, *a - *b));
}

#[inline(always)]
fn times<T: Value>((a, b): (T, T), (c, d): Factor<T>) -> (T, T) {
    (a * c - b * d, a * d + b * c)
}

pub struct Bluestein<T: Value> {
    inner: Stockham<T>,
    /// exp(-pi i k^2 / n)
    chirp: Vec<Factor<T>>,
    /// The transform of the wrapped conjugate chirp, divided by the inner length.
    kernel: Vec<Factor<T>>,
    re: Vec<T>,
    im: Vec<T>,
}

impl<T: Value> Bluestein<T> {
    fn new(n: usize) -> Self {
        let length = (2 * n - 1).next_power_of_two();
        // k^2 modulo 2n as an integer: the angle stays exact however large k is.
        let square = |k: u64| (k * k % (2 * n as u64)) as usize;
        let chirp: Vec<_> = (0..n as u64).map(|k| root(square(k), 2 * n)).collect();
        let (mut re, mut im) = (vec![0.0; length], vec![0.0; length]);
        for (k, &(c, s)) in chirp.iter().enumerate() {
            for place in [k, (length - k) % length] {
                (re[place], im[place]) = (c, -s);
            }
        }
        Stockham::<f64>::new(length).forward(&mut re, &mut im);
        let scale = 1.0 / length as f64;
        let kernel = re.iter().zip(&im).map(|(a, b)| factor::<T>((a * scale, b * scale))).collect();
        let chirp = chirp.into_iter().map(factor::<T>).collect();
        let zeros = || vec![T::default(); length];
        Bluestein { inner: Stockham::new(length), chirp, kernel, re: zeros(), im: zeros() }
    }

    fn forward(&mut self, re: &mut [T], im: &mut [T]) {
        self.re.fill(T::default());
        self.im.fill(T::default());
        for (k, &chirp) in self.chirp.iter().enumerate() {
            (self.re[k], self.im[k]) = times((re[k], im[k]), chirp);
        }
        self.inner.forward(&mut self.re, &mut self.im);
        for ((a, b), &kernel) in self.re.iter_mut().zip(&mut self.im).zip(&self.kernel) {
            (*a, *b) = times((*a, *b), kernel);
        }
        // With real and imaginary parts exchanged, the forward transform is the inverse one.
        self.inner.forward(&mut self.im, &mut self.re);
        for (k, &chirp) in self.chirp.iter().enumerate() {
            (re[k], im[k]) = times((self.re[k], self.im[k]), chirp);
        }
    }
}
