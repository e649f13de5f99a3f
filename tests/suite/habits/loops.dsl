//! Loops of other languages.
use std::{Linear, MLP, FFN, mse}
hyper d = 32
hyper depth = 2
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  var h = Linear(audio, out: d)
  for l in range(depth) { h = FFN(h, hidden: 64) } // error[E0201]: no block `range`
  for l = 0..depth { h = FFN(h, hidden: 64) } // error[E0101]: expected `in`, found `=`
  for l in 0 to depth { h = FFN(h, hidden: 64) } // error[E0101]: expected `{`, found `to`
  for (i, x) in [h, h] { h = FFN(x, hidden: 64) } // error[E0115]: a loop has one variable
  for l in depth { h = FFN(h, hidden: 64) } // error[E0402]: cannot go over a whole number
  while true { h = h } // error[E0101]: expected a statement, found `while`
  h++ // error[E0101]: expected an expression, found `+`
  let score = mean(h) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
