//! Multi-head attention with key masks.

use tch::Tensor;

use super::{Call, dropout};
use crate::ir::RandomSite;
use crate::runtime::fault::Fault;

/// On the CPU libtorch's fused kernel is the faster one (forward and backward, two threads) from this many scores per
/// head and column of a head. 64 samples with 8 heads of 16: 40 x 40 21 ms against 49, 40 x 401 101 against 232,
/// 401 x 8 a tie, 200 x 200 177 against 648. 112 samples with 12 heads of 64: 40 x 40 75 against 58.
const FUSED_FROM: i64 = 64;

/// Scaled dot-product attention: query `[R, n, k]`, key `[R, t, k]`, value `[R, t, e]` to `[R, n, e]`.
pub(super) fn attention(
    call: &Call<'_, '_>,
    heads: i64,
    scale: Option<f64>,
    drop: f64,
    site: &RandomSite,
) -> Result<Tensor, Fault> {
    let (query, key, value) = (call.arg(0)?, call.arg(1)?, call.arg(2)?);
    let ((batch, n, k), (_, t, e)) = (query.size3()?, value.size3()?);
    let keys = call.seq_lengths(1)?;
    let scale = scale.unwrap_or_else(|| 1.0 / ((k / heads) as f64).sqrt());
    let random = dropout::key(call.run.mode, site).filter(|_| drop > 0.0);
    let split = |x: &Tensor, rows: i64, width: i64| -> Result<Tensor, Fault> {
        Ok(x.f_reshape([batch, rows, heads, width / heads])?.f_transpose(1, 2)?)
    };
    let (q, k_, v) = (split(query, n, k)?, split(key, t, k)?, split(value, t, e)?);
    let device = call.run.device;
    let mixed = if random.is_none() && k == e && (device.is_cuda() || n * t >= FUSED_FROM * (k / heads)) {
        let mask = match keys.ragged {
            true => Some(keys.mask(device)?.f_view([batch, 1, 1, t])?.f_expand([batch, 1, n, t], false)?),
            false => None,
        };
        Tensor::f_scaled_dot_product_attention(&q, &k_, &v, mask, 0.0, false, scale, false)?
    } else {
        let flat = |x: &Tensor, rows: i64, width: i64| -> Result<Tensor, Fault> {
            Ok(x.f_reshape([batch * heads, rows, width / heads])?)
        };
        let (q, k_, v) = (flat(&q, n, k)?, flat(&k_, t, k)?.f_transpose(1, 2)?, flat(&v, t, e)?);
        let scores = if keys.ragged {
            let bias = keys.score_bias(device, call.run.kind)?.f_unsqueeze(1)?;
            let bias = bias.f_expand([batch, heads, n, t], false)?.f_reshape([batch * heads, n, t])?;
            bias.f_baddbmm(&q, &k_, 1.0, scale)?
        } else {
            q.f_mul_scalar(scale)?.f_bmm(&k_)?
        };
        let mut weights = scores.f_softmax(-1, None)?;
        if let Some(random) = random {
            let mask = dropout::mask(call, random, drop, [heads, n, t], &[batch * heads, n, t])?;
            weights = weights.f_mul(&mask)?;
        }
        weights.f_bmm(&v)?.f_view([batch, heads, n, e / heads])?
    };
    Ok(mixed.f_transpose(1, 2)?.f_reshape([batch, n, e])?)
}
