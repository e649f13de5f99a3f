//! The valid rows of all samples step by step, as libtorch's recurrent kernels read them: first rows, second rows, ..,
//! each time of the samples that have such a row, the longest sample first.

use std::cmp::Reverse;

use tch::{Device, Tensor};

use super::fault::Fault;
use super::lengths::{Lengths, places};

/// The way from a sequence's layout to steps and back.
pub(crate) struct Steps {
    /// `[N]`: for each row in the order of steps, its place in the sequence once batch and time are one axis.
    pub(crate) rows: Tensor,
    /// `[T]`, on the host: how many samples have that step.
    pub(crate) sizes: Tensor,
    /// For each row of the sequence, batch and time as one axis, its place among the steps; padding repeats the sample's
    /// first row.
    pub(crate) back: Tensor,
}

impl Steps {
    pub(crate) fn new(lengths: &Lengths, device: Device) -> Result<Steps, Fault> {
        let mut order: Vec<usize> = (0..lengths.lens.len()).collect();
        order.sort_by_key(|sample| Reverse(lengths.len(*sample)));
        let (mut rows, mut sizes) = (Vec::with_capacity(lengths.flat_rows() as usize), Vec::new());
        let mut back = vec![0i64; lengths.flat_rows() as usize];
        for step in 0..lengths.padded {
            let before = rows.len();
            for sample in order.iter().take_while(|sample| lengths.len(**sample) > step) {
                let place = lengths.place(*sample, step);
                if let Some(back) = usize::try_from(place).ok().and_then(|place| back.get_mut(place)) {
                    *back = rows.len() as i64;
                }
                rows.push(place);
            }
            sizes.push((rows.len() - before) as i64);
        }
        if !lengths.packed {
            // The first step holds the first row of every sample, in this order.
            for (first, sample) in order.iter().enumerate() {
                let padding = lengths.place(*sample, lengths.len(*sample))..lengths.place(*sample, lengths.padded);
                if let Some(back) = back.get_mut(padding.start as usize..padding.end as usize) {
                    back.fill(first as i64);
                }
            }
        }
        Ok(Steps { rows: places(rows, device)?, sizes: Tensor::f_from_slice(&sizes)?, back: places(back, device)? })
    }
}
