//! A complex FFT of any length.
//!
//! Powers of two take Stockham's radix-4 algorithm, whose inner loops run over neighbouring values and so become SIMD.
//! Other lengths become a convolution of a power of two (Bluestein 1970, doi:10.1109/TAU.1970.1162132).

use std::f64::consts::PI;

/// Tables and buffers of one length.
pub enum Fft {
    PowerOfTwo(Stockham),
    Other(Box<Bluestein>),
}

impl Fft {
    /// `n` is at least 1.
    pub fn new(n: usize) -> Fft {
        if n.is_power_of_two() { Fft::PowerOfTwo(Stockham::new(n)) } else { Fft::Other(Box::new(Bluestein::new(n))) }
    }

    /// The forward transform in place: `X[k] = sum x[t] exp(-2 pi i k t / n)`, not scaled.
    /// Both have the length `n`; they are vectors so that a pass can exchange them with its buffers.
    pub fn forward(&mut self, re: &mut Vec<f64>, im: &mut Vec<f64>) {
        match self {
            Fft::PowerOfTwo(fft) => fft.forward(re, im),
            Fft::Other(fft) => fft.forward(re, im),
        }
    }
}

/// exp(-2 pi i k / n)
fn root(k: usize, n: usize) -> (f64, f64) {
    let angle = -2.0 * PI * k as f64 / n as f64;
    (angle.cos(), angle.sin())
}

pub struct Stockham {
    /// For each pass of radix 4: the first three powers of each root.
    passes: Vec<Vec<[(f64, f64); 3]>>,
    re: Vec<f64>,
    im: Vec<f64>,
}

impl Stockham {
    fn new(n: usize) -> Stockham {
        let lengths = std::iter::successors(Some(n), |length| Some(length / 4)).take_while(|&length| length >= 4);
        let roots = |length: usize| (0..length / 4).map(|p| [1, 2, 3].map(|power| root(power * p, length))).collect();
        Stockham { passes: lengths.map(roots).collect(), re: vec![0.0; n], im: vec![0.0; n] }
    }

    fn forward(&mut self, re: &mut Vec<f64>, im: &mut Vec<f64>) {
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
fn radix4(roots: &[[(f64, f64); 3]], stride: usize, from: (&[f64], &[f64]), to: (&mut [f64], &mut [f64])) {
    let quarter = from.0.len() / 4;
    let outputs = to.0.chunks_exact_mut(4 * stride).zip(to.1.chunks_exact_mut(4 * stride));
    for ((p, roots), (to_re, to_im)) in roots.iter().enumerate().zip(outputs) {
        let input = |part: usize| part * quarter + p * stride..part * quarter + p * stride + stride;
        let re = [0, 1, 2, 3].map(|part| &from.0[input(part)]);
        let im = [0, 1, 2, 3].map(|part| &from.1[input(part)]);
        butterflies(roots, re, im, quarters(to_re, stride), quarters(to_im, stride));
    }
}

fn quarters(run: &mut [f64], stride: usize) -> [&mut [f64]; 4] {
    let (half, other) = run.split_at_mut(2 * stride);
    let (a, b) = half.split_at_mut(stride);
    let (c, d) = other.split_at_mut(stride);
    [a, b, c, d]
}

#[inline(always)]
fn butterflies(
    &[w1, w2, w3]: &[(f64, f64); 3],
    re: [&[f64]; 4],
    im: [&[f64]; 4],
    out_re: [&mut [f64]; 4],
    out_im: [&mut [f64]; 4],
) {
    // Slices of one length known to the compiler, so that the loop needs no bounds checks and becomes SIMD.
    let n = re[0].len();
    let (re, im) = (re.map(|part| &part[..n]), im.map(|part| &part[..n]));
    let (out_re, out_im) = (out_re.map(|part| &mut part[..n]), out_im.map(|part| &mut part[..n]));
    for q in 0..n {
        let (sum02_re, sum02_im) = (re[0][q] + re[2][q], im[0][q] + im[2][q]);
        let (dif02_re, dif02_im) = (re[0][q] - re[2][q], im[0][q] - im[2][q]);
        let (sum13_re, sum13_im) = (re[1][q] + re[3][q], im[1][q] + im[3][q]);
        let (dif13_re, dif13_im) = (re[1][q] - re[3][q], im[1][q] - im[3][q]);
        out_re[0][q] = sum02_re + sum13_re;
        out_im[0][q] = sum02_im + sum13_im;
        (out_re[1][q], out_im[1][q]) = times((dif02_re + dif13_im, dif02_im - dif13_re), w1);
        (out_re[2][q], out_im[2][q]) = times((sum02_re - sum13_re, sum02_im - sum13_im), w2);
        (out_re[3][q], out_im[3][q]) = times((dif02_re - dif13_im, dif02_im + dif13_re), w3);
    }
}

/// The last pass when the length is 2 times a power of four: its only root is 1.
fn radix2(values: &mut [f64]) {
    let (low, high) = values.split_at_mut(values.len() / 2);
    low.iter_mut().zip(high).for_each(|(a, b)| (*a, *b) = (*a + *b, *a - *b));
}

#[inline(always)]
fn times((a, b): (f64, f64), (c, d): (f64, f64)) -> (f64, f64) {
    (a * c - b * d, a * d + b * c)
}

pub struct Bluestein {
    inner: Stockham,
    /// exp(-pi i k^2 / n)
    chirp: Vec<(f64, f64)>,
    /// The transform of the wrapped conjugate chirp, divided by the inner length.
    kernel: Vec<(f64, f64)>,
    re: Vec<f64>,
    im: Vec<f64>,
}

impl Bluestein {
    fn new(n: usize) -> Bluestein {
        let length = (2 * n - 1).next_power_of_two();
        let mut inner = Stockham::new(length);
        // k^2 modulo 2n as an integer: the angle stays exact however large k is.
        let square = |k: u64| (k * k % (2 * n as u64)) as usize;
        let chirp: Vec<_> = (0..n as u64).map(|k| root(square(k), 2 * n)).collect();
        let (mut re, mut im) = (vec![0.0; length], vec![0.0; length]);
        for (k, &(c, s)) in chirp.iter().enumerate() {
            for place in [k, (length - k) % length] {
                (re[place], im[place]) = (c, -s);
            }
        }
        inner.forward(&mut re, &mut im);
        let scale = 1.0 / length as f64;
        let kernel = re.iter().zip(&im).map(|(a, b)| (a * scale, b * scale)).collect();
        Bluestein { inner, chirp, kernel, re, im }
    }

    fn forward(&mut self, re: &mut [f64], im: &mut [f64]) {
        self.re.fill(0.0);
        self.im.fill(0.0);
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
