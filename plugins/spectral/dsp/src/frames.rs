//! Two frames at a time: one complex FFT serves both, the first as its real, the second as its imaginary part.

/// Writes the windowed frame that starts at sample `start - padding`; what lies outside the clip is zero.
pub fn window(frame: &mut [f64], window: &[f64], samples: &[f32], start: usize, padding: usize) {
    let before = padding.saturating_sub(start).min(frame.len());
    let rest = samples.get((start + before).saturating_sub(padding)..).unwrap_or(&[]);
    let inside = rest.len().min(frame.len() - before);
    frame[..before].fill(0.0);
    frame[before + inside..].fill(0.0);
    let (values, weights, samples) = (&mut frame[before..before + inside], &window[before..before + inside], &rest[..inside]);
    // In pieces of a length known to the compiler: it takes no loop, which would cost as much as their arithmetic.
    let ((pieces, values), (weights_of, weights), (samples_of, samples)) = (values.as_chunks_mut::<16>(), weights.as_chunks::<16>(), samples.as_chunks::<16>());
    for ((values, weights), samples) in pieces.iter_mut().zip(weights_of).zip(samples_of) {
        for i in 0..16 {
            values[i] = weights[i] * f64::from(samples[i]);
        }
    }
    for ((value, &weight), &sample) in values.iter_mut().zip(weights).zip(samples) {
        *value = weight * f64::from(sample);
    }
}

/// Turns the transform of two packed real frames into their power spectra: bins 0 to n / 2 of `re` and of `im`.
pub fn split_powers(re: &mut [f64], im: &mut [f64]) {
    let n = re.len();
    let (re, mirrored_re) = re.split_at_mut(n / 2 + 1);
    let (im, mirrored_im) = im.split_at_mut(n / 2 + 1);
    // Bin 0 is its own mirror, and so is bin n / 2 where there is one.
    let alone = if n.is_multiple_of(2) { [0, n / 2] } else { [0, 0] };
    let squares = alone.map(|bin| (re[bin] * re[bin], im[bin] * im[bin]));
    let ((re_of, re_rest), (im_of, im_rest)) = (re[1..=mirrored_re.len()].as_chunks_mut::<8>(), im[1..=mirrored_im.len()].as_chunks_mut::<8>());
    let ((mirror_rest_re, mirrors_re), (mirror_rest_im, mirrors_im)) = (mirrored_re.as_rchunks::<8>(), mirrored_im.as_rchunks::<8>());
    let mirrors = mirrors_re.iter().rev().zip(mirrors_im.iter().rev());
    for ((re, im), (mirror_re, mirror_im)) in re_of.iter_mut().zip(im_of.iter_mut()).zip(mirrors) {
        for i in 0..8 {
            (re[i], im[i]) = split_power([re[i], im[i]], [mirror_re[7 - i], mirror_im[7 - i]]);
        }
    }
    let mirrors = mirror_rest_re.iter().rev().zip(mirror_rest_im.iter().rev());
    for ((re, im), (mirror_re, mirror_im)) in re_rest.iter_mut().zip(im_rest).zip(mirrors) {
        (*re, *im) = split_power([*re, *im], [*mirror_re, *mirror_im]);
    }
    for (bin, squares) in alone.into_iter().zip(squares) {
        (re[bin], im[bin]) = squares;
    }
}

/// The powers of both frames in a bin, from the transform there and at the mirrored bin.
#[inline(always)]
fn split_power([re, im]: [f64; 2], [mirror_re, mirror_im]: [f64; 2]) -> (f64, f64) {
    let (sum_re, difference_re) = (re + mirror_re, re - mirror_re);
    let (sum_im, difference_im) = (im + mirror_im, im - mirror_im);
    ((sum_re * sum_re + difference_im * difference_im) / 4.0, (sum_im * sum_im + difference_re * difference_re) / 4.0)
}
