//! The only loss is the same whatever the weights are.
use std::{MLP, mse}

input audio : Seq<audio>[Ta, fa]
label y : Real

model M { // error[E0524]: there is nothing to train: every loss is the same whatever the weights are
  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = 0.0 * mse(score, target: y)
}

variant itself { loss prediction = mse(score, target: score) }
variant bounded { loss prediction = clamp(mse(score, target: y), min: 0, max: 0) }
variant none { drop prediction } // error[E0508]: variant `none` drops every loss of the model
