//! Seeded draws.

/// Numbers that look random and depend on the seed alone (SplitMix64; Steele, Lea, Flood, OOPSLA 2014).
#[derive(Clone, Debug)]
pub struct SplitMix(u64);

impl SplitMix {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`, which is at least 1; the bias is below bound / 2^64.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// Puts items in a random order (Fisher, Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }

    /// From 0 to below 1.
    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// How many of `draws` draws without replacement are among the `good` ones, by inversion outward from the mode: some `sqrt(draws)` steps.
    pub fn hypergeometric(&mut self, good: u64, bad: u64, draws: u64) -> u64 {
        let (low, high) = (draws.saturating_sub(bad), good.min(draws));
        let mode = (u128::from(draws + 1) * u128::from(good + 1) / (u128::from(good) + u128::from(bad) + 2)) as u64;
        let mode = mode.clamp(low, high);
        let choose = |n: u64, k: u64| libm::lgamma(n as f64 + 1.0) - libm::lgamma(k as f64 + 1.0) - libm::lgamma((n - k) as f64 + 1.0);
        let at_mode = (choose(good, mode) + choose(bad, draws - mode) - choose(good + bad, draws)).exp();
        // P(k + 1) / P(k)
        let ratio = |k: u64| (good - k) as f64 * (draws - k) as f64 / ((k + 1) as f64 * (bad + k + 1 - draws) as f64);
        let mut left = self.uniform() - at_mode;
        let (mut up, mut down) = ((mode, at_mode), (mode, at_mode));
        // Terms that are 0 change nothing any more.
        while left >= 0.0 && ((up.0 < high && up.1 > 0.0) || (down.0 > low && down.1 > 0.0)) {
            if up.0 < high && up.1 > 0.0 {
                up = (up.0 + 1, up.1 * ratio(up.0));
                left -= up.1;
                if left < 0.0 {
                    return up.0;
                }
            }
            if down.0 > low && down.1 > 0.0 {
                down = (down.0 - 1, down.1 / ratio(down.0 - 1));
                left -= down.1;
                if left < 0.0 {
                    return down.0;
                }
            }
        }
        mode
    }
}
