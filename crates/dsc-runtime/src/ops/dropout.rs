//! Dropout whose bits depend on the sample and the place in it, not on the batch.

use tch::Tensor;

use super::Call;
use crate::batch::Mode;
use crate::fault::Fault;
use crate::ffi;
use crate::transfer::upload;
use dsc_graph::RandomSite;
use dsc_random::{Key, dropout_mask, dropout_rows};
use dsc_syntax::diag::Diagnostic;

/// The key of a site in this step, if dropout is on.
pub(super) fn key(mode: Mode, site: &RandomSite) -> Option<Key> {
    match mode {
        Mode::Eval => None,
        Mode::Train { seed, epoch, step } => Some(Key::new(seed).with("dropout").with(epoch).with(step).with(&site.0)),
    }
}

/// A mask of shape `shape` (rows of the batch in front), 0 or 1 / (1 - p). Its elements are addressed by (sample, head,
/// row, column) for `heads * rows * columns` elements of each of `samples`.
pub(super) fn mask(
    call: &Call<'_, '_>,
    samples: &[u64],
    key: Key,
    p: f64,
    [heads, rows, columns]: [i64; 3],
    shape: &[i64],
) -> Result<Tensor, Fault> {
    place(call, shape, |values| dropout_mask(key, samples, heads as usize, rows as usize, columns as usize, p, values))
}

/// A tensor whose elements `draw` writes.
fn place(
    call: &Call<'_, '_>,
    shape: &[i64],
    draw: impl FnOnce(&mut [f32]) -> Result<(), Diagnostic>,
) -> Result<Tensor, Fault> {
    let drawn = ffi::tensor_filled(shape, |values| draw(values).map_err(Fault::from))?;
    Ok(upload(&drawn, call.run.device)?.f_to_kind(call.run.kind)?)
}

/// Entries set to 0 with probability `p`, the rest divided by `1 - p`; in evaluation nothing.
pub(super) fn dropout(call: &Call<'_, '_>, p: f64, site: &RandomSite) -> Result<Tensor, Fault> {
    let x = call.arg(0)?;
    let key = match key(call.run.mode, site) {
        Some(key) if p > 0.0 => key,
        _ => return Ok(x.shallow_clone()),
    };
    let shape = x.size();
    let samples = call.run.samples(call.rows);
    if call.step.time.is_some() && call.lengths()?.packed {
        let columns = shape.iter().skip(1).product::<i64>() as usize;
        let rows = call.lengths()?.mask_rows(samples);
        let mask = place(call, &shape, |values| dropout_rows(key, rows, columns, p, values))?;
        return Ok(x.f_mul(&mask)?);
    }
    // Rows are rows of time; whatever axes follow are one.
    let (rows, rest) = match (call.step.time.is_some(), shape.as_slice()) {
        (true, [_, rows, rest @ ..]) => (*rows, rest),
        (_, [_, rest @ ..]) => (1, rest),
        _ => (1, [].as_slice()),
    };
    let mask = mask(call, samples, key, p, [1, rows, rest.iter().product()], &shape)?;
    Ok(x.f_mul(&mask)?)
}
