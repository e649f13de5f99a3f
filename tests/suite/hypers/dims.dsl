//! A dim that grows without end.
use std::{MLP, mse}

input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real

model M {
  var n = Ta
  for i in 0..60 { n = (n + fa) * (n + fv) // 3 } // error[E0406]: `*` of two dims makes one that is too large to write down
  var h = audio
  for i in 1..400 { h = take(concat(h, audio), rows: i) }
  let score = mean(h) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
