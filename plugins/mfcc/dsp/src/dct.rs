//! The orthonormal DCT-II (SciPy's `dct(type=2, norm="ortho")`), its first rows only.

use std::f64::consts::PI;

/// The first `rows` rows of the matrix for `n` values, row after row.
pub fn matrix(rows: usize, n: usize) -> Vec<f64> {
    let scale = |row: usize| if row == 0 { (1.0 / n as f64).sqrt() } else { (2.0 / n as f64).sqrt() };
    let entry = |row: usize, i: usize| scale(row) * (PI * row as f64 * (2 * i + 1) as f64 / (2 * n) as f64).cos();
    (0..rows).flat_map(|row| (0..n).map(move |i| entry(row, i))).collect()
}

/// The matrix times the values.
pub fn apply(matrix: &[f64], values: &[f64]) -> Vec<f64> {
    let product = |row: &[f64]| row.iter().zip(values).map(|(a, b)| a * b).sum();
    matrix.chunks_exact(values.len()).map(product).collect()
}
