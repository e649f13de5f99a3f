//! Multi-head attention: on the CPU each sample by itself, elsewhere all of them padded, with a mask of their keys.

use tch::{Device, Kind, Tensor};

use super::{Call, dropout};
use crate::fault::Fault;
use crate::ffi::{Attention, Place};
use crate::layout;
use crate::lengths::Packing;
use crate::precision::Products;
use crate::together::Together;
use dsc_graph::{Band, RandomSite};
use dsc_random::{Key, dropout_bits, dropout_scale};

/// What all samples share.
pub(super) struct Heads {
    heads: i64,
    /// Whether all heads read the same keys and values.
    shared: bool,
    scale: f64,
    band: Band,
    /// Whether queries and keys are rows of one length, so that a row sees no padding if it sees nothing behind itself.
    own: bool,
    /// Dropout on the weights, where it is on.
    drop: Option<(Key, f64)>,
}

impl Heads {
    pub(super) fn new(
        call: &Call<'_, '_>,
        heads: i64,
        shared: bool,
        band: Band,
        scale: Option<f64>,
        (drop, site): (f64, &RandomSite),
    ) -> Result<Heads, Fault> {
        let columns = width(call.arg(0)?) / heads;
        let scale = scale.unwrap_or_else(|| 1.0 / (columns as f64).sqrt());
        let drop = dropout::key(call.run.mode, site).filter(|_| drop > 0.0).map(|key| (key, drop));
        Ok(Heads { heads, shared, scale, band, own: call.time(0)? == call.time(1)?, drop })
    }

    /// A mask of queries and keys, `[r, n, t]`, for queries that have a row for each head; one for all queries stays as it is.
    fn by_head(&self, mask: &Tensor) -> Result<Tensor, Fault> {
        let (batch, n, t) = mask.size3()?;
        if !self.shared || n == 1 {
            return Ok(mask.shallow_clone());
        }
        let spread = mask.f_unsqueeze(2)?.f_expand([batch, n, self.heads, t], false)?;
        Ok(spread.f_reshape([batch, n * self.heads, t])?)
    }
}

fn width(x: &Tensor) -> i64 {
    x.size().last().copied().unwrap_or(0)
}

/// Scaled dot-product attention: query `[R, n, k]`, key `[R, t, k]`, value `[R, t, e]` to `[R, n, e]`, each of them
/// possibly packed.
pub(super) fn attention(call: &Call<'_, '_>, shared: Heads) -> Result<Tensor, Fault> {
    let (query, key, value) = (call.arg(0)?, call.arg(1)?, call.arg(2)?);
    // What a GPU computes is tested on the CPU as well, with the other packings.
    let has_kernel = matches!(call.run.kind, Kind::Float | Kind::Double) && call.run.device == Device::Cpu;
    if has_kernel && call.run.program.packing == Packing::WherePays {
        return of_each_sample(call, &shared);
    }
    let together = call.together(shared.band)?;
    let place = |x: &Tensor, operand: usize, places: &Option<Tensor>, rows: i64| -> Result<Tensor, Fault> {
        let flat = match places {
            Some(places) => layout::flat(x, call.seq_lengths(operand)?)?.f_index_select(0, places)?,
            None => x.shallow_clone(),
        };
        Ok(flat.f_reshape([together.keys.lens.len() as i64, rows, width(x)])?)
    };
    let q = place(query, 0, &together.query, together.queries)?;
    let k = place(key, 1, &together.key, together.keys.padded)?;
    let v = place(value, 1, &together.key, together.keys.padded)?;
    let mixed = mix(call, &shared, &together, &q, &k, &v)?;
    match &together.back {
        None => Ok(mixed),
        Some(places) => layout::unflat(mixed.f_flatten(0, 1)?.f_index_select(0, places)?, call.lengths()?),
    }
}

/// Attention without padding, by a kernel of ours.
fn of_each_sample(call: &Call<'_, '_>, shared: &Heads) -> Result<Tensor, Fault> {
    let (queries, keys) = (call.seq_lengths(0)?, call.seq_lengths(1)?);
    let mut words = 0;
    let places: Vec<Place> = (0..queries.lens.len())
        .map(|sample| {
            let (n, t) = (queries.len(sample), keys.len(sample));
            let place =
                Place { query: queries.place(sample, 0), queries: n, key: keys.place(sample, 0), keys: t, bits: words };
            words += place.all_words(shared.heads);
            place
        })
        .collect();
    let mut bits = Vec::new();
    if let Some((key, p)) = shared.drop {
        bits.resize(words as usize, 0u16);
        let mut rest = bits.as_mut_slice();
        for (sample, place) in call.run.samples(call.rows).iter().zip(&places) {
            let [heads, rows, columns] = [shared.heads, place.queries, place.keys].map(|n| n as usize);
            let (own, others) = rest.split_at_mut(place.all_words(shared.heads) as usize);
            dropout_bits(key, *sample, heads, rows, columns, p, own)?;
            rest = others;
        }
    }
    let attention = Attention {
        heads: shared.heads,
        shared: shared.shared,
        offset: shared.band.offset,
        window: shared.band.window,
        scale: shared.scale,
        keep: shared.drop.map_or(1.0, |(_, p)| f64::from(dropout_scale(p))),
    };
    let rows = |operand: usize| layout::flat(call.arg(operand)?, call.seq_lengths(operand)?);
    let mixed = attention.apply([&rows(0)?, &rows(1)?, &rows(2)?], &places, &bits)?;
    layout::unflat(mixed, call.lengths()?)
}

/// Attention of padded values, `[r, n, k]`, `[r, t, k]`, `[r, t, e]` to `[r, n, e]`.
fn mix(
    call: &Call<'_, '_>,
    shared: &Heads,
    together: &Together,
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
) -> Result<Tensor, Fault> {
    let ((batch, rows, _), (_, t, k), (_, _, e)) = (query.size3()?, key.size3()?, value.size3()?);
    let (keys, device) = (&together.keys, call.run.device);
    // Where all heads read the same keys, those of a row are rows of one head.
    let (heads, n) = if shared.shared { (1, rows * shared.heads) } else { (shared.heads, rows) };
    let split = |x: &Tensor, rows: i64, width: i64| -> Result<Tensor, Fault> {
        Ok(x.f_reshape([batch, rows, heads, width / heads])?.f_transpose(1, 2)?)
    };
    let (q, k_, v) = (split(query, n, k)?, split(key, t, k)?, split(value, t, e)?);
    let fused = shared.drop.is_none() && k == e;
    // The fused kernel knows the triangle of a causal attention.
    let triangle = !shared.shared && shared.band.is_causal() && (!keys.ragged || shared.own);
    let products = call.products();
    let mixed = if fused {
        let (q, k_, v) = (products.operand(&q)?, products.operand(&k_)?, products.operand(&v)?);
        let mask = match (shared.band.is_full(), keys.ragged) {
            (true, true) => Some(keys.mask(device)?.f_view([batch, 1, 1, t])?),
            (true, false) => None,
            (false, _) if triangle => None,
            (false, _) => Some(shared.by_head(together.seen(device)?)?.f_unsqueeze(1)?),
        };
        let mask = mask.map(|m| m.f_expand([batch, 1, n, t], false)).transpose()?;
        let mixed = Tensor::f_scaled_dot_product_attention(&q, &k_, &v, mask, 0.0, triangle, shared.scale, false)?;
        products.result(mixed, call.run.kind)?
    } else {
        let flat = |x: &Tensor, rows: i64, width: i64| -> Result<Tensor, Fault> {
            Ok(x.f_reshape([batch * heads, rows, width / heads])?)
        };
        let (q, k_, v) = (flat(&q, n, k)?, flat(&k_, t, k)?.f_transpose(1, 2)?, flat(&v, t, e)?);
        let (q, k_, v) = (products.operand(&q)?, products.operand(&k_)?, products.operand(&v)?);
        let bias = match (shared.band.is_full(), keys.ragged) {
            (true, true) => Some(keys.score_bias(device, call.run.kind)?.shallow_clone()),
            (true, false) => None,
            (false, _) => {
                let hidden = shared.by_head(together.seen(device)?)?.f_logical_not()?;
                let zeros = Tensor::f_zeros(hidden.size(), (call.run.kind, device))?;
                Some(zeros.f_masked_fill(&hidden, f64::NEG_INFINITY)?)
            }
        };
        let bias = bias.map(|bias| -> Result<Tensor, Fault> {
            let bias = bias.f_unsqueeze(1)?.f_expand([batch, heads, n, t], false)?;
            Ok(bias.f_reshape([batch * heads, n, t])?)
        });
        let scores = match (bias.transpose()?, products) {
            (Some(bias), Products::Full) => bias.f_baddbmm(&q, &k_, 1.0, shared.scale)?,
            (None, Products::Full) => q.f_mul_scalar(shared.scale)?.f_bmm(&k_)?,
            // The softmax sees them in fp32.
            (bias, _) => {
                let scores = products.result(q.f_bmm(&k_)?, call.run.kind)?.f_mul_scalar(shared.scale)?;
                bias.map_or(Ok(scores.shallow_clone()), |bias| scores.f_add(&bias))?
            }
        };
        let mut weights = scores.f_softmax(-1, None)?;
        if let Some((random, p)) = shared.drop {
            let samples = call.run.samples(call.rows);
            let of_heads = [batch, shared.heads, rows, t];
            let mask = dropout::mask(call, samples, random, p, [shared.heads, rows, t], &of_heads)?;
            let mask = if shared.shared { mask.f_transpose(1, 2)? } else { mask };
            weights = weights.f_mul(&mask.f_reshape([batch * heads, n, t])?)?;
        }
        let mixed = products.result(products.operand(&weights)?.f_bmm(&v)?, call.run.kind)?;
        mixed.f_view([batch, heads, n, e / heads])?
    };
    let columns = if shared.shared { e * shared.heads } else { e };
    Ok(mixed.f_transpose(1, 2)?.f_reshape([batch, rows, columns])?)
}
