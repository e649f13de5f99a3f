//! Weights that no loss trains, and what is meant to be constant.
use std::{Linear, MLP, mse}

input audio : Seq<audio>[Ta, fa]
label y : Real
label z : Real

model M {
  let a = mean(audio)
  let score = a |> MLP(widths: [8, 1]) |> scalar()
  let other = a |> MLP(widths: [4, 1]) |> scalar() // warning[W0101]: 4 weights (4*fa + 9 parameters) get no gradient from any loss
  let frozen = Linear(a, out: 8) |> stop_grad() // warning[W0101]: 2 weights (8*fa + 8 parameters) get no gradient from any loss
  let constant = learned(rows: 1, width: 8, init: "zeros") |> stop_grad()
  output score for y
  output other for z
  loss prediction = mse(score, target: y) + dot(frozen, with: mean(constant))
}
