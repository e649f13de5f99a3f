//! Transformer layers other than that of the DashFusion article: causal, pre-norm, and the crossmodal layers of MulT.
use std::{LayerNorm, FFN, SelfAttention}

/// Causal transformer layer: as `TransformerLayer` (post-norm), but row i attends to rows 0 to i only.
block CausalTransformerLayer<n, m, w>(x: Seq<m>[n, w], heads: int, ff: int, drop: real = 0.0) -> Seq<m>[n, w] {
  let a = SelfAttention(x, heads: heads, drop: drop, causal: true) |> dropout(p: drop)
  let z = LayerNorm(x + a)
  let f = FFN(z, hidden: ff, drop: drop) |> dropout(p: drop)
  LayerNorm(z + f)
}

/// Pre-norm transformer layer (Xiong et al. 2020): a norm before attention and before the feed-forward network. Put a
/// `LayerNorm` after the last of several layers.
block PreNormTransformerLayer<n, m, w>(x: Seq<m>[n, w], heads: int, ff: int, drop: real = 0.0, causal: bool = false)
  -> Seq<m>[n, w]
{
  let a = LayerNorm(x) |> SelfAttention(heads: heads, drop: drop, causal: causal) |> dropout(p: drop)
  let z = x + a
  let f = LayerNorm(z) |> FFN(hidden: ff, drop: drop) |> dropout(p: drop)
  z + f
}

/// Layer of a crossmodal transformer (MulT, Tsai et al. 2019): queries from the target `x`, keys
/// and values from the source `from`, with biases and an output projection; one pre-norm is
/// shared by target and source. With `causal`, target row i attends to source rows 0 to i +
/// offset only.
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

/// Crossmodal transformer (MulT, Tsai et al. 2019): target and source are scaled by the square root of
/// their width and get sinusoidal position encodings; all layers attend to the same source; a final norm
/// follows.
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
