//! A sequential generator on one key: shuffles, choices, single values.

use super::Key;

/// Reads the words of a key in order.
///
/// For draws whose number is not known beforehand (rejection sampling) or whose order is part of the definition; everything else
/// reads [`Key::word`] by index.
#[derive(Clone, Debug)]
pub struct Stream {
    key: Key,
    next: u64,
}

impl Stream {
    pub(super) const fn new(key: Key) -> Stream {
        Stream { key, next: 0 }
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let word = self.key.word(self.next);
        self.next = self.next.wrapping_add(1);
        word
    }

    /// A number in [0, 1), a multiple of 2^-53.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// A standard normal number (Box-Muller, from two words).
    pub fn normal(&mut self) -> f64 {
        let (first, second) = (self.bits(), self.bits());
        super::fill::box_muller(first, second).0
    }

    /// A number in `0..n`, all exactly equally likely (Lemire, *Fast random integer generation in an interval*, 2019);
    /// 0 if `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 {
            return 0;
        }
        // Products with a low half below 2^64 mod n are rejected: with them, some results would be more likely than others.
        let surplus = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.bits()) * u128::from(n);
            if product as u64 >= surplus {
                return (product >> 64) as u64;
            }
        }
    }

    /// Shuffles a list in place (Fisher-Yates), all orders equally likely.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            let j = self.below(i as u64 + 1) as usize;
            list.swap(i, j);
        }
    }

    /// The numbers 0..n in a random order.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        self.shuffle(&mut order);
        order
    }

    /// `k` different numbers from `0..n` in random order; all `n` of them if `k` is larger.
    pub fn sample_without_replacement(&mut self, n: usize, k: usize) -> Vec<usize> {
        let mut list: Vec<usize> = (0..n).collect();
        let k = k.min(n);
        for i in 0..k {
            let j = i + self.below((n - i) as u64) as usize;
            list.swap(i, j);
        }
        list.truncate(k);
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_is_even_and_within_bounds() {
        let mut stream = Key::new(3).with("below").stream();
        let (n, draws) = (7u64, 70_000);
        let mut counts = [0u32; 7];
        for _ in 0..draws {
            counts[stream.below(n) as usize] += 1;
        }
        // Five standard deviations of a binomial count with p = 1/7.
        let limit = 5.0 * (f64::from(draws) * (1.0 / 7.0) * (6.0 / 7.0)).sqrt();
        for count in counts {
            assert!((f64::from(count) - 10_000.0).abs() < limit, "{counts:?}");
        }
        assert_eq!(stream.below(1), 0);
        assert_eq!(stream.below(0), 0);
        // A modulus just above 2^63 rejects about half of the words; a plain multiplication would be uneven.
        let n = (1u64 << 63) + 1;
        assert!((0..100).all(|_| stream.below(n) < n));
    }

    #[test]
    fn permutations_hold_each_number_once_and_start_evenly() {
        let mut firsts = [0u32; 4];
        for seed in 0..4000u64 {
            let mut order = Key::new(seed).with("shuffle").stream().permutation(4);
            firsts[order[0]] += 1;
            order.sort_unstable();
            assert_eq!(order, [0, 1, 2, 3]);
        }
        assert!(firsts.iter().all(|&f| (f64::from(f) - 1000.0).abs() < 5.0 * 27.4), "{firsts:?}");
        assert!(Key::new(0).stream().permutation(0).is_empty());
    }

    #[test]
    fn samples_are_distinct_and_even() {
        let mut hits = [0u32; 10];
        for seed in 0..5000u64 {
            let chosen = Key::new(seed).stream().sample_without_replacement(10, 2);
            assert_eq!(chosen.len(), 2);
            assert_ne!(chosen[0], chosen[1]);
            chosen.iter().for_each(|&c| hits[c] += 1);
        }
        assert!(hits.iter().all(|&h| (f64::from(h) - 1000.0).abs() < 5.0 * 28.3), "{hits:?}");
        assert_eq!(Key::new(0).stream().sample_without_replacement(2, 9).len(), 2);
    }

    #[test]
    fn uniform_and_normal_have_their_moments() {
        let mut stream = Key::new(11).stream();
        let n = 100_000;
        let uniform: Vec<f64> = (0..n).map(|_| stream.uniform()).collect();
        assert!(uniform.iter().all(|u| (0.0..1.0).contains(u)));
        let mean = uniform.iter().sum::<f64>() / f64::from(n);
        assert!((mean - 0.5).abs() < 5.0 * 0.2887 / f64::from(n).sqrt(), "{mean}");
        let normal: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let mean = normal.iter().sum::<f64>() / f64::from(n);
        let square = normal.iter().map(|x| x * x).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 5.0 / f64::from(n).sqrt(), "{mean}");
        assert!((square - 1.0).abs() < 5.0 * (2.0 / f64::from(n)).sqrt(), "{square}");
    }
}
