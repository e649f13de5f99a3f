//! Loops within loops come to an end.
use std::{MLP, mse}

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  var n = 0
  for i in 0..9_000 { for j in 0..9_000 { for k in 0..9_000 { n = n + 1 } } } // error[E0408]: the model takes more than 1000000 steps to unroll
  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
