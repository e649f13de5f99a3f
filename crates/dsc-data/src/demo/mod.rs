//! The generated data set, `--data demo`: small, with a signal that is known exactly.
//!
//! Every sample has three latent scores s_t, s_a, s_v, each drawn from -1, -1/2, 1/2, 1 with equal probability. Its label is
//!
//! > y = round to fifths ( 0.225 (s_t + s_a + s_v) + 0.25 s_t (s_a - s_v) + noise ),
//!
//! with noise -0.2, -0.1, 0, 0.1, 0.2 of probability 1/16, 4/16, 6/16, 4/16, 1/16. So labels take the eleven levels of CH-SIMS
//! from -1 to 1; metrics (family `sims`) and classes (exact label) are the same as for CH-SIMS. Each score alone explains about
//! a fifth of the variance of the labels, their sum two thirds; the rest is in the products: whether voice and face agree with
//! the words.
//!
//! Each score is encoded in its own modality only, in a few positions, as a direction and not as an amplitude (which a norm
//! would remove): two words of the sentence are from the word list of the level; in a third of the frames the features are
//! rotated in a fixed plane by an angle with sine 0.8 s, at a random amplitude without meaning. Everything else is noise.
//!
//! Since the latent scores are few and discrete, the best scores that a predictor can be expected to have are computed by
//! enumeration: [`ceiling()`]. They are expectations over new samples, around which the scores on one test split scatter.

mod ceiling;
mod generate;
mod words;

#[cfg(test)]
mod tests;

pub use ceiling::{Ceiling, ceiling};
pub use generate::dataset;
pub use words::{encoder_config, vocab};

/// The seed of `--data demo`: the data are always the same, independent of the seed of the training.
pub const SEED: u64 = 1;

/// Number of samples in train, valid and test.
pub const SPLITS: [usize; 3] = [600, 150, 300];

/// Minimum and maximum number of words in a sentence.
pub const WORDS: (usize, usize) = (6, 14);

/// Length of the longest sentence in tokens, `[CLS]` and `[SEP]` included: every word is one token.
pub const MAX_TOKENS: usize = WORDS.1 + 2;

/// Dims of a generated stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamForm {
    /// Minimum length of a sample, in frames.
    pub min_len: usize,
    /// Maximum length of a sample, in frames.
    pub max_len: usize,
    /// Features per frame.
    pub width: usize,
}

/// Dims of the stream `audio`.
pub const AUDIO: StreamForm = StreamForm { min_len: 10, max_len: 24, width: 6 };

/// Dims of the stream `vision`.
pub const VISION: StreamForm = StreamForm { min_len: 8, max_len: 20, width: 8 };

/// Twice the latent scores, so that all arithmetic on labels is exact.
const TWICE_LEVELS: [i32; 4] = [-2, -1, 1, 2];

/// Noise in tenths, with its probability in sixteenths.
const NOISE: [(i32, u32); 5] = [(-2, 1), (-1, 4), (0, 6), (1, 4), (2, 1)];

/// The label in fifths, from twice the latent scores (text, audio, vision) and the noise in tenths.
fn label_fifths([t, a, v]: [i32; 3], noise: i32) -> i32 {
    // In eightieths: 0.225 s = 9/80 (2s), 0.25 s s' = 5/80 (2s)(2s'), 0.1 = 8/80. A fifth is 16 of them.
    let eightieths = 9 * (t + a + v) + 5 * t * (a - v) + 8 * noise;
    let (floor, rest) = (eightieths.div_euclid(16), eightieths.rem_euclid(16));
    // Half to even, as elsewhere.
    let up = rest > 8 || (rest == 8 && floor.rem_euclid(2) == 1);
    (floor + i32::from(up)).clamp(-5, 5)
}

/// The label from its fifths, correctly rounded to f32.
fn label(fifths: i32) -> f32 {
    fifths as f32 / 5.0
}
