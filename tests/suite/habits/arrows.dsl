//! Pipes, choices and functions of other languages.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = audio -> Linear(out: d) // error[E0115]: the language has no `->`
  let b = a => relu() // warning[W0102]: `b` is never read // error[E0115]: the language has no `=>`
  let c = a | relu() // warning[W0102]: `c` is never read // error[E0115]: the language has no `|`
  let f = lambda x: x + 1 // error[E0201]: nothing is called `lambda` here
  let g = a |> |> relu() // error[E0101]: expected an expression, found `|>`
  let t = a ? a : a // error[E0101]: unexpected `?`
  let u = !true // warning[W0102]: `u` is never read // error[E0101]: expected an expression, found `!`
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
