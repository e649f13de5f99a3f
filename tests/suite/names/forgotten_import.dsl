//! A block of the library that was not imported is told once, not at each of its calls.
use std::{Linear, mse}

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  let a = audio |> Linear(out: 64)
  let b = LayerNorm(a) // error[E0201]: no block `LayerNorm`
  let c = LayerNorm(b + a)
  let score = mean(c) |> MLP(widths: [64, 1]) |> scalar() // error[E0201]: no block `MLP`
  output score for y
  loss prediction = mse(score, target: y)
}
