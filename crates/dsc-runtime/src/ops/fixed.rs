//! What an evaluation on the CPU computes in an order that depends on the sample alone, so that a prediction has the same bits
//! whatever else is in its batch.
//!
//! libtorch chooses the kernels of products by the number of rows, those of sums by the length of the longest sample, and computes
//! the last entries of a value, those that fill no vector, by other functions than the rest.

use tch::{Device, Kind, Tensor};

use super::Call;
use crate::batch::Mode;
use crate::fault::Fault;
use crate::ffi;
use crate::layout;
use crate::lengths::Lengths;
use crate::precision::Products;

/// Entries that libtorch's loops take at once, at most: two vectors of 16.
const AT_ONCE: i64 = 32;

/// Whether an operation is carried out that way.
pub(super) fn applies(call: &Call<'_, '_>) -> bool {
    let run = call.run;
    run.mode == Mode::Eval && run.device == Device::Cpu && matches!(run.kind, Kind::Float | Kind::Double)
}

/// `x` `[.., k]` times the transpose of `weight` `[m, k]`, plus `bias` `[m]`, to `[.., m]`.
pub(super) fn linear(products: Products, x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor, Fault> {
    let (mut shape, (outputs, inputs)) = (x.size(), weight.size2()?);
    let rows = shape.iter().rev().skip(1).product::<i64>();
    let flat = products.operand(x)?.f_reshape([1, rows, inputs])?;
    let (weight, bias) = (products.operand(weight)?, bias.map(|bias| products.operand(bias)).transpose()?);
    if let Some(last) = shape.last_mut() {
        *last = outputs;
    }
    let found = ffi::product(&flat, &weight.f_transpose(0, 1)?.f_unsqueeze(0)?, bias.as_ref())?;
    Ok(products.result(found, x.kind())?.f_view(shape.as_slice())?)
}

/// A function of every entry, all of which are computed by the same code.
pub(super) fn entries(
    call: &Call<'_, '_>,
    x: &Tensor,
    function: impl Fn(&Tensor) -> Result<Tensor, tch::TchError>,
) -> Result<Tensor, Fault> {
    let count = x.numel() as i64;
    let beyond = (AT_ONCE - count % AT_ONCE) % AT_ONCE;
    if !applies(call) || beyond == 0 && x.is_contiguous() {
        return Ok(function(x)?);
    }
    let flat = x.f_reshape([count])?;
    let whole = if beyond == 0 { flat } else { flat.f_constant_pad_nd([0, beyond])? };
    Ok(function(&whole)?.f_narrow(0, 0, count)?.f_view(x.size().as_slice())?)
}

/// The sum of the last axis of every row.
pub(super) fn sum_of_entries(x: &Tensor, keep: bool) -> Result<Tensor, Fault> {
    let mut shape = x.size();
    let width = shape.pop().unwrap_or(1);
    let rows = shape.iter().product::<i64>();
    let ones = Tensor::f_ones([1, width, 1], (x.kind(), x.device()))?;
    let sums = ffi::product(&x.f_reshape([1, rows, width])?, &ones, None)?;
    shape.extend(keep.then_some(1));
    Ok(sums.f_view(shape.as_slice())?)
}

/// For each sample, the sum of its rows times a number that depends on how many there are: `[R, T, d]`, possibly packed, to `[R, d]`.
pub(super) fn sum_of_rows(x: &Tensor, lengths: &Lengths, times: impl Fn(i64) -> f64) -> Result<Tensor, Fault> {
    let flat = layout::flat(x, lengths)?;
    let mut sums = Vec::with_capacity(lengths.lens.len());
    for (sample, len) in lengths.lens.iter().enumerate() {
        let rows = flat.f_narrow(0, lengths.place(sample, 0), *len)?.f_flatten(1, -1)?;
        let weights = Tensor::f_full([1, 1, 1], times(*len), (x.kind(), x.device()))?.f_expand([1, 1, *len], false)?;
        sums.push(ffi::product(&weights, &rows.f_unsqueeze(0)?, None)?.f_squeeze_dim(0)?);
    }
    let mut shape = flat.size();
    if let Some(rows) = shape.first_mut() {
        *rows = lengths.lens.len() as i64;
    }
    Ok(Tensor::f_cat(&sums, 0)?.f_view(shape.as_slice())?)
}
