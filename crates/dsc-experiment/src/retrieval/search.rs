//! The search for companions: three lists per anchor, exact, without the N x N matrix.

use rayon::prelude::*;

use super::block::Units;
use super::pools::{AnchorLists, Lists, Pools, Settings};
use super::ranks::rank_lists;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::{E0962, E0965};

/// Anchors per parallel task.
const ANCHORS: usize = 96;
/// Candidates per block: 96 x 1024 similarities are 384 KiB.
const CANDIDATES: usize = 1024;

/// One `by` vector of all samples, row-major `[n, width]`.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    /// The elements, `n * width` of them.
    pub data: &'a [f32],
    /// Length of each vector, at least 1.
    pub width: usize,
}

/// Computes the lists of all samples.
///
/// `vectors` are one or more matrices of the same n rows, `classes` is `[n]` (see [`super::classes`]). Similarity is
/// the mean of the cosines; among equally similar samples the one with the smaller index is first. The result does not
/// depend on the number of threads.
///
/// # Errors
/// `E0962` if the numbers of rows and classes differ, `E0965` for a vector with NaN or infinite elements.
///
/// `examples/mining.rs` (`make mining`) measures time and memory for the size of the training split of CMU-MOSEI, 16,326 samples
/// with 3 x 128 numbers: on two cores 4.1 s, with ranks 5.8 s, in less than 100 MB including the vectors.
pub fn search(vectors: &[Matrix<'_>], classes: &[i64], settings: Settings) -> Result<Pools, Diagnostic> {
    let units = unit_vectors(vectors, classes.len())?;
    Ok(search_units(&units, classes, settings))
}

/// The search on vectors whose products are the similarities.
pub(super) fn search_units(units: &Units, classes: &[i64], settings: Settings) -> Pools {
    let n = classes.len();
    let found: Vec<AnchorLists> = (0..n.div_ceil(ANCHORS))
        .into_par_iter()
        .map_init(
            || vec![0.0f32; ANCHORS * CANDIDATES],
            |block, task| {
                let from = task * ANCHORS;
                let anchors = (from, ANCHORS.min(n - from));
                match settings.ranks {
                    None => serve(units, classes, settings.pool, anchors, block),
                    Some(ranks) => rank_lists(units, classes, settings.pool, ranks, anchors),
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
fn serve(units: &Units, classes: &[i64], pool: usize, anchors: (usize, usize), block: &mut [f32]) -> Vec<AnchorLists> {
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
    found.into_iter().map(|f| AnchorLists { pos: f.pos.items(), near: f.near.items(), far: f.far.items() }).collect()
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

/// The `limit` greatest values offered so far, greatest first. Candidates are offered in the order of their indices,
/// so a candidate with an equal value comes after those already in the list.
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
                    "vector {which} of `by` has {} numbers, expected {n} samples of width {}",
                    matrix.data.len(),
                    matrix.width
                ),
            )
            .help("every vector of `by` must be computed for every training sample"));
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
                    format!("a vector of `by` is not finite for the training sample with index {sample}"),
                )
                .help("values of the model overflow or features are NaN: lower the learning rate, or check the data with `dsc data info`"));
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
