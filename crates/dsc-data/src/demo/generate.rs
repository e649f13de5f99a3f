//! Samples as functions of (seed, split, index).

use indexmap::IndexMap;

use super::words::{FILLERS, LEVELS};
use super::{AUDIO, NOISE, SPLITS, StreamForm, TWICE_LEVELS, VISION, WORDS, label, label_fifths};
use crate::dataset::{Dataset, Split, Table};
use crate::stream::{LengthSource, Source, Stream};
use dsc_random::{Key, Stream as Draws};

/// Planes in which signal frames are rotated: orthonormal, and orthogonal to (1, .., 1), so that a norm over the features keeps
/// the angle.
const AUDIO_PLANE: [[f64; AUDIO.width]; 2] = [[0.5, -0.5, 0.5, -0.5, 0.0, 0.0], [0.5, 0.5, -0.5, -0.5, 0.0, 0.0]];
const VISION_PLANE: [[f64; VISION.width]; 2] =
    [[0.5, 0.0, -0.5, 0.0, 0.5, 0.0, -0.5, 0.0], [0.0, 0.5, 0.0, -0.5, 0.0, 0.5, 0.0, -0.5]];

/// Standard deviation of the noise on every feature, in signal frames and in the others.
const SPREAD: (f64, f64) = (0.15, 0.3);

/// The latent scores of a sample, and its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Latent {
    /// Indices into [`TWICE_LEVELS`] for text, audio, vision.
    pub level: [usize; 3],
    /// The label in fifths, noise included.
    pub fifths: i32,
}

/// The purpose of a random number: a coordinate of its own, so that a change of one part does not affect the others.
#[derive(Clone, Copy)]
enum Use {
    Latent,
    Text,
    Audio,
    Vision,
}

fn draws(seed: u64, split: Split, sample: usize, what: Use) -> Draws {
    Key::new(seed).with("demo").with(split as u64).with(sample).with(what as u64).stream()
}

/// A random index below `n`.
fn below(draws: &mut Draws, n: usize) -> usize {
    usize::try_from(draws.below(n as u64)).unwrap_or(0)
}

/// Approximately standard normal: a sum of 12 uniform numbers, which uses no function whose result differs between machines.
fn noise(draws: &mut Draws) -> f64 {
    (0..12).map(|_| draws.uniform()).sum::<f64>() - 6.0
}

pub(super) fn twice(levels: [usize; 3]) -> [i32; 3] {
    levels.map(|l| TWICE_LEVELS.get(l).copied().unwrap_or(0))
}

pub(super) fn latent(seed: u64, split: Split, sample: usize) -> Latent {
    let mut draws = draws(seed, split, sample, Use::Latent);
    let level = [(); 3].map(|()| below(&mut draws, TWICE_LEVELS.len()));
    let mut ticket = u32::try_from(below(&mut draws, 16)).unwrap_or(0);
    let mut noise = 0;
    for (value, chance) in NOISE {
        if ticket < chance {
            noise = value;
            break;
        }
        ticket -= chance;
    }
    Latent { level, fifths: label_fifths(twice(level), noise) }
}

/// Generates the data set. The same seed gives the same data on every machine.
pub fn dataset(seed: u64) -> Dataset {
    let tables = Split::ALL.into_iter().zip(SPLITS).map(|(split, n)| table(seed, split, n)).collect();
    Dataset { name: "demo".to_owned(), path: None, tables, findings: Vec::new() }
}

fn table(seed: u64, split: Split, n: usize) -> Table {
    let latents: Vec<Latent> = (0..n).map(|i| latent(seed, split, i)).collect();
    let sentences = latents.iter().enumerate().map(|(i, l)| sentence(l.level, &mut draws(seed, split, i, Use::Text)));
    let streams = [
        stream("audio", AUDIO, &AUDIO_PLANE, 1, Use::Audio, (seed, split), &latents),
        stream("vision", VISION, &VISION_PLANE, 2, Use::Vision, (seed, split), &latents),
    ];
    Table {
        split,
        source: "demo".to_owned(),
        len: n,
        ids: (0..n).map(|i| format!("{split}$_${i}")).collect(),
        texts: IndexMap::from([("raw_text".to_owned(), sentences.collect())]),
        labels: IndexMap::from([("regression_labels".to_owned(), latents.iter().map(|l| label(l.fifths)).collect())]),
        streams: streams.into_iter().map(|s| (s.key.clone(), s)).collect(),
        scalars: IndexMap::new(),
        tokens: None,
        broken: IndexMap::new(),
        other: Vec::new(),
    }
}

/// A random number between `low` and `high`, both included.
fn between(draws: &mut Draws, low: usize, high: usize) -> usize {
    low + below(draws, high - low + 1)
}

fn sentence([level, ..]: [usize; 3], draws: &mut Draws) -> String {
    let n = between(draws, WORDS.0, WORDS.1);
    let first = below(draws, n);
    let second = (first + 1 + below(draws, n - 1)) % n;
    let words = (0..n).map(|i| {
        let choice: &[&str] = if i == first || i == second {
            LEVELS.get(level).map(<[&str; 6]>::as_slice).unwrap_or_default()
        } else {
            &FILLERS
        };
        choice.get(below(draws, choice.len())).copied().unwrap_or_default()
    });
    words.collect::<Vec<_>>().join(" ")
}

fn stream<const W: usize>(
    key: &str,
    form: StreamForm,
    plane: &[[f64; W]; 2],
    modality: usize,
    what: Use,
    (seed, split): (u64, Split),
    latents: &[Latent],
) -> Stream {
    let (mut values, mut starts, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    let [u, v] = plane;
    for (sample, latent) in latents.iter().enumerate() {
        let mut draws = draws(seed, split, sample, what);
        let n = between(&mut draws, form.min_len, form.max_len);
        let sine = 0.4 * f64::from(twice(latent.level).get(modality).copied().unwrap_or(0));
        let cosine = (1.0 - sine * sine).sqrt();
        // The signal frames: another random third for every sample.
        let planted = draws.sample_without_replacement(n, (n / 3).max(3));
        starts.push(values.len());
        lengths.push(u32::try_from(n).unwrap_or(u32::MAX));
        for frame in 0..n {
            let (amplitude, spread) =
                if planted.contains(&frame) { (1.0 + draws.uniform(), SPREAD.0) } else { (0.0, SPREAD.1) };
            for (u, v) in u.iter().zip(v) {
                let value = amplitude * (cosine * u + sine * v) + spread * noise(&mut draws);
                values.push(value as f32);
            }
        }
    }
    Stream {
        key: key.to_owned(),
        width: W,
        max_len: form.max_len,
        vector: false,
        dtype: "float32".to_owned(),
        length_source: LengthSource::Ragged,
        zero_lengths: None,
        lengths,
        firsts: Vec::new(),
        source: Source::Memory { values, starts },
        place: format!("`demo`, {split}.{key}"),
    }
}
