//! Operations that treat every row of time alike.

use tch::Tensor;

use super::Call;
use crate::ir::{Binary, Unary};
use crate::runtime::fault::Fault;

/// `a op b`, entry by entry.
pub(super) fn binary(call: &Call<'_, '_>, op: Binary) -> Result<Tensor, Fault> {
    let (a, b) = (call.arg(0)?, call.arg(1)?);
    Ok(match op {
        Binary::Add => a.f_add(b)?,
        Binary::Sub => a.f_sub(b)?,
        Binary::Mul => a.f_mul(b)?,
        Binary::Div => a.f_div(&guarded(call, b, 1, 1.0)?)?,
    })
}

/// A function of every entry.
pub(super) fn unary(call: &Call<'_, '_>, op: Unary) -> Result<Tensor, Fault> {
    let x = call.arg(0)?;
    Ok(match op {
        Unary::Relu => x.f_relu()?,
        Unary::Gelu => x.f_gelu("none")?,
        Unary::Tanh => x.f_tanh()?,
        Unary::Sigmoid => x.f_sigmoid()?,
        Unary::Exp => guarded(call, x, 0, 0.0)?.f_exp()?,
        Unary::Log => guarded(call, x, 0, 1.0)?.f_log()?,
        Unary::Abs => x.f_abs()?,
        Unary::Square => x.f_square()?,
        Unary::Sqrt => guarded(call, x, 0, 1.0)?.f_sqrt()?,
    })
}

/// The operand with a harmless number in its padding: functions that are infinite somewhere would otherwise put what is
/// not finite there, and 0 times that is NaN in the gradient of a valid row.
fn guarded(call: &Call<'_, '_>, x: &Tensor, operand: usize, safe: f64) -> Result<Tensor, Fault> {
    let lengths = match call.arg_lengths(operand)? {
        Some(lengths) if lengths.ragged && !lengths.packed => lengths,
        _ => return Ok(x.shallow_clone()),
    };
    let mut mask = lengths.mask(call.run.device)?.shallow_clone();
    for _ in 2..x.dim() {
        mask = mask.f_unsqueeze(-1)?;
    }
    Ok(x.f_where_scalarother(&mask, safe)?)
}

/// `mul * x + add`.
pub(super) fn affine(x: &Tensor, mul: f64, add: f64) -> Result<Tensor, Fault> {
    Ok(match (mul == 1.0, add == 0.0) {
        (true, true) => x.shallow_clone(),
        (true, false) => x.f_add_scalar(add)?,
        (false, true) => x.f_mul_scalar(mul)?,
        (false, false) => x.f_mul_scalar(mul)?.f_add_scalar(add)?,
    })
}

/// A vector added to every row.
pub(super) fn add_row(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let (x, vector) = (call.arg(0)?, call.arg(1)?);
    if let Some(lengths) = call.packed()? {
        // One vector for all samples needs no copy for each row.
        let one = vector.size().first() == Some(&1) || vector.stride().first() == Some(&0);
        let rows = match one {
            true => vector.f_narrow(0, 0, 1)?,
            false => vector.f_index_select(0, lengths.owners(call.run.device)?)?,
        };
        return Ok(x.f_add(&rows)?);
    }
    let mut vector = vector.shallow_clone();
    while vector.dim() < x.dim() {
        vector = vector.f_unsqueeze(1)?;
    }
    Ok(x.f_add(&vector)?)
}

/// Every entry times the sample's number.
pub(super) fn scale(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let (x, number) = (call.arg(0)?, call.arg(1)?);
    let mut number = match call.packed()? {
        Some(lengths) => number.f_index_select(0, lengths.owners(call.run.device)?)?,
        None => number.shallow_clone(),
    };
    while number.dim() < x.dim() {
        number = number.f_unsqueeze(-1)?;
    }
    Ok(x.f_mul(&number)?)
}

/// Normalisation over the last axis.
pub(super) fn layer_norm(call: &Call<'_, '_>, eps: f64) -> Result<Tensor, Fault> {
    let (x, weight, bias) = (call.arg(0)?, call.arg(1)?, call.arg(2)?);
    Ok(x.f_layer_norm(weight.size(), Some(weight), Some(bias), eps, true)?)
}
