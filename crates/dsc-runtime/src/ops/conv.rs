//! Convolution along time.

use tch::Tensor;

use super::Call;
use crate::fault::Fault;
use crate::layout;

/// Attributes of a convolution.
pub(super) struct Taps {
    pub(super) stride: i64,
    pub(super) dilation: i64,
    pub(super) groups: i64,
    pub(super) causal: bool,
}

/// Convolution of the valid rows with zeros at each sequence's own ends: its padding is set to zero first, which is what
/// the kernel itself puts around the batch.
pub(super) fn conv1d(call: &Call<'_, '_>, taps: &Taps) -> Result<Tensor, Fault> {
    let (x, weight, bias) = (call.arg(0)?, call.arg(1)?, call.operands.get(2).copied());
    let (from, device) = (call.seq_lengths(0)?, call.run.device);
    let mut rows = layout::padded(x, from, device)?;
    if from.ragged {
        rows = rows.f_where_scalarother(&from.mask(device)?.f_unsqueeze(-1)?, 0.0)?;
    }
    let kernel = weight.size().last().copied().unwrap_or(1);
    let around = taps.dilation * (kernel - 1);
    let front = if taps.causal { around } else { around / 2 };
    let columns = rows.f_transpose(1, 2)?;
    let (columns, both) = match 2 * front == around {
        true => (columns, front),
        false => (columns.f_constant_pad_nd([front, around - front])?, 0),
    };
    let found = columns.f_conv1d(weight, bias, taps.stride, both, taps.dilation, taps.groups)?;
    layout::packed(&found.f_transpose(1, 2)?.f_contiguous()?, call.lengths()?, device)
}
