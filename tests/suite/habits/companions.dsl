//! Every entry of companions is checked.
use std::{Linear, MLP, mse, nt_xent}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = Linear(audio, out: d) |> mean()
  let score = a |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  companions c { by: [a]  class = y  positives = 2  pool = 0  refresh = every } // error[E0101]: expected `=` after `by`, found `:` // error[E0511]: the class of a sample comes from a label // error[E0511]: companions have no entry `positives` // error[E0511]: `pool` is a number of at least 1, found int 0 // error[E0201]: nothing is called `every` here
  loss l = mse(score, target: y)
  loss con = nt_xent(a, pos: a at c.positive, neg: a at c.neg, tau: 0.5) // error[E0201]: companions have no `positive`
}
