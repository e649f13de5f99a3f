//! A model as Python would have it, without braces.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M // error[E0101]: expected `{` before the body of model `M`, found the end of the line
  let a = Linear(audio, out: d)
  let c = Linear(a, with: d) // error[E0502]: `Linear` has no argument `with` // warning[W0102]: `c` is never read
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
  return score // error[E0115]: the language has no `return`
  return a // error[E0115]: the language has no `return`
recipe sims { epochs = 5 }
