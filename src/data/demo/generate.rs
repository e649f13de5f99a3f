//! Samples as functions of (seed, split, number).

use indexmap::IndexMap;

use super::words::{FILLERS, LEVELS};
use super::{AUDIO, NOISE, SPLITS, StreamForm, TWICE_LEVELS, VISION, WORDS, label, label_fifths};
use crate::data::dataset::{Dataset, Split, Table};
use crate::data::rng::Rng;
use crate::data::stream::{LengthSource, Source, Stream};

/// Planes in which planted frames turn: orthonormal, and orthogonal to (1, .., 1), so that a norm over the features
/// leaves the angle alone.
const AUDIO_PLANE: [[f64; AUDIO.width]; 2] = [[0.5, -0.5, 0.5, -0.5, 0.0, 0.0], [0.5, 0.5, -0.5, -0.5, 0.0, 0.0]];
const VISION_PLANE: [[f64; VISION.width]; 2] =
    [[0.5, 0.0, -0.5, 0.0, 0.5, 0.0, -0.5, 0.0], [0.0, 0.5, 0.0, -0.5, 0.0, 0.5, 0.0, -0.5]];

/// Spread of every feature about its place, in planted frames and in the others.
const SPREAD: (f64, f64) = (0.15, 0.3);

/// A sample's latents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Latent {
    /// Places in [`TWICE_LEVELS`] for text, audio, vision.
    pub level: [usize; 3],
    /// Its label in fifths, noise included.
    pub fifths: i32,
}

/// What a random number is used for: separate coordinates, so that changing one part leaves the others as they are.
#[derive(Clone, Copy)]
enum Use {
    Latent,
    Text,
    Audio,
    Vision,
}

fn rng(seed: u64, split: Split, sample: usize, what: Use) -> Rng {
    Rng::new(&[0x4445_4d4f, seed, split as u64, sample as u64, what as u64])
}

pub(super) fn twice(levels: [usize; 3]) -> [i32; 3] {
    levels.map(|l| TWICE_LEVELS.get(l).copied().unwrap_or(0))
}

pub(super) fn latent(seed: u64, split: Split, sample: usize) -> Latent {
    let mut rng = rng(seed, split, sample, Use::Latent);
    let level = [(); 3].map(|()| rng.below(TWICE_LEVELS.len()));
    let mut ticket = u32::try_from(rng.below(16)).unwrap_or(0);
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

/// The generated data set. Equal seeds give equal data on every machine.
pub fn dataset(seed: u64) -> Dataset {
    let tables = Split::ALL.into_iter().zip(SPLITS).map(|(split, n)| table(seed, split, n)).collect();
    Dataset { name: "demo".to_owned(), path: None, tables, notes: Vec::new() }
}

fn table(seed: u64, split: Split, n: usize) -> Table {
    let latents: Vec<Latent> = (0..n).map(|i| latent(seed, split, i)).collect();
    let sentences = latents.iter().enumerate().map(|(i, l)| sentence(l.level, &mut rng(seed, split, i, Use::Text)));
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
        broken: IndexMap::new(),
        other: Vec::new(),
    }
}

/// Between the smallest and largest count, both included.
fn between(rng: &mut Rng, low: usize, high: usize) -> usize {
    low + rng.below(high - low + 1)
}

fn sentence([level, ..]: [usize; 3], rng: &mut Rng) -> String {
    let n = between(rng, WORDS.0, WORDS.1);
    let first = rng.below(n);
    let second = (first + 1 + rng.below(n - 1)) % n;
    let words = (0..n).map(|i| {
        let choice: &[&str] = if i == first || i == second {
            LEVELS.get(level).map(<[&str; 6]>::as_slice).unwrap_or_default()
        } else {
            &FILLERS
        };
        choice.get(rng.below(choice.len())).copied().unwrap_or_default()
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
        let mut rng = rng(seed, split, sample, what);
        let n = between(&mut rng, form.min_len, form.max_len);
        let sine = 0.4 * f64::from(twice(latent.level).get(modality).copied().unwrap_or(0));
        let cosine = (1.0 - sine * sine).sqrt();
        // Which frames: every sample its own third.
        let mut order: Vec<usize> = (0..n).collect();
        for last in (1..n).rev() {
            order.swap(last, rng.below(last + 1));
        }
        let planted: Vec<usize> = order.into_iter().take((n / 3).max(3)).collect();
        starts.push(values.len());
        lengths.push(u32::try_from(n).unwrap_or(u32::MAX));
        for frame in 0..n {
            let (amplitude, spread) =
                if planted.contains(&frame) { (1.0 + rng.unit(), SPREAD.0) } else { (0.0, SPREAD.1) };
            for (u, v) in u.iter().zip(v) {
                let value = amplitude * (cosine * u + sine * v) + spread * rng.normal();
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
        lengths,
        source: Source::Memory { values, starts },
        place: format!("`demo`, {split}.{key}"),
    }
}
