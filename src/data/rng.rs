//! Random numbers as functions of their coordinates: nothing is drawn from a shared generator, so the order in which things
//! are computed, or resumed, changes nothing.

/// The finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The numbers that belong to a key, in order. Equal keys give equal numbers on every machine: only integer operations and
/// exactly rounded ones are used.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The numbers of these coordinates; their order matters.
    pub fn new(key: &[u64]) -> Rng {
        Rng(key.iter().fold(GOLDEN, |state, part| mix(state.wrapping_add(GOLDEN) ^ mix(part.wrapping_add(GOLDEN)))))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number in `0..n`; 0 for `n` = 0. Lemire's multiplication; its bias is below n / 2^64.
    pub fn below(&mut self, n: usize) -> usize {
        let wide = u128::from(self.bits()) * n as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// Uniform in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Close to the standard normal distribution: a sum of 12 uniform numbers, which needs no function that differs between
    /// machines.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// The order of `n` samples in an epoch, a function of `(seed, epoch)` and nothing else.
pub fn permutation(n: usize, seed: u64, epoch: u64) -> Vec<usize> {
    // The first coordinate keeps this use apart from others of the same seed.
    let mut rng = Rng::new(&[0x5348_5546, seed, epoch]);
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        order.swap(last, rng.below(last + 1));
    }
    order
}
