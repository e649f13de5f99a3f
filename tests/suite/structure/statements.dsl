//! Statements in the wrong place, values that are lost, assignments that do not hold.
use std::{Linear, MLP, mse}

hyper d = 64

input audio : Seq<audio>[Ta, fa]
label y : Real

block Loses<n, m>(x: Seq<m>[n, d]) -> Seq<m>[n, d] {
  loss inner = sum_features(mean(x)) // error[E0509]: outputs, losses and companions belong to the model
  x
}
block Two<n, m>(x: Seq<m>[n, d]) -> (Seq<m>[n, d], Vec[d]) { (x, mean(x)) }

model M {
  let a = audio |> Linear(out: d)
  relu(a) // error[E0510]: the value of this expression is lost
  a = relu(a) // error[E0514]: `a` is a `let` and keeps its value
  b = relu(a) // error[E0514]: no `var b` to assign to // warning[W0102]: `b` is never read
  var h = a
  h = mean(a) // error[E0514]: `h` was Seq<audio>[Ta, 64] and would become Vec[64]
  let one, two, three = Two(a) // error[E0515]: 3 names for a tuple of 2
  let l = Loses(a) // warning[W0102]: `l` is never read
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
