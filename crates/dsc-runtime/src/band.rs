//! Attention masks that depend on positions: causal and windowed attention.

use tch::{Device, Kind, Tensor};

use super::fault::Fault;
use super::lengths::{Lengths, places};
use dsc_graph::Band;

/// `[r, n, t]`, or `[1, n, t]` if the mask is the same for all samples: true where row `i` of `n` may attend to key `j`. `queries`
/// are the valid rows per sample. Padding rows attend to at least one key, so that they stay finite.
pub(crate) fn seen(band: Band, queries: &[i64], n: i64, keys: &Lengths, device: Device) -> Result<Tensor, Fault> {
    let t = keys.padded;
    let arange = |n: i64| Tensor::f_arange(n, (Kind::Int64, device));
    let ahead = arange(t)?.f_unsqueeze(0)?.f_sub(&arange(n)?.f_unsqueeze(1)?)?;
    let mut seen = Tensor::f_ones([n, t], (Kind::Bool, device))?;
    if let Some(offset) = band.offset {
        seen = seen.f_logical_and(&ahead.f_le(offset)?)?;
    }
    if let Some(window) = band.window {
        seen = seen.f_logical_and(&ahead.f_abs()?.f_le(window)?)?;
    }
    let mut seen = seen.f_unsqueeze(0)?;
    let valid = keys.mask(device)?.f_unsqueeze(1)?;
    if keys.ragged {
        seen = seen.f_logical_and(&valid)?;
    }
    // The window of a padding row may be beyond the last key; padding rows attend to all keys instead.
    if band.window.is_some() && queries.iter().any(|len| *len < n) {
        let lens = places(queries.to_vec(), device)?.f_unsqueeze(-1)?;
        let padding = arange(n)?.f_unsqueeze(0)?.f_ge_tensor(&lens)?.f_unsqueeze(-1)?;
        seen = seen.f_logical_or(&padding.f_logical_and(&valid)?)?;
    }
    Ok(seen)
}
