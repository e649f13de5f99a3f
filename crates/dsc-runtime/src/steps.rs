//! The order of rows for recurrent layers, as in a `PackedSequence` of PyTorch: the first rows of all samples, then the second rows,
//! .., each of the samples that are long enough, the longest sample first. For the way back it begins with the last rows.

use std::cmp::Reverse;

use tch::{Device, Tensor};

use super::fault::Fault;
use super::lengths::{Lengths, places};

/// Gathers from the layout of a sequence to the order of steps, and back.
pub(crate) struct Steps {
    /// `[N]`: for each row in the order of steps, its index in the flattened sequence.
    pub(crate) rows: Tensor,
    /// `[T]`, on the host: number of samples that have the step.
    pub(crate) sizes: Tensor,
    /// For each row of the flattened sequence, its index in the order of steps; padding repeats the first row of the sample.
    pub(crate) back: Tensor,
}

impl Steps {
    pub(crate) fn new(lengths: &Lengths, backward: bool, device: Device) -> Result<Steps, Fault> {
        let mut order: Vec<usize> = (0..lengths.lens.len()).collect();
        order.sort_by_key(|sample| Reverse(lengths.len(*sample)));
        let (mut rows, mut sizes) = (Vec::with_capacity(lengths.flat_rows() as usize), Vec::new());
        let mut back = vec![0i64; lengths.flat_rows() as usize];
        for step in 0..lengths.padded {
            let before = rows.len();
            for sample in order.iter().take_while(|sample| lengths.len(**sample) > step) {
                let place = lengths.place(*sample, if backward { lengths.len(*sample) - 1 - step } else { step });
                if let Some(back) = usize::try_from(place).ok().and_then(|place| back.get_mut(place)) {
                    *back = rows.len() as i64;
                }
                rows.push(place);
            }
            sizes.push((rows.len() - before) as i64);
        }
        if !lengths.packed {
            // The first step has the first row of every sample, in this order.
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
