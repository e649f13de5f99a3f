//! Lengths of ragged axes and what is made of them: masks, pooling weights, places of last rows.

use std::cell::OnceCell;

use tch::{Device, Kind, Tensor};

use super::fault::Fault;

/// Which rows of the batch a value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowSet {
    /// All of them.
    All,
    /// The anchors, which come first.
    Anchors,
}

/// The valid rows of one time axis for one set of batch rows. A value with this axis has exactly `padded` rows of
/// time, the largest of `lens`.
pub(crate) struct Lengths {
    pub(crate) lens: Vec<i64>,
    pub(crate) padded: i64,
    /// Whether some sample has fewer rows than `padded`.
    pub(crate) ragged: bool,
    mask: OnceCell<Tensor>,
    bias: OnceCell<Tensor>,
    weights: OnceCell<Tensor>,
    last: OnceCell<Tensor>,
}

impl Lengths {
    pub(crate) fn new(lens: Vec<i64>) -> Self {
        let padded = lens.iter().copied().max().unwrap_or(0);
        let ragged = lens.iter().any(|l| *l != padded);
        Lengths {
            lens,
            padded,
            ragged,
            mask: OnceCell::new(),
            bias: OnceCell::new(),
            weights: OnceCell::new(),
            last: OnceCell::new(),
        }
    }

    fn batch(&self) -> i64 {
        self.lens.len() as i64
    }

    /// `[rows, padded]`, true where valid.
    pub(crate) fn mask(&self, device: Device) -> Result<&Tensor, Fault> {
        cached(&self.mask, || {
            let valid: Vec<bool> = self.lens.iter().flat_map(|l| (0..self.padded).map(move |t| t < *l)).collect();
            Ok(Tensor::f_from_slice(&valid)?.f_view([self.batch(), self.padded])?.f_to_device(device)?)
        })
    }

    /// `[rows, 1, padded]`: 0 where valid, -inf where not; what is added to scores.
    pub(crate) fn score_bias(&self, device: Device, kind: Kind) -> Result<&Tensor, Fault> {
        cached(&self.bias, || {
            let mask = self.mask(device)?;
            let zeros = Tensor::f_zeros([self.batch(), self.padded], (kind, device))?;
            Ok(zeros.f_masked_fill(&mask.f_logical_not()?, f64::NEG_INFINITY)?.f_unsqueeze(1)?)
        })
    }

    /// `[rows, 1, padded]`: 1 / length where valid, 0 where not.
    pub(crate) fn mean_weights(&self, device: Device, kind: Kind) -> Result<&Tensor, Fault> {
        cached(&self.weights, || {
            let weight = |l: i64, t: i64| if t < l { 1.0 / l as f64 } else { 0.0 };
            let all: Vec<f64> = self.lens.iter().flat_map(|l| (0..self.padded).map(move |t| weight(*l, t))).collect();
            Ok(Tensor::f_from_slice(&all)?
                .f_view([self.batch(), 1, self.padded])?
                .f_to_kind(kind)?
                .f_to_device(device)?)
        })
    }

    /// `[rows]`: where the last valid row stands once batch and time are one axis.
    pub(crate) fn last_rows(&self, device: Device) -> Result<&Tensor, Fault> {
        cached(&self.last, || {
            let places: Vec<i64> = (0..).zip(&self.lens).map(|(row, l): (i64, _)| row * self.padded + l - 1).collect();
            Ok(Tensor::f_from_slice(&places)?.f_to_device(device)?)
        })
    }
}

fn cached(cell: &OnceCell<Tensor>, make: impl FnOnce() -> Result<Tensor, Fault>) -> Result<&Tensor, Fault> {
    if let Some(tensor) = cell.get() {
        return Ok(tensor);
    }
    let tensor = make()?;
    Ok(cell.get_or_init(|| tensor))
}
