//! Lengths of ragged time axes, and what is derived from them: the layout of values, masks, pooling weights, row indices.
//!
//! A sequence of `R` samples is stored *padded*, `[R, T, ..]` with `T` the longest length, or *packed*, `[N, ..]` with the `N` valid
//! rows of all samples in a row. The layout is a function of the lengths, so all values with the same length and the same set of
//! batch rows have the same layout.

use std::cell::OnceCell;

use tch::{Device, Kind, Tensor};

use super::fault::Fault;
use super::steps::Steps;
use crate::transfer::upload;
use dsc_graph::layout::packing_pays;
use dsc_random::MaskRow;

/// Whether operations that are applied to each row skip the rows that are padding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// Padding is computed, then masked.
    Never,
    /// Rows are packed where this saves time.
    #[default]
    WherePays,
    /// Rows are packed wherever lengths differ; for tests.
    Everywhere,
}

/// The rows of the batch that a value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowSet {
    /// All rows, anchors and companions.
    All,
    /// The anchors, which are the first rows.
    Anchors,
}

/// The lengths of one time axis for one set of batch rows. A padded value with this axis has `padded` rows of time, the maximum of
/// `lens`; a packed one has the sum of `lens`.
pub(crate) struct Lengths {
    pub(crate) lens: Vec<i64>,
    pub(crate) padded: i64,
    /// Whether some sample has fewer rows than `padded`.
    pub(crate) ragged: bool,
    /// Whether values with this axis are packed.
    pub(crate) packed: bool,
    /// Index of the first row of each sample in the flattened value.
    starts: Vec<i64>,
    owners: OnceCell<Tensor>,
    row_numbers: OnceCell<Tensor>,
    row_weights: OnceCell<Tensor>,
    mask_rows: OnceCell<Vec<MaskRow>>,
    unpacking: OnceCell<Tensor>,
    packing: OnceCell<Tensor>,
    steps: OnceCell<Steps>,
    mask: OnceCell<Tensor>,
    bias: OnceCell<Tensor>,
    weights: OnceCell<Tensor>,
    last: OnceCell<Tensor>,
}

impl Lengths {
    pub(crate) fn new(lens: Vec<i64>, packing: Packing) -> Self {
        let padded = lens.iter().copied().max().unwrap_or(0);
        let ragged = lens.iter().any(|l| *l != padded);
        let (valid, all) = (lens.iter().sum::<i64>(), padded * lens.len() as i64);
        let packed = match packing {
            Packing::Never => false,
            Packing::WherePays => packing_pays(valid, all),
            Packing::Everywhere => ragged,
        };
        let starts = lens
            .iter()
            .scan(0, |next, len| {
                let start = *next;
                *next += if packed { *len } else { padded };
                Some(start)
            })
            .collect();
        Lengths {
            lens,
            padded,
            ragged,
            packed,
            starts,
            owners: OnceCell::new(),
            row_numbers: OnceCell::new(),
            row_weights: OnceCell::new(),
            mask_rows: OnceCell::new(),
            unpacking: OnceCell::new(),
            packing: OnceCell::new(),
            steps: OnceCell::new(),
            mask: OnceCell::new(),
            bias: OnceCell::new(),
            weights: OnceCell::new(),
            last: OnceCell::new(),
        }
    }

    fn batch(&self) -> i64 {
        self.lens.len() as i64
    }

    /// Number of rows of the flattened value.
    pub(crate) fn flat_rows(&self) -> i64 {
        if self.packed { self.lens.iter().sum() } else { self.batch() * self.padded }
    }

    /// Index of a row of a sample in the flattened value.
    pub(crate) fn place(&self, sample: usize, row: i64) -> i64 {
        self.starts.get(sample).copied().unwrap_or(0) + row
    }

    /// Length of a sample; 0 if there is no such sample.
    pub(crate) fn len(&self, sample: usize) -> i64 {
        self.lens.get(sample).copied().unwrap_or(0)
    }

    /// (sample, row) of all valid rows, in the order of a packed value.
    fn valid(&self) -> impl Iterator<Item = (usize, i64)> + '_ {
        self.lens.iter().enumerate().flat_map(|(sample, len)| (0..*len).map(move |row| (sample, row)))
    }

    /// `[N]`: the sample of each row of a packed value.
    pub(crate) fn owners(&self, device: Device) -> Result<&Tensor, Fault> {
        cached(&self.owners, || places(self.valid().map(|(sample, _)| sample as i64).collect(), device))
    }

    /// `[N]`: the index within its sample of each row of a packed value.
    pub(crate) fn row_numbers(&self, device: Device) -> Result<&Tensor, Fault> {
        cached(&self.row_numbers, || places(self.valid().map(|(_, row)| row).collect(), device))
    }

    /// `[N, 1]`: 1 / length of the sample of each row of a packed value.
    pub(crate) fn row_weights(&self, device: Device, kind: Kind) -> Result<&Tensor, Fault> {
        cached(&self.row_weights, || {
            let weights: Vec<f64> = self.valid().map(|(sample, _)| 1.0 / self.len(sample) as f64).collect();
            upload(&Tensor::f_from_slice(&weights)?.f_unsqueeze(-1)?.f_to_kind(kind)?, device)
        })
    }

    /// The coordinates of the random bits of a packed value; `samples` are indices in the data set.
    pub(crate) fn mask_rows(&self, samples: &[u64]) -> &[MaskRow] {
        self.mask_rows.get_or_init(|| {
            let number = |sample: usize| samples.get(sample).copied().unwrap_or_default();
            self.valid().map(|(sample, row)| MaskRow { sample: number(sample), head: 0, row: row as u64 }).collect()
        })
    }

    /// `[R * T]`: for each row of a padded value, its index in the packed one; padding repeats the first row of the sample.
    pub(crate) fn unpacking(&self, device: Device) -> Result<&Tensor, Fault> {
        cached(&self.unpacking, || {
            let row = |sample: usize, t: i64| self.place(sample, if t < self.len(sample) { t } else { 0 });
            let all = (0..self.lens.len()).flat_map(|sample| (0..self.padded).map(move |t| row(sample, t)));
            places(all.collect(), device)
        })
    }

    /// `[N]`: for each row of a packed value, its index in the flattened padded one.
    pub(crate) fn packing(&self, device: Device) -> Result<&Tensor, Fault> {
        cached(&self.packing, || {
            places(self.valid().map(|(sample, row)| sample as i64 * self.padded + row).collect(), device)
        })
    }

    /// The rows step by step, for recurrent layers.
    pub(crate) fn steps(&self, device: Device) -> Result<&Steps, Fault> {
        cached(&self.steps, || Steps::new(self, false, device))
    }

    /// `[rows, padded]`, true where valid.
    pub(crate) fn mask(&self, device: Device) -> Result<&Tensor, Fault> {
        cached(&self.mask, || {
            let valid: Vec<bool> = self.lens.iter().flat_map(|l| (0..self.padded).map(move |t| t < *l)).collect();
            upload(&Tensor::f_from_slice(&valid)?.f_view([self.batch(), self.padded])?, device)
        })
    }

    /// `[rows, 1, padded]`: 0 where valid, -inf where not; added to attention scores.
    pub(crate) fn score_bias(&self, device: Device, kind: Kind) -> Result<&Tensor, Fault> {
        cached(&self.bias, || {
            let mask = self.mask(device)?;
            let zeros = Tensor::f_zeros([self.batch(), self.padded], (kind, device))?;
            Ok(zeros.f_masked_fill(&mask.f_logical_not()?, f64::NEG_INFINITY)?.f_unsqueeze(1)?)
        })
    }

    /// `[rows, 1, padded]`: 1 where valid, 0 where not.
    pub(crate) fn sum_weights(&self, device: Device, kind: Kind) -> Result<Tensor, Fault> {
        Ok(self.mask(device)?.f_to_kind(kind)?.f_unsqueeze(1)?)
    }

    /// `[rows, 1, padded]`: 1 / length where valid, 0 where not.
    pub(crate) fn mean_weights(&self, device: Device, kind: Kind) -> Result<&Tensor, Fault> {
        cached(&self.weights, || {
            let weight = |l: i64, t: i64| if t < l { 1.0 / l as f64 } else { 0.0 };
            let all: Vec<f64> = self.lens.iter().flat_map(|l| (0..self.padded).map(move |t| weight(*l, t))).collect();
            upload(&Tensor::f_from_slice(&all)?.f_view([self.batch(), 1, self.padded])?.f_to_kind(kind)?, device)
        })
    }

    /// `[rows]`: index of the last valid row of each sample in the flattened value.
    pub(crate) fn last_rows(&self, device: Device) -> Result<&Tensor, Fault> {
        cached(&self.last, || {
            places(self.lens.iter().enumerate().map(|(sample, len)| self.place(sample, len - 1)).collect(), device)
        })
    }
}

/// An index tensor on the device.
pub(crate) fn places(rows: Vec<i64>, device: Device) -> Result<Tensor, Fault> {
    upload(&Tensor::f_from_slice(&rows)?, device)
}

/// The value of a cell, computed at the first call.
pub(crate) fn cached<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T, Fault>) -> Result<&T, Fault> {
    if let Some(value) = cell.get() {
        return Ok(value);
    }
    let value = make()?;
    Ok(cell.get_or_init(|| value))
}
