//! Two samples compared by counts at and between anchors, where one of them is too long to be kept.
//!
//! The anchors (knots) are ascending distinct values, the smallest and the largest of the reference among them. Of a sample it is
//! kept how many values lie at each knot and in each gap, and how far those in a gap lie above its lower knot in sum; both open ends are
//! gaps. Counts of several parts add up, in any order. What follows from them is a number if it cannot be otherwise, else an interval
//! that holds it: the functions of both sides are known at each knot and just below it.

use super::dd::{Dd, two_sum};
use serde::{Deserialize, Serialize};

/// Knots of a reference: all its distinct values, or so many of its quantiles.
pub const MOST_KNOTS: usize = 1 << 16;

/// The true value of a statistic lies in between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// The statistic as it is told.
    pub fn midpoint(self) -> f64 {
        self.low + (self.high - self.low) / 2.0
    }

    /// Both ends, where the value is not known.
    pub fn ends(self) -> impl Iterator<Item = f64> {
        self.bounds().into_iter().flat_map(|(low, high)| [low, high])
    }

    /// None where the value is known.
    pub fn bounds(self) -> Option<(f64, f64)> {
        (self.low < self.high).then_some((self.low, self.high))
    }
}

/// Distinct values of an ascending sample without NaN: all, or `most` quantiles, an eighth of them the smallest and the largest values, since
/// the gaps of heavy tails are wide.
pub fn knots(sorted: &[f64], most: usize) -> Vec<f64> {
    let mut all: Vec<f64> = Vec::new();
    for value in sorted {
        if all.last() != Some(value) {
            all.push(*value);
        }
        if all.len() > most {
            break;
        }
    }
    if all.len() > most {
        // There are more than `most` values, so that neither end reaches into the other.
        let tail = most / 16;
        let (lower, rest) = sorted.split_at(tail);
        let (middle, upper) = rest.split_at(rest.len() - tail);
        let (wanted, last) = ((most - 2 * tail) as u128, (middle.len() - 1) as u128);
        all.clear();
        all.extend(lower);
        all.extend((0..wanted).map(|i| middle[(i * last / (wanted - 1).max(1)) as usize]));
        all.extend(upper);
        all.dedup();
    }
    all
}

/// How many values of a sample lie where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnchoredCounts {
    knots: Vec<f64>,
    /// Values equal to each knot.
    at: Vec<u64>,
    /// Values below each knot and above the one before; the last ones lie above all.
    gaps: Vec<u64>,
    /// How far those of each gap lie above the lower knot, in sum; those below all knots, how far below the first.
    sums: Vec<Dd>,
}

/// A knot with what lies below it, as cumulated counts of both sides.
struct Gap {
    /// Which one it is: 0 lies below all knots.
    place: usize,
    reference_before: u64,
    current_before: u64,
    reference: u64,
    current: u64,
}

/// How many knots lie below a value: most often few, which are looked at one by one.
fn below(knots: &[f64], value: f64) -> usize {
    const NEAR: usize = 8;
    match knots.iter().take(NEAR).take_while(|knot| **knot < value).count() {
        NEAR => NEAR + knots[NEAR..].partition_point(|knot| *knot < value),
        near => near,
    }
}

impl AnchoredCounts {
    pub fn new(knots: Vec<f64>) -> Self {
        let (at, gaps, sums) = (vec![0; knots.len()], vec![0; knots.len() + 1], vec![Dd::ZERO; knots.len() + 1]);
        Self { knots, at, gaps, sums }
    }

    /// None yet, beside the same knots.
    pub fn like(&self) -> Self {
        Self::new(self.knots.clone())
    }

    pub fn len(&self) -> u64 {
        self.at.iter().chain(&self.gaps).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        (self.knots.len() + self.at.capacity() + self.gaps.capacity() + 2 * self.sums.capacity()) * 8
    }

    /// Adds ascending values without NaN: they and the knots are read once, side by side.
    pub fn add_sorted(&mut self, mut values: &[f64]) {
        let mut place = 0;
        while let Some(first) = values.first() {
            place += below(&self.knots[place..], *first);
            let run = match self.knots.get(place) {
                Some(knot) if knot == first => {
                    let run = values.iter().take_while(|value| *value == knot).count();
                    self.at[place] += run as u64;
                    run
                }
                knot => {
                    let run = knot.map_or(values.len(), |knot| values.iter().take_while(|value| *value < knot).count());
                    self.gaps[place] += run as u64;
                    self.sums[place] = self.sums[place] + self.distances(place, &values[..run]);
                    run
                }
            };
            values = &values[run..];
        }
    }

    fn distances(&self, place: usize, values: &[f64]) -> Dd {
        let sum = |distance: &dyn Fn(f64) -> f64| {
            values.iter().fold(Dd::ZERO, |sum, value| {
                let next = two_sum(sum.hi, distance(*value));
                Dd { hi: next.hi, lo: sum.lo + next.lo }
            })
        };
        match (place.checked_sub(1).and_then(|lower| self.knots.get(lower)), self.knots.first()) {
            (Some(lower), _) => sum(&|value| value - lower),
            (None, Some(first)) => sum(&|value| first - value),
            (None, None) => Dd::ZERO,
        }
    }

    /// Between which numbers the order statistics of the given ascending ranks lie (0 is the smallest).
    pub fn at_ranks(&self, ranks: &[u64]) -> Vec<(f64, f64)> {
        let (mut found, mut below) = (Vec::with_capacity(ranks.len()), 0);
        let mut wanted = ranks.iter().peekable();
        for (place, in_gap) in self.gaps.iter().enumerate() {
            let lower = place.checked_sub(1).map_or(f64::NEG_INFINITY, |lower| self.knots[lower]);
            let upper = self.knots.get(place).copied().unwrap_or(f64::INFINITY);
            below += in_gap;
            while wanted.next_if(|rank| **rank < below).is_some() {
                found.push((lower, upper));
            }
            below += self.at.get(place).copied().unwrap_or_default();
            while wanted.next_if(|rank| **rank < below).is_some() {
                found.push((upper, upper));
            }
        }
        found
    }

    /// Adds the counts of another part; false where its knots are others.
    #[must_use]
    pub fn merge(&mut self, other: &AnchoredCounts) -> bool {
        if self.knots != other.knots {
            return false;
        }
        let add = |sums: &mut [u64], more: &[u64]| sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        add(&mut self.at, &other.at);
        add(&mut self.gaps, &other.gaps);
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, more)| *sum = *sum + *more);
        true
    }

    /// Each gap with the counts of both sides below it.
    fn gaps<'a>(&'a self, current: &'a AnchoredCounts) -> impl Iterator<Item = Gap> + 'a {
        let (mut reference_before, mut current_before) = (0, 0);
        (0..self.gaps.len()).map(move |place| {
            let gap = Gap { place, reference_before, current_before, reference: self.gaps[place], current: current.gaps[place] };
            reference_before += gap.reference + self.at.get(place).copied().unwrap_or_default();
            current_before += gap.current + current.at.get(place).copied().unwrap_or_default();
            gap
        })
    }
}

/// The Kolmogorov-Smirnov statistics of both sides' counts over equal knots: `F_ref - F_cur` and `F_cur - F_ref` at their largest.
/// Numbers where each distinct value of the reference is a knot: then its function is level between knots, and the other one
/// is farthest from it at an end.
///
/// None when a side is empty.
pub fn kolmogorov_smirnov_anchored(reference: &AnchoredCounts, current: &AnchoredCounts) -> Option<(Interval, Interval)> {
    let (n, m) = sizes(reference, current)?;
    let difference = |i: u64, j: u64| i128::from(i) * i128::from(m) - i128::from(j) * i128::from(n);
    // The largest at knots and just below them, and the largest that may be in between; of both signs.
    let (mut seen, mut possible) = ([0i128; 2], [0i128; 2]);
    for gap in reference.gaps(current) {
        let (i, j) = (gap.reference_before + gap.reference, gap.current_before + gap.current);
        for known in [difference(gap.reference_before, gap.current_before), difference(i, j)] {
            seen = [seen[0].max(known), seen[1].max(-known)];
        }
        possible = [possible[0].max(difference(i, gap.current_before)), possible[1].max(-difference(gap.reference_before, j))];
    }
    let share = |height: i128| height as f64 / (n as f64 * m as f64);
    let interval = |side: usize| Interval { low: share(seen[side]), high: share(possible[side].max(seen[side])) };
    Some((interval(0), interval(1)))
}

/// The distance of Wasserstein of order 1 of both sides' counts over equal knots.
///
/// The integral of `F_ref - F_cur` over a gap follows from the sums, and where the difference keeps its sign the area does, too.
/// Elsewhere the area is at least the size of the integral, and at most what two levels at the ends of the difference's range leave
/// with the same integral. Rounding widens the interval.
///
/// None when a side is empty or the distance is not finite.
pub fn wasserstein_anchored(reference: &AnchoredCounts, current: &AnchoredCounts) -> Option<Interval> {
    let (n, m) = sizes(reference, current)?;
    let (n, m) = (n as f64, m as f64);
    let (mut low, mut high, mut rounding) = (0.0, 0.0, 0.0);
    for gap in reference.gaps(current) {
        let place = gap.place;
        let (of_reference, of_current) = (reference.sums[place].to_f64() / n, current.sums[place].to_f64() / m);
        rounding += of_reference + of_current;
        let ends = place.checked_sub(1).map(|lower| reference.knots[lower]).zip(reference.knots.get(place));
        let Some((lower, upper)) = ends else {
            // Beyond the knots each function has an area of its own with the line that all of them meet.
            low += (of_reference - of_current).abs();
            high += if gap.reference == 0 || gap.current == 0 { (of_reference - of_current).abs() } else { of_reference + of_current };
            continue;
        };
        let width = upper - lower;
        let (i, j) = (gap.reference_before as f64 / n, gap.current_before as f64 / m);
        let (more_i, more_j) = (gap.reference as f64 / n, gap.current as f64 / m);
        let integral = (i - j) * width + (more_i * width - of_reference) - (more_j * width - of_current);
        rounding += (i + j + more_i + more_j) * width;
        let (least, most) = (i - j - more_j, i - j + more_i);
        let size = integral.abs();
        low += size;
        high += match least >= 0.0 || most <= 0.0 {
            true => size,
            false => {
                let wide = ((integral - least * width) / (most - least)).clamp(0.0, width);
                (most * wide - least * (width - wide)).max(size)
            }
        };
    }
    // Some operations on each of its terms, and as many additions as there are knots.
    let rounding = (rounding + high) * f64::EPSILON * (8.0 + (reference.knots.len() as f64).sqrt());
    let (low, high) = ((low - rounding).max(0.0), high + rounding);
    high.is_finite().then_some(Interval { low, high })
}

/// Twice Mann and Whitney's U of the reference (pairs in which it is larger, ties counting half) at least and at most, and with each the sum
/// of `t^3 - t` over groups of ties at least and at most. U is a number where each distinct value of the reference is a knot; ties
/// within gaps are not seen.
///
/// None when a side is empty.
pub(super) fn mann_whitney_anchored(reference: &AnchoredCounts, current: &AnchoredCounts) -> Option<[(u128, u128); 2]> {
    sizes(reference, current)?;
    let (mut low, mut high, mut few, mut many) = (0u128, 0u128, 0u128, 0u128);
    let cubes = |t: u128| t * (t * t).saturating_sub(1);
    for gap in reference.gaps(current) {
        let (i, j, before) = (u128::from(gap.reference), u128::from(gap.current), u128::from(gap.current_before));
        low += 2 * i * before;
        high += 2 * i * (before + j);
        many += cubes(i + j);
        let Some((at, other)) = reference.at.get(gap.place).zip(current.at.get(gap.place)) else { continue };
        let (at, other) = (u128::from(*at), u128::from(*other));
        let pairs = at * (2 * (before + j) + other);
        (low, high) = (low + pairs, high + pairs);
        (few, many) = (few + cubes(at + other), many + cubes(at + other));
    }
    Some([(low, few), (high, many)])
}

fn sizes(reference: &AnchoredCounts, current: &AnchoredCounts) -> Option<(u64, u64)> {
    let (n, m) = (reference.len(), current.len());
    (n > 0 && m > 0 && reference.knots == current.knots).then_some((n, m))
}
