//! Slices and indices.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = Linear(audio, out: d)
  let b = a[:, 0] // error[E0115]: the language has no slices `x[a:b]`
  let c = a[0, 1] // error[E0101]: unexpected `,`
  let e = a[3] // error[E0306]: row 3 of a sequence of length Ta
  let f = mean(a)[0] // error[E0301]: `x[i]` expects a Seq, found Vec[32]
  let g = a[..., 0] // error[E0101]: expected an expression, found `...`
  let h = a[0:3] // error[E0115]: the language has no slices `x[a:b]`
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss l = mse(score, target: y)
}
