//! Converts sequences between layouts: packed, padded, other samples, fewer rows.
//!
//! Each conversion is a gather of rows (`index_select`). Its gradient is an `index_add`, which on the CPU adds the rows in order, so
//! the result is bit for bit the same with any number of threads. Padding is filled with a valid row, so it is finite; its gradient
//! is exactly 0.

use crate::transfer::upload;
use tch::{Device, Tensor};

use super::fault::Fault;
use super::lengths::{Lengths, places};

/// Flattens a padded value `[R, T, ..]` to `[R * T, ..]`; a packed value `[N, ..]` is unchanged.
pub(crate) fn flat(x: &Tensor, lengths: &Lengths) -> Result<Tensor, Fault> {
    Ok(if lengths.packed { x.shallow_clone() } else { x.f_flatten(0, 1)? })
}

/// The inverse of [`flat`].
pub(crate) fn unflat(x: Tensor, lengths: &Lengths) -> Result<Tensor, Fault> {
    if lengths.packed {
        return Ok(x);
    }
    let mut shape = vec![lengths.lens.len() as i64, lengths.padded];
    shape.extend(x.size().into_iter().skip(1));
    Ok(x.f_view(shape.as_slice())?)
}

/// Converts a value to the padded layout `[R, T, ..]`.
pub(crate) fn padded(x: &Tensor, lengths: &Lengths, device: Device) -> Result<Tensor, Fault> {
    if !lengths.packed {
        return Ok(x.shallow_clone());
    }
    let rows = x.f_index_select(0, lengths.unpacking(device)?)?;
    let mut shape = vec![lengths.lens.len() as i64, lengths.padded];
    shape.extend(x.size().into_iter().skip(1));
    Ok(rows.f_view(shape.as_slice())?)
}

/// Converts a padded value to the layout of `lengths`.
pub(crate) fn packed(x: &Tensor, lengths: &Lengths, device: Device) -> Result<Tensor, Fault> {
    if !lengths.packed {
        return Ok(x.shallow_clone());
    }
    Ok(x.f_flatten(0, 1)?.f_index_select(0, lengths.packing(device)?)?)
}

/// The mask of valid rows of a padded value, `[R, T, 1, ..]` with `axes` axes.
pub(crate) fn row_mask(lengths: &Lengths, axes: usize, device: Device) -> Result<Tensor, Fault> {
    let mut mask = lengths.mask(device)?.shallow_clone();
    for _ in 2..axes {
        mask = mask.f_unsqueeze(-1)?;
    }
    Ok(mask)
}

/// The first rows of the first samples of a sequence: `to` has no more samples than `from` and none of them is longer.
pub(crate) fn first(x: &Tensor, from: &Lengths, to: &Lengths, device: Device) -> Result<Tensor, Fault> {
    let samples = to.lens.len();
    match (from.packed, to.packed) {
        (false, false) => {
            let fewer = match samples < from.lens.len() {
                true => x.f_narrow(0, 0, samples as i64)?,
                false => x.shallow_clone(),
            };
            Ok(if to.padded < from.padded { fewer.f_narrow(1, 0, to.padded)? } else { fewer })
        }
        (true, true) if from.lens.get(..samples) == Some(to.lens.as_slice()) => {
            let rows = to.flat_rows();
            Ok(if rows < from.flat_rows() { x.f_narrow(0, 0, rows)? } else { x.shallow_clone() })
        }
        _ => gather(x, from, to, |sample| sample, device),
    }
}

/// For each sample `s` of `to`, the first rows of the sample `of(s)` in `x`.
pub(crate) fn gather(
    x: &Tensor,
    from: &Lengths,
    to: &Lengths,
    of: impl Fn(usize) -> usize,
    device: Device,
) -> Result<Tensor, Fault> {
    let mut rows = Vec::with_capacity(to.flat_rows() as usize);
    for (sample, len) in to.lens.iter().enumerate() {
        let source = of(sample);
        rows.extend((0..*len).map(|row| from.place(source, row)));
        if !to.packed {
            rows.extend((*len..to.padded).map(|_| from.place(source, 0)));
        }
    }
    unflat(flat(x, from)?.f_index_select(0, &places(rows, device)?)?, to)
}

/// For each row of `to`, the row `of(sample, row)` of the same sample in `x`, zeros for `None`. Both have the same samples.
pub(crate) fn rearrange(
    x: &Tensor,
    from: &Lengths,
    to: &Lengths,
    of: impl Fn(usize, i64) -> Option<i64>,
    device: Device,
) -> Result<Tensor, Fault> {
    let (mut rows, mut there) = (Vec::with_capacity(to.flat_rows() as usize), Vec::new());
    for (sample, len) in to.lens.iter().enumerate() {
        for row in 0..*len {
            let source = of(sample, row);
            rows.push(from.place(sample, source.unwrap_or(0)));
            there.push(source.is_some());
        }
        if !to.packed {
            rows.extend((*len..to.padded).map(|_| from.place(sample, 0)));
            there.extend((*len..to.padded).map(|_| true));
        }
    }
    let mut found = flat(x, from)?.f_index_select(0, &places(rows, device)?)?;
    if there.contains(&false) {
        let mask = upload(&Tensor::f_from_slice(&there)?, device)?;
        found = found.f_where_scalarother(&mask.f_unsqueeze(-1)?, 0.0)?;
    }
    unflat(found, to)
}
