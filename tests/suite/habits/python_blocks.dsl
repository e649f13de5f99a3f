//! Functions and conditions as Python has them.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
def helper(x): // error[E0107]: unknown item `def`
block Gate(x: Vec[_], with: Vec[_]) -> Vec[_] {
  if with is None: // error[E0115]: the language has no `if`
  return sigmoid(with) * x // error[E0115]: the language has no `return`
}
model M {
  let a = Linear(audio, out: d) |> mean()
  let g = Gate(a, with: a)
  let score = g |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
