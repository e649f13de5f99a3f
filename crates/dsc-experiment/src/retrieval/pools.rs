//! The search: three lists per anchor, exact, without the N x N matrix.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::block::Units;
use super::ranks::serve_ranks;
use dsc_graph::Ranks;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::{E0962, E0965, E0968};

/// Anchors that one task serves.
const ANCHORS: usize = 96;
/// Candidates whose similarities with those anchors are formed at once: 96 x 1024 floats are 384 KiB.
const CANDIDATES: usize = 1024;

/// How many companions there are and how long the lists they come from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Positives drawn per anchor.
    pub pos: usize,
    /// Negatives drawn from the most similar of other classes.
    pub near: usize,
    /// Negatives drawn from the least similar of other classes.
    pub far: usize,
    /// Length of each list.
    pub pool: usize,
    /// Whether the lists hold ranks in the place of samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranks: Option<Ranks>,
}

impl Default for Settings {
    /// The article's: 2 positives, 2 near and 2 far negatives out of lists of 10.
    fn default() -> Self {
        Settings { pos: 2, near: 2, far: 2, pool: 10, ranks: None }
    }
}

/// One `by` vector of all samples, row-major `[n, width]`.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    /// The numbers.
    pub data: &'a [f32],
    /// Numbers per sample, at least 1.
    pub width: usize,
}

/// One list of samples per anchor, of differing lengths, end to end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lists {
    /// Where each list starts in `items`, and their end: n + 1 numbers.
    pub offsets: Vec<u32>,
    /// The samples.
    pub items: Vec<u32>,
}

impl Lists {
    /// The list of an anchor, best first; empty for an anchor that doesn't exist.
    pub fn get(&self, anchor: usize) -> &[u32] {
        let bounds = self.offsets.get(anchor).zip(self.offsets.get(anchor + 1));
        bounds.and_then(|(&from, &to)| self.items.get(from as usize..to as usize)).unwrap_or_default()
    }

    fn of(lists: impl ExactSizeIterator<Item = Vec<u32>>) -> Lists {
        let mut all = Lists { offsets: vec![0], items: Vec::new() };
        for list in lists {
            all.items.extend(list);
            all.offsets.push(all.items.len() as u32);
        }
        all
    }

    fn fit(&self, n: usize, pool: usize) -> bool {
        self.offsets.len() == n + 1
            && self.offsets.first() == Some(&0)
            && self.offsets.last().is_some_and(|&end| end as usize == self.items.len())
            && self.offsets.windows(2).all(|w| matches!(w, [a, b] if a <= b && (b - a) as usize <= pool))
            && self.items.iter().all(|&item| (item as usize) < n)
    }
}

/// The lists of all anchors; part of a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pools {
    /// The settings they were made with.
    pub settings: Settings,
    /// Most similar of the own class.
    pub pos: Lists,
    /// Most similar of other classes.
    pub near: Lists,
    /// Least similar of other classes.
    pub far: Lists,
}

impl Pools {
    /// Number of anchors.
    pub fn len(&self) -> usize {
        self.pos.offsets.len().saturating_sub(1)
    }

    /// Whether there are no anchors.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Anchors that lack companions of a kind that the settings ask for: their contrast is 0, the log says how many.
    pub fn absent(&self) -> usize {
        (0..self.len()).filter(|&anchor| !self.present(anchor)).count()
    }

    /// Whether an anchor has companions of every kind that the settings ask for.
    pub(super) fn present(&self, anchor: usize) -> bool {
        let Settings { pos, near, far, .. } = self.settings;
        [(pos, &self.pos), (near, &self.near), (far, &self.far)]
            .iter()
            .all(|(wanted, lists)| *wanted == 0 || !lists.get(anchor).is_empty())
    }

    /// Checks lists that come from a file against the training split of `n` samples.
    ///
    /// # Errors
    /// `E0968` where they belong to another split or are damaged.
    pub fn check(&self, n: usize) -> Result<(), Diagnostic> {
        let pool = self.settings.pool;
        if [&self.pos, &self.near, &self.far].iter().all(|lists| lists.fit(n, pool)) {
            return Ok(());
        }
        Err(Diagnostic::error(
            E0968,
            format!("the saved companion lists ({} anchors) don't fit a training split of {n} samples", self.len()),
        )
        .help("resume with the data that the run was started with"))
    }
}

/// Finds the lists of all samples.
///
/// `vectors` are one or more matrices of the same n rows, `classes` is `[n]` (see [`super::classes`]). Similarity is
/// the mean of the cosines; of equally similar samples the one with the smaller number stands first. The result is a
/// function of the vectors alone, whatever the number of threads.
///
/// # Errors
/// `E0962` where the number of rows and of classes differ, `E0965` for a vector with NaN or an infinite number.
///
/// For 16,326 samples of 3 x 128 numbers, as many as the training split of CMU-MOSEI has, `examples/mining.rs` prints the
/// time and the memory (`make mining`): two cores took 4.1 s, lists of ranks 5.8 s, in less than 100 MB with the vectors.
pub fn search(vectors: &[Matrix<'_>], classes: &[i64], settings: Settings) -> Result<Pools, Diagnostic> {
    let units = unit_vectors(vectors, classes.len())?;
    Ok(search_units(&units, classes, settings))
}

/// The search on vectors whose products are the similarities.
pub(super) fn search_units(units: &Units, classes: &[i64], settings: Settings) -> Pools {
    let n = classes.len();
    let found: Vec<Found> = (0..n.div_ceil(ANCHORS))
        .into_par_iter()
        .map_init(
            || vec![0.0f32; ANCHORS * CANDIDATES],
            |block, task| {
                let from = task * ANCHORS;
                let anchors = (from, ANCHORS.min(n - from));
                match settings.ranks {
                    None => serve(units, classes, settings.pool, anchors, block),
                    Some(ranks) => serve_ranks(units, classes, settings.pool, ranks, anchors),
                }
            },
        )
        .flatten_iter()
        .collect();
    Pools {
        settings,
        pos: Lists::of(found.iter().map(|f| f.pos.clone())),
        near: Lists::of(found.iter().map(|f| f.near.clone())),
        far: Lists::of(found.iter().map(|f| f.far.clone())),
    }
}

/// The lists of a block of anchors: one pass over all candidates.
fn serve(units: &Units, classes: &[i64], pool: usize, anchors: (usize, usize), block: &mut [f32]) -> Vec<Found> {
    let mut found: Vec<Offers> = (0..anchors.1).map(|_| Offers::new(pool)).collect();
    for from in (0..classes.len()).step_by(CANDIDATES) {
        let count = CANDIDATES.min(classes.len() - from);
        units.products(anchors, (from, count), block);
        let candidates = classes.get(from..from + count).unwrap_or_default();
        for ((anchor, found), products) in (anchors.0..).zip(&mut found).zip(block.chunks_exact(count)) {
            let Some(&class) = classes.get(anchor) else { continue };
            for ((candidate, &of), &similarity) in (from..).zip(candidates).zip(products) {
                if of != class {
                    found.near.offer(similarity, candidate as u32);
                    found.far.offer(-similarity, candidate as u32);
                } else if candidate != anchor {
                    found.pos.offer(similarity, candidate as u32);
                }
            }
        }
    }
    found.into_iter().map(|f| Found { pos: f.pos.items(), near: f.near.items(), far: f.far.items() }).collect()
}

/// The lists of one anchor.
pub(super) struct Found {
    pub(super) pos: Vec<u32>,
    pub(super) near: Vec<u32>,
    pub(super) far: Vec<u32>,
}

struct Offers {
    pos: Best,
    near: Best,
    far: Best,
}

impl Offers {
    fn new(pool: usize) -> Offers {
        Offers { pos: Best::new(pool), near: Best::new(pool), far: Best::new(pool) }
    }
}

/// The `limit` greatest values offered so far, greatest first. Candidates are offered in the order of their numbers,
/// so that one with an equal value belongs behind those already there.
struct Best {
    limit: usize,
    /// A value must exceed this: the last of a full list.
    bar: f32,
    list: Vec<(f32, u32)>,
}

impl Best {
    fn new(limit: usize) -> Best {
        let bar = if limit == 0 { f32::INFINITY } else { f32::NEG_INFINITY };
        Best { limit, bar, list: Vec::with_capacity(limit + 1) }
    }

    #[inline]
    fn offer(&mut self, value: f32, candidate: u32) {
        if value > self.bar {
            self.insert(value, candidate);
        }
    }

    #[cold]
    fn insert(&mut self, value: f32, candidate: u32) {
        let place = self.list.partition_point(|(held, _)| *held >= value);
        self.list.insert(place, (value, candidate));
        self.list.truncate(self.limit);
        if let (true, Some((last, _))) = (self.list.len() == self.limit, self.list.last()) {
            self.bar = *last;
        }
    }

    fn items(self) -> Vec<u32> {
        self.list.into_iter().map(|(_, candidate)| candidate).collect()
    }
}

/// Joins the matrices side by side, each row scaled so that the product of two joined rows is the mean of the cosines.
fn unit_vectors(vectors: &[Matrix<'_>], n: usize) -> Result<Units, Diagnostic> {
    for (which, matrix) in vectors.iter().enumerate() {
        if matrix.width == 0 || matrix.data.len() != n * matrix.width {
            return Err(Diagnostic::error(
                E0962,
                format!(
                    "vector {which} of `by` holds {} numbers where {n} samples of width {} were expected",
                    matrix.data.len(),
                    matrix.width
                ),
            )
            .help("every vector of `by` must be computed of every training sample"));
        }
    }
    let width: usize = vectors.iter().map(|m| m.width).sum();
    let mut data = vec![0.0f32; n * width];
    let share = 1.0 / (vectors.len() as f64).sqrt();
    let mut first = 0;
    for matrix in vectors {
        if width == 0 {
            break;
        }
        for (sample, (row, out)) in matrix.data.chunks_exact(matrix.width).zip(data.chunks_exact_mut(width)).enumerate()
        {
            let norm = row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
            if !norm.is_finite() {
                return Err(Diagnostic::error(
                    E0965,
                    format!("a vector of `by` is not finite at training sample number {sample}"),
                )
                .help("the model's values overflow or its features hold NaN: lower the learning rate, see `dsc data info`"));
            }
            let scale = if norm > 0.0 { share / norm } else { 0.0 };
            for (slot, &x) in out.iter_mut().skip(first).zip(row) {
                *slot = (f64::from(x) * scale) as f32;
            }
        }
        first += matrix.width;
    }
    Ok(Units { data, width })
}
