//! Predictions that are the same for every sample.
use std::{MLP, mse}

hyper alpha = 0.1

input audio : Seq<audio>[Ta, fa]
label y : Real
label z : Real from "z"
label w : Real from "w"
label v : Real from "v"

model M {
  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()
  let learned_score = param(shape: [1]) |> scalar()
  output score for y
  output alpha for z // warning[W0123]: the prediction of `z` is the number 0.1 for every sample
  output 2 * square(alpha) for w // warning[W0123]: the prediction of `w` is
  output learned_score for v
  loss prediction = mse(score, target: y) + mse(learned_score, target: v)
}
