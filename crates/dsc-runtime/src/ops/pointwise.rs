//! Operations that treat every row of time alike.

use tch::{TchError, Tensor};

use super::{Call, fixed};
use crate::fault::Fault;
use crate::layout;
use crate::lengths::Lengths;
use dsc_graph::{Binary, ParametricUnary, Unary, linear_places};

/// `a op b`, entry by entry.
pub(super) fn binary(call: &Call<'_, '_>, op: Binary) -> Result<Tensor, Fault> {
    let (a, b) = (call.arg(0)?, call.arg(1)?);
    Ok(match op {
        Binary::Add => a.f_add(b)?,
        Binary::Sub => a.f_sub(b)?,
        Binary::Mul => a.f_mul(b)?,
        Binary::Div => a.f_div(&guarded(call, b, 1, 1.0)?)?,
        Binary::Minimum => a.f_minimum(b)?,
        Binary::Maximum => a.f_maximum(b)?,
    })
}

/// One or several linear maps, their results side by side.
pub(super) fn linear(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let biased = call.operands.get(2).is_some_and(|operand| operand.dim() == 1);
    let places: Vec<(usize, Option<usize>)> = linear_places(call.operands.len(), biased).collect();
    let map = |weight: &Tensor, bias: Option<&Tensor>| -> Result<Tensor, Fault> {
        let x = call.arg(0)?;
        match fixed::applies(call) {
            true => fixed::linear(call.products(), x, weight, bias),
            false => Ok(call.products().linear(x, weight, bias)?),
        }
    };
    if let [(weight, bias)] = places.as_slice() {
        let bias = bias.map(|place| call.arg(place)).transpose()?;
        return map(call.arg(*weight)?, bias);
    }
    let weights = places.iter().map(|(weight, _)| call.arg(*weight)).collect::<Result<Vec<_>, _>>()?;
    let biases =
        places.iter().filter_map(|(_, bias)| *bias).map(|bias| call.arg(bias)).collect::<Result<Vec<_>, _>>()?;
    let bias = if biased { Some(Tensor::f_cat(&biases, 0)?) } else { None };
    map(&Tensor::f_cat(&weights, 0)?, bias.as_ref())
}

/// A function of every entry.
pub(super) fn unary(call: &Call<'_, '_>, op: Unary) -> Result<Tensor, Fault> {
    let x = call.arg(0)?;
    let of = |x: &Tensor, function: fn(&Tensor) -> Result<Tensor, TchError>| fixed::entries(call, x, function);
    match op {
        Unary::Relu => Ok(x.f_relu()?),
        Unary::Gelu => of(x, |x| x.f_gelu("none")),
        Unary::Tanh => of(x, Tensor::f_tanh),
        Unary::Sigmoid => of(x, Tensor::f_sigmoid),
        Unary::Exp => of(&guarded(call, x, 0, 0.0)?, Tensor::f_exp),
        Unary::Log => of(&guarded(call, x, 0, 1.0)?, Tensor::f_log),
        Unary::Abs => Ok(x.f_abs()?),
        Unary::Square => Ok(x.f_square()?),
        Unary::Sqrt => Ok(guarded(call, x, 0, 1.0)?.f_sqrt()?),
        Unary::Silu => of(x, Tensor::f_silu),
        Unary::Softplus => of(x, Tensor::f_softplus),
        Unary::Sin => of(x, Tensor::f_sin),
        Unary::Cos => of(x, Tensor::f_cos),
    }
}

/// A function of every entry with static numbers.
pub(super) fn curve(call: &Call<'_, '_>, curve: ParametricUnary) -> Result<Tensor, Fault> {
    let x = call.arg(0)?;
    Ok(match curve {
        ParametricUnary::LeakyRelu { slope } => x.f_where_self(&x.f_gt(0.0)?, &x.f_mul_scalar(slope)?)?,
        ParametricUnary::Elu { alpha } => {
            let below = fixed::entries(call, &x.f_clamp_max(0.0)?, Tensor::f_expm1)?.f_mul_scalar(alpha)?;
            x.f_where_self(&x.f_gt(0.0)?, &below)?
        }
        ParametricUnary::Clamp { min, max } => match (min, max) {
            (Some(min), Some(max)) => x.f_clamp(min, max)?,
            (Some(min), None) => x.f_clamp_min(min)?,
            (None, Some(max)) => x.f_clamp_max(max)?,
            (None, None) => x.shallow_clone(),
        },
        ParametricUnary::Pow { exponent } => {
            fixed::entries(call, &guarded(call, x, 0, 1.0)?, |x| x.f_pow_tensor_scalar(exponent))?
        }
    })
}

/// The operand with a harmless number in its padding: functions that are infinite somewhere would otherwise put what is
/// not finite there, and 0 times that is NaN in the gradient of a valid row.
fn guarded(call: &Call<'_, '_>, x: &Tensor, operand: usize, safe: f64) -> Result<Tensor, Fault> {
    let lengths = match call.arg_lengths(operand)? {
        Some(lengths) if lengths.ragged && !lengths.packed => lengths,
        _ => return Ok(x.shallow_clone()),
    };
    Ok(x.f_where_scalarother(&layout::row_mask(lengths, x.dim(), call.run.device)?, safe)?)
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
    Ok(call.arg(0)?.f_add(&every_row(call)?)?)
}

/// Every row times a vector.
pub(super) fn mul_row(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    Ok(call.arg(0)?.f_mul(&every_row(call)?)?)
}

/// The vector of the second operand in a form that meets every row of the first.
fn every_row(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let (x, vector) = (call.arg(0)?, call.arg(1)?);
    let mut vector = match call.packed()? {
        Some(lengths) => of_owners(call, vector, lengths)?,
        None => vector.shallow_clone(),
    };
    while vector.dim() < x.dim() {
        vector = vector.f_unsqueeze(1)?;
    }
    Ok(vector)
}

/// For each row of a packed value, the entry of its sample. One entry for all samples needs no copy for each row.
pub(super) fn of_owners(call: &Call<'_, '_>, x: &Tensor, lengths: &Lengths) -> Result<Tensor, Fault> {
    let one = x.size().first() == Some(&1) || x.stride().first() == Some(&0);
    Ok(match one {
        true => x.f_narrow(0, 0, 1)?,
        false => x.f_index_select(0, lengths.owners(call.run.device)?)?,
    })
}

/// Every entry times the sample's number, or every row times its own.
pub(super) fn scale(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let (x, number) = (call.arg(0)?, call.arg(1)?);
    if number.dim() > 1 {
        return Ok(x.f_mul(number)?);
    }
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
