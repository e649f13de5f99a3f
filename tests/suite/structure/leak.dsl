//! The answer among the features.
use std::{Linear, MLP, mse}

hyper d = 64

input audio  : Seq<audio>[Ta, fa]
label y : Real

model M {
  let a = mean(audio) |> Linear(out: d)
  let hint = scale(a, by: y)
  let score = a + hint |> MLP(widths: [d, 1]) |> scalar()
  output score for y // error[E0523]: label `y` reaches the prediction of `y`
  loss prediction = mse(score, target: y)
}
