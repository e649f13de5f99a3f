//! Fusion without masks: padded rows are zero vectors and get a share of every softmax. A prediction then depends on
//! how far its batch happened to be padded.
use std::{CrossAttention, Linear, MLP, mse}

hyper d = 128

input text  : Tokens[T]
input audio : Seq<audio>[Ta, fa]
label y : Real

model LostMasks {
  let t = embed(text, rows: 30522, width: d) |> dense() // warning[W0112]: padding becomes visible: every sample gets longest(T) rows
  let a = audio |> Linear(out: d) |> dense() // warning[W0112]: padding becomes visible: every sample gets longest(Ta) rows
  let h = t + CrossAttention(t, from: a, heads: 8)
  let score = h[0] |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
