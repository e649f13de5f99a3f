//! Multi-head attention: on the CPU each sample by itself, elsewhere with key masks in groups of samples of similar length.

use tch::{Device, Kind, Tensor};

use super::{Call, dropout};
use crate::fault::Fault;
use crate::ffi::{Attention, Place};
use crate::groups::Group;
use crate::layout;
use crate::lengths::Packing;
use dsc_graph::{Band, RandomSite};
use dsc_random::{Key, dropout_bits, dropout_scale};

/// On the CPU libtorch's fused kernel is the faster one (forward and backward, two threads) from this many scores per
/// head and column of a head. 64 samples with 8 heads of 16: 40 x 40 21 ms against 49, 40 x 401 101 against 232,
/// 401 x 8 a tie, 200 x 200 177 against 648. 112 samples with 12 heads of 64: 40 x 40 75 against 58.
const FUSED_FROM: i64 = 64;

/// What all groups share.
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
    let groups = call.groups(shared.heads, shared.band)?;
    let place = |x: &Tensor, operand: usize, places: &Option<Tensor>| -> Result<Tensor, Fault> {
        Ok(match places {
            Some(places) => layout::flat(x, call.seq_lengths(operand)?)?.f_index_select(0, places)?,
            None => x.shallow_clone(),
        })
    };
    let q = place(query, 0, &groups.query)?;
    let (k_, v) = (place(key, 1, &groups.key)?, place(value, 1, &groups.key)?);
    let mixed = match groups.groups.as_slice() {
        [one] => {
            let (batch, n, t) = (one.rows.len() as i64, one.queries, one.keys.padded);
            let rows = |x: &Tensor, rows: i64| x.f_reshape([batch, rows, width(x)]);
            let (q, k_, v) = (rows(&q, n)?, rows(&k_, t)?, rows(&v, t)?);
            mix(call, &shared, one, &q, &k_, &v)?
        }
        several => {
            // Splitting, unlike cutting out, has one cheap gradient: the parts joined.
            let parts = |x: &Tensor, rows: &dyn Fn(&Group) -> i64| -> Result<Vec<Tensor>, Fault> {
                let sizes: Vec<i64> = several.iter().map(|g| g.rows.len() as i64 * rows(g)).collect();
                let parts = x.f_split_with_sizes(sizes.as_slice(), 0)?;
                let pad = |(part, g): (&Tensor, &Group)| part.f_view([g.rows.len() as i64, rows(g), width(x)]);
                Ok(parts.iter().zip(several).map(pad).collect::<Result<_, _>>()?)
            };
            let (q, k_, v) =
                (parts(&q, &|g| g.queries)?, parts(&k_, &|g| g.keys.padded)?, parts(&v, &|g| g.keys.padded)?);
            let mut mixed = Vec::with_capacity(several.len());
            for (((group, q), k_), v) in several.iter().zip(&q).zip(&k_).zip(&v) {
                mixed.push(mix(call, &shared, group, q, k_, v)?.f_flatten(0, 1)?);
            }
            Tensor::f_cat(&mixed, 0)?
        }
    };
    match &groups.back {
        None => Ok(mixed),
        Some(places) => {
            let rows = if mixed.dim() == 3 { mixed.f_flatten(0, 1)? } else { mixed };
            layout::unflat(rows.f_index_select(0, places)?, call.lengths()?)
        }
    }
}

/// Attention without padding, by a kernel of ours.
fn of_each_sample(call: &Call<'_, '_>, shared: &Heads) -> Result<Tensor, Fault> {
    let (queries, keys) = (call.seq_lengths(0)?, call.seq_lengths(1)?);
    let mut words = 0;
    let places: Vec<Place> = (0..queries.lens.len())
        .map(|sample| {
            let (n, t) = (queries.len(sample), keys.len(sample));
            let bits = words;
            words += shared.heads * n * ((t + WORD - 1) / WORD);
            Place { query: queries.place(sample, 0), queries: n, key: keys.place(sample, 0), keys: t, bits }
        })
        .collect();
    let mut bits = Vec::new();
    if let Some((key, p)) = shared.drop {
        bits.resize(words as usize, 0u16);
        let mut rest = bits.as_mut_slice();
        for (sample, place) in call.run.samples(call.rows).iter().zip(&places) {
            let [heads, rows, columns] = [shared.heads, place.queries, place.keys].map(|n| n as usize);
            let (own, others) = rest.split_at_mut(heads * rows * columns.div_ceil(WORD as usize));
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

/// Weights that share a word of bits.
const WORD: i64 = 16;

/// Attention of one group, `[r, n, k]`, `[r, t, k]`, `[r, t, e]` to `[r, n, e]`.
fn mix(
    call: &Call<'_, '_>,
    shared: &Heads,
    group: &Group,
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
) -> Result<Tensor, Fault> {
    let ((batch, rows, _), (_, t, k), (_, _, e)) = (query.size3()?, key.size3()?, value.size3()?);
    let (keys, device) = (&group.keys, call.run.device);
    // Where all heads read the same keys, those of a row are rows of one head.
    let (heads, n) = if shared.shared { (1, rows * shared.heads) } else { (shared.heads, rows) };
    let split = |x: &Tensor, rows: i64, width: i64| -> Result<Tensor, Fault> {
        Ok(x.f_reshape([batch, rows, heads, width / heads])?.f_transpose(1, 2)?)
    };
    let (q, k_, v) = (split(query, n, k)?, split(key, t, k)?, split(value, t, e)?);
    let fused = shared.drop.is_none() && k == e && (device.is_cuda() || n * t >= FUSED_FROM * (k / heads));
    // The fused kernel knows the triangle of a causal attention.
    let triangle = !shared.shared && shared.band.is_causal() && (!keys.ragged || shared.own);
    let mixed = if fused {
        let mask = match (shared.band.is_full(), keys.ragged) {
            (true, true) => Some(keys.mask(device)?.f_view([batch, 1, 1, t])?),
            (true, false) => None,
            (false, _) if triangle => None,
            (false, _) => Some(shared.by_head(group.seen(device)?)?.f_unsqueeze(1)?),
        };
        let mask = mask.map(|m| m.f_expand([batch, 1, n, t], false)).transpose()?;
        Tensor::f_scaled_dot_product_attention(&q, &k_, &v, mask, 0.0, triangle, shared.scale, false)?
    } else {
        let flat = |x: &Tensor, rows: i64, width: i64| -> Result<Tensor, Fault> {
            Ok(x.f_reshape([batch * heads, rows, width / heads])?)
        };
        let (q, k_, v) = (flat(&q, n, k)?, flat(&k_, t, k)?.f_transpose(1, 2)?, flat(&v, t, e)?);
        let bias = match (shared.band.is_full(), keys.ragged) {
            (true, true) => Some(keys.score_bias(device, call.run.kind)?.shallow_clone()),
            (true, false) => None,
            (false, _) => {
                let hidden = shared.by_head(group.seen(device)?)?.f_logical_not()?;
                let zeros = Tensor::f_zeros(hidden.size(), (call.run.kind, device))?;
                Some(zeros.f_masked_fill(&hidden, f64::NEG_INFINITY)?)
            }
        };
        let scores = match bias {
            Some(bias) => {
                let bias = bias.f_unsqueeze(1)?.f_expand([batch, heads, n, t], false)?;
                bias.f_reshape([batch * heads, n, t])?.f_baddbmm(&q, &k_, 1.0, shared.scale)?
            }
            None => q.f_mul_scalar(shared.scale)?.f_bmm(&k_)?,
        };
        let mut weights = scores.f_softmax(-1, None)?;
        if let Some((random, p)) = shared.drop {
            let all = call.run.samples(call.rows);
            let samples: Vec<u64> = group.rows.iter().map(|row| all.get(*row).copied().unwrap_or_default()).collect();
            let of_heads = [batch, shared.heads, rows, t];
            let mask = dropout::mask(call, &samples, random, p, [shared.heads, rows, t], &of_heads)?;
            let mask = if shared.shared { mask.f_transpose(1, 2)? } else { mask };
            weights = weights.f_mul(&mask.f_reshape([batch * heads, n, t])?)?;
        }
        weights.f_bmm(&v)?.f_view([batch, heads, n, e / heads])?
    };
    let columns = if shared.shared { e * shared.heads } else { e };
    Ok(mixed.f_transpose(1, 2)?.f_reshape([batch, rows, columns])?)
}
