//! Assignments.
use std::{Linear, MLP, FFN, mse}
hyper d = 32
hyper depth = 2
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let h = Linear(audio, out: d)
  for l in 0..depth { h = FFN(h, hidden: 64) } // error[E0514]: `h` is a `let` and keeps its value
  x = relu(h) // error[E0514]: no `var x` to assign to
  d = 16 // error[E0514]: `d` is a hyper and keeps its value
  let q, r = h // error[E0515]: 2 names for a tensor
  audio = h // error[E0514]: no `var audio` to assign to // warning[W0102]: `audio` is never read
  let score = mean(x) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
