//! Rows of sequences: choosing, pooling, joining.

use tch::Tensor;

use super::Call;
use crate::runtime::batch::misfit;
use crate::runtime::fault::Fault;
use crate::runtime::lengths::{Lengths, RowSet};
use crate::runtime::program::view_of;

/// The first rows; the lengths of the result say how many.
pub(super) fn take(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let x = call.arg(0)?;
    let rows = call.lengths()?.padded;
    if rows == call.seq_lengths(0)?.padded { Ok(x.shallow_clone()) } else { Ok(x.f_narrow(1, 0, rows)?) }
}

/// One row. Numbers below 0 count from the last valid row.
pub(super) fn row(call: &Call<'_, '_>, index: i64) -> Result<Tensor, Fault> {
    let x = call.arg(0)?;
    if index >= 0 {
        return Ok(x.f_select(1, index)?);
    }
    let lengths = call.seq_lengths(0)?;
    if !lengths.ragged {
        return Ok(x.f_select(1, lengths.padded + index)?);
    }
    let places = lengths.last_rows(call.run.device)?;
    let flat = x.f_flatten(0, 1)?;
    Ok(match index {
        -1 => flat.f_index_select(0, places)?,
        _ => flat.f_index_select(0, &places.f_add_scalar(index + 1)?)?,
    })
}

/// Mean over valid rows: one product with a row of weights per sample.
pub(super) fn mean(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let (x, lengths) = (call.arg(0)?, call.seq_lengths(0)?);
    if !lengths.ragged {
        return Ok(x.f_mean_dim([1i64].as_slice(), false, None)?);
    }
    Ok(lengths.mean_weights(call.run.device, call.run.kind)?.f_bmm(x)?.f_squeeze_dim(1)?)
}

/// Largest over valid rows; of equal rows one gets the gradient.
pub(super) fn max(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let (x, lengths) = (call.arg(0)?, call.seq_lengths(0)?);
    if !lengths.ragged {
        return Ok(x.f_max_dim(1, false)?.0);
    }
    let mask = lengths.mask(call.run.device)?.f_unsqueeze(-1)?;
    Ok(x.f_where_scalarother(&mask, f64::NEG_INFINITY)?.f_max_dim(1, false)?.0)
}

/// Sequences joined along time, valid rows without gaps.
pub(super) fn concat(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let joined = Tensor::f_cat(&call.operands, 1)?;
    let parts: Vec<&Lengths> = (0..call.operands.len()).map(|i| call.seq_lengths(i)).collect::<Result<_, _>>()?;
    // Only padding in front of something valid is a gap.
    let gaps = parts.split_last().is_some_and(|(_, leading)| leading.iter().any(|p| p.ragged));
    if !gaps {
        return Ok(joined);
    }
    let lengths = call.lengths()?;
    let all: i64 = parts.iter().map(|p| p.padded).sum();
    let mut places: Vec<i64> = Vec::with_capacity(lengths.lens.len() * lengths.padded as usize);
    for (row, total) in lengths.lens.iter().enumerate() {
        let mut start = row as i64 * all;
        for part in &parts {
            let len = part.lens.get(row).copied().unwrap_or(0);
            places.extend(start..start + len);
            start += part.padded;
        }
        // The padding of the result repeats a valid row; nothing reads it.
        places.extend((*total..lengths.padded).map(|_| row as i64 * all));
    }
    let places = Tensor::f_from_slice(&places)?.f_to_device(call.run.device)?;
    let (batch, _, width) = joined.size3()?;
    Ok(joined.f_flatten(0, 1)?.f_index_select(0, &places)?.f_view([batch, lengths.padded, width])?)
}

/// The operand at one companion of every anchor.
pub(super) fn at(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let rows = view_of(&call.step.op)
        .and_then(|view| call.run.companion_rows(view))
        .ok_or_else(|| misfit("the batch has fewer companions than the graph reads"))?;
    let rows: Vec<i64> = rows.iter().map(|r| i64::from(*r)).collect();
    let picked = call.arg(0)?.f_index_select(0, &Tensor::f_from_slice(&rows)?.f_to_device(call.run.device)?)?;
    match call.step.time {
        None => Ok(picked),
        Some(time) => {
            let padded = call.run.lengths(time, RowSet::Anchors)?.padded;
            if padded < picked.size().get(1).copied().unwrap_or(padded) {
                return Ok(picked.f_narrow(1, 0, padded)?);
            }
            Ok(picked)
        }
    }
}
