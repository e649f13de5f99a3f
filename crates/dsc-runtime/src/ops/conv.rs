//! Convolution along time.

use tch::Tensor;

use super::{Call, fixed};
use crate::fault::Fault;
use crate::ffi;
use crate::layout;
use crate::lengths::places;

/// Attributes of a convolution.
pub(super) struct Taps {
    pub(super) stride: i64,
    pub(super) dilation: i64,
    pub(super) groups: i64,
    pub(super) causal: bool,
}

impl Taps {
    /// Rows of zeros in front of a sequence, and in all.
    fn reach(&self, kernel: i64) -> (i64, i64) {
        let around = self.dilation * (kernel - 1);
        (if self.causal { around } else { around / 2 }, around)
    }
}

/// Convolution of the valid rows with zeros at each sequence's own ends: its padding is set to zero first, which is what
/// the kernel itself puts around the batch.
pub(super) fn conv1d(call: &Call<'_, '_>, taps: &Taps) -> Result<Tensor, Fault> {
    let (x, weight, bias) = (call.arg(0)?, call.arg(1)?, call.operands.get(2).copied());
    if fixed::applies(call) {
        return of_rows(call, taps);
    }
    let (from, device) = (call.seq_lengths(0)?, call.run.device);
    let mut rows = layout::padded(x, from, device)?;
    if from.ragged {
        rows = rows.f_where_scalarother(&from.mask(device)?.f_unsqueeze(-1)?, 0.0)?;
    }
    let kernel = weight.size().last().copied().unwrap_or(1);
    let (front, around) = taps.reach(kernel);
    let columns = rows.f_transpose(1, 2)?;
    let (columns, both) = match 2 * front == around {
        true => (columns, front),
        false => (columns.f_constant_pad_nd([front, around - front])?, 0),
    };
    let products = call.products();
    let (weight, bias) = (products.operand(weight)?, bias.map(|bias| products.operand(bias)).transpose()?);
    let columns = products.operand(&columns)?;
    let found = columns.f_conv1d(&weight, bias.as_ref(), taps.stride, both, taps.dilation, taps.groups)?;
    let found = products.result(found, call.run.kind)?;
    layout::packed(&found.f_transpose(1, 2)?.f_contiguous()?, call.lengths()?, device)
}

/// The same as one product of the rows that every row of the result reads.
fn of_rows(call: &Call<'_, '_>, taps: &Taps) -> Result<Tensor, Fault> {
    let products = call.products();
    let (x, weight) = (products.operand(call.arg(0)?)?, products.operand(call.arg(1)?)?);
    let bias = call.operands.get(2).map(|bias| products.operand(bias)).transpose()?;
    let (from, to, device) = (call.seq_lengths(0)?, call.lengths()?, call.run.device);
    let (outputs, inputs, kernel) = weight.size3()?;
    let (front, _) = taps.reach(kernel);
    let flat = layout::flat(&x, from)?;
    // Behind all rows is one of zeros.
    let (count, columns) = flat.size2()?;
    let flat = Tensor::f_cat(&[&flat, &flat.f_new_zeros([1, columns], (x.kind(), device))?], 0)?;
    let mut rows = Vec::new();
    for (sample, len) in to.lens.iter().enumerate() {
        for row in 0..if to.packed { *len } else { to.padded } {
            for tap in 0..kernel {
                let source = row * taps.stride + tap * taps.dilation - front;
                let valid = row < *len && (0..from.len(sample)).contains(&source);
                rows.push(if valid { from.place(sample, source) } else { count });
            }
        }
    }
    let read = flat.f_index_select(0, &places(rows, device)?)?.f_view([-1, kernel, columns])?;
    let (each, wide) = (outputs / taps.groups, read.size3()?.0);
    let mut parts = Vec::with_capacity(taps.groups as usize);
    for group in 0..taps.groups {
        let a = read.f_narrow(2, group * inputs, inputs)?.f_reshape([1, wide, kernel * inputs])?;
        let b = weight.f_narrow(0, group * each, each)?.f_permute([2, 1, 0])?.f_reshape([1, kernel * inputs, each])?;
        let bias = bias.as_ref().map(|bias| bias.f_narrow(0, group * each, each)).transpose()?;
        parts.push(ffi::product(&a, &b, bias.as_ref())?);
    }
    let found = products.result(Tensor::f_cat(&parts, 2)?.f_squeeze_dim(0)?, call.run.kind)?;
    layout::unflat(found, to)
}
