//! A term with a fault may have been meant to read companions: the terms of its loss are not held against each other.
use std::{Linear, MLP, mse, nt_xent}

input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real

model M {
  let a = audio  |> Linear(out: 8)
  let v = vision |> Linear(out: 8)
  let h = a + v // error[E0302]: one sequence has length
  let score = concat(mean(a), mean(v)) |> MLP(widths: [1]) |> scalar()
  output score for y
  companions c { by = [mean(a)]  class = class(y) }
  let others = [audio: mean(a), fused: h[0]]
  loss prediction = mse(score, target: y)
  loss contrast = sum x in others { nt_xent(x, pos: x at c.pos, neg: x at c.neg, tau: 0.5) }
}
