//! The algebra of axes: reductions, softmax, new shapes, values of the whole batch.

use tch::Tensor;

use super::{Call, fixed, pointwise};
use crate::fault::Fault;
use crate::layout;
use dsc_graph::dims::Dim;
use dsc_graph::{Over, Reduction};

const LAST: &[i64] = &[-1];

/// The last axis as one number.
pub(super) fn reduce(call: &Call<'_, '_>, how: Reduction, keep: bool) -> Result<Tensor, Fault> {
    let x = call.arg(0)?;
    match how {
        Reduction::Sum => sum(call, x, keep),
        Reduction::Mean if fixed::applies(call) => {
            let width = x.size().last().copied().unwrap_or(1);
            Ok(sum(call, x, keep)?.f_div_scalar(width)?)
        }
        Reduction::Mean => Ok(x.f_mean_dim(LAST, keep, None)?),
        Reduction::Max => Ok(x.f_max_dim(-1, keep)?.0),
        Reduction::Min => Ok(x.f_min_dim(-1, keep)?.0),
        Reduction::Norm => norm(call, x, keep),
        Reduction::LogSumExp => log_sum_exp(call, x, keep),
    }
}

/// The sum of the last axis.
fn sum(call: &Call<'_, '_>, x: &Tensor, keep: bool) -> Result<Tensor, Fault> {
    match fixed::applies(call) {
        true => fixed::sum_of_entries(x, keep),
        false => Ok(x.f_sum_dim_intlist(LAST, keep, None)?),
    }
}

fn norm(call: &Call<'_, '_>, x: &Tensor, keep: bool) -> Result<Tensor, Fault> {
    match fixed::applies(call) {
        true => Ok(sum(call, &x.f_square()?, keep)?.f_sqrt()?),
        false => Ok(x.f_norm_scalaropt_dim(2.0, LAST, keep)?),
    }
}

/// Log of the sum of exponentials of the last axis.
pub(super) fn log_sum_exp(call: &Call<'_, '_>, x: &Tensor, keep: bool) -> Result<Tensor, Fault> {
    if !fixed::applies(call) {
        return Ok(x.f_logsumexp(LAST, keep)?);
    }
    let most = x.f_max_dim(-1, true)?.0;
    let powers = fixed::entries(call, &x.f_sub(&most)?, Tensor::f_exp)?;
    let found = fixed::entries(call, &sum(call, &powers, true)?, Tensor::f_log)?.f_add(&most)?;
    Ok(if keep { found } else { found.f_squeeze_dim(-1)? })
}

/// Sums of products of the last axis.
pub(super) fn dot(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    sum(call, &call.arg(0)?.f_mul(call.arg(1)?)?, false)
}

/// The cosine of two vectors; one whose norm is below `SHORTEST` counts as that long.
pub(super) fn cosine(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    const SHORTEST: f64 = 1e-8;
    let (a, b) = (call.arg(0)?, call.arg(1)?);
    if !fixed::applies(call) {
        return Ok(Tensor::f_cosine_similarity(a, b, -1, SHORTEST)?);
    }
    let unit = |x: &Tensor| -> Result<Tensor, Fault> { Ok(x.f_div(&norm(call, x, true)?.f_clamp_min(SHORTEST)?)?) };
    sum(call, &unit(a)?.f_mul(&unit(b)?)?, false)
}

/// Every row over its norm.
pub(super) fn normalize(call: &Call<'_, '_>, eps: f64) -> Result<Tensor, Fault> {
    let x = call.arg(0)?;
    Ok(x.f_div(&norm(call, x, true)?.f_clamp_min(eps)?)?)
}

/// Softmax or its logarithm. Over time padding gets no weight.
pub(super) fn softmax(call: &Call<'_, '_>, over: Over, log: bool) -> Result<Tensor, Fault> {
    let x = call.arg(0)?;
    let apply = |x: &Tensor, axis: i64| -> Result<Tensor, Fault> {
        Ok(if log { x.f_log_softmax(axis, None)? } else { x.f_softmax(axis, None)? })
    };
    match over {
        Over::Features => apply(x, -1),
        Over::Axis(axis) => apply(x, before_axes(call)? + axis as i64),
        Over::Time => {
            let (lengths, device) = (call.seq_lengths(0)?, call.run.device);
            if !lengths.ragged {
                return apply(x, 1);
            }
            let x = layout::padded(x, lengths, device)?;
            let mask = layout::row_mask(lengths, x.dim(), device)?;
            // Logarithms of no weight are -inf: nothing that is not finite stays in the padding.
            let found = apply(&x.f_where_scalarother(&mask, f64::NEG_INFINITY)?, 1)?;
            let found = if log { found.f_where_scalarother(&mask, 0.0)? } else { found };
            layout::packed(&found, lengths, device)
        }
    }
}

/// Axes in front of those that the type names beside time: batch, and padded time.
fn before_axes(call: &Call<'_, '_>) -> Result<i64, Fault> {
    Ok(if call.step.time.is_none() || call.packed()?.is_some() { 1 } else { 2 })
}

/// Other axes beside time.
pub(super) fn reshape(call: &Call<'_, '_>, shape: &[Dim]) -> Result<Tensor, Fault> {
    let x = call.arg(0)?;
    let before = before_axes(call)? as usize;
    let mut size: Vec<i64> = x.size().into_iter().take(before).collect();
    for axis in shape {
        size.push(call.run.number(axis)?);
    }
    Ok(x.f_reshape(size.as_slice())?)
}

/// Some entries of the last axis.
pub(super) fn slice(call: &Call<'_, '_>, from: &Dim, to: &Dim) -> Result<Tensor, Fault> {
    let (from, to) = (call.run.number(from)?, call.run.number(to)?);
    Ok(call.arg(0)?.f_narrow(-1, from, to - from)?)
}

/// A number behind the entries of every row.
pub(super) fn append(call: &Call<'_, '_>, value: f64) -> Result<Tensor, Fault> {
    let x = call.arg(0)?;
    let mut shape = x.size();
    if let Some(last) = shape.last_mut() {
        *last = 1;
    }
    let column = Tensor::f_full(shape.as_slice(), value, (x.kind(), x.device()))?;
    Ok(Tensor::f_cat(&[x, &column], -1)?)
}

/// Vectors as rows.
pub(super) fn stack(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    Ok(Tensor::f_stack(&call.operands, 1)?)
}

/// A vector as every row.
pub(super) fn repeat(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let vector = call.arg(0)?;
    let width = vector.size().last().copied().unwrap_or(0);
    if let Some(lengths) = call.packed()? {
        let rows = pointwise::of_owners(call, vector, lengths)?;
        return Ok(rows.f_expand([lengths.flat_rows(), width], false)?);
    }
    let shape = [call.count(), call.lengths()?.padded, width];
    Ok(vector.f_unsqueeze(1)?.f_expand(shape, false)?)
}

/// The same value; the gradient is turned round.
pub(super) fn grad_reverse(x: &Tensor, by: f64) -> Result<Tensor, Fault> {
    // The second summand is exactly 0 and has the gradient -by.
    let value = x.f_detach()?;
    let gradient = x.f_sub(&value)?.f_mul_scalar(-by)?;
    Ok(value.f_add(&gradient)?)
}

/// The values of all samples as an axis, the same for every sample.
pub(super) fn in_batch(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    call.for_every_sample(call.arg(0)?)
}

/// The sample's own entry of an axis of all samples.
pub(super) fn own(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    Ok(call.arg(0)?.f_diagonal(0, 0, 1)?.f_movedim_int(-1, 0)?)
}
