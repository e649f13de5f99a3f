//! Padding made visible.
use std::{MLP, TransformerLayer, mse}

input audio : Seq<audio>[Ta, fa]
label y : Real

hyper d = 8

model M {
  let a = linear(audio, out: d) |> dense() // warning[W0112]: padding becomes visible: every sample gets longest(Ta) rows
  let h = TransformerLayer(a, heads: 2, ff: d)
  let again = dense(h)
  let v = learned(rows: 3, width: d) |> dense()
  let score = concat(mean(again), mean(v)) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
