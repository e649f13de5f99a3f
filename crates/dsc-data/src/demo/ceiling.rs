//! The best scores that can be expected, by enumeration of all latent scores and all noise.

use std::collections::BTreeMap;

use serde::Serialize;

use super::generate::{latent, twice};
use super::{NOISE, SPLITS, TWICE_LEVELS, label, label_fifths};
use crate::dataset::Split;

const MODALITIES: [&str; 3] = ["text", "audio", "vision"];

/// The best scores that any predictor that knows some of the latent scores exactly can be expected to have on new samples.
///
/// Each metric has its own best predictor: the conditional median for the MAE, the more likely side of 0 for Acc-2 (metric
/// family `sims`: 0 is negative), the conditional mean for the correlation. These are expectations: on the samples of one test
/// split the same predictor, and a lucky model too, may score better or worse; `mae_spread` and `acc2_spread` say by how much.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ceiling {
    /// The modalities whose latent score is known: `none` (the best constant), `text`, .., `text+audio+vision`.
    pub known: String,
    /// Smallest expected MAE.
    pub mae: f64,
    /// Largest expected Acc-2, in 0..1.
    pub acc2: f64,
    /// Largest correlation.
    pub corr: f64,
    /// Standard deviation of the MAE of that predictor over test splits of the size of the generated one.
    pub mae_spread: f64,
    /// Standard deviation of its Acc-2, likewise.
    pub acc2_spread: f64,
    /// MAE of the same predictor on the test split of this seed.
    pub test_mae: f64,
    /// Acc-2 of the same predictor on the test split of this seed.
    pub test_acc2: f64,
}

/// For one combination of known scores: the weight of each label (in fifths), in sixteenths of a combination of latents.
type Labels = BTreeMap<i32, u32>;

/// The ceilings for every subset of modalities, from none to all.
pub fn ceiling(seed: u64) -> Vec<Ceiling> {
    // In the order of a table: constant, single modalities, pairs, all.
    [0b000, 0b001, 0b010, 0b100, 0b011, 0b101, 0b110, 0b111].into_iter().map(|mask| one(mask, seed)).collect()
}

fn state(mask: u32, level: [usize; 3]) -> [Option<usize>; 3] {
    let mut bit = 0;
    level.map(|l| {
        bit += 1;
        (mask >> (bit - 1) & 1 == 1).then_some(l)
    })
}

fn one(mask: u32, seed: u64) -> Ceiling {
    let levels = 0..TWICE_LEVELS.len();
    let mut states: BTreeMap<[Option<usize>; 3], Labels> = BTreeMap::new();
    for t in levels.clone() {
        for a in levels.clone() {
            for v in levels.clone() {
                let labels = states.entry(state(mask, [t, a, v])).or_default();
                for (noise, chance) in NOISE {
                    *labels.entry(label_fifths(twice([t, a, v]), noise)).or_default() += chance;
                }
            }
        }
    }
    let all: u32 = states.values().flat_map(|l| l.values()).sum();
    let total = f64::from(all);
    let (mut error, mut squares, mut hits, mut explained, mut variance) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for labels in states.values() {
        let (median, positive) = (median(labels), positive(labels));
        let n: f64 = labels.values().map(|c| f64::from(*c)).sum();
        let mean: f64 = labels.iter().map(|(y, c)| f64::from(*y) * f64::from(*c)).sum::<f64>() / n;
        explained += n * mean * mean;
        for (y, chance) in labels {
            let distance = f64::from((y - median).abs()) / 5.0;
            error += distance * f64::from(*chance);
            squares += distance * distance * f64::from(*chance);
            hits += f64::from(u32::from((*y > 0) == positive) * chance);
            variance += f64::from(y * y) * f64::from(*chance);
        }
    }
    // The mean label is 0: exchanging voice and face and negating all scores negates the label.
    let corr = (explained / variance).max(0.0).sqrt();

    let n = SPLITS[2];
    let (mut test_error, mut test_hits) = (0.0, 0usize);
    for sample in 0..n {
        let latent = latent(seed, Split::Test, sample);
        let Some(labels) = states.get(&state(mask, latent.level)) else { continue };
        test_error += f64::from((label(latent.fifths) - label(median(labels))).abs());
        test_hits += usize::from((latent.fifths > 0) == positive(labels));
    }
    let known: Vec<&str> =
        MODALITIES.iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1).map(|(_, name)| *name).collect();
    let (mae, acc2) = (error / total, hits / total);
    let spread = |variance: f64| (variance.max(0.0) / n as f64).sqrt();
    Ceiling {
        known: if known.is_empty() { "none".to_owned() } else { known.join("+") },
        mae,
        acc2,
        corr,
        mae_spread: spread(squares / total - mae * mae),
        acc2_spread: spread(acc2 * (1.0 - acc2)),
        test_mae: test_error / n as f64,
        test_acc2: test_hits as f64 / n as f64,
    }
}

/// The lower median of the labels.
fn median(labels: &Labels) -> i32 {
    let total: u32 = labels.values().sum();
    let mut below = 0;
    for (y, chance) in labels {
        below += chance;
        if below * 2 >= total {
            return *y;
        }
    }
    0
}

/// Whether a label above 0 is more likely than one that is not.
fn positive(labels: &Labels) -> bool {
    let above: u32 = labels.iter().filter(|(y, _)| **y > 0).map(|(_, c)| *c).sum();
    above * 2 > labels.values().sum()
}
