//! A loss that reaches no weight.
use std::{MLP, mse}

input audio : Seq<audio>[Ta, fa]
label y : Real

model M { // error[E0524]: there is nothing to train: no loss depends on a weight
  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(stop_grad(score), target: y)
}
