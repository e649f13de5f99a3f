//! A second model belongs into a file of its own.
use std::{MLP, mse}
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
model N { // error[E0507]: a second model
}
