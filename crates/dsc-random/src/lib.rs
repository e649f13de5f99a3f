//! Random numbers keyed by logical coordinates.
//!
//! A random number depends on *what it is for*, never on what was drawn before: a bit of a dropout mask depends on (seed,
//! epoch, step, site, sample, head, row, column), an initial value on (seed, parameter path, index). So a pass may merge, split,
//! reorder or pack computations, a batch may be padded or shuffled, and the number of threads may change, without changing a
//! single number. Ablations with the same seed share the initial values of all weights they have in common.
//!
//! ```
//! use dsc_random::Key;
//! let key = Key::new(7).with("init").with("fuse.1.ffn.0.weight");
//! let mut weight = vec![0.0f32; 6];
//! key.fill_uniform(-0.1, 0.1, &mut weight);
//! let order = Key::new(7).with("shuffle").with(3u64).stream().permutation(10);
//! assert_eq!(order.len(), 10);
//! ```
//!
//! **The generator** is SplitMix64 (Steele, Lea, Flood, *Fast splittable pseudorandom number generators*, OOPSLA 2014;
//! its output function is Stafford's "Mix13"), read as a counter-based generator: word `i` of a key is
//! `mix(key + (i + 1) * 0x9e3779b97f4a7c15)` in wrapping 64-bit arithmetic. It uses additions, multiplications,
//! shifts and exclusive ors only, so that the same numbers can be computed on any device. It is not cryptographic.
//!
//! **Keys** are extended by one coordinate at a time ([`Key::with`]). For a given key the map from a number to the child is a
//! bijection, so siblings are always different. Two unrelated keys are equal with probability 2^-64.
//!
//! The costs are documented at [`dropout_mask`] and [`Key::fill_normal`].

mod dropout;
mod fill;
mod key;
mod stream;

pub use dropout::{MaskRow, dropout_bits, dropout_mask, dropout_rows, dropout_scale};
pub use key::{Coordinate, Key};
pub use stream::Stream;
