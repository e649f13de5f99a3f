//! Dropout masks: one bit per (sample, head, row, column), independent of the layout of the batch.

use rayon::prelude::*;

use super::Key;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::{E0966, E0967};

/// Fewest elements per parallel task.
const TASK: usize = 16_384;

/// Random words per block.
const WORDS: usize = 32;

/// The logical coordinates of one row of a mask, for packed layouts (valid rows only).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaskRow {
    /// Index of the sample in its data set (not in the batch).
    pub sample: u64,
    /// The attention head; 0 where there are no heads.
    pub head: u64,
    /// The row within the sample; 0 for vectors.
    pub row: u64,
}

/// Maps a random 16-bit number to a mask element: 0 below the threshold, otherwise the scale.
#[derive(Clone, Copy)]
struct Rule {
    threshold: u32,
    scale: f32,
}

impl Rule {
    fn new(p: f64) -> Result<Rule, Diagnostic> {
        if !(0.0..=1.0).contains(&p) {
            return Err(Diagnostic::error(E0967, format!("the dropout rate {p} is outside of 0..=1"))
                .help("set a rate between 0 (nothing is dropped) and 1 (everything is dropped)"));
        }
        // At most 65536, which no 16-bit number reaches: everything is dropped and the scale is never used.
        Ok(Rule { threshold: (p * 65_536.0).round() as u32, scale: dropout_scale(p) })
    }

    #[inline]
    fn apply(self, draw: u16) -> f32 {
        if u32::from(draw) >= self.threshold { self.scale } else { 0.0 }
    }

    #[inline]
    fn quarters(self, word: u64) -> [f32; 4] {
        [0, 16, 32, 48].map(|shift| self.apply((word >> shift) as u16))
    }

    /// One bit for each of 16 columns.
    #[inline]
    fn fill_bits(self, row: Key, out: &mut [u16]) {
        for (first, out) in (0u64..).step_by(4).zip(out.iter_mut()) {
            let mut bits = 0u16;
            for k in 0..4 {
                let word = row.word(first + k);
                for quarter in 0..4 {
                    let draw = (word >> (16 * quarter)) as u16;
                    bits |= u16::from(u32::from(draw) >= self.threshold) << (4 * k + quarter);
                }
            }
            *out = bits;
        }
    }

    /// Columns 4k .. 4k + 3 take the 16-bit quarters of word k, lowest first.
    #[inline]
    fn fill(self, row: Key, out: &mut [f32]) {
        // Words first, then comparisons: each of the two loops runs in vector registers.
        let mut words = [0u64; WORDS];
        for (block, out) in (0u64..).zip(out.chunks_mut(4 * WORDS)) {
            let first = block * WORDS as u64;
            (first..).zip(&mut words).take(out.len().div_ceil(4)).for_each(|(k, word)| *word = row.word(k));
            let (groups, rest) = out.as_chunks_mut::<4>();
            let tail = words.get(groups.len()).copied().unwrap_or_default();
            for (group, &word) in groups.iter_mut().zip(&words) {
                *group = self.quarters(word);
            }
            for (slot, value) in rest.iter_mut().zip(self.quarters(tail)) {
                *slot = value;
            }
        }
    }
}

/// What the elements that are kept are multiplied with: `1 / (1 - p)`, as the masks have it; 0 where everything is dropped.
pub fn dropout_scale(p: f64) -> f32 {
    if p < 1.0 { (1.0 / (1.0 - p)) as f32 } else { 0.0 }
}

/// Writes the dropout mask of a padded batch: `out` is `[sample_ids.len(), heads, rows, cols]`, each element 0 or
/// `1 / (1 - p)` (inverted dropout, as in torch).
///
/// `key` identifies seed, epoch, step and site. An element depends on (key, sample id, head, row, column) only: it is the same
/// with other padding, another order of the batch, repeated samples and any number of threads.
///
/// **Exact probability.** Each element is drawn from 16 bits and dropped with probability `round(65536 p) / 65536`, which
/// differs from `p` by at most 2^-17 = 7.6e-6 and is exact for multiples of 2^-16 (0.5, 0.25, ..). The scale is
/// computed from `p` itself. Rates below 2^-17 drop nothing; a rate of 1 drops everything.
///
/// # Errors
/// `E0967` for a rate outside of 0..=1, `E0966` if the length of `out` does not match the shape.
///
/// Cost, measured on one core of a busy machine: 0.75 ns per element for long rows, 1.3 ns for rows of 40 (a plain fill of the
/// same memory takes 0.35 ns).
pub fn dropout_mask(
    key: Key,
    sample_ids: &[u64],
    heads: usize,
    rows: usize,
    cols: usize,
    p: f64,
    out: &mut [f32],
) -> Result<(), Diagnostic> {
    let rule = Rule::new(p)?;
    check_size(out.len(), &[sample_ids.len(), heads, rows, cols])?;
    if out.is_empty() {
        return Ok(());
    }
    let per_task = (TASK / cols).max(1);
    out.par_chunks_mut(per_task * cols).enumerate().for_each(|(task, out)| {
        // The key of (sample, head) is computed once for all of its rows.
        let mut current = None;
        for (line, out) in (task * per_task..).zip(out.chunks_mut(cols)) {
            let (plane, row) = (line / rows, line % rows);
            let base = match current {
                Some((known, base)) if known == plane => base,
                _ => {
                    let sample = sample_ids.get(plane / heads).copied().unwrap_or_default();
                    let base = key.child(sample).child((plane % heads) as u64);
                    current = Some((plane, base));
                    base
                }
            };
            rule.fill(base.child(row as u64), out);
        }
    });
    Ok(())
}

/// The same mask of one sample as bits, 1 for what is kept: `out` has `cols.div_ceil(16)` words for each row of each head, the first
/// column in the lowest bit. The bits behind the last column mean nothing.
///
/// # Errors
/// As [`dropout_mask`].
pub fn dropout_bits(
    key: Key,
    sample: u64,
    heads: usize,
    rows: usize,
    cols: usize,
    p: f64,
    out: &mut [u16],
) -> Result<(), Diagnostic> {
    let rule = Rule::new(p)?;
    let words = cols.div_ceil(16);
    check_size(out.len(), &[heads, rows, words])?;
    let sample = key.child(sample);
    for (line, out) in out.chunks_mut(words.max(1)).enumerate() {
        let row = sample.child((line / rows) as u64).child((line % rows) as u64);
        rule.fill_bits(row, out);
    }
    Ok(())
}

/// Writes the dropout mask of single rows: `out` is `[rows.len(), cols]`. The elements are those of
/// [`dropout_mask`] at the same coordinates, so a packed computation (valid rows only) drops what a padded one drops.
///
/// # Errors
/// As [`dropout_mask`].
pub fn dropout_rows(key: Key, rows: &[MaskRow], cols: usize, p: f64, out: &mut [f32]) -> Result<(), Diagnostic> {
    let rule = Rule::new(p)?;
    check_size(out.len(), &[rows.len(), cols])?;
    if out.is_empty() {
        return Ok(());
    }
    let per_task = (TASK / cols).max(1);
    out.par_chunks_mut(per_task * cols).zip(rows.par_chunks(per_task)).for_each(|(out, rows)| {
        for (at, out) in rows.iter().zip(out.chunks_mut(cols)) {
            rule.fill(key.child(at.sample).child(at.head).child(at.row), out);
        }
    });
    Ok(())
}

fn check_size(found: usize, shape: &[usize]) -> Result<(), Diagnostic> {
    match shape.iter().try_fold(1usize, |n, &dim| n.checked_mul(dim)) {
        Some(expected) if expected == found => Ok(()),
        _ => Err(Diagnostic::error(
            E0966,
            format!("a dropout mask of shape {shape:?} does not fit a buffer of {found} numbers"),
        )
        .help("this is a bug in dsc: shape and buffer size must agree")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Key {
        Key::new(17).with(2u64).with(31u64).with("fuse.0.ffn.drop")
    }

    fn mask(ids: &[u64], heads: usize, rows: usize, cols: usize, p: f64) -> Vec<f32> {
        let mut out = vec![f32::NAN; ids.len() * heads * rows * cols];
        dropout_mask(site(), ids, heads, rows, cols, p, &mut out).unwrap();
        out
    }

    #[test]
    fn padding_changes_nothing() {
        let ids = [4, 900, 12];
        let (small, large) = (mask(&ids, 2, 5, 7, 0.3), mask(&ids, 2, 9, 23, 0.3));
        for plane in 0..6 {
            for row in 0..5 {
                let (s, l) = ((plane * 5 + row) * 7, (plane * 9 + row) * 23);
                assert_eq!(small[s..s + 7], large[l..l + 7]);
            }
        }
    }

    #[test]
    fn neither_the_order_of_the_batch_nor_repeats_nor_threads_change_a_sample() {
        let (heads, rows, cols) = (3, 40, 41);
        let plane = heads * rows * cols;
        let forward = mask(&[1, 2, 3, 4, 5], heads, rows, cols, 0.1);
        let other = mask(&[5, 3, 3, 1], heads, rows, cols, 0.1);
        let sample = |m: &[f32], i: usize| m[i * plane..(i + 1) * plane].to_vec();
        assert_eq!(sample(&forward, 4), sample(&other, 0));
        assert_eq!(sample(&forward, 2), sample(&other, 1));
        assert_eq!(sample(&forward, 2), sample(&other, 2));
        assert_eq!(sample(&forward, 0), sample(&other, 3));
        assert_ne!(sample(&forward, 0), sample(&forward, 1));
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(one.install(|| mask(&[1, 2, 3, 4, 5], heads, rows, cols, 0.1)), forward);
    }

    #[test]
    fn packed_rows_are_those_of_the_padded_mask() {
        let ids = [8, 3];
        let padded = mask(&ids, 1, 6, 10, 0.5);
        let lengths = [6, 2];
        let rows: Vec<MaskRow> =
            (0..2).flat_map(|i| (0..lengths[i]).map(move |row| MaskRow { sample: ids[i], head: 0, row })).collect();
        let mut packed = vec![f32::NAN; rows.len() * 10];
        dropout_rows(site(), &rows, 10, 0.5, &mut packed).unwrap();
        assert_eq!(packed[..60], padded[..60]);
        assert_eq!(packed[60..], padded[60..80]);
    }

    #[test]
    fn bits_are_those_of_the_mask() {
        let (heads, rows, cols, p) = (3usize, 5usize, 37usize, 0.3);
        let words = cols.div_ceil(16);
        let mut bits = vec![0u16; heads * rows * words];
        dropout_bits(site(), 900, heads, rows, cols, p, &mut bits).unwrap();
        for (i, kept) in mask(&[900], heads, rows, cols, p).into_iter().enumerate() {
            let (line, column) = (i / cols, i % cols);
            let bit = bits[line * words + column / 16] >> (column % 16) & 1;
            assert_eq!(kept, if bit == 1 { dropout_scale(p) } else { 0.0 }, "{line}, {column}");
        }
        assert_eq!(dropout_bits(site(), 0, heads, rows, cols, p, &mut bits[1..]).unwrap_err().code, E0966);
    }

    #[test]
    fn the_rate_is_kept_along_every_axis() {
        let (n, heads, rows, cols) = (32, 4, 30, 40);
        let ids: Vec<u64> = (0..n as u64).collect();
        for p in [0.1, 0.25, 0.5, 0.9] {
            let m = mask(&ids, heads, rows, cols, p);
            let scale = (1.0 / (1.0 - p)) as f32;
            assert!(m.iter().all(|&x| x == 0.0 || x == scale));
            // One pass: the number of kept elements at each index of each axis.
            let axes = [(n, heads * rows * cols), (heads, rows * cols), (rows, cols), (cols, 1)];
            let mut kept = axes.map(|(len, _)| vec![0u32; len]);
            for (i, _) in m.iter().enumerate().filter(|(_, x)| **x > 0.0) {
                axes.iter().zip(&mut kept).for_each(|((len, stride), kept)| kept[i / stride % len] += 1);
            }
            let off = |kept: u32, all: usize| {
                (f64::from(kept) / all as f64 - (1.0 - p)) / (p * (1.0 - p) / all as f64).sqrt()
            };
            assert!(off(kept[0].iter().sum(), m.len()).abs() < 5.0);
            for (axis, kept) in kept.iter().enumerate() {
                for (at, &k) in kept.iter().enumerate() {
                    let z = off(k, m.len() / kept.len());
                    assert!(z.abs() < 5.0, "p {p}, axis {axis}, index {at}: {z} sigma");
                }
            }
            // Neighbours in each direction are independent.
            for stride in [1, cols, rows * cols, heads * rows * cols] {
                let pairs = m.len() - stride;
                let both = (0..pairs).filter(|&i| m[i] > 0.0 && m[i + stride] > 0.0).count() as f64;
                let q = (1.0 - p).powi(2);
                // Overlapping pairs share elements: their variance is within a factor of four of the independent one.
                let z = (both / pairs as f64 - q) / (4.0 * q * (1.0 - q) / pairs as f64).sqrt();
                assert!(z.abs() < 5.0, "p {p}, stride {stride}: {z} sigma");
            }
        }
    }

    #[test]
    fn the_ends_of_the_range() {
        assert!(mask(&[1], 1, 4, 5, 0.0).iter().all(|&x| x == 1.0));
        assert!(mask(&[1], 1, 4, 5, 1.0).iter().all(|&x| x == 0.0));
        assert!(mask(&[], 1, 4, 5, 0.5).is_empty());
        assert!(mask(&[1], 1, 4, 0, 0.5).is_empty());
        let mut out = [0.0; 4];
        assert_eq!(dropout_mask(site(), &[1], 1, 1, 4, f64::NAN, &mut out).unwrap_err().code, E0967);
        assert_eq!(dropout_mask(site(), &[1], 1, 1, 5, 0.1, &mut out).unwrap_err().code, E0966);
    }

    #[test]
    fn masks_never_change() {
        let bits: Vec<String> = mask(&[0, 7], 2, 2, 18, 0.5)
            .chunks(18)
            .map(|row| row.iter().map(|&x| if x > 0.0 { '1' } else { '.' }).collect())
            .collect();
        insta::assert_debug_snapshot!(bits);
    }
}
