//! One vector of all valid rows of a sequence.

use tch::Tensor;

use super::{Call, fixed};
use crate::fault::Fault;
use crate::layout;

/// Mean over valid rows.
pub(super) fn mean(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    mean_of(call, call.arg(0)?)
}

/// Mean over valid rows of a value with the first operand's lengths: one product with a row of weights per sample, or a
/// sum by sample of packed rows.
fn mean_of(call: &Call<'_, '_>, x: &Tensor) -> Result<Tensor, Fault> {
    let (lengths, device, kind) = (call.seq_lengths(0)?, call.run.device, call.run.kind);
    if fixed::applies(call) {
        return fixed::sum_of_rows(x, lengths, |rows| 1.0 / rows as f64);
    }
    if !lengths.ragged {
        return Ok(x.f_mean_dim([1i64].as_slice(), false, None)?);
    }
    if lengths.packed {
        return by_sample(call, &x.f_mul(lengths.row_weights(device, kind)?)?);
    }
    Ok(lengths.mean_weights(device, kind)?.f_bmm(x)?.f_squeeze_dim(1)?)
}

/// Sum over valid rows.
pub(super) fn sum(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let (x, lengths) = (call.arg(0)?, call.seq_lengths(0)?);
    if fixed::applies(call) {
        return fixed::sum_of_rows(x, lengths, |_| 1.0);
    }
    if !lengths.ragged {
        return Ok(x.f_sum_dim_intlist([1i64].as_slice(), false, None)?);
    }
    if lengths.packed {
        return by_sample(call, x);
    }
    Ok(lengths.sum_weights(call.run.device, call.run.kind)?.f_bmm(x)?.f_squeeze_dim(1)?)
}

/// Packed rows added up by sample.
fn by_sample(call: &Call<'_, '_>, rows: &Tensor) -> Result<Tensor, Fault> {
    let mut shape = rows.size();
    if let Some(rows) = shape.first_mut() {
        *rows = call.count();
    }
    let owners = call.seq_lengths(0)?.owners(call.run.device)?;
    Ok(Tensor::f_zeros(&shape, (call.run.kind, call.run.device))?.f_index_add(0, owners, rows)?)
}

/// `sqrt(variance + eps)` over valid rows, the variance as the mean square of what is left when the mean is taken away.
pub(super) fn std(call: &Call<'_, '_>, eps: f64) -> Result<Tensor, Fault> {
    let (x, lengths) = (call.arg(0)?, call.seq_lengths(0)?);
    let mean = mean_of(call, x)?;
    let mean = match lengths.packed {
        true => mean.f_index_select(0, lengths.owners(call.run.device)?)?,
        false => mean.f_unsqueeze(1)?,
    };
    let mut from_mean = x.f_sub(&mean)?;
    if lengths.ragged && !lengths.packed {
        // Squares of padding could overflow.
        from_mean = from_mean.f_where_scalarother(&lengths.mask(call.run.device)?.f_unsqueeze(-1)?, 0.0)?;
    }
    let variance = mean_of(call, &from_mean.f_square()?)?;
    Ok(variance.f_add_scalar(eps)?.f_sqrt()?)
}

/// Largest over valid rows; of equal rows one gets the gradient.
pub(super) fn max(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    Ok(filled(call, f64::NEG_INFINITY)?.f_max_dim(1, false)?.0)
}

/// Smallest over valid rows; of equal rows one gets the gradient.
pub(super) fn min(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    Ok(filled(call, f64::INFINITY)?.f_min_dim(1, false)?.0)
}

/// Log of the sum of exponentials over valid rows.
pub(super) fn log_sum_exp(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    if fixed::applies(call) {
        let (x, lengths) = (call.arg(0)?, call.seq_lengths(0)?);
        let most = max(call)?;
        let of_rows = match lengths.packed {
            true => most.f_index_select(0, lengths.owners(call.run.device)?)?,
            false => most.f_unsqueeze(1)?,
        };
        let powers = fixed::entries(call, &x.f_sub(&of_rows)?, Tensor::f_exp)?;
        let sum = fixed::sum_of_rows(&powers, lengths, |_| 1.0)?;
        return Ok(fixed::entries(call, &sum, Tensor::f_log)?.f_add(&most)?);
    }
    Ok(filled(call, f64::NEG_INFINITY)?.f_logsumexp([1i64].as_slice(), false)?)
}

/// The first operand, padded, with that number in its padding.
fn filled(call: &Call<'_, '_>, with: f64) -> Result<Tensor, Fault> {
    let (x, lengths, device) = (call.arg(0)?, call.seq_lengths(0)?, call.run.device);
    if !lengths.ragged {
        return Ok(x.shallow_clone());
    }
    let mask = lengths.mask(device)?.f_unsqueeze(-1)?;
    Ok(layout::padded(x, lengths, device)?.f_where_scalarother(&mask, with)?)
}
