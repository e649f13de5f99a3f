//! Widths that no machine has.
use std::{MLP, mse}

input audio : Seq<audio>[Ta, fa]
label y : Real

model M {
  var rows = audio
  for i in 0..70 { rows = concat(rows, rows) } // error[E0408]: a dim that is too large
  let wide = linear(audio, out: 9_000_000_000_000_000_000) // error[E0406]: `out` of `linear` is 9000000000000000000
  let narrow = linear(mean(audio), out: 2 ** 30)
  let square = linear(narrow, out: 2 ** 30) // error[E0406]: a weight of [1073741824, 1073741824] has too many entries
  let half = take(audio, rows: ((Ta + 1) // 2)) + audio // error[E0302]: `add`: one sequence has length min(Ta, ((Ta + 1) // 2)), the other Ta
  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
