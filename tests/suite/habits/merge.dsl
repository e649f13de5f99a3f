//! An unresolved merge is one fault; its first version is checked.
use std::{Linear, MLP, mse}
hyper heads = 4
<<<<<<< HEAD // error[E0117]: unresolved merge conflict
hyper d = 32
=======
hyper d = 64
>>>>>>> feature/wide
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
<<<<<<< HEAD // error[E0117]: unresolved merge conflict
  let a = Linear(audio, out: d) |> mean()
=======
  let a = Linear(audio, out: 2 * d) |> mean()
>>>>>>> feature/wide
  let score = a |> MLP(widths: [d // heads, 1]) |> scalar()
  output scor for y // error[E0201]: nothing is called `scor` here
  loss l = mse(score, target: y)
}
