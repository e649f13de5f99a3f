//! A rolling memory: each turn keeps the last rows of what it had and what is new. Its length is nested once a turn.
use std::{MLP, mse}

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  var b = audio
  for l in 0..24 { b = take(concat(b, audio), rows: 8) }
  var c = audio
  for l in 0..200 { c = take(concat(c, audio), rows: 8) } // error[E0408]: a dim that is too large
  let score = concat(mean(b), mean(c)) |> MLP(widths: [4, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
