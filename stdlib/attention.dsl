//! Attention and what is built of it. Equation numbers are those of the DashFusion article; where it is silent there
//! are no biases and no output projection.
use std::{LayerNorm, FFN, Linear}

/// Cross-modal attention, eq. 3: the query comes from `x`, keys and values from `from`; scale 1/sqrt(w / heads).
block CrossAttention<n, m, w>(x: Seq<m>[n, w], from: Seq<_>[_, _], heads: int, drop: real = 0.0) -> Seq<m>[n, w]
  where w % heads == 0
{
  let q = linear(x, out: w, bias: false)
  let k = linear(from, out: w, bias: false)
  let v = linear(from, out: w, bias: false)
  attention(q, key: k, value: v, heads: heads, drop: drop)
}

/// Self-attention, eq. 2. `causal`: a row sees no later ones.
block SelfAttention<n, m, w>(x: Seq<m>[n, w], heads: int, drop: real = 0.0, causal: bool = false) -> Seq<m>[n, w]
  where w % heads == 0
{
  let q = linear(x, out: w, bias: false)
  let k = linear(x, out: w, bias: false)
  let v = linear(x, out: w, bias: false)
  attention(q, key: k, value: v, heads: heads, drop: drop, causal: causal)
}

/// Transformer layer, eq. 1: the norm comes after each sum.
block TransformerLayer<n, m, w>(x: Seq<m>[n, w], heads: int, ff: int, drop: real = 0.0) -> Seq<m>[n, w] {
  let a = SelfAttention(x, heads: heads, drop: drop) |> dropout(p: drop)
  let z = LayerNorm(x + a)
  let f = FFN(z, hidden: ff, drop: drop) |> dropout(p: drop)
  LayerNorm(z + f)
}

/// Gather from several streams, eq. 8: `b` plus one cross-modal attention per stream.
block MultiCA<n, m, w>(b: Seq<m>[n, w], streams: [Seq<_>[_, _]], heads: int, drop: real = 0.0) -> Seq<m>[n, w] {
  b + sum x in streams { CrossAttention(b, from: x, heads: heads, drop: drop) }
}

/// Encoder of a feature stream, section III-B: projection, a [CLS] row in front (ones at the start), learned positions
/// (zeros at the start), transformer layers.
block FrameEncoder<n, m>(x: Seq<m>[n, _], width: int, heads: int, ff: int, layers: int, drop: real = 0.0)
  -> Seq<m>[n + 1, width]
{
  let cls = learned(rows: 1, width: width, init: "ones")
  let projected = linear(x, out: width)
  let rows = concat(cls, projected)
  let place = positions(rows, width: width, init: "zeros")
  var h = dropout(rows + place, p: drop)
  for l in 0..layers { h = TransformerLayer(h, heads: heads, ff: ff, drop: drop) }
  h
}
