//! Attention that is scaled in more than one way.
use std::{AttentionPool, Linear, MLP, SelfAttention, mse}

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
  let e = attention(a, key: a, value: a, heads: heads, scale: 0.25) // warning[W0115]: attention is not scaled in one way: here by 0.2500, 0.500 times 1/sqrt(width of a head)
  // Two scales of one call are two.
  var f = a
  for l in 0..2 { f = attention(f, key: a, value: a, heads: heads, scale: 0.5 * (l + 1)) } // warning[W0115]: here by 1.0000, 2.000 times
  // A scale of the library is its own business.
  let pooled = AttentionPool(a, hidden: 32)
  let score = concat(mean(b + c + d + e + f), pooled) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
