//! The encoders scale attention scores by 1/sqrt(16), the width of a head; the fusion layers, with as many heads, by
//! 1/sqrt(128), the width of all heads together.
use std::{FrameEncoder, MLP, mse}

hyper d     = 128
hyper heads = 8

input audio : Seq<audio>[Ta, fa]
label y : Real

block Fuse<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] {
  let q = linear(x, out: d)
  let k = linear(x, out: d)
  let v = linear(x, out: d)
  x + attention(q, key: k, value: v, heads: heads, scale: d ** -0.5) // warning[W0115]: attention is not scaled in one way: here by 0.0884, 0.354 times 1/sqrt(width of a head)
}

model TwoScales {
  let a = audio |> FrameEncoder(width: d, heads: heads, ff: 256, layers: 2)
  let score = mean(Fuse(a)) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
