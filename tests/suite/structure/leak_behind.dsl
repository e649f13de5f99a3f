//! A label or the batch in a prediction is told although a part of the way there has a fault.
use std::{Linear, MLP, mse}

hyper d = 16

input audio : Seq<audio>[Ta, fa]
label y  : Real
label ya : Real from "regression_labels_A"
label yb : Real from "regression_labels_B"

model M {
  let a = mean(audio) |> Linear(out: d)
  let lost = unknown(a) // error[E0201]: no block `unknown`
  let score = MLP(scale(lost, by: y), widths: [d, 1]) |> scalar()
  let mixed = concat(lost, mean_features(transpose(in_batch(a)))) |> MLP(widths: [d, 1]) |> scalar()
  let plain = lost |> MLP(widths: [d, 1]) |> scalar()
  output score for y // error[E0523]: label `y` reaches the prediction of `y`
  output mixed for ya // error[E0522]: a prediction depends on the rest of its batch
  output plain for yb
  loss prediction = mse(score, target: y) + mse(mixed, target: ya) + mse(plain, target: yb)
}
