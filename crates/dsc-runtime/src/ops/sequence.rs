//! Rows of sequences: choosing, joining, those of companions.

use tch::Tensor;

use super::Call;
use crate::batch::misfit;
use crate::fault::Fault;
use crate::layout;
use crate::lengths::{Lengths, RowSet, places};
use crate::program::view_of;

/// The first rows; the lengths of the result say how many.
pub(super) fn take(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    layout::first(call.arg(0)?, call.seq_lengths(0)?, call.lengths()?, call.run.device)
}

/// One row. Numbers below 0 count from the last valid row.
pub(super) fn row(call: &Call<'_, '_>, index: i64) -> Result<Tensor, Fault> {
    let (x, lengths) = (call.arg(0)?, call.seq_lengths(0)?);
    let device = call.run.device;
    if lengths.packed {
        let samples = lengths.lens.iter().enumerate();
        let rows = samples.map(|(s, len)| lengths.place(s, if index < 0 { len + index } else { index }));
        return Ok(x.f_index_select(0, &places(rows.collect(), device)?)?);
    }
    if index >= 0 {
        return Ok(x.f_select(1, index)?);
    }
    if !lengths.ragged {
        return Ok(x.f_select(1, lengths.padded + index)?);
    }
    let last = lengths.last_rows(device)?;
    let flat = x.f_flatten(0, 1)?;
    Ok(match index {
        -1 => flat.f_index_select(0, last)?,
        _ => flat.f_index_select(0, &last.f_add_scalar(index + 1)?)?,
    })
}

/// Sequences joined along time, valid rows without gaps.
pub(super) fn concat(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let parts: Vec<&Lengths> = (0..call.operands.len()).map(|i| call.seq_lengths(i)).collect::<Result<_, _>>()?;
    let lengths = call.lengths()?;
    // Only padding in front of something valid is a gap.
    let gaps = parts.split_last().is_some_and(|(_, leading)| leading.iter().any(|p| p.ragged));
    if !gaps && !lengths.packed && parts.iter().all(|p| !p.packed) {
        return Ok(Tensor::f_cat(&call.operands, 1)?);
    }
    let flat = call.operands.iter().zip(&parts).map(|(x, p)| layout::flat(x, p)).collect::<Result<Vec<_>, _>>()?;
    let mut rows: Vec<i64> = Vec::with_capacity(lengths.flat_rows() as usize);
    for (sample, total) in lengths.lens.iter().enumerate() {
        let mut before = 0;
        for part in &parts {
            let start = before + part.place(sample, 0);
            rows.extend(start..start + part.len(sample));
            before += part.flat_rows();
        }
        if !lengths.packed {
            // The padding of the result repeats a valid row; nothing reads it.
            let first = parts.first().map_or(0, |p| p.place(sample, 0));
            rows.extend((*total..lengths.padded).map(|_| first));
        }
    }
    let joined = Tensor::f_cat(&flat, 0)?.f_index_select(0, &places(rows, call.run.device)?)?;
    layout::unflat(joined, lengths)
}

/// The operand at one companion of every anchor.
pub(super) fn at(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let rows = view_of(&call.step.op)
        .and_then(|view| call.run.companion_rows(view))
        .ok_or_else(|| misfit("the batch has fewer companions than the graph reads"))?;
    let device = call.run.device;
    let x = call.arg(0)?;
    let picked = || Ok(x.f_index_select(0, &places(rows.iter().map(|r| i64::from(*r)).collect(), device)?)?);
    let from = call.step.operands.first().and_then(|o| call.run.program.steps.get(*o)).and_then(|s| s.time);
    let (Some(from), Some(to)) = (from, call.step.time) else { return picked() };
    let (from, to) = (call.run.lengths(from, RowSet::All)?, call.run.lengths(to, RowSet::Anchors)?);
    if from.packed || to.packed {
        return layout::gather(x, from, to, |anchor| rows.get(anchor).map_or(0, |r| *r as usize), device);
    }
    let picked = picked()?;
    Ok(if to.padded < from.padded { picked.f_narrow(1, 0, to.padded)? } else { picked })
}
