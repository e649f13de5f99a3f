//! What property tests have in common.

use proptest::test_runner::{Config, RngSeed};
use std::ops::Range;

/// The same cases each time, so that a change is judged by what it changes; PROPTEST_RNG_SEED and PROPTEST_CASES ask for
/// others and for more.
pub fn cases(count: u32) -> Config {
    let asked = Config::default();
    let rng_seed = match asked.rng_seed {
        RngSeed::Random => RngSeed::Fixed(7),
        fixed => fixed,
    };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { count };
    Config { cases, rng_seed, failure_persistence: None, ..asked }
}

/// Words, numbers and marks with their places; what is not ASCII belongs to words.
#[allow(dead_code)] // Not each test that has cases damages a text.
pub fn tokens(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || !b.is_ascii();
    let (mut out, mut i) = (Vec::new(), 0);
    while i < bytes.len() {
        let start = i;
        i += 1;
        if word(bytes[start]) {
            while i < bytes.len() && word(bytes[i]) {
                i += 1;
            }
        }
        if !bytes[start].is_ascii_whitespace() {
            out.push(start..i);
        }
    }
    out
}
