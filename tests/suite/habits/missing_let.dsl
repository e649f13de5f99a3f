//! A missing `let` is one fault, not one more at every use.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  a = Linear(audio, out: d) // error[E0514]: no `var a` to assign to
  h = relu(a) // error[E0514]: no `var h` to assign to
  let g = h |> Linear(out: d)
  score = mean(g) |> MLP(widths: [d, 1]) |> scalar() // error[E0514]: no `var score` to assign to
  output score for y
  loss l = mse(score, target: y)
}
