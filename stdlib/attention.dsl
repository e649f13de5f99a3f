//! Attention and the layers built from it. Equation numbers are those of the DashFusion article. What it does not
//! state: attention here has no biases and no output projection.
use std::{LayerNorm, FFN, Linear}

/// Cross-modal attention, eq. 3: queries from `x`, keys and values from `from`, scale 1/sqrt(w / heads).
block CrossAttention<n, m, w>(x: Seq<m>[n, w], from: Seq<_>[_, _], heads: int, drop: real = 0.0) -> Seq<m>[n, w]
  where w % heads == 0
{
  let q = linear(x, out: w, bias: false)
  let k = linear(from, out: w, bias: false)
  let v = linear(from, out: w, bias: false)
  attention(q, key: k, value: v, heads: heads, drop: drop)
}

/// Self-attention, eq. 2. With `causal`, row i attends to rows 0 to i only.
block SelfAttention<n, m, w>(x: Seq<m>[n, w], heads: int, drop: real = 0.0, causal: bool = false) -> Seq<m>[n, w]
  where w % heads == 0
{
  let q = linear(x, out: w, bias: false)
  let k = linear(x, out: w, bias: false)
  let v = linear(x, out: w, bias: false)
  attention(q, key: k, value: v, heads: heads, drop: drop, causal: causal)
}

/// Transformer layer, eq. 1: post-norm, that is, a norm after each residual sum.
block TransformerLayer<n, m, w>(x: Seq<m>[n, w], heads: int, ff: int, drop: real = 0.0) -> Seq<m>[n, w] {
  let a = SelfAttention(x, heads: heads, drop: drop) |> dropout(p: drop)
  let z = LayerNorm(x + a)
  let f = FFN(z, hidden: ff, drop: drop) |> dropout(p: drop)
  LayerNorm(z + f)
}

/// Cross-modal attention to several streams, eq. 8: `b` plus the attention of `b` to each stream.
block MultiCA<n, m, w>(b: Seq<m>[n, w], streams: [Seq<_>[_, _]], heads: int, drop: real = 0.0) -> Seq<m>[n, w] {
  b + sum x in streams { CrossAttention(b, from: x, heads: heads, drop: drop) }
}

/// Encoder of a feature stream, section III-B: a projection to `width`, a learned [CLS] row in front (initialised to
/// ones), learned positions (initialised to zeros), and transformer layers.
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
