//! Rows of sequences moved, joined in windows, made by rule.

use tch::Tensor;

use super::{Call, fixed};
use crate::fault::Fault;
use crate::ffi;
use crate::layout;
use crate::lengths::places;
use crate::transfer::upload;
use dsc_graph::Pool;

/// Row `j` is row `j - by`, zeros where there is none.
pub(super) fn shift(call: &Call<'_, '_>, by: i64) -> Result<Tensor, Fault> {
    let (x, lengths) = (call.arg(0)?, call.seq_lengths(0)?);
    let of = |sample: usize, row: i64| row.checked_sub(by).filter(|r| (0..lengths.len(sample)).contains(r));
    layout::rearrange(x, lengths, lengths, of, call.run.device)
}

/// Valid rows from the last to the first.
pub(super) fn reverse(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let (x, lengths) = (call.arg(0)?, call.seq_lengths(0)?);
    if !lengths.ragged {
        return Ok(x.f_flip([1i64].as_slice())?);
    }
    layout::rearrange(x, lengths, lengths, |sample, row| Some(lengths.len(sample) - 1 - row), call.run.device)
}

/// The rows that are left when the first ones go; the lengths of the result say how many go.
pub(super) fn skip(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let (x, from, to) = (call.arg(0)?, call.seq_lengths(0)?, call.lengths()?);
    if !from.ragged && !to.ragged {
        return Ok(x.f_narrow(1, from.padded - to.padded, to.padded)?);
    }
    layout::rearrange(x, from, to, |sample, row| Some(row + from.len(sample) - to.len(sample)), call.run.device)
}

/// Zero rows behind the valid ones, up to the length that all samples of the result have.
pub(super) fn dense(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let (x, from, to) = (call.arg(0)?, call.seq_lengths(0)?, call.lengths()?);
    let device = call.run.device;
    let mut rows = layout::padded(x, from, device)?;
    if from.ragged {
        rows = rows.f_where_scalarother(&from.mask(device)?.f_unsqueeze(-1)?, 0.0)?;
    }
    Ok(if to.padded > from.padded { rows.f_constant_pad_nd([0, 0, 0, to.padded - from.padded])? } else { rows })
}

/// Windows of `by` rows, the last of those that are left.
pub(super) fn downsample(call: &Call<'_, '_>, by: i64, pool: Pool) -> Result<Tensor, Fault> {
    let (x, from, to) = (call.arg(0)?, call.seq_lengths(0)?, call.lengths()?);
    let width = by.min(from.padded);
    let (mut rows, mut weights) = (Vec::new(), Vec::new());
    for (sample, windows) in to.lens.iter().enumerate() {
        for window in 0..if to.packed { *windows } else { to.padded } {
            // Padding of the result repeats the first window; nothing reads it.
            let first = if window < *windows { window * by } else { 0 };
            let valid = width.min(from.len(sample) - first);
            for row in 0..width {
                // A window's missing rows repeat its first: the maximum stays, and in a mean they weigh nothing.
                rows.push(from.place(sample, first + if row < valid { row } else { 0 }));
                weights.push(if row < valid { 1.0 / valid as f64 } else { 0.0 });
            }
        }
    }
    let columns = x.size().last().copied().unwrap_or(0);
    let device = call.run.device;
    let windows = layout::flat(x, from)?.f_index_select(0, &places(rows, device)?)?.f_view([-1, width, columns])?;
    let pooled = match pool {
        Pool::Max => windows.f_max_dim(1, false)?.0,
        Pool::Mean => {
            let weights = Tensor::f_from_slice(&weights)?.f_view([-1, 1, width])?;
            let weights = upload(&weights.f_to_kind(call.run.kind)?, device)?;
            let means =
                if fixed::applies(call) { ffi::product(&weights, &windows, None)? } else { weights.f_bmm(&windows)? };
            means.f_squeeze_dim(1)?
        }
    };
    layout::unflat(pooled, to)
}

/// Sines and cosines of the row number.
pub(super) fn sinusoid(call: &Call<'_, '_>, width: i64) -> Result<Tensor, Fault> {
    let (lengths, device) = (call.lengths()?, call.run.device);
    let entry = |row: i64, column: i64| {
        let angle = row as f64 / 10000f64.powf((column - column % 2) as f64 / width as f64);
        if column % 2 == 0 { angle.sin() } else { angle.cos() }
    };
    let table: Vec<f64> =
        (0..lengths.padded).flat_map(|row| (0..width).map(move |column| entry(row, column))).collect();
    let table = Tensor::f_from_slice(&table)?.f_view([lengths.padded, width])?;
    let table = upload(&table.f_to_kind(call.run.kind)?, device)?;
    match lengths.packed {
        true => Ok(table.f_index_select(0, lengths.row_numbers(device)?)?),
        false => call.for_every_sample(&table),
    }
}
