//! The temporal alignment builds a feed-forward network and two norms that it never uses. Their parameters are counted,
//! stored and passed to the optimiser, but never receive a gradient.
use std::{CrossAttention, FFN, LayerNorm, Linear, MLP, mse}

hyper d = 128

input text  : Tokens[T]
input audio : Seq<audio>[Ta, fa]
label y : Real

block Align<n, m>(t: Seq<m>[n, d], from: Seq<_>[_, d]) -> Seq<m>[n, d] {
  let aligned = t + CrossAttention(t, from: from, heads: 4)
  let z = LayerNorm(aligned) // warning[W0101]: 2 weights (256 parameters) reach neither an output nor a loss
  let _refined = LayerNorm(z + FFN(z, hidden: 256)) // warning[W0101]: 2 weights (256 parameters) reach // warning[W0101]: 4 weights (65920 parameters) reach
  aligned
}

model DeadParameters {
  let t = embed(text, rows: 30522, width: d)
  let h = Align(t, from: Linear(audio, out: d))
  let score = mean(h) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
