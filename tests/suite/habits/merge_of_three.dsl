//! The same with the common ancestor between the two versions.
use std::{Linear, MLP, mse}
hyper d = 32
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  let a = Linear(audio, out: d)
<<<<<<< ours // error[E0117]: unresolved merge conflict
  let score = mean(a) |> MLP(widths: [d, 1]) |> scalar()
||||||| base
  let score = mean(a) |> MLP(widths: [1]) |> scalar()
=======
  let score = mean(aa) |> MLP(widths: [1]) |> scalar()
>>>>>>> theirs
  output score for y
  loss l = mse(score, tgt: y) // error[E0502]: `mse` has no argument `tgt`
}
