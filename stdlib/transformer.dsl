//! Transformer layers that differ from the DashFusion article's: causal, with the norm in front, and MulT's.
use std::{LayerNorm, FFN, SelfAttention}

/// Transformer layer whose rows see no later ones: as `TransformerLayer`, the norm after each sum.
block CausalTransformerLayer<n, m, w>(x: Seq<m>[n, w], heads: int, ff: int, drop: real = 0.0) -> Seq<m>[n, w] {
  let a = SelfAttention(x, heads: heads, drop: drop, causal: true) |> dropout(p: drop)
  let z = LayerNorm(x + a)
  let f = FFN(z, hidden: ff, drop: drop) |> dropout(p: drop)
  LayerNorm(z + f)
}

/// Transformer layer with the norm in front of attention and feed-forward part (Xiong et al. 2020). The last of several
/// wants a `LayerNorm` behind it.
block PreNormTransformerLayer<n, m, w>(x: Seq<m>[n, w], heads: int, ff: int, drop: real = 0.0, causal: bool = false)
  -> Seq<m>[n, w]
{
  let a = LayerNorm(x) |> SelfAttention(heads: heads, drop: drop, causal: causal) |> dropout(p: drop)
  let z = x + a
  let f = LayerNorm(z) |> FFN(hidden: ff, drop: drop) |> dropout(p: drop)
  z + f
}

/// Layer of a crossmodal transformer (MulT, Tsai et al. 2019): queries from the target, keys and values from the
/// source, with
/// biases and an output projection; one norm stands in front of both. `causal`: target row i sees the source rows up to
/// i + offset.
block CrossModalLayer<n, m, w>(
  x: Seq<m>[n, w],
  from: Seq<_>[_, w],
  heads: int,
  ff: int,
  drop: real = 0.0,
  causal: bool = false,
  offset: int = 0,
) -> Seq<m>[n, w] where w % heads == 0 {
  let norm      = LayerNorm{}
  let source    = norm(from)
  let query     = linear(norm(x), out: w)
  let key       = linear(source, out: w)
  let value     = linear(source, out: w)
  let mixed     = attention(query, key: key, value: value, heads: heads, drop: drop, causal: causal, offset: offset)
  let projected = linear(mixed, out: w) |> dropout(p: drop)
  let z = x + projected
  let f = LayerNorm(z) |> FFN(hidden: ff, drop: drop) |> dropout(p: drop)
  z + f
}

/// Crossmodal transformer (MulT, Tsai et al. 2019): target and source, scaled by the root of their width, get
/// sinusoids of
/// their positions; the layers read the same source; a norm closes them.
block CrossModalTransformer<n, m, w>(
  x: Seq<m>[n, w],
  from: Seq<_>[_, w],
  heads: int,
  ff: int,
  layers: int,
  drop: real = 0.0,
  causal: bool = false,
  offset: int = 0,
) -> Seq<m>[n, w] where w % heads == 0 {
  let source = dropout(sqrt(w) * from + sinusoid(from, width: w), p: drop)
  var h = dropout(sqrt(w) * x + sinusoid(x, width: w), p: drop)
  for l in 0..layers {
    h = CrossModalLayer(h, from: source, heads: heads, ff: ff, drop: drop, causal: causal, offset: offset)
  }
  LayerNorm(h)
}
