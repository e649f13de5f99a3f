//! Attention that is scaled in more than one way.
use std::{Linear, MLP, SelfAttention, mse}

input audio : Seq<audio>[Ta, fa]
label y : Real
hyper heads = 4

model M {
  let a = Linear(audio, out: 16)
  // Two widths of heads, each with its own root, are one way.
  let b = SelfAttention(a, heads: heads)
  let c = SelfAttention(a, heads: 2)
  // Written out, the usual scale is the usual scale.
  let d = attention(a, key: a, value: a, heads: heads, scale: 0.5)
  let e = attention(a, key: a, value: a, heads: heads, scale: 0.25) // warning[W0115]: here by 0.2500, 0.500 times 1/sqrt(width of a head)
  let score = mean(b + c + d + e) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
