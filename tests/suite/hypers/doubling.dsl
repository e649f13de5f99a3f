//! A list that doubles in every turn.
use std::{MLP, mse}

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  var pair = (1, 1)
  for i in 0..60 { pair = (pair, pair) } // error[E0408]: a list of more than 4096 elements, or 32 deep
  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
