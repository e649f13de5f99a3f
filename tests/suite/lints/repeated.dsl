//! A loop may count without looking at its counter; nothing here is amiss.
use std::{FFN, MLP, mse}

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  var a = audio
  for i in 0..3 { a = FFN(a, hidden: 8) }
  let score = mean(a) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
