//! Keys: hashed coordinates.

use super::Stream;

/// The increment of SplitMix64: 2^64 divided by the golden ratio, rounded to an odd number.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
/// Distinguishes texts from numbers; an arbitrary constant (the fractional bits of pi).
const TEXT: u64 = 0x243f_6a88_85a3_08d3;
/// Distinguishes the seed from the other coordinates; without it, a seed would cancel a coordinate of the same number (the
/// next bits of pi).
const ROOT: u64 = 0x1319_8a2e_0370_7344;

/// Stafford's Mix13, the output function of SplitMix64: a bijection of 64-bit words.
const fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The key of a stream of random numbers: a hash of the coordinates it was made from.
///
/// The order of the coordinates matters: `k.with(1u64).with(2u64)` and `k.with(2u64).with(1u64)` are different keys. The values
/// must never change, since checkpoints and published runs depend on them; golden tests enforce this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(u64);

impl Key {
    /// The root key of a seed.
    pub const fn new(seed: u64) -> Key {
        Key(mix(seed ^ ROOT))
    }

    /// The key below this one for a further coordinate: a number, or a text such as a path.
    pub fn with(self, coordinate: impl Coordinate) -> Key {
        coordinate.absorb(self)
    }

    pub(super) const fn child(self, number: u64) -> Key {
        Key(mix(self.0 ^ mix(number.wrapping_add(GOLDEN))))
    }

    /// The `i`-th word of this key: 64 random bits.
    #[inline]
    pub const fn word(self, i: u64) -> u64 {
        mix(self.0.wrapping_add(i.wrapping_add(1).wrapping_mul(GOLDEN)))
    }

    /// The words of this key in order, as a sequential generator.
    pub const fn stream(self) -> Stream {
        Stream::new(self)
    }
}

/// What a key can be extended by: unsigned integers and texts.
pub trait Coordinate {
    /// The key below `key` for this coordinate.
    fn absorb(&self, key: Key) -> Key;
}

impl Coordinate for u64 {
    fn absorb(&self, key: Key) -> Key {
        key.child(*self)
    }
}

impl Coordinate for u32 {
    fn absorb(&self, key: Key) -> Key {
        key.child(u64::from(*self))
    }
}

impl Coordinate for usize {
    fn absorb(&self, key: Key) -> Key {
        key.child(*self as u64)
    }
}

/// A text is absorbed as its length, marked with `TEXT`, then its UTF-8 bytes in little-endian words of eight, the last one
/// padded with zeros.
impl Coordinate for str {
    fn absorb(&self, key: Key) -> Key {
        self.as_bytes().chunks(8).fold(key.child(TEXT ^ self.len() as u64), |key, bytes| {
            key.child(bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)))
        })
    }
}

impl Coordinate for String {
    fn absorb(&self, key: Key) -> Key {
        self.as_str().absorb(key)
    }
}

impl<C: Coordinate + ?Sized> Coordinate for &C {
    fn absorb(&self, key: Key) -> Key {
        (**self).absorb(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// The first outputs of SplitMix64 with the state 1234567, as published.
    #[test]
    fn words_are_those_of_splitmix64() {
        let key = Key(1_234_567);
        let words: Vec<u64> = (0..5).map(|i| key.word(i)).collect();
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(words, published);
    }

    #[test]
    fn keys_never_change() {
        let keys = [
            Key::new(0),
            Key::new(1),
            Key::new(0).with(0u64),
            Key::new(0).with(""),
            Key::new(42).with("fuse.1.spread.audio.z.cross_attention.q.weight"),
            Key::new(42).with(3u64).with("drop").with(9u64),
        ];
        insta::assert_debug_snapshot!(keys.map(|k| format!("{:016x}", k.0)));
    }

    #[test]
    fn order_kind_and_length_of_coordinates_count() {
        let root = Key::new(5);
        let keys = [
            root.with(1u64).with(2u64),
            root.with(2u64).with(1u64),
            root.with("1").with("2"),
            root.with("12"),
            root.with("12\0"),
            root.with("abcdefgh"),
            root.with("abcdefgh").with(""),
            root.with(12u64),
            root,
        ];
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
        assert_eq!(root.with(7u32), root.with(7usize));
        assert_eq!(root.with("q"), root.with(String::from("q")));
    }

    /// Small numbers in every position, as in practice: no two keys and no two first words are equal.
    #[test]
    fn small_coordinates_never_cancel() {
        let mut seen = HashSet::new();
        let mut add = |key: Key| assert!(seen.insert(key.0) && seen.insert(key.word(0)));
        for seed in 0..24u64 {
            add(Key::new(seed));
            for a in 0..24u64 {
                add(Key::new(seed).with(a));
                (0..24u64).for_each(|b| add(Key::new(seed).with(a).with(b)));
            }
        }
    }

    /// Flipping one bit of a number flips each bit of the child's first word with probability 1/2.
    #[test]
    fn one_bit_of_a_coordinate_moves_half_of_the_bits() {
        let trials = 400u64;
        for bit in 0..64 {
            let flipped: u32 = (0..trials)
                .map(|t| {
                    let root = Key::new(t);
                    (root.child(t).word(0) ^ root.child(t ^ 1 << bit).word(0)).count_ones()
                })
                .sum();
            let mean = f64::from(flipped) / trials as f64;
            // The standard deviation of the mean is 4 / sqrt(400) = 0.2 bits.
            assert!((mean - 32.0).abs() < 1.2, "bit {bit} flips {mean} bits");
        }
    }
}
