//! Association of two variables.
//!
//! Papers: Pearson (1895); Spearman (1904); Kendall, "The treatment of ties in ranking problems", Biometrika 33 (1945), computed as
//! Knight, J. Am. Stat. Assoc. 61 (1966); Cramér, Mathematical Methods of Statistics (1946). Reference implementations:
//! `scipy.stats.pearsonr`, `spearmanr`, `kendalltau` and `contingency.association(method="cramer")`.

use super::dd::Dd;
use super::moments::Moments;

/// Count, means and sums of squared deviations and products of two variables, as a state that merges.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CoMoments {
    pub x: Moments,
    pub y: Moments,
    /// `sum (x - mean x) (y - mean y)`.
    pub cross: Dd,
}

impl CoMoments {
    /// Of equally many finite numbers; the longer slice is cut.
    pub fn from_block(x: &[f64], y: &[f64]) -> CoMoments {
        let n = x.len().min(y.len());
        let (x, y) = (&x[..n], &y[..n]);
        let (mx, my) = (Moments::from_block(x), Moments::from_block(y));
        let (cx, cy) = (mx.mean.to_f64(), my.mean.to_f64());
        let product = |(x, y): (&f64, &f64)| super::dd::two_prod(x - cx, y - cy);
        let about_centres = x.iter().zip(y).map(product).fold(Dd::ZERO, |sum, product| sum + product);
        // The centres are the means but for rounding.
        let count = Dd::from_u64(n as u64);
        let cross = about_centres - count * (mx.mean - Dd::from(cx)) * (my.mean - Dd::from(cy));
        CoMoments { x: mx, y: my, cross }
    }

    /// The moments of both sets together.
    #[must_use]
    pub fn merge(&self, other: &CoMoments) -> CoMoments {
        if self.x.count == 0 {
            return *other;
        }
        if other.x.count == 0 {
            return *self;
        }
        let (ours, theirs) = (Dd::from_u64(self.x.count), Dd::from_u64(other.x.count));
        let (dx, dy) = (other.x.mean - self.x.mean, other.y.mean - self.y.mean);
        let cross = self.cross + other.cross + dx * dy * (ours * (theirs / (ours + theirs)));
        CoMoments { x: self.x.merge(&other.x), y: self.y.merge(&other.y), cross }
    }

    /// Pearson's r, in [-1, 1]; None where a variable does not vary.
    pub fn correlation(&self) -> Option<f64> {
        let (x, y) = (self.x.m2.to_f64(), self.y.m2.to_f64());
        // One root is more exact, unless the product leaves the range of floats.
        let product = x * y;
        let scale = if product.is_normal() { product.sqrt() } else { x.sqrt() * y.sqrt() };
        let r = self.cross.to_f64() / scale;
        (x > 0.0 && y > 0.0 && r.is_finite()).then(|| r.clamp(-1.0, 1.0))
    }
}

/// Twice the midrank of each value, from 2; exact for up to 2^52 values.
fn double_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    while from < order.len() {
        let equal = order[from..].iter().take_while(|i| values[**i] == values[order[from]]).count();
        // Ranks from + 1 … from + equal.
        order[from..from + equal].iter().for_each(|i| ranks[*i] = (2 * from + equal + 1) as f64);
        from += equal;
    }
    ranks
}

/// Spearman's rank correlation of numbers that are not NaN; None where a variable does not vary. Infinities have ranks.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    CoMoments::from_block(&double_ranks(x), &double_ranks(y)).correlation()
}

/// Kendall's tau-b of numbers that are not NaN; None where a variable does not vary.
pub fn kendall(x: &[f64], y: &[f64]) -> Option<f64> {
    let mut pairs: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    let by = |a: &(f64, f64), b: &(f64, f64)| compare(a.0, b.0).then(compare(a.1, b.1));
    pairs.sort_unstable_by(by);
    let n = pairs.len() as i128;
    let all = n * (n - 1) / 2;
    let tied_x = tied(&pairs, |a, b| a.0 == b.0);
    let tied_both = tied(&pairs, |a, b| a == b);
    let mut second: Vec<f64> = pairs.iter().map(|p| p.1).collect();
    let swaps = sort_counting(&mut second);
    let tied_y = tied(&second, |a, b| a == b);
    let concordant_less_discordant = all - tied_x - tied_y + tied_both - 2 * swaps;
    let (varying_x, varying_y) = ((all - tied_x) as f64, (all - tied_y) as f64);
    let tau = concordant_less_discordant as f64 / varying_x.sqrt() / varying_y.sqrt();
    tau.is_finite().then(|| tau.clamp(-1.0, 1.0))
}

/// As numbers, so that -0 equals 0.
fn compare(a: f64, b: f64) -> std::cmp::Ordering {
    a.partial_cmp(&b).unwrap_or(std::cmp::Ordering::Equal)
}

/// Pairs of equal neighbours in sorted items: n (n - 1) / 2 for each group.
fn tied<T>(sorted: &[T], equal: impl Fn(&T, &T) -> bool) -> i128 {
    let groups = sorted.chunk_by(|a, b| equal(a, b)).map(|group| group.len() as i128);
    groups.map(|n| n * (n - 1) / 2).sum()
}

/// Sorts, and counts the pairs that were in the wrong order.
fn sort_counting(values: &mut Vec<f64>) -> i128 {
    let (mut swaps, mut width) = (0, 1);
    let mut other = values.clone();
    while width < values.len() {
        for (from, to) in values.chunks(2 * width).zip(other.chunks_mut(2 * width)) {
            swaps += merge(from, width.min(from.len()), to);
        }
        std::mem::swap(values, &mut other);
        width *= 2;
    }
    swaps
}

fn merge(from: &[f64], middle: usize, to: &mut [f64]) -> i128 {
    let (mut left, mut right, mut swaps) = (0, middle, 0);
    for place in to {
        if right == from.len() || (left < middle && from[left] <= from[right]) {
            *place = from[left];
            left += 1;
        } else {
            *place = from[right];
            right += 1;
            swaps += (middle - left) as i128;
        }
    }
    swaps
}

/// Cramér's V of a table given by its cells (row, column, count), in [0, 1]; None with a single row or column.
pub fn cramers_v_of_table(cells: &[(usize, usize, u64)]) -> Option<f64> {
    let (rows, columns) = (cells.iter().map(|c| c.0).max()? + 1, cells.iter().map(|c| c.1).max()? + 1);
    let (mut row_sums, mut column_sums) = (vec![0u64; rows], vec![0u64; columns]);
    for (row, column, n) in cells {
        row_sums[*row] += n;
        column_sums[*column] += n;
    }
    let (rows, columns) = (row_sums.iter().filter(|n| **n > 0).count(), column_sums.iter().filter(|n| **n > 0).count());
    let least = rows.min(columns).checked_sub(1).filter(|least| *least > 0)?;
    // chi^2 / n = sum over the cells of O^2 / (R C), less 1.
    let cell = |(row, column, n): &(usize, usize, u64)| {
        let n = Dd::from_u64(*n);
        n * n / (Dd::from_u64(row_sums[*row]) * Dd::from_u64(column_sums[*column]))
    };
    let sum = cells.iter().filter(|c| c.2 > 0).map(cell).fold(Dd::ZERO, |sum, term| sum + term);
    let phi = (sum - Dd::from_u64(1)).to_f64().max(0.0);
    Some((phi / least as f64).sqrt().min(1.0))
}
